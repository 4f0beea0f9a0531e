//! The table of all options, read once from `options.toml`, which documents its own format. Names are dotted:
//! `rc_login.address`, `listeners[].port`, `databases.*.name`.

use super::OptionKind;
use crate::diagnostic::Source;
use crate::spec::node::{self, Entry, Table, Value};
use indexmap::IndexMap;
use std::sync::OnceLock;

const TEXT: &str = include_str!("options.toml");

/// All options of one version of Synapse.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The version that the table was checked against.
    pub version: String,
    /// The options by name, in the order of the file.
    pub known: IndexMap<String, SynapseOption>,
    /// Names of removed options.
    pub gone: IndexMap<String, RemovedOption>,
}

/// One option.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SynapseOption {
    /// The kinds of values that it takes.
    pub kinds: Vec<OptionKind>,
    /// The first version that has it, if known.
    pub since: Option<String>,
    /// Whether Synapse exits if the table that it belongs to lacks it.
    pub required: bool,
    /// Whether its value is a secret.
    pub secret: bool,
    /// Whether reloading Synapse is enough; otherwise it needs a restart.
    pub reload: bool,
    /// What is lost when it is set; for a bool, when it is true.
    pub deletes: Option<String>,
    /// Whether `deletes` and `part` apply when it is false instead.
    pub off: bool,
    /// Why it cannot be undone.
    pub forever: Option<String>,
    /// What replaces it, for an option that is still read.
    pub instead: Option<String>,
    /// The part of a deployment, besides one Synapse process, without which it has no effect; for a bool, when it is
    /// true, or with `off` when it is false.
    pub part: Option<String>,
    /// Other options without which Synapse does not start when this one is set: one from each list.
    pub needs: Vec<Vec<String>>,
    /// Another key of the same table; Synapse does not start when both are set.
    pub excludes: Option<String>,
    /// The extra of Synapse's Python distribution that it requires.
    pub extra: Option<String>,
}

/// A removed option.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RemovedOption {
    /// The version that removed it, if known.
    pub version: Option<String>,
    /// What replaces it.
    pub instead: Option<String>,
}

impl Options {
    /// Returns the names directly below a name; below the empty name, those of the first level.
    pub fn below<'a>(&'a self, above: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.known.keys().filter_map(move |name| match above {
            "" => Some(name.as_str()),
            _ => name.strip_prefix(above)?.strip_prefix('.'),
        });
        names.filter(|rest| !rest.contains(['.', '[']))
    }

    fn read(text: &str) -> Option<Options> {
        let root = node::parse(&Source::new("options.toml", text)).ok()?;
        let root = root.as_table()?;
        let options = root.get("options")?.node.as_table()?.iter();
        let gone = root.get("gone")?.node.as_table()?.iter();
        Some(Options {
            version: root.get("version")?.node.as_str()?.to_owned(),
            known: options
                .map(|(name, entry)| Some((name.clone(), SynapseOption::read(entry)?)))
                .collect::<Option<_>>()?,
            gone: gone
                .map(|(name, entry)| {
                    Some((name.clone(), RemovedOption::read(entry.node.as_table()?)))
                })
                .collect::<Option<_>>()?,
        })
    }
}

impl SynapseOption {
    fn read(entry: &Entry) -> Option<SynapseOption> {
        if let Some(kind) = entry.node.as_str() {
            return Some(SynapseOption {
                kinds: OptionKind::read(kind)?,
                ..SynapseOption::default()
            });
        }
        let table = entry.node.as_table()?;
        Some(SynapseOption {
            kinds: OptionKind::read(table.get("kind")?.node.as_str()?)?,
            since: text(table, "since"),
            required: flag(table, "required"),
            secret: flag(table, "secret"),
            reload: flag(table, "reload"),
            deletes: text(table, "deletes"),
            off: flag(table, "off"),
            forever: text(table, "forever"),
            instead: text(table, "instead"),
            part: text(table, "part"),
            needs: text(table, "needs").map(|text| needs(&text)).unwrap_or_default(),
            excludes: text(table, "excludes"),
            extra: text(table, "extra"),
        })
    }
}

/// Parses `a or b and c`.
fn needs(text: &str) -> Vec<Vec<String>> {
    let any = |words: &str| words.split(" or ").map(str::to_owned).collect();
    text.split(" and ").map(any).collect()
}

impl RemovedOption {
    fn read(table: &Table) -> RemovedOption {
        RemovedOption { version: text(table, "in"), instead: text(table, "instead") }
    }
}

fn text(table: &Table, key: &str) -> Option<String> {
    table.get(key)?.node.as_str().map(str::to_owned)
}

fn flag(table: &Table, key: &str) -> bool {
    table.get(key).is_some_and(|entry| entry.node.value == Value::Boolean(true))
}

/// Returns the table for the version that the defaults were tested with. A test checks that it can be parsed.
pub fn options() -> &'static Options {
    static OPTIONS: OnceLock<Options> = OnceLock::new();
    OPTIONS.get_or_init(|| Options::read(TEXT).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_table_is_valid_and_has_no_stray_keys() {
        let options = options();
        assert!(options.known.len() > 700 && options.gone.len() > 10);
        let root = node::parse(&Source::new("options.toml", TEXT)).unwrap();
        let keys = [
            "kind", "since", "secret", "reload", "deletes", "off", "forever", "instead", "part",
            "extra", "required", "needs", "excludes",
        ];
        for (name, entry) in root.as_table().unwrap()["options"].node.as_table().unwrap() {
            for key in entry.node.as_table().into_iter().flat_map(Table::keys) {
                assert!(keys.contains(&key.as_str()), "{name} has {key}");
            }
        }
    }

    #[test]
    fn every_known_option_is_below_a_table_and_not_removed() {
        let options = options();
        for name in options.known.keys() {
            assert!(!options.gone.contains_key(name), "{name} is known and gone");
            let Some((above, _)) = name.rsplit_once('.') else { continue };
            let of = |above: &str| options.known.get(above).map(|option| option.kinds.clone());
            let table = match (above.strip_suffix("[]"), above.strip_suffix(".*")) {
                (Some(list), _) => of(list)
                    .is_some_and(|k| k.contains(&OptionKind::List(Box::new(OptionKind::Table)))),
                (_, Some(map)) => of(map)
                    .is_some_and(|k| k.contains(&OptionKind::Map(Box::new(OptionKind::Table)))),
                _ => of(above).is_some_and(|kinds| kinds.contains(&OptionKind::Table)),
            };
            assert!(table, "{name} stands below {above}, which is no table");
        }
        let replaced = options.known.values().filter_map(|option| option.instead.as_ref());
        for name in replaced.chain(options.gone.values().filter_map(|gone| gone.instead.as_ref())) {
            let plain = name.contains(' ') || options.known.contains_key(name);
            assert!(plain, "`{name}` comes instead of something and is no option");
        }
        for (name, option) in &options.known {
            let (table, _) = name.rsplit_once('.').unwrap_or_default();
            let other = option.excludes.as_ref();
            let other =
                other.map(|other| format!("{table}.{other}").trim_start_matches('.').to_owned());
            for other in option.needs.iter().flatten().chain(&other) {
                assert!(options.known.contains_key(other), "`{other}` of {name} is no option");
                // The other option is looked up in the same table, or from the top level.
                let reached =
                    !other.contains(['[', '*']) || other.rsplit_once('.').unwrap().0 == table;
                assert!(reached, "`{other}` of {name} is out of reach");
            }
        }
    }
}
