//! Specs that once went wrong, in `cases`: each is now accepted, or refused with a fix. docs/cases.md lists them.

use super::desk::Desk;
use std::path::Path;

const HEAD: &str = "# Specs that went wrong once\n\n\
Made by `UPDATE_DOCS=1 cargo test --test check cases::`, not to be edited by hand. Each is a small spec in \
[tests/check/cases](../tests/check/cases), from public reports and configurations: what happened when it was tried first, and \
what `check` says now. Where `check` alone cannot show it, a test on a host does.\n\n\
| Case | Once | Now | Test on a host |\n| --- | --- | --- | --- |\n";

/// A case: its name and the spec, with its comment at the head.
struct Case {
    name: String,
    spec: String,
}

impl Case {
    /// The value of `# WORD: …` in the comment at the head.
    fn word(&self, word: &str) -> Option<&str> {
        let head = self.spec.lines().take_while(|line| line.starts_with("# "));
        head.filter_map(|line| line.strip_prefix("# ")?.strip_prefix(word)?.strip_prefix(": "))
            .next()
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/cases");
    let mut all: Vec<Case> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| Case {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            spec: std::fs::read_to_string(path).unwrap(),
        })
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(all.len() >= 32, "{}", all.len());
    all
}

#[test]
fn each_is_taken_or_refused_with_what_to_write() {
    let (mut wrong, mut page) = (String::new(), HEAD.to_owned());
    for case in cases() {
        let ran = Desk::with(&case.spec).run(&["check", "prod.toml"]);
        let now = case.word("now").unwrap_or_else(|| panic!("{}: no `# now:`", case.name));
        let write = case.word("write");
        let is_right = match now.strip_prefix("refused: ") {
            Some(why) => {
                ran.status == 1
                    && ran.stdout.contains(why)
                    && write.is_some_and(|words| ran.stdout.contains(words))
            }
            None => now == "accepted" && ran.status == 0,
        };
        if !is_right {
            wrong += &format!("## {}: {now}, {write:?}\n{ran}\n", case.name);
        }
        let help = write.map(|words| format!("; {words}")).unwrap_or_default();
        page += &format!(
            "| {} | {} | {now}{help} | {} |\n",
            case.name,
            case.word("once").unwrap_or_else(|| panic!("{}: no `# once:`", case.name)),
            case.word("shown").unwrap_or_default()
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cases.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let is = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(is == page, "docs/cases.md is stale: UPDATE_DOCS=1 cargo test --test check cases::");
}
