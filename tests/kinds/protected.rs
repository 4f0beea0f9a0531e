//! A protected file is never overwritten, even when its state is unknown.

use crate::declaring::{declaring, record};
use matrixform::for_tests::resource::{Action, Answers, Comparison, Context, DeclaredValue};

/// The comparison for these answers about the path and its content.
fn compared(paths: &[u8], content: &[u8]) -> Comparison {
    let file =
        declaring("file", "/x").text("content", "new").with("protect", DeclaredValue::Bool(true));
    let file = file.made();
    let mut answers = Answers::default();
    answers.add("paths_observe", 0, paths);
    answers.add("file_observe", 0, content);
    let context = Context::default();
    file.compare(&context, &file.observe(&context, &answers))
}

#[test]
fn different_and_unreadable_files_are_refused() {
    let root = record("/", &[("type", "directory")]);
    let there = [("type", "regular file"), ("owner", "root"), ("group", "root"), ("mode", "644")];
    let there = [root.clone(), record("/x", &there)].concat();
    let refused = |paths: &[u8], content: &[u8]| match compared(paths, content).action {
        Action::Refuse { why, .. } => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(&there, &record("/x", &[("sha256", "0")])).contains("is protected"));
    assert!(refused(&there, b"").contains("is protected"), "its content was not read");
    assert!(refused(b"", b"").contains("is unknown"), "the host did not answer");
    assert_eq!(compared(&root, b"").action, Action::Create);
}
