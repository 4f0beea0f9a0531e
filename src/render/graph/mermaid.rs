//! Mermaid, which forges and editors render in Markdown.

use super::{id, stage, title};
use crate::plan::Graph;
use std::fmt::Write;

/// The parts of a run; line styles distinguish them in any theme.
const CLASSES: &str = "  classDef prepare stroke-dasharray:6 3
  classDef switch stroke-width:3px
  classDef rest stroke-dasharray:1 3
";

/// Formats the graph as a flowchart; `about` becomes a comment.
pub fn mermaid(graph: &Graph, about: &str) -> String {
    let mut text = format!("flowchart LR\n  %% {}\n", escaped(about));
    for (number, (cluster, members)) in graph.clusters().into_iter().enumerate() {
        let _ = writeln!(text, "  subgraph c{}[\"{}\"]", number + 1, escaped(&title(cluster)));
        for at in members {
            let Some(node) = graph.nodes.get(at) else { continue };
            let label = escaped(&format!("{} {}", at + 1, node.address));
            let _ = writeln!(text, "    {}[\"{label}\"]:::{}", id(at), stage(node.stage));
        }
        text.push_str("  end\n");
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(text, "  {} --> {}", id(*from), id(*to));
    }
    text + CLASSES
}

/// Formats text in double quotes. Mermaid interprets HTML, Markdown and bare links in it, and even statements;
/// `#NUMBER;` stands for any character by its number and nothing else.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_plain = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '.' | ':' | ',' => true,
            '-' | '/' => before != c,
            '_' => {
                before.is_ascii_alphanumeric()
                    && rest.peek().is_some_and(char::is_ascii_alphanumeric)
            }
            _ => false,
        };
        match is_plain {
            true => safe.push(c),
            // An invisible character is replaced by U+FFFD.
            false if c.is_control() => safe.push_str("#65533;"),
            false => {
                let _ = write!(safe, "#{};", u32::from(c));
            }
        }
        before = c;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn plain_names_stay_readable() {
        for plain in
            ["file:/etc/nginx/conf.d/matrixform.conf", "12 apt:nginx", "postgres_role:synapse"]
        {
            assert_eq!(escaped(plain), plain);
        }
    }

    #[test]
    fn everything_else_is_escaped() {
        assert_eq!(escaped("a\"]"), "a#34;#93;");
        assert_eq!(escaped("a --> b"), "a -#45;#62; b");
        assert_eq!(escaped("<b>&amp;#35;"), "#60;b#62;#38;amp#59;#35;35#59;");
        assert_eq!(escaped("%%{init: {}}%%"), "#37;#37;#123;init: #123;#125;#125;#37;#37;");
        assert_eq!(escaped("__init__ `*x*`"), "#95;#95;init#95;#95; #96;#42;x#42;#96;");
        assert_eq!(escaped("https://a\u{1b}\nb\u{202e}"), "https:/#47;a#65533;#65533;b#8238;");
    }
}
