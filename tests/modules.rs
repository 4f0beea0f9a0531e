//! The modules in `modules/`: all load, all golden cases match their recorded output, and the cases set every option.
//! `UPDATE_GOLDEN=1 cargo test --test modules` records them again; read the diff before committing.

#![allow(clippy::expect_used, clippy::panic, reason = "a test says so by panicking")]

use matrixform::for_tests::diagnostic::{Diagnostic, Source};
use matrixform::for_tests::module::golden::{GoldenReport, facts, golden};
use matrixform::for_tests::module::{ModuleDirectory, Modules, expand, on_disk};
use matrixform::for_tests::secret::{Secret, SecretSource};
use matrixform::for_tests::spec::{Spec, files::InMemory};
use std::path::Path;

fn directories() -> Vec<ModuleDirectory> {
    on_disk::modules(Path::new("modules")).expect("modules/ is readable")
}

fn modules(directories: &[ModuleDirectory]) -> Modules {
    Modules::load(directories, &[]).unwrap_or_else(|problems| {
        let shown: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
        panic!("modules do not load:\n{}", shown.join("\n\n"))
    })
}

fn reports() -> Vec<GoldenReport> {
    let directories = directories();
    let modules = modules(&directories);
    directories.iter().map(|directory| golden(directory, &modules)).collect()
}

#[test]
fn golden_cases_match_their_recorded_output() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = String::new();
    for report in reports() {
        for problem in &report.problems {
            wrong += &format!("{}\n\n", problem.render(false));
        }
        for result in report.results.iter().filter(|result| !result.is_same()) {
            let path = Path::new("modules").join(&report.module).join(&result.file);
            if update {
                std::fs::write(&path, &result.found).expect("the golden file can be written");
                continue;
            }
            let expected = result.expected.as_deref().unwrap_or("");
            let diff = similar::TextDiff::from_lines(expected, &result.found);
            wrong += &format!("{}\n{}\n", path.display(), diff.unified_diff());
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nUPDATE_GOLDEN=1 cargo test --test modules records anew");
}

#[test]
fn golden_cases_set_every_option() {
    let reports = reports();
    let missing = reports
        .iter()
        .flat_map(|report| report.uncovered.iter().map(|name| format!("{}.{name}", report.module)));
    let missing: Vec<String> = missing.collect();
    assert!(missing.is_empty(), "no golden case sets: {}", missing.join(", "));
}

#[test]
fn no_recorded_output_is_left_over() {
    for (directory, report) in directories().iter().zip(reports()) {
        let recorded = directory.below("golden/", ".txt");
        let left: Vec<&str> = recorded
            .filter(|path| {
                // Output only: `CASE.FACTS.txt`.
                let output = matrixform::for_tests::module::golden::facts_names()
                    .any(|facts| path.ends_with(&format!(".{facts}.txt")));
                output && !report.results.iter().any(|result| result.file == *path)
            })
            .collect();
        assert!(left.is_empty(), "{}: no case gives {}", directory.name, left.join(", "));
    }
}

#[test]
fn built_in_modules_run_no_commands() {
    for manifest in modules(&directories()).iter() {
        let commands = manifest.resources.iter().filter(|form| form.kind == "command");
        assert_eq!(commands.count(), 0, "`{}` uses the kind command", manifest.name);
    }
}

/// Synapse reads a whole top-level key from one file, so `extra` below a table that parameters also write goes into the
/// same file. Compares the lists of these tables with the tables that are written.
#[test]
fn the_lists_of_shared_tables_are_complete() {
    let modules = modules(&directories());
    let synapse = modules.get("synapse").expect("there is synapse");
    for (document, name) in [("homeserver", "shared_tables"), ("secrets", "secret_tables")] {
        let listed = synapse.constants[name].value.try_iter().expect("a list");
        let listed: Vec<String> = listed.map(|name| name.to_string()).collect();
        let set = synapse.settings.iter().filter(|one| one.document == document);
        let parts = set.filter(|one| one.key.len() > 1).map(|one| one.key[0].clone());
        let file = synapse.resources.iter().filter_map(|form| form.structured());
        let mut file = file.filter(|structured| structured.document.as_deref() == Some(document));
        let tables = file.next().expect("the document").tables().map(str::to_owned);
        let mut written: Vec<String> = parts.chain(tables).collect();
        written.sort();
        written.dedup();
        assert_eq!(listed, written);
    }
}

struct NoSecrets;

impl SecretSource for NoSecrets {
    fn secret(&self, name: &str, _: Option<&str>) -> Result<Secret, Diagnostic> {
        panic!("nobody asks for {name}")
    }
}

const FRONT: &str = r#"
[host]
address = "192.0.2.1"
[tls]
provider = "self-signed"
[nginx]
[well_known]
server_name = "example.org"
base_url = "https://example.org"
"#;

#[test]
fn a_kernel_without_ipv6_gets_no_ipv6_listener() {
    let directories = directories();
    let modules = modules(&directories);
    let source = Source::new("a.toml", FRONT);
    let spec = Spec::read(&source, std::sync::Arc::new(InMemory::default())).expect("a spec");
    let listeners = |ipv6: Option<bool>| {
        let mut facts = facts("debian-12").expect("recorded facts");
        facts.ipv6 = ipv6;
        let expansion = expand(&spec, &modules, &facts, &NoSecrets).expect("an expansion");
        let contents = expansion.resources.iter().filter_map(|one| one.attributes.get("content"));
        let contents = contents.map(|attribute| format!("{:?}", attribute.value));
        contents.map(|content| content.matches("listen [::]:").count()).sum::<usize>()
    };
    assert_eq!(listeners(Some(false)), 0);
    assert_eq!(listeners(Some(true)), 4);
    assert_eq!(listeners(None), 4, "what is not known is taken to be there");
}

/// Whoever sets an option of homeserver.yaml below `[synapse]` sees its matrixform name.
#[test]
fn every_written_synapse_option_has_a_matrixform_name() {
    let modules = modules(&directories());
    let synapse = modules.get("synapse").expect("there is synapse");
    let documents = synapse.resources.iter().filter_map(|form| form.structured());
    let documents = documents.filter(|structured| structured.document.is_some());
    let held = documents.flat_map(|structured| structured.keys()).map(str::to_owned);
    let set = |name: &str| synapse.settings.iter().any(|setting| setting.key[0] == name);
    let own = |name: &str| synapse.params.contains_key(name) || set(name);
    let silent: Vec<String> = held
        .filter(|name| !own(name) && matrixform::for_tests::synapse::own_name(name).is_none())
        .collect();
    assert!(silent.is_empty(), "src/synapse/own_names.rs does not know {}", silent.join(", "));
}
