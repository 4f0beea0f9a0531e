//! Kind `merged_yaml`: YAML files that a program merges key by key, where the last file that sets a key wins. It
//! changes nothing; it finds keys set by files that matrixform does not manage, since such a file, if read later, would
//! silently override ours. Values from the host's files are not kept, since they may be secrets.

use super::reader::AttributeReader;
use super::top_keys::top_keys;
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// Larger files are not read (bytes).
const FILE_LIMIT: u64 = 256 * 1024;

/// If there are more files, none are read; see `merged_yaml.sh`.
const FILES: usize = 100;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "merged_yaml",
    summary: "YAML files that a program merges key by key: reports what other files set, and fails if a later file overrides one of ours. It changes nothing.",
    example: "[[resource]]\nkind = \"merged_yaml\"\nname = \"/etc/app\"\npaths = [\"/etc/app/main.yaml\", \"/etc/app/conf.d\"]\nown = [\"/etc/app/conf.d/50-ours.yaml\"]\n",
    attributes: &[
        AttributeDoc {
            name: "paths",
            takes: "list of path",
            required: true,
            default: None,
            doc: "What the program reads, in order: files, and directories from which it reads `*.yaml` by name.",
        },
        AttributeDoc {
            name: "own",
            takes: "list of path",
            required: true,
            default: None,
            doc: "Those of them that the spec writes; their keys are known from their own resources.",
        },
        AttributeDoc {
            name: "expected",
            takes: "list of text",
            required: false,
            default: Some("none"),
            doc: "Keys of an earlier file that ours replace by design: not reported.",
        },
        AttributeDoc {
            name: "earlier",
            takes: "list of path",
            required: false,
            default: Some("none"),
            doc: "Files that the program need not read, left by an earlier setup: `secrets import --from-host` looks there too; `paths` take precedence.",
        },
        AttributeDoc {
            name: "file_keys",
            takes: "list of text",
            required: false,
            default: Some("none"),
            doc: "Keys whose value is the path of a secret file, each with the key for the same secret in plain text: `token_path=token`. Used by `secrets import --from-host`.",
        },
        AttributeDoc {
            name: FOREVER,
            takes: "list of text",
            required: false,
            default: Some("none"),
            doc: "Keys whose value can never change while the module's database exists, each with what would happen: `a.salt=nothing can be read any more`. A plan that changes, adds or removes one is refused.",
        },
    ],
    shell: include_str!("merged_yaml.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Nothing("it only reads files"),
    volatile: &[],
    implied: &[],
    footprint: Footprint::NONE,
    batch: None,
};

/// The attribute that lists the keys that never change. `plan` reads it.
pub const FOREVER: &str = "forever";

#[derive(Debug)]
struct MergedYaml {
    name: String,
    paths: Vec<String>,
    own: Vec<String>,
    expected: Vec<String>,
    /// Paths that the program may have read before; observed if any key must keep its value.
    earlier: Vec<String>,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let forever = reader.list(FOREVER);
    if !forever
        .iter()
        .all(|one| one.split_once('=').is_some_and(|(key, why)| !key.is_empty() && !why.is_empty()))
    {
        reader.refuse(FOREVER, "`forever` takes `KEY=WHAT WOULD HAPPEN`");
    }
    let earlier = reader.paths("earlier");
    let merged = MergedYaml {
        earlier: if forever.is_empty() { Vec::new() } else { earlier },
        name: reader.path_name(),
        paths: reader.paths("paths"),
        own: reader.paths("own"),
        expected: reader.list("expected"),
    };
    if reader
        .list("file_keys")
        .iter()
        .any(|pair| pair.split('=').filter(|key| !key.is_empty()).count() != 2)
    {
        reader.refuse("file_keys", "`file_keys` takes `KEY=OTHER`");
    }
    if merged.own.iter().any(|path| path.contains(':')) {
        reader.refuse("own", "`own` takes paths without a colon");
    }
    reader.finish(Box::new(merged))
}

impl Resource for MergedYaml {
    fn provides(&self) -> Vec<String> {
        vec![format!("merged_yaml:{}", self.name)]
    }

    fn requires(&self) -> Vec<String> {
        self.own.iter().map(|path| format!("path:{path}")).collect()
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        let (own, limit) = (self.own.join(":"), FILE_LIMIT.to_string());
        let earlier = self.earlier.iter().filter(|path| !self.paths.contains(path));
        for path in self.paths.iter().chain(earlier) {
            questions.ask("merged_yaml_observe", &[path, &own, &limit]);
        }
    }

    /// Lists every file with its keys, one per line; `?` instead of keys marks a file that cannot be read.
    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let Some(answer) = answers.answer("merged_yaml_observe") else {
            return Observed::Unknown("the host did not list the files".to_owned());
        };
        let count = answer.records.get("/").and_then(|record| record.text("files")?.parse().ok());
        if count.is_none_or(|count: usize| count > FILES) {
            return Observed::Unknown(format!("there are more than {FILES} files"));
        }
        let files = answer.records.iter().filter(|(path, _)| self.order(path).is_some());
        let lines: BTreeMap<&String, String> =
            files.map(|(path, record)| (path, keys(record).join(" "))).collect();
        let lines = lines.into_iter().filter(|(path, _)| host_path::is_normal(path));
        let text: String = lines.map(|(path, keys)| format!("{path}\t{keys}\n")).collect();
        Observed::Present(Attributes::from_iter([("files", AttributeValue::word(text))]))
    }

    /// Without asking the host, other files are unknown: only declared ones are checked.
    fn simulate(&self, _: &Context, _: &SimulatedHost<'_>, _: Option<&Wanted>) -> Observed {
        Observed::Present(Attributes::from([("files", AttributeValue::word(""))]))
    }

    fn wanted(&self) -> Attributes {
        Attributes::new()
    }

    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let seen = match observed {
            Observed::Present(seen) => seen,
            Observed::Unknown(why) => return refuse(why.clone(), "check what is there by hand"),
            Observed::Absent => return Comparison::unchanged(),
        };
        let text = match seen.get("files") {
            Some(AttributeValue::Word(text)) => text.as_str(),
            _ => "",
        };
        let files = self.files(context, text);
        let unread: Vec<&str> =
            files.iter().filter(|file| file.is_unread()).map(|file| file.path).collect();
        if !unread.is_empty() {
            let why = format!("{} cannot be read as a table in YAML", unread.join(", "));
            return refuse(why, "fix it, or move it away: the program that reads it may fail");
        }
        match self.undone(&files).as_slice() {
            [] => Comparison { notes: self.notes(&files), ..Comparison::unchanged() },
            undone => refuse(
                format!("{}: that file wins, so this setting has no effect", undone.join(", ")),
                "remove it from that file, or from the spec",
            ),
        }
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        Vec::new()
    }
}

/// One of the files that the program reads.
struct ConfigFile<'a> {
    path: &'a str,
    own: bool,
    keys: Vec<&'a str>,
}

impl ConfigFile<'_> {
    fn is_unread(&self) -> bool {
        self.keys == ["?"]
    }
}

impl MergedYaml {
    /// The position at which the program reads a file: the index of its path, and its name there.
    fn order<'a>(&self, file: &'a str) -> Option<(usize, &'a str)> {
        let (directory, name) = file.rsplit_once('/')?;
        let at = self.paths.iter().position(|path| path == file || path == directory)?;
        (name.ends_with(".yaml") || self.paths.iter().any(|path| path == file))
            .then_some((at, name))
    }

    /// Returns all files in reading order: declared ones in their wanted state, the others as they are.
    fn files<'a>(&self, context: &'a Context, seen: &'a str) -> Vec<ConfigFile<'a>> {
        let seen = seen.lines().filter_map(|line| line.split_once('\t'));
        let mut all: BTreeMap<&str, Vec<&str>> =
            seen.map(|(path, keys)| (path, keys.split_whitespace().collect())).collect();
        for (path, keys) in context.top_keys.iter() {
            all.insert(path, keys.iter().map(String::as_str).collect());
        }
        let mut files: Vec<ConfigFile<'_>> = all
            .into_iter()
            .filter(|(path, _)| self.order(path).is_some())
            .map(|(path, keys)| ConfigFile {
                path,
                keys,
                own: self.own.iter().any(|own| own == path),
            })
            .collect();
        files.sort_by_key(|file| self.order(file.path));
        files
    }

    /// Returns our keys that a later file, not ours, sets too.
    fn undone(&self, files: &[ConfigFile<'_>]) -> Vec<String> {
        let mut undone = Vec::new();
        for (at, file) in files.iter().enumerate().filter(|(_, file)| file.own) {
            for key in &file.keys {
                let after = files.iter().skip(at + 1).rev();
                let last = after.filter(|later| !later.own).find(|later| later.keys.contains(key));
                undone.extend(last.map(|later| format!("{} also sets `{key}`", later.path)));
            }
        }
        undone
    }

    /// Describes keys that only other files set, and keys of theirs that ours override.
    fn notes(&self, files: &[ConfigFile<'_>]) -> Vec<String> {
        let ours = |key: &&str| files.iter().any(|file| file.own && file.keys.contains(key));
        let described = |which: &dyn Fn(&&str) -> bool| -> Vec<String> {
            let others = files.iter().filter(|file| !file.own);
            let each = others.filter_map(|file| {
                let keys: Vec<&str> = file.keys.iter().copied().filter(|key| which(key)).collect();
                let keys = format!("`{}` in {}", keys.join("`, `"), file.path);
                (!keys.starts_with("``")).then_some(keys)
            });
            each.collect()
        };
        let also = described(&|key| !ours(key));
        let expected = |key: &str| self.expected.iter().any(|one| one == key);
        let replaced = described(&|key| ours(key) && !expected(key));
        let sentence = |intro: &str, what: Vec<String>| {
            (!what.is_empty()).then(|| format!("{intro}: {}", what.join("; ")))
        };
        let also = sentence("also set on the host, not by this spec", also);
        let replaced = sentence("set on the host and replaced by this spec", replaced);
        also.into_iter().chain(replaced).collect()
    }
}

fn refuse(why: String, help: &str) -> Comparison {
    let action = Action::Refuse { why, help: help.to_owned() };
    Comparison { action, ..Comparison::unchanged() }
}

/// Returns the keys of a file on the host that can be shown as words; `?` if it cannot be read.
fn keys(record: &Record) -> Vec<String> {
    let size: u64 = record.text("size").and_then(|size| size.parse().ok()).unwrap_or(u64::MAX);
    let Some(text) = record.bytes("content") else { return Vec::new() };
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() as u64 == size);
    let keys = bytes.filter(|_| size <= FILE_LIMIT).and_then(|bytes| top_keys(&bytes));
    let Some(keys) = keys else { return vec!["?".to_owned()] };
    let is_key = |key: &String| {
        key.len() <= 80 && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    keys.into_iter().filter(is_key).collect()
}
