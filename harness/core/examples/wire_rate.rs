//! How fast the wire agent is against a real server.
//!
//! Makes as many calls as it is told, so many at a time, each a preflight and the actual request to a
//! path of its own, so that no preflight is remembered. Every outcome has to be `allow`. Prints
//! requests per second; `scripts/bench` serves and compares.
//!
//! ```text
//! cargo run --release --example wire_rate -- http://127.0.0.1:8080 1000 8
//! ```

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use corspec::agent::wire::{Deadlines, Reach, Transport, Wire};
use corspec_fetch::{Outcome, Request, UserAgent};
use tokio::task::JoinSet;
use url::Url;

fn main() -> ExitCode {
    let measured = Plan::read().and_then(|plan| measure(Arc::new(plan)));
    let (told, code) = match measured {
        Ok(rate) => (writeln!(std::io::stdout(), "{rate:.0}"), ExitCode::SUCCESS),
        Err(error) => (
            writeln!(std::io::stderr(), "wire_rate: {error}"),
            ExitCode::FAILURE,
        ),
    };
    // A figure that nobody got is no measurement.
    if told.is_ok() {
        code
    } else {
        ExitCode::FAILURE
    }
}

/// What is to be measured.
struct Plan {
    url: Url,
    page: Url,
    calls: usize,
    jobs: usize,
}

impl Plan {
    fn read() -> Result<Self, Box<dyn Error>> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [url, calls, jobs] = arguments.as_slice() else {
            return Err("expected a URL, a number of calls and how many are made at a time".into());
        };
        Ok(Self {
            url: url.parse()?,
            page: Url::parse(PAGE)?,
            calls: calls.parse()?,
            jobs: jobs.parse::<usize>()?.max(1),
        })
    }

    fn call(&self, number: usize) -> Request {
        let mut url = self.url.clone();
        url.set_path(&format!("/{number}"));
        Request {
            method: "PUT".to_owned(),
            headers: vec![("x-probe".to_owned(), b"1".to_vec())],
            ..Request::get(&self.page, url)
        }
    }
}

#[tokio::main]
async fn measure(plan: Arc<Plan>) -> Result<f64, Box<dyn Error>> {
    let transport = Transport::new([], Deadlines::default(), Reach::Loopback)?;
    let wire = Arc::new(Wire::new(transport));
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers: JoinSet<Result<usize, String>> = JoinSet::new();
    let begin = Instant::now();
    for _ in 0..plan.jobs {
        let (plan, wire, next) = (Arc::clone(&plan), Arc::clone(&wire), Arc::clone(&next));
        workers.spawn(async move {
            let mut requests = 0;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= plan.calls {
                    return Ok(requests);
                }
                requests += call(&wire, plan.call(number)).await?;
            }
        });
    }
    let mut requests = 0;
    while let Some(ended) = workers.join_next().await {
        requests += ended??;
    }
    let elapsed = begin.elapsed();
    if requests != 2 * plan.calls {
        return Err(format!("{requests} requests for {} calls", plan.calls).into());
    }
    Ok(requests as f64 / elapsed.as_secs_f64())
}

/// Makes one call, and says how many requests it took.
async fn call(wire: &Wire, request: Request) -> Result<usize, String> {
    let url = request.url.clone();
    let visit = wire.fetch(request, &mut UserAgent::default()).await;
    match (&visit.outcome, visit.failure()) {
        (Outcome::Allow(_), None) => Ok(visit.legs.len()),
        (Outcome::Allow(_), Some(failure)) => Err(format!("{url}: {failure}")),
        (Outcome::Block(block), None) => Err(format!("{url} is blocked: {block}")),
        (Outcome::Block(block), Some(failure)) => {
            Err(format!("{url} is blocked: {block}; {failure}"))
        }
    }
}

/// What the server measured has to allow.
const PAGE: &str = "http://app.localhost/";
