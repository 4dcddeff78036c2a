//! `corspec explain`: a case in prose.

mod call;
mod expectation;
mod literal;
mod mechanism;
mod script;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use corspec::case::scenario::{Context as PageContext, Page, PageOrigin, Permutation, Subject};
use corspec::case::{Glob, Suite};
use corspec::report::terminal::{self, Paint};
use corspec::run::{CaseResult, ExitCode, RunResult, Selection};
use corspec::verdict::decisions;
use corspec_fetch::Reason;

use crate::cases;
use crate::context::Context;
use crate::execution;
use crate::failure::Failure;
use crate::output;

/// Tell a case in prose, and show its exchange on the wire.
///
/// Says what the page does, what the server answers, what must come of it and where the standards say
/// so; then runs the case on the wire.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  corspec explain 'preflight/cache/method-hit[via=xhr]'
  corspec explain preflight/cache/method-hit       its first permutation stands for all
  corspec explain allow-origin-mismatch            why a request was blocked, and what mends it")]
pub(crate) struct Arguments {
    /// The id of a scenario or of a permutation, or the code of a reason such as `allow-origin-missing`.
    #[arg(value_name = "ID", env = "CORSPEC_ID", hide_env = true)]
    id: String,

    /// Folder of case files to use instead of the built-in suite.
    #[arg(long, value_name = "DIR", env = "CORSPEC_CASES", hide_env = true)]
    cases: Option<PathBuf>,

    /// Only tell; run nothing.
    #[arg(
        long,
        env = "CORSPEC_NO_RUN",
        hide_env = true,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    no_run: bool,
}

pub(crate) fn execute(arguments: &Arguments, context: &Context) -> Result<ExitCode, Failure> {
    if let Ok(reason) = arguments.id.parse::<Reason>() {
        output::data(|to| tell_reason(reason, context.stdout, to))?;
        return Ok(ExitCode::Conformant);
    }
    let suite = cases::load(arguments.cases.as_deref(), context)?;
    let matching = matching(&suite, &arguments.id)?;
    let permutation = Arc::clone(&matching[0]);
    let result = if arguments.no_run {
        None
    } else {
        Some(execution::on_the_wire(
            &suite,
            vec![Arc::clone(&permutation)],
        )?)
    };
    let telling = Telling {
        suite: &suite,
        paint: context.stdout,
    };
    output::data(|to| telling.tell(&matching, result.as_ref(), to))?;
    Ok(result.as_ref().map_or(ExitCode::Conformant, ExitCode::of))
}

fn tell_reason(reason: Reason, paint: Paint, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{}", paint.bold(reason.code()))?;
    writeln!(to, "{}", reason.explanation())?;
    writeln!(to, "  standard  {}", reason.section())?;
    writeln!(to, "  fix       {}", reason.remedy())
}

/// The permutations of the one scenario that is meant.
fn matching(suite: &Suite, id: &str) -> Result<Vec<Arc<Permutation>>, Failure> {
    let matching = Selection {
        include: vec![Glob::new(id)],
        ..Selection::default()
    }
    .select(suite);
    let scenarios = matching
        .chunk_by(|one, next| one.scenario.id == next.scenario.id)
        .count();
    match scenarios {
        0 => Err(Failure::new(
            ExitCode::NothingSelected,
            format!("there is no case `{id}`"),
        )
        .hint("`corspec list` shows every id")),
        1 => Ok(matching),
        _ => {
            let scenario = &matching[0].scenario.id;
            Err(
                Failure::usage(format!("`{id}` means {scenarios} scenarios")).hint(format!(
                    "name one of them, such as `{scenario}`; `corspec list {id}` shows all"
                )),
            )
        }
    }
}

/// What the telling needs besides the case.
struct Telling<'run> {
    suite: &'run Suite,
    paint: Paint,
}

impl Telling<'_> {
    fn tell(
        &self,
        matching: &[Arc<Permutation>],
        result: Option<&RunResult>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let permutation = &matching[0];
        self.head(matching, to)?;
        self.page(permutation, to)?;
        let steps = permutation.steps.len();
        for (index, step) in permutation.steps.iter().enumerate() {
            let of_step = of_steps(index, steps);
            self.heading(&format!("Request{of_step}"), to)?;
            call::tell(step, to)?;
            self.heading(&format!("Server{of_step}"), to)?;
            script::tell(step, to)?;
            self.heading(&format!("Expected{of_step}"), to)?;
            expectation::tell(&step.expect, to)?;
        }
        self.requirements(permutation, to)?;
        if let Some(result) = result.and_then(|result| result.results.first()) {
            self.heading("On the wire", to)?;
            terminal::write_trace(result, self.paint, to)?;
            self.decisions(result, to)?;
        }
        Ok(())
    }

    fn head(&self, matching: &[Arc<Permutation>], to: &mut dyn Write) -> io::Result<()> {
        let permutation = &matching[0];
        let scenario = &permutation.scenario;
        writeln!(to, "{}", self.paint.bold(&permutation.id))?;
        writeln!(to, "{}", scenario.title)?;
        if let Some(why) = &scenario.why {
            writeln!(to, "\n{}", why.trim_end())?;
        }
        let subject = match scenario.subject {
            Subject::Server => "the server",
            Subject::UserAgent => "the user agent",
        };
        let level = format!("{:?}", scenario.level).to_lowercase();
        writeln!(
            to,
            "\nJudges {subject}, level {level}; written at {}.",
            scenario.location
        )?;
        if matching.len() > 1 {
            writeln!(to, "The first of {} permutations:", matching.len())?;
            for (axis, (name, _)) in permutation.axes.iter().enumerate() {
                let mut labels: Vec<&str> = Vec::new();
                for label in matching.iter().filter_map(|other| other.axes.get(axis)) {
                    if !labels.contains(&label.1.as_str()) {
                        labels.push(&label.1);
                    }
                }
                writeln!(to, "  {name}: {}", labels.join(", "))?;
            }
        }
        if let Some(only) = &scenario.only {
            writeln!(to, "Only for {}: {}.", only.agents.join(", "), only.reason)?;
        }
        Ok(())
    }

    fn page(&self, permutation: &Permutation, to: &mut dyn Write) -> io::Result<()> {
        self.heading("Page", to)?;
        writeln!(to, "  {}.", place_of(&permutation.page))?;
        for cookie in &permutation.cookies {
            writeln!(
                to,
                "  Before, {} has set the cookie `{}`.",
                cookie.origin.serialize(),
                cookie.set_cookie
            )?;
        }
        Ok(())
    }

    /// What the standard decides on the way, given what the server answered.
    fn decisions(&self, result: &CaseResult, to: &mut dyn Write) -> io::Result<()> {
        let steps = decisions(&result.permutation, &result.transcript);
        for (index, decisions) in steps.iter().enumerate() {
            let of_step = of_steps(index, steps.len());
            writeln!(
                to,
                "{}",
                self.paint.bold(&format!("Decided on the way{of_step}"))
            )?;
            for (number, decision) in decisions.iter().enumerate() {
                writeln!(to, "  {}. {}", number + 1, decision.what)?;
                writeln!(to, "     {}", decision.section)?;
            }
        }
        Ok(())
    }

    fn requirements(&self, permutation: &Permutation, to: &mut dyn Write) -> io::Result<()> {
        self.heading("The standard", to)?;
        for id in &permutation.scenario.covers {
            let Some(requirement) = self.suite.requirements.find(id) else {
                continue;
            };
            writeln!(to, "  {}", requirement.statement)?;
            writeln!(to, "    {} ({id})", requirement.citation)?;
        }
        Ok(())
    }

    fn heading(&self, text: &str, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "\n{}", self.paint.bold(text))
    }
}

/// `, step 1 of 2` where there are several.
fn of_steps(index: usize, steps: usize) -> String {
    if steps > 1 {
        format!(", step {} of {steps}", index + 1)
    } else {
        String::new()
    }
}

/// Where the script of a scenario runs.
fn place_of(page: &Page) -> String {
    if page.origin == PageOrigin::File {
        return "A document from a file, whose origin is opaque and serialised as `null`"
            .to_owned();
    }
    let origin = page.origin.serialize();
    let context = match page.context {
        PageContext::BlobFrame => "A frame with a `blob:` URL, in a document",
        PageContext::BlobWorker => "A worker with a `blob:` URL, made by a document",
        PageContext::DataFrame => {
            "A frame with a `data:` URL, whose origin is opaque and serialised as `null`, in a document"
        }
        PageContext::DataWorker => {
            "A worker with a `data:` URL, whose origin is opaque and serialised as `null`, made by a document"
        }
        PageContext::Sandboxed => {
            "A sandboxed frame, whose origin is opaque and serialised as `null`, in a document"
        }
        PageContext::ServiceWorker => "A service worker",
        PageContext::SharedWorker => "A shared worker",
        PageContext::Srcdoc => "A frame with a `srcdoc`, in a document",
        PageContext::Window => "A document",
        PageContext::Worker => "A dedicated worker",
    };
    format!("{context} of {origin}")
}
