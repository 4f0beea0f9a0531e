//! Graphviz's language, for `dot`.

use super::{id, stage, title};
use crate::plan::Graph;
use std::fmt::Write;

/// Formats the graph as a digraph; `about` is its title.
pub fn dot(graph: &Graph, about: &str) -> String {
    let mut text = format!("digraph matrixform {{\n  label=\"{}\"\n", escaped(about));
    text.push_str("  rankdir=LR\n  node [shape=box]\n");
    for (number, (cluster, members)) in graph.clusters().into_iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{} {{", number + 1);
        let _ = writeln!(text, "    label=\"{}\"", escaped(&title(cluster)));
        for at in members {
            let Some(node) = graph.nodes.get(at) else { continue };
            let label = escaped(&format!("{} {}", at + 1, node.address));
            let (style, class) = (style(stage(node.stage)), stage(node.stage));
            let _ =
                writeln!(text, "    {} [label=\"{label}\" class={class} style={style}]", id(at));
        }
        text.push_str("  }\n");
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(text, "  {} -> {}", id(*from), id(*to));
    }
    text + "}\n"
}

/// Line styles distinguish the parts of a run without colour.
fn style(stage: &str) -> &'static str {
    match stage {
        "prepare" => "dashed",
        "switch" => "bold",
        _ => "dotted",
    }
}

/// Formats text in double quotes. In a label, `\` also starts sequences such as `\N`, and `&` HTML entities.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '"' => safe.push_str("\\\""),
            '\\' => safe.push_str("\\\\"),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Invisible characters, and those that reverse the text direction.
            c if c.is_control() || ('\u{200e}'..='\u{202e}').contains(&c) => safe.push('\u{fffd}'),
            c if ('\u{2066}'..='\u{2069}').contains(&c) => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_cannot_end_their_string() {
        assert_eq!(escaped("a\"]; b -> c"), "a\\\"]; b -&gt; c");
        assert_eq!(escaped("a\\"), "a\\\\");
        assert_eq!(escaped("a\\\"\\N"), "a\\\\\\\"\\\\N");
        assert_eq!(escaped("<b>&quot;"), "&lt;b&gt;&amp;quot;");
        assert_eq!(escaped("a\nb\u{202e}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(escaped("file:/etc/föhn.conf"), "file:/etc/föhn.conf");
    }
}
