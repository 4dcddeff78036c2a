//! What is heard of a run while it goes on: a bar for who watches, a line now and then for a log.

use std::time::{Duration, Instant};

use corspec::report::terminal::{self, Detail, Paint};
use corspec::run::{CaseResult, Event};
use corspec::verdict::{Status, Summary};
use indicatif::{ProgressBar, ProgressStyle};

use crate::context::Context;
use crate::output;

/// Tells of a run on stderr.
pub(crate) struct Progress {
    paint: Paint,
    voice: Voice,
    total: usize,
    summary: Summary,
}

enum Voice {
    /// A bar that moves; failures pass by above it.
    Bar(ProgressBar),
    /// A line every few seconds.
    Lines { last: Instant },
    /// Every result as it comes.
    Results,
    /// Nothing.
    Silence,
}

impl Progress {
    /// Nothing is said before the first event.
    pub(crate) fn new(context: &Context) -> Self {
        let voice = match context.detail {
            Detail::Brief => Voice::Silence,
            Detail::Full => Voice::Results,
            Detail::Normal if context.is_watched => Voice::Bar(bar()),
            Detail::Normal => Voice::Lines {
                last: Instant::now(),
            },
        };
        Self {
            paint: context.stderr,
            voice,
            total: 0,
            summary: Summary::default(),
        }
    }

    /// Something happened.
    pub(crate) fn on(&mut self, event: &Event<'_>) {
        match event {
            Event::Planned { total } => {
                self.total = *total;
                if let Voice::Bar(bar) = &self.voice {
                    bar.set_length(*total as u64);
                }
            }
            Event::AgentStarting(name) => match &self.voice {
                Voice::Bar(bar) => bar.set_message(format!("starting {name}")),
                Voice::Lines { .. } | Voice::Results | Voice::Silence => {}
            },
            Event::TargetStarting(name) => match &self.voice {
                Voice::Bar(bar) => bar.set_message(format!("starting {name}")),
                Voice::Lines { .. } | Voice::Results => {
                    output::talk(format_args!("starting {name}"));
                }
                Voice::Silence => {}
            },
            Event::AgentReady(agent) => match &self.voice {
                Voice::Bar(bar) => bar.set_message(String::new()),
                Voice::Results => output::talk(format_args!("{} {}", agent.name, agent.version)),
                Voice::Lines { .. } | Voice::Silence => {}
            },
            Event::Finished(result) => self.finished(result),
        }
    }

    /// Makes room for the final page.
    pub(crate) fn end(self) {
        if let Voice::Bar(bar) = self.voice {
            bar.finish_and_clear();
        }
    }

    fn finished(&mut self, result: &CaseResult) {
        self.summary.add(result.status);
        let (done, failed) = (self.summary.total(), self.failed());
        match &mut self.voice {
            Voice::Bar(bar) => {
                if result.status.fails_run() || result.status == Status::Infra {
                    bar.suspend(|| status_line(result, self.paint));
                }
                bar.set_position(done as u64);
                if failed > 0 {
                    bar.set_message(format!("{failed} failed"));
                }
            }
            Voice::Lines { last } => {
                if last.elapsed() >= BETWEEN_LINES {
                    *last = Instant::now();
                    let total = self.total;
                    output::talk(format_args!("{done} of {total} done, {failed} failed"));
                }
            }
            Voice::Results => status_line(result, self.paint),
            Voice::Silence => {}
        }
    }

    fn failed(&self) -> usize {
        let statuses = Status::ALL.iter().filter(|status| status.fails_run());
        statuses.map(|status| self.summary.count(*status)).sum()
    }
}

/// Tells of many servers on stderr: a line for each that is done, and a bar for who watches.
pub(crate) struct MatrixProgress {
    bar: Option<ProgressBar>,
    is_silent: bool,
    begin: Instant,
    servers: usize,
    done: usize,
    running: Vec<String>,
}

impl MatrixProgress {
    /// So many servers, and so many results of all of them.
    pub(crate) fn new(context: &Context, servers: usize, results: usize) -> Self {
        let is_silent = context.detail == Detail::Brief;
        let bar = (context.is_watched && !is_silent).then(|| {
            let bar = bar();
            bar.set_length(results as u64);
            bar
        });
        Self {
            bar,
            is_silent,
            begin: Instant::now(),
            servers,
            done: 0,
            running: Vec::new(),
        }
    }

    /// A server is being started.
    pub(crate) fn starting(&mut self, label: &str) {
        self.running.push(label.to_owned());
        self.show_running();
    }

    /// A permutation has ended.
    pub(crate) fn case_finished(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// A server has been asked everything.
    pub(crate) fn finished(&mut self, label: &str, summary: &str) {
        self.running.retain(|it| it != label);
        self.done += 1;
        let (done, servers) = (self.done, self.servers);
        let elapsed = terminal::duration(self.begin.elapsed());
        let line = format!("[{done:>2} of {servers}, {elapsed:>8}] {label}: {summary}");
        match &self.bar {
            Some(bar) => bar.suspend(|| output::talk(line)),
            None if self.is_silent => {}
            None => output::talk(line),
        }
        self.show_running();
    }

    /// Makes room for what is said next.
    pub(crate) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn show_running(&self) {
        if let Some(bar) = &self.bar {
            bar.set_message(self.running.join(", "));
        }
    }
}

fn status_line(result: &CaseResult, paint: Paint) {
    // Talk that nobody can hear is not worth failing for.
    let _ = terminal::write_status_line(result, paint, &mut std::io::stderr());
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(" {elapsed:>4} [{bar:30}] {pos}/{len} {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    // Also moves while a browser takes its time to start.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Often enough to see that it lives, seldom enough for a log.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
