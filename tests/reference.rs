//! The reference under docs/ is generated; this keeps it current.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use clap::Command;
use matrixform::module::{
    Modules, embedded, findings_reference, kinds_reference, options_reference, reference,
};
use std::path::Path;

#[test]
fn the_reference_is_current() {
    let modules = Modules::load(&embedded(), &[]).unwrap();
    let pages = [
        ("options.md", reference(&modules)),
        ("findings.md", findings_reference(&modules)),
        ("synapse-options.md", options_reference(&modules)),
        ("kinds.md", kinds_reference(matrixform::resource::kinds())),
        ("commands.md", commands(matrixform::cli::command())),
    ];
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, wanted) in pages {
        let path = docs.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(&docs).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{name} is stale: UPDATE_DOCS=1 cargo test --test reference");
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
    // Flags that every command takes are told once.
    let own = command
        .clone()
        .mut_args(|one| one.clone().hide(one.is_global_set() && words.contains(' ')));
    let help = own.term_width(96).bin_name(words).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!("\n## {words}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        add(verb, &format!("{words} {}", verb.get_name()), page);
    }
}
