//! A case that nothing can make fail says nothing: every permutation that asks a server under test has to
//! find out at least one of the servers that are wrong on purpose, and each of these has to be found out.

use std::sync::Arc;

use corspec::case::scenario::Permutation;
use corspec::case::{KnownDeviations, Suite};
use corspec::run::{AgentName, Agents, Keep, Options, run};
use corspec::server::{Mutant, Target};
use corspec::verdict::Status;

#[test]
fn every_server_permutation_finds_a_mutant_and_every_mutant_is_found() {
    let suite = Suite::embedded().unwrap();
    let all: Vec<_> = (suite.permutations.iter())
        .filter(|permutation| permutation.policy.is_some())
        .cloned()
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let found = |mutant: Mutant, asked: &[Arc<Permutation>]| {
        let options = Options {
            agents: Agents::Named(vec![AgentName::Wire]),
            target: Target::embedded(Some(mutant)),
            keep: Keep::Remarkable,
            ..Options::default()
        };
        let known = KnownDeviations::default();
        let run = run(&suite, asked.to_vec(), &known, &options, &mut |_| {});
        let results = runtime.block_on(run).unwrap().results;
        let is_finding = |status| matches!(status, Status::Fail | Status::Warn | Status::Note);
        let finders = results.into_iter().filter(|it| is_finding(it.status));
        finders
            .map(|result| result.permutation.id.clone())
            .collect::<Vec<_>>()
    };

    let mut survivors = all.clone();
    let mut overlooked = Vec::new();
    for mutant in Mutant::ALL {
        // Those that have found nothing yet are asked first, since asking all of them takes long.
        let finders = found(*mutant, &survivors);
        survivors.retain(|permutation| !finders.contains(&permutation.id));
        if finders.is_empty() && found(*mutant, &all).is_empty() {
            overlooked.push(format!("nothing finds out `{mutant}`: {}", mutant.about()));
        }
    }
    let survivors = survivors
        .iter()
        .map(|it| format!("{} finds out no mutant", it.id));
    let amiss: Vec<_> = survivors.chain(overlooked).collect();
    assert!(amiss.is_empty(), "{}", amiss.join("\n"));
}
