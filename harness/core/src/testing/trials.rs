//! What tests have in common, whatever they ask.

use libtest_mimic::Arguments;

use crate::run::CaseResult;

/// Whether the arguments select a test, as libtest-mimic itself will; what nobody asked for need not be
/// run.
#[must_use]
pub fn is_wanted(arguments: &Arguments, name: &str) -> bool {
    let matches = |filter: &String| {
        if arguments.exact {
            name == filter
        } else {
            name.contains(filter.as_str())
        }
    };
    arguments.filter.as_ref().is_none_or(matches) && !arguments.skip.iter().any(matches)
}

/// Everything there is to say of a result that is not as it should be.
#[must_use]
pub fn describe(result: &CaseResult) -> String {
    let mut text = format!("{}: {}\n", result.status, result.permutation.scenario.title);
    if let Some(message) = &result.message {
        text.push_str(&format!("{message}\n"));
    }
    if let Some(judgement) = &result.judgement {
        for finding in &judgement.findings {
            text.push_str(&format!(
                "step {}: {}: expected {}, got {}\n  --> cases/{}:{}:{}\n",
                finding.step + 1,
                finding.subject,
                finding.expected,
                finding.actual,
                finding.location.file.display(),
                finding.location.line,
                finding.location.column,
            ));
        }
        for step in &judgement.steps {
            text.push_str(&format!("model: {:?}\n", step.predicted));
            text.extend(
                step.divergence
                    .iter()
                    .map(|divergence| format!("{divergence}\n")),
            );
        }
        text.push_str(&format!("likely wrong: {:?}\n", judgement.culprit));
    }
    for observation in &result.observations {
        text.push_str(&format!("script saw: {observation:?}\n"));
    }
    text.push_str(&crate::tape::snapshot(&result.transcript));
    text
}
