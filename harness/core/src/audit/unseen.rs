//! What an audit could not look at, although everything was answered.

use super::asked::{Answer, Asked, inconstant};
use super::learn::Learned;
use super::probe::Ask;
use super::target::Target;

/// Why answers tell too little for a verdict: one reason, with what to do about it.
///
/// An audit that compared nothing has found nothing, and must not be taken for one that found nothing wrong.
#[must_use]
pub fn unseen(target: &Target, learned: &Learned, asked: &[Asked]) -> Option<String> {
    let answers: Vec<&Answer> = asked.iter().filter_map(Asked::answer).collect();
    if answers.is_empty() {
        return None; // which every one of the requests tells
    }
    if let Some((first, last)) = inconstant(asked) {
        return Some(format!(
            "a plain request was answered differently at the end ({}) than at the beginning ({}), so that \
             differences between the answers tell nothing: if the server wants fewer requests, ask slower \
             with --rate",
            describe(last),
            describe(first)
        ));
    }
    if target.is_socket {
        if !answers.iter().any(|answer| answer.status == 101) {
            return Some(format!(
                "no handshake was answered with 101 (but with {}), so that nobody was let in whose \
                 origin could be looked at: check that the URL is that of a WebSocket, give an origin \
                 that is allowed with --origin, and what else it asks for with --header",
                statuses(&answers)
            ));
        }
    } else if answers.iter().all(|answer| answer.status >= 400) {
        return Some(format!(
            "every answer has an error status ({}), which tells little of what others get: {}",
            statuses(&answers),
            mend(&answers)
        ));
    }
    not_allowed(target, learned, asked, &answers)
}

/// None of the origins that were vouched for is allowed, so that there is nothing to be nearly like.
fn not_allowed(
    target: &Target,
    learned: &Learned,
    asked: &[Asked],
    answers: &[&Answer],
) -> Option<String> {
    let is_allowed = |origin: &str| {
        of(asked, origin)
            .filter_map(|it| Some((it.probe.ask, it.answer()?)))
            .any(|(ask, answer)| match ask {
                Ask::Socket => answer.status == 101,
                ask => ask == Ask::Actual && answer.names(origin),
            })
    };
    let told = target.told.iter().map(String::as_str);
    let told: Vec<&str> = told
        .filter(|origin| of(asked, origin).count() > 0)
        .collect();
    if learned.is_open || told.iter().any(|origin| is_allowed(origin)) {
        return None;
    }
    let whose = match told.as_slice() {
        [] => return None, // nobody has vouched for any
        [origin] => format!("{origin} is not allowed"),
        origins => format!("none of {} is allowed", origins.join(", ")),
    };
    let begin =
        format!("{whose}, so that no origin that is only nearly allowed could be asked for");
    let has_cors = |answer: &&Answer| {
        let mut names = answer.headers.iter();
        names.any(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-"))
    };
    let of_actual = asked.iter().filter(|it| it.probe.ask == Ask::Actual);
    let redirect = of_actual
        .filter_map(Asked::answer)
        .find(|answer| (300..=399).contains(&answer.status));
    Some(if target.is_socket {
        format!("{begin}: check its spelling")
    } else if let Some(redirect) = redirect {
        format!(
            "{begin}: the answer is a redirect ({}), so audit the URL that it leads to",
            redirect.status
        )
    } else if answers.iter().any(has_cors) {
        format!("{begin}: check its spelling, and that it is allowed for this very URL")
    } else {
        format!(
            "{begin}: no answer has any Access-Control-* header; check the spelling of the origin and \
             that CORS is switched on for this URL, or leave --origin out if nobody is to be allowed"
        )
    })
}

/// What was asked with this origin alone.
fn of<'a>(asked: &'a [Asked], origin: &'a str) -> impl Iterator<Item = &'a Asked> {
    asked.iter().filter(move |it| it.probe.origins == [origin])
}

/// What to do about an error, by the first that there is.
fn mend(answers: &[&Answer]) -> &'static str {
    match answers.first().map(|answer| answer.status) {
        Some(401 | 403 | 407) => {
            "let the audit in, as with --header 'Authorization: …', or audit a URL that needs no login"
        }
        Some(404 | 405 | 410) => "check the URL, and audit one that answers a GET",
        _ => "mend the server first, or audit a URL that answers a GET",
    }
}

/// Status and grant of an answer.
fn describe(answer: &Answer) -> String {
    let allowed = answer.allowed();
    let allowed = allowed.map_or_else(|| "nobody".to_owned(), |origin| format!("`{origin}`"));
    format!("{} and {allowed} allowed", answer.status)
}

/// The statuses that were answered, each once.
fn statuses(answers: &[&Answer]) -> String {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let statuses: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    statuses.join(", ")
}
