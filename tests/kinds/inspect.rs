//! What checkers say of the files on disk, and what they warn of before a switch.

use crate::host::{Host, SHELLS};
use matrixform::apply::inspected;
use std::time::Duration;

#[tokio::test]
async fn refusals_and_warnings_are_told_and_nothing_else() {
    for shell in SHELLS {
        let mut host = Host::new(shell);
        let answers = host
            .inspect(&[
                ["first", "root", "echo wrong; echo line 7 >&2; exit 3"],
                ["second", "root", "echo fine; echo '[warn] again' >&2; echo '[warn] again' >&2"],
                ["third", "root", "echo fine"],
                ["fourth", "root", "/nowhere/program --test"],
                ["fifth", "nobody-of-this-name", "exit 1"],
            ])
            .await;
        let told: Vec<String> =
            inspected(&answers).iter().map(|problem| problem.render(false)).collect();
        let told = told.join("\n");
        assert!(told.starts_with("warning: with what is on disk now the next start of first"));
        assert!(told.contains("= note: wrong\n = note: line 7\n"), "{told}");
        assert!(told.contains("note: the check of second warns\n"), "{told}");
        assert_eq!(told.matches("[warn] again").count(), 1, "{told}");
        assert_eq!(inspected(&answers).len(), 2, "{told}");
    }
}

#[tokio::test]
async fn a_check_that_passes_marks_its_warnings() {
    for shell in SHELLS {
        let script = "echo fine; echo '[warn] again' >&2; echo '[warn] again' >&2";
        let bad = "echo because >&2; exit 9";
        let functions = format!(
            "content() {{\nstage_plain front root {script:?}\n}}\nrefuses() {{\nstage_plain front root {bad:?}\n}}\n"
        );
        let mut host = Host::with(shell, &functions, Duration::from_secs(90));
        let limit = Duration::from_secs(10);
        let (said, status) = host.step(limit, "content").await;
        assert_eq!((said.trim(), status), ("fine\nwarned: [warn] again", 0));
        let (said, status) = host.step(limit, "refuses").await;
        let refused = "because\nthe check of front refused what is staged";
        assert_eq!((said.trim(), status), (refused, 9));
    }
}
