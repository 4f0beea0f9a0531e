//! Hostile names: whatever a spec contains, the drawing has the same number of lines and nodes.

use super::{dot, mermaid};
use crate::plan::{Graph, GraphCluster, GraphNode, Stage};
use crate::resource::Address;

const HOSTILE: &[&str] = &[
    "\"] --> r9[\"x",
    "\"\n}\ndigraph x {",
    "]:::prepare\nclick r1 href \"javascript:alert(1)\"",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%%{init: {\"securityLevel\": \"loose\"}}%%",
    "end",
    "a\\",
    "\\\"]; evil [label=\"",
    "`**bold** [x](javascript:alert(1))`",
    "&quot;]",
    "#quot;]",
    "--> -.-> ==> ~~~ @{ shape: rect }",
    "\u{2028}\u{85}\r",
];

fn named(name: &str) -> Graph {
    let node = |kind: &str, cluster| GraphNode {
        address: Address::new(kind, name),
        stage: Stage::Switch,
        cluster,
    };
    let module = GraphCluster::Module(name.to_owned());
    let nodes =
        vec![node("file", module), node("service", GraphCluster::Activation(name.to_owned()))];
    Graph { nodes, edges: vec![(0, 1)] }
}

/// Removes all strings from the text, as a parser of the language would find their ends.
fn skeleton(text: &str, escape: Option<char>) -> String {
    let mut left = String::new();
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            c if inside && Some(c) == escape => escaped = true,
            '"' => {
                inside = !inside;
                left.push('"');
            }
            _ if inside => {}
            c => left.push(c),
        }
    }
    assert!(!inside, "a string has no end: {text}");
    left
}

#[test]
fn no_name_breaks_out_of_its_string() {
    let plain = named("plain");
    let mermaid_skeleton = skeleton(&mermaid(&plain, "plain"), None);
    let dot_skeleton = skeleton(&dot(&plain, "plain"), Some('\\'));
    for name in HOSTILE {
        let graph = named(name);
        // The comment is the only text outside strings.
        let text = mermaid(&graph, "plain");
        assert_eq!(skeleton(&text, None), mermaid_skeleton, "{text}");
        let comment = mermaid(&plain, name);
        let (lines, wanted) = (comment.lines().count(), mermaid_skeleton.lines().count());
        assert!(lines == wanted && !comment.contains("%%{"), "{comment}");
        assert!(!text.contains(['<', '`', '{', '\u{2028}', '\u{85}', '\r']), "{text}");
        let text = dot(&graph, name);
        assert_eq!(skeleton(&text, Some('\\')), dot_skeleton, "{text}");
    }
}
