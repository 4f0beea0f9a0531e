//! One rule for two files that set the same key: the later file wins. Tables are merged key by key; `[[entries]]` are
//! appended; everything else, including lists in `[ ]` and `{ secret = … }`, is replaced as a whole. So a list in the
//! later file is appended or replaces, depending on how it is written.

use super::node::{Entry, Node, Table, Value};

/// The hint if entries of two files clash.
pub const REPLACES: &str = "`[[…]]` adds to an included file; a list in `[ ]` replaces it";

/// A key of an earlier file that a later one replaces.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The keys of the enclosing tables.
    pub above: Vec<String>,
    /// The key and its value, as a table with one entry.
    pub entry: Table,
}

/// Merges the keys of a later file over those of an earlier one.
pub(super) fn merge(earlier: Table, later: Table, replaced: &mut Vec<Replaced>) -> Table {
    Merging { above: Vec::new(), replaced }.tables(earlier, later)
}

struct Merging<'a> {
    above: Vec<String>,
    replaced: &'a mut Vec<Replaced>,
}

impl Merging<'_> {
    fn tables(&mut self, earlier: Table, later: Table) -> Table {
        let mut merged = earlier;
        for (key, entry) in later {
            match merged.get_mut(&key) {
                Some(first) => self.over(key, first, entry),
                None => drop(merged.insert(key, entry)),
            }
        }
        merged
    }

    /// A table keeps its earlier place, because it contains keys of both files; its first key is known.
    fn over(&mut self, key: String, first: &mut Entry, later: Entry) {
        let adds = are_entries(&later);
        let refers = is_reference(&later.node) || is_reference(&first.node);
        match (&mut first.node.value, later.node.value) {
            (Value::Table(table), Value::Table(new)) if !refers => {
                self.above.push(key);
                *table = self.tables(std::mem::take(table), new);
                self.above.pop();
            }
            (Value::Array(items), Value::Array(new)) if adds => items.extend(new),
            (_, value) => {
                let node = Node { value, place: later.node.place };
                let before = std::mem::replace(first, Entry { key: later.key, node });
                let entry = Table::from_iter([(key, before)]);
                self.replaced.push(Replaced { above: self.above.clone(), entry });
            }
        }
    }
}

/// Whether a list is written as `[[key]]`: if so, its place is the header, which contains the key.
fn are_entries(entry: &Entry) -> bool {
    let (key, list) = (&entry.key.span, &entry.node.place.span);
    list.start <= key.start && key.end <= list.end
}

/// Whether this is `{ secret = "name" }` or `{ env = "NAME" }`, which must not be merged.
fn is_reference(node: &Node) -> bool {
    let text = &node.place.source.text;
    let inline = text.get(node.place.span.clone()).is_some_and(|text| text.starts_with('{'));
    let table = node.as_table().filter(|table| inline && table.len() == 1);
    table.is_some_and(|table| {
        ["secret", "env"]
            .iter()
            .any(|key| table.get(*key).is_some_and(|entry| entry.node.as_str().is_some()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::spec::node::parse;

    fn merged(earlier: &str, later: &str) -> Table {
        let read = |name: &str, text: &str| {
            parse(&Source::new(name, text)).unwrap().as_table().cloned().unwrap()
        };
        merge(read("base.toml", earlier), read("prod.toml", later), &mut Vec::new())
    }

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::String(text) => format!("{text:?}"),
            Value::Integer(number) => number.to_string(),
            Value::Array(items) => {
                format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
            }
            Value::Table(table) => {
                let pairs = table.iter().map(|(key, one)| format!("{key} = {}", shown(&one.node)));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
            other => format!("{other:?}"),
        }
    }

    fn rows(earlier: &str, later: &str) -> Vec<String> {
        let merged = merged(earlier, later);
        merged.iter().map(|(key, entry)| format!("{key} = {}", shown(&entry.node))).collect()
    }

    #[test]
    fn tables_are_merged_and_the_rest_is_replaced() {
        assert_eq!(
            rows("[a]\nx = 1\ny = [1, 2]\n[a.b]\nz = 1\n", "[a]\ny = [3]\nb.w = 2\n[c]\n"),
            ["a = {x = 1, y = [3], b = {z = 1, w = 2}}", "c = {}"],
        );
        assert_eq!(rows("a = { x = 1 }\n", "a = 1\n"), ["a = 1"]);
        assert_eq!(rows("a = 1\n", "[a]\nx = 1\n"), ["a = {x = 1}"]);
    }

    #[test]
    fn the_notation_of_a_list_decides_how_it_is_merged() {
        let base = "[[c]]\nn = 1\n[w]\nl = [{ n = 1 }]\n";
        assert_eq!(rows(base, "[[c]]\nn = 2\n"), ["c = [{n = 1}, {n = 2}]", "w = {l = [{n = 1}]}"]);
        assert_eq!(rows(base, "c = [{ n = 2 }]\n").first().unwrap(), "c = [{n = 2}]");
        assert_eq!(rows(base, "c = []\n").first().unwrap(), "c = []");
        assert_eq!(rows(base, "[w]\nl = [{ n = 2 }]\n").last().unwrap(), "w = {l = [{n = 2}]}");
        assert_eq!(rows(base, "[[w.l]]\nn = 2\n").last().unwrap(), "w = {l = [{n = 1}, {n = 2}]}");
    }

    #[test]
    fn references_are_replaced_whole() {
        let rows = rows(
            "k = { secret = \"a\" }\nv = { x = 1 }\n",
            "k = { env = \"B\" }\nv = { env = \"B\" }\n",
        );
        assert_eq!(rows, ["k = {env = \"B\"}", "v = {env = \"B\"}"]);
        assert_eq!(
            super::tests::rows("[m]\nx = 1\n", "[m]\nenv = \"B\"\n"),
            ["m = {x = 1, env = \"B\"}"]
        );
    }

    #[test]
    fn every_merged_part_keeps_its_own_file() {
        let merged = merged("[a]\nx = 1\ny = 1\n", "[a]\ny = 2\n");
        let a = merged["a"].node.as_table().unwrap();
        assert_eq!(merged["a"].key.to_string(), "base.toml:1:2");
        assert_eq!(a["x"].node.place.to_string(), "base.toml:2:5");
        assert_eq!(a["y"].node.place.to_string(), "prod.toml:2:5");
    }
}
