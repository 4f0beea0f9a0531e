//! Any typo in a correct spec is handled within bounded time, with every error at a place in the spec.
//! `MATRIXFORM_FUZZ=10000` tries more of them.

use matrixform::for_tests::diagnostic::{Level, Problems, Source};
use matrixform::for_tests::module::{Modules, check};
use matrixform::for_tests::spec::files::InMemory;
use matrixform::for_tests::spec::{Spec, Variables};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time limit for one spec, on a busy machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(20);

/// Typed by mistake: keys beside the right one, and characters that change the meaning of everything after them.
const TYPED: [&str; 22] = [
    "a", "0", "=", "\"", "'", "[", "]", "{", "}", ",", ".", "#", ";", ":", "\n", "\r", "\t", " ",
    "\u{201c}", "\u{a0}", "\0", "\"\"\"",
];

fn base() -> String {
    let table: toml::Table = include_str!("mistakes.toml").parse().unwrap();
    table["base"].as_str().unwrap().to_owned()
}

fn below(most: usize, random: &mut TestRng) -> usize {
    (random.next_u32() as usize) % most.max(1)
}

/// Drops, adds or changes a character, or swaps two lines.
fn slip(text: &str, random: &mut TestRng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = below(chars.len(), random);
    let typed = TYPED[below(TYPED.len(), random)];
    match below(4, random) {
        0 => drop(chars.remove(at)),
        1 => drop(chars.splice(at..at, typed.chars())),
        2 => drop(chars.splice(at..=at, typed.chars())),
        _ => {
            let mut lines: Vec<&str> = text.lines().collect();
            let (one, other) = (below(lines.len(), random), below(lines.len(), random));
            lines.swap(one, other);
            return lines.join("\n") + "\n";
        }
    }
    chars.into_iter().collect()
}

fn problems(text: &str, modules: &Modules) -> Problems {
    let source = Source::new("prod.toml", text);
    match Spec::read_lenient(&source, Arc::new(InMemory::default()), Variables::Unread) {
        Ok((spec, mut problems)) => {
            problems.extend(check(&spec, modules).problems);
            problems
        }
        Err(problems) => problems,
    }
}

#[test]
fn every_typo_is_reported_at_a_valid_place() {
    let modules = Modules::built_in(&[]).unwrap();
    let wanted = std::env::var("MATRIXFORM_FUZZ").ok().and_then(|number| number.parse().ok());
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let base = base();
    for _ in 0..wanted.unwrap_or(300) {
        let text = slip(&base, &mut random);
        let begun = Instant::now();
        let found = problems(&text, &modules);
        assert!(begun.elapsed() < PATIENCE, "{text}");
        for problem in found.iter().filter(|one| one.level == Level::Error) {
            let shown = problem.render(false);
            let Some((place, _)) = &problem.place else { panic!("no place: {shown}\n{text}") };
            assert_eq!(place.source.name, "prod.toml", "{shown}\n{text}");
            assert!(
                place.span.start <= text.len() && place.span.end <= text.len(),
                "{shown}\n{text}"
            );
            assert!(
                problem.help.is_some() || problem.code != "spec/syntax",
                "no help: {shown}\n{text}"
            );
        }
    }
}
