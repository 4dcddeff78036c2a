//! The questions, really asked.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::asked::{Answer, Asked, Silence};
use super::finding::{Finding, Severity, findings};
use super::learn::Learned;
use super::probe::Probe;
use super::rounds::{first_round, most_requests, second_round};
use super::target::Target;
use super::unseen::unseen;
use crate::agent::wire::{Exchanged, Transport, TransportError, Trouble, header_list};
use crate::check::leg::Shown;
use crate::run::ExitCode;

/// How fast is asked.
#[derive(Clone, Copy, Debug)]
pub struct Pace(Duration);

impl Pace {
    /// So many requests a second at most; nothing that is no positive number is one.
    #[must_use]
    pub fn per_second(rate: f64) -> Option<Self> {
        let between = (rate.is_finite() && rate > 0.0).then(|| 1.0 / rate)?;
        Duration::try_from_secs_f64(between).ok().map(Self)
    }
}

/// An audit that is over.
#[derive(Debug)]
pub struct Audited {
    /// What was audited.
    pub target: Target,
    /// The policy, as far as it shows.
    pub learned: Learned,
    /// Every question with its answer, in order.
    pub asked: Vec<Asked>,
    /// What is wrong, the worst first.
    pub findings: Vec<Finding>,
    /// How many requests there could have been.
    pub most_requests: usize,
    /// Why it ended before everything was asked.
    pub stopped: Option<String>,
    /// Why everything that was answered tells too little.
    pub unseen: Option<String>,
}

impl Audited {
    /// What whoever audits can do something about, where it ended before everything was asked.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.stopped.as_ref()?;
        self.asked.last()?.answer.as_ref().err()?.trouble
    }

    /// The questions that have no answer which would tell anything.
    pub fn undecided(&self) -> impl Iterator<Item = (usize, &Silence)> {
        let asked = self.asked.iter().enumerate();
        asked.filter_map(|(number, asked)| match &asked.answer {
            Err(silence) if !silence.is_refusal => Some((number, silence)),
            _ => None,
        })
    }

    /// The exit code, if findings of this severity and above count.
    #[must_use]
    pub fn exit_code(&self, fail_on: Option<Severity>) -> ExitCode {
        let counts = |finding: &Finding| fail_on.is_some_and(|least| finding.severity >= least);
        if self.findings.iter().any(counts) {
            ExitCode::NonConformant
        } else if self.stopped.is_some()
            || self.unseen.is_some()
            || self.undecided().next().is_some()
        {
            ExitCode::Inconclusive
        } else {
            ExitCode::Conformant
        }
    }
}

/// Asks everything, one request after the other.
pub async fn run(
    transport: &Transport,
    target: Target,
    pace: Pace,
    observe: &mut (dyn FnMut(usize) + Send),
) -> Audited {
    let mut asking = Asking {
        transport,
        target: &target,
        pace: interval_at(Instant::now(), pace.0.max(Duration::from_nanos(1))),
        asked: Vec::new(),
        silent_in_a_row: 0,
    };
    asking
        .pace
        .set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = asking.ask(first_round(&target), observe).await.err();
    let learned = Learned::from(&target, &asking.asked);
    if stopped.is_none() {
        let probes = second_round(&target, &learned);
        stopped = asking.ask(probes, observe).await.err();
    }
    let mut asked = asking.asked;
    if let Some(last) = asked.last()
        && last.answer.is_err()
    {
        withdraw_refusals(&mut asked);
    }
    Audited {
        findings: findings(&target, &learned, &asked),
        unseen: if stopped.is_some() {
            None
        } else {
            unseen(&target, &learned, &asked)
        },
        most_requests: most_requests(&target),
        target,
        learned,
        asked,
        stopped,
    }
}

/// Whoever closes the connection on a plain request, too, has said nothing about any origin.
fn withdraw_refusals(asked: &mut [Asked]) {
    for silence in asked.iter_mut().filter_map(|it| it.answer.as_mut().err()) {
        silence.is_refusal = false;
    }
}

struct Asking<'a> {
    transport: &'a Transport,
    target: &'a Target,
    pace: tokio::time::Interval,
    asked: Vec<Asked>,
    silent_in_a_row: usize,
}

impl Asking<'_> {
    /// Asks these.
    ///
    /// # Errors
    ///
    /// Why it is no use to go on.
    async fn ask(
        &mut self,
        probes: Vec<Probe>,
        observe: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), String> {
        for probe in probes {
            self.pace.tick().await;
            let outgoing = probe.outgoing(self.target);
            let exchanged = self.transport.glance(&outgoing).await;
            let answer = answer(&exchanged);
            let is_first = self.asked.is_empty();
            let mut shown = Shown::of(&outgoing, &exchanged);
            // A WebSocket is requested by a URL of http, which is not the one that was given.
            shown.url = self.target.given.to_string();
            self.asked.push(Asked {
                probe,
                shown: Some(shown),
                answer: answer.clone(),
            });
            observe(self.asked.len());
            match answer {
                // A server that has nothing to say to a plain request has no policy to be found out.
                Err(silence) if is_first => return Err(silence.why),
                Err(silence) if !silence.is_refusal => {
                    self.silent_in_a_row += 1;
                    if self.silent_in_a_row == MOST_SILENT {
                        return Err(format!(
                            "{MOST_SILENT} requests in a row had no answer, the last one: {}",
                            silence.why
                        ));
                    }
                }
                Ok(_) | Err(_) => self.silent_in_a_row = 0,
            }
        }
        Ok(())
    }
}

fn answer(exchanged: &Exchanged) -> Result<Answer, Silence> {
    let (status, message) = match (&exchanged.response, &exchanged.failure) {
        (Some((status, message)), None) => (*status, message),
        (_, failure) => {
            let why = failure.as_ref().map(ToString::to_string);
            return Err(Silence {
                why: why.unwrap_or_default(),
                trouble: failure.as_ref().and_then(TransportError::trouble),
                // Some close the connection on what they do not like.
                is_refusal: matches!(failure, Some(TransportError::Closed)),
            });
        }
    };
    if matches!(status, 429 | 503) {
        return Err(Silence {
            why: format!(
                "the server answers with status {status}: it is busy, or wants fewer requests"
            ),
            trouble: None,
            is_refusal: false,
        });
    }
    Ok(Answer {
        status,
        headers: header_list(message),
    })
}

/// After so many requests without an answer no other will get one, and each takes its whole deadline.
const MOST_SILENT: usize = 3;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::audit::probe::{Ask, Whose};

    #[rstest]
    #[case(10.0, Some(100))]
    #[case(0.5, Some(2000))]
    #[case(0.0, None)]
    #[case(-1.0, None)]
    #[case(f64::NAN, None)]
    #[case(f64::INFINITY, None)]
    fn a_pace_is_a_positive_number(#[case] rate: f64, #[case] milliseconds: Option<u64>) {
        let pace = Pace::per_second(rate).map(|pace| pace.0);
        assert_eq!(pace, milliseconds.map(Duration::from_millis));
    }

    fn audited(
        severity: Option<Severity>,
        silence: Option<bool>,
        is_stopped: bool,
        is_unseen: bool,
    ) -> Audited {
        let finding = |severity| Finding {
            id: "any-origin",
            severity,
            title: String::new(),
            exploit: String::new(),
            remedy: String::new(),
            requirements: &[],
            evidence: Vec::new(),
        };
        let silent = |is_refusal| Asked {
            probe: Probe {
                ask: Ask::Actual,
                whose: Whose::Nobodys,
                origins: Vec::new(),
            },
            answer: Err(Silence {
                why: String::new(),
                trouble: None,
                is_refusal,
            }),
            shown: None,
        };
        Audited {
            target: Target::new(&"https://api.example/".parse().unwrap()),
            learned: Learned::default(),
            asked: silence.map(silent).into_iter().collect(),
            findings: severity.map(finding).into_iter().collect(),
            most_requests: 1,
            stopped: is_stopped.then(String::new),
            unseen: is_unseen.then(String::new),
        }
    }

    #[rstest]
    #[case::nothing(None, None, false, false, ExitCode::Conformant)]
    #[case::bad_enough(Some(Severity::High), None, false, false, ExitCode::NonConformant)]
    #[case::worse(
        Some(Severity::Critical),
        Some(false),
        true,
        false,
        ExitCode::NonConformant
    )]
    #[case::not_bad_enough(Some(Severity::Medium), None, false, false, ExitCode::Conformant)]
    #[case::silence(
        Some(Severity::Medium),
        Some(false),
        false,
        false,
        ExitCode::Inconclusive
    )]
    #[case::refusal(None, Some(true), false, false, ExitCode::Conformant)]
    #[case::unseen(None, None, false, true, ExitCode::Inconclusive)]
    #[case::unseen_but_bad(Some(Severity::High), None, false, true, ExitCode::NonConformant)]
    #[case::stopped(None, None, true, false, ExitCode::Inconclusive)]
    fn an_audit_has_an_exit_code(
        #[case] severity: Option<Severity>,
        #[case] silence: Option<bool>,
        #[case] is_stopped: bool,
        #[case] is_unseen: bool,
        #[case] code: ExitCode,
    ) {
        let audited = audited(severity, silence, is_stopped, is_unseen);
        assert_eq!(audited.exit_code(Some(Severity::High)), code);
    }
}
