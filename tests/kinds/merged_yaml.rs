//! Kind `merged_yaml`.

use crate::host::{Host, SHELLS, declared};
use matrixform::for_tests::resource::Action;

const FILES: &str = r#"
    { kind = "file", name = "@/conf.d/50-ours.yaml", content = "a: 1\nb: {c: 2}\n" },
    { kind = "merged_yaml", name = "@/conf.d", paths = ["@/main.yaml", "@/conf.d"], own = ["@/conf.d/50-ours.yaml"], expected = ["a"] },
"#;

async fn host(program: &[&str], foreign: &[(&str, &str)]) -> Host {
    let mut host = Host::new(program);
    std::fs::create_dir(host.path("conf.d")).unwrap();
    host.apply(&format!("resource = [{FILES}]")).await;
    for (name, text) in foreign {
        std::fs::write(host.path(name), text).unwrap();
    }
    host
}

async fn notes(foreign: &[(&str, &str)], more: &str) -> Vec<String> {
    let mut all = Vec::new();
    for program in SHELLS {
        let mut host = host(program, foreign).await;
        let planned = host.planned_of(&format!("resource = [{FILES}{more}]")).await;
        let refused = planned.items.iter().filter_map(|item| match &item.change.action {
            Action::Refuse { why, .. } => Some(format!("refused: {why}")),
            _ => None,
        });
        let notes = planned.notes.iter().map(|note| note.message.clone());
        let directory = host.path("").to_string_lossy().into_owned();
        all.push(
            refused.chain(notes).map(|text| text.replace(&directory, "@/")).collect::<Vec<_>>(),
        );
    }
    assert_eq!(all[0], all[1], "both shells say the same");
    all.remove(0)
}

#[tokio::test(flavor = "current_thread")]
async fn foreign_settings_are_reported_only_by_key() {
    let none: Vec<String> = Vec::new();
    assert_eq!(notes(&[], "").await, none);
    assert_eq!(notes(&[("main.yaml", "a: hunter2\n"), ("conf.d/x.yml", "b: 1\n")], "").await, none);
    let files = [
        ("main.yaml", "a: 1\nb: hunter2\n'd': [hunter2]\n"),
        ("conf.d/90-x y.yaml", "# z: 1\ne: |\n  f: hunter2\n"),
        ("conf.d/.hidden.yaml", "g: 1\n"),
    ];
    assert_eq!(
        notes(&files, "").await,
        [
            "also set on the host, not by this spec: `d` in @/main.yaml; `g` in @/conf.d/.hidden.yaml; \
             `e` in @/conf.d/90-x y.yaml",
            "set on the host and replaced by this spec: `b` in @/main.yaml"
        ]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_later_file_that_overrides_our_keys_is_refused() {
    let later = ("conf.d/90-x.yaml", "z: 1\n\"b\": hunter2\n");
    assert_eq!(
        notes(&[later], "").await,
        [
            "refused: @/conf.d/90-x.yaml also sets `b`: that file wins, so this setting has no effect"
        ]
    );
    // Until the spec removes it.
    let gone = r#"{ kind = "absent", name = "@/conf.d/90-x.yaml" },"#;
    assert_eq!(notes(&[later], gone).await, Vec::<String>::new());
    // A file declared in the spec counts with its declared content.
    let own = r#"{ kind = "file", name = "@/conf.d/90-x.yaml", content = "y: 1\n" },"#;
    let also = "also set on the host, not by this spec: `y` in @/conf.d/90-x.yaml";
    assert_eq!(notes(&[later], own).await, [also]);
    let own = r#"{ kind = "file", name = "@/conf.d/95.yaml", content = "a: 1\n" },"#;
    assert_eq!(
        notes(&[], own).await,
        ["refused: @/conf.d/95.yaml also sets `a`: that file wins, so this setting has no effect"]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn unreadable_files_are_refused() {
    let large = format!("a: \"{}\"\n", "x".repeat(300 * 1024));
    for text in ["- hunter2\n", "a: [hunter2\n", "\tx", large.as_str()] {
        let notes = notes(&[("conf.d/10-x.yaml", text)], "").await;
        assert_eq!(
            notes,
            ["refused: @/conf.d/10-x.yaml cannot be read as a table in YAML"],
            "{}",
            &text[..8.min(text.len())]
        );
    }
    let many: Vec<String> = (0..101).map(|number| format!("conf.d/{number:03}.yaml")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "x: 1\n")).collect();
    assert_eq!(notes(&many, "").await, ["refused: there are more than 100 files"]);
}

#[test]
fn relative_paths_are_refused() {
    let wrong =
        r#"resource = [{ kind = "merged_yaml", name = "x", paths = ["a"], own = ["/a:b"] }]"#;
    assert_eq!(declared(wrong).unwrap_err().len(), 3);
}
