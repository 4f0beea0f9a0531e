//! The reference under docs/ and the schemas under inventory/ are generated; this keeps them current.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use clap::Command;
use matrixform::for_tests::module::{
    Modules, SchemaFor, embedded, findings_reference, followers, followers_table, kinds_reference,
    options_reference, reference, schema,
};
use std::path::Path;

#[test]
fn the_reference_is_current() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let profiles = std::fs::read_to_string(docs.join("profiles.md")).unwrap();
    let pages = [
        ("options.md", reference(&modules)),
        ("findings.md", findings_reference(&modules)),
        ("synapse-options.md", options_reference(&modules)),
        ("kinds.md", kinds_reference(matrixform::for_tests::resource::kinds())),
        ("profiles.md", with_table(&profiles, &followers_table(&modules, "synapse", "profile"))),
        ("commands.md", commands(matrixform::for_tests::cli::command())),
    ];
    let schema = |of| {
        serde_json::to_string_pretty(&schema(
            &modules,
            matrixform::for_tests::resource::kinds(),
            of,
        ))
        .unwrap()
            + "\n"
    };
    let pages = pages.map(|(name, page)| (format!("docs/{name}"), page)).into_iter().chain([
        ("inventory/schema.json".to_owned(), schema(SchemaFor::Whole)),
        ("inventory/schema-layer.json".to_owned(), schema(SchemaFor::Layer)),
    ]);
    for (name, wanted) in pages {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{name} is stale: UPDATE_DOCS=1 cargo test --test reference");
    }
}

/// The page with this table between its two comments; the text around them is written by hand.
fn with_table(page: &str, table: &str) -> String {
    let (head, rest) = page.split_once(" -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end").unwrap();
    format!("{head} -->\n{table}<!-- end{tail}")
}

/// Each profile sets some options, and only options that exist in a spec.
#[test]
fn every_profile_sets_something() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let followers = followers(&modules, "synapse", "profile");
    for profile in ["friends", "closed", "newsroom"] {
        let set = followers.iter().filter(|one| one.by_value.contains_key(profile));
        assert!(set.count() > 2, "{profile}");
    }
    for one in &followers {
        let same = one.by_value.values().filter(|value| Some(*value) == one.default.as_ref());
        assert_eq!(same.count(), 0, "{}: a word says what is the default anyway", one.name);
    }
}

/// The long help of every command, as `--help` prints it.
fn commands(mut command: Command) -> String {
    command.build();
    let intro = "# Commands\n\nWhat `--help` says, generated: `UPDATE_DOCS=1 cargo test --test reference`.\n";
    let mut page = intro.to_owned();
    add(&command, "matrixform", &mut page);
    page
}

fn add(command: &Command, words: &str, page: &mut String) {
    // Flags that every command takes are listed once.
    let own = command.clone().mut_args(|one| {
        let is_hidden = one.is_hide_set() || one.is_global_set() && words.contains(' ');
        one.hide(is_hidden)
    });
    let help = own.term_width(96).bin_name(words).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!("\n## {words}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        add(verb, &format!("{words} {}", verb.get_name()), page);
    }
}

/// The table of faults names tests that exist.
#[test]
fn every_fault_names_an_existing_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let (_, faults) = page.split_once("\n## Faults\n").unwrap();
    let rows: Vec<&str> = faults.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 50);
    for row in rows.iter().filter(|row| !row.starts_with("| fault |")) {
        let named = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let mut found = 0;
        for name in named
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains('/') || name.contains("::"))
        {
            let (file, test) = name.split_once("::").unwrap_or((name, ""));
            let text = sources(&root.join("tests").join(file));
            let declared = ["fn {}(", "\"{}\"", "::{}\""].map(|form| form.replace("{}", test));
            let is_there = declared.iter().any(|declared| text.contains(declared.as_str()));
            assert!(!text.is_empty() && (test.is_empty() || is_there), "there is no {name}: {row}");
            found += 1;
        }
        assert!(found > 0, "no test is named: {row}");
    }
}

/// A test file and the files of its modules.
fn sources(place: &Path) -> String {
    let mut text = std::fs::read_to_string(place).unwrap_or_default();
    text += &std::fs::read_to_string(place.with_extension("rs")).unwrap_or_default();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        text += &std::fs::read_to_string(entry.path()).unwrap_or_default();
    }
    text
}
