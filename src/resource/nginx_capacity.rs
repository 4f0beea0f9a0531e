//! Kind `nginx_capacity`: how many connections and open files an nginx worker may have. Both limits are set in
//! nginx.conf, which belongs to the distribution or the admin: the two numbers are raised if they are lower, and
//! nothing else changes.

use super::managed_file::paths_above;
use super::reader::AttributeReader;
use super::stat::{path_record, path_type};
use super::*;
use crate::diagnostic::Problems;

/// Larger files are not read (bytes).
const FILE_LIMIT: u64 = 256 * 1024;

/// The attributes and their directives.
const DIRECTIVES: [(&str, &str); 2] =
    [("connections", "worker_connections"), ("open_files", "worker_rlimit_nofile")];

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "nginx_capacity",
    summary: "How many connections and open files a worker of nginx may have: raised in its nginx.conf, which belongs to the distribution, and never lowered. Every other byte of the file stays as it is.",
    example: "[[resource]]\nkind = \"nginx_capacity\"\nname = \"/etc/nginx/nginx.conf\"\nconnections = 4608\nopen_files = 9216\n",
    attributes: &[
        AttributeDoc {
            name: "connections",
            takes: "whole number",
            required: true,
            default: None,
            doc: "`worker_connections` in the `events` block, at least. A client of a proxied site takes two.",
        },
        AttributeDoc {
            name: "open_files",
            takes: "whole number",
            required: true,
            default: None,
            doc: "`worker_rlimit_nofile`, at least. Each connection is an open file, too.",
        },
    ],
    shell: concat!(include_str!("foreign.sh"), include_str!("nginx_capacity.sh")),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Nothing("the numbers stay; the previous values are unknown"),
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path {name}"]),
    batch: None,
};

#[derive(Debug)]
struct NginxCapacity {
    path: String,
    /// In the order of `DIRECTIVES`.
    least: [i64; 2],
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let path = reader.path_name();
    let least = DIRECTIVES.map(|(name, _)| {
        let number = reader.int(name).unwrap_or(1);
        if !(1..=999_999_999).contains(&number) {
            reader.refuse(name, format!("`{name}` takes a number from 1 to 999999999"));
        }
        number
    });
    reader.finish(Box::new(NginxCapacity { path, least }))
}

impl Resource for NginxCapacity {
    /// Not the path: the file is not ours, and changes to the rest of it are not drift.
    fn provides(&self) -> Vec<String> {
        vec![format!("nginx_capacity:{}", self.path)]
    }

    fn requires(&self) -> Vec<String> {
        paths_above(&self.path)
    }

    fn replaces(&self) -> Vec<String> {
        vec![self.path.clone()]
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("paths_observe", &[&self.path]);
        questions.ask("nginx_capacity_observe", &[&FILE_LIMIT.to_string(), &self.path]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        let record = match path_record(answers, &self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Observed::Absent,
            Err(reason) => return Observed::Unknown(reason),
        };
        let kind = path_type(record);
        if !kind.starts_with("regular") {
            return Observed::Present(Attributes::from([("type", AttributeValue::word(kind))]));
        }
        let size = record.text("size").and_then(|size| size.parse::<u64>().ok());
        let found = answers.get("nginx_capacity_observe", &self.path);
        match found.and_then(|record| record.text("found")) {
            Some(found) if size.is_some_and(|size| size <= FILE_LIMIT) => {
                Observed::Present(self.read(&found))
            }
            Some(_) => Observed::Unknown(format!("{} is too large", self.path)),
            None => Observed::Unknown(format!("{} could not be read", self.path)),
        }
    }

    /// Without asking the host, the contents of a file that is not ours are unknown.
    fn simulate(&self, _: &Context, host: &SimulatedHost<'_>, before: Option<&Wanted>) -> Observed {
        match before {
            Some(_) => host.observation(&self.provides(), before),
            None => Observed::Unknown("it is in a file that belongs to others".to_owned()),
        }
    }

    fn wanted(&self) -> Attributes {
        let [connections, open_files] =
            self.least.map(|least| AttributeValue::word(least.to_string()));
        Attributes::from([("connections", connections), ("open_files", open_files)])
    }

    fn compare(&self, context: &Context, observed: &Observed) -> Comparison {
        let mut found = Comparison::of(&self.wanted(), observed);
        match observed {
            Observed::Absent => {
                let parents = paths_above(&self.path);
                match parents.iter().find_map(|path| context.comes_with(path)) {
                    Some(by) => found.notes.push(format!("{} arrives with {by}", self.path)),
                    None => {
                        let why = format!("there is no {}", self.path);
                        return self.refuse(why, "put it back: `apt-get install --reinstall -o Dpkg::Options::=--force-confmiss nginx-common`");
                    }
                }
            }
            Observed::Unknown(_) => {}
            Observed::Present(seen) => {
                if let Some(AttributeValue::Word(why)) = seen.get("unfit") {
                    return self.refuse(why.clone(), "correct it by hand");
                }
                if let Some(AttributeValue::Word(kind)) = seen.get("type") {
                    let why = format!("there is a {kind} at {}", self.path);
                    return self.refuse(why, "set the numbers by hand in the file it leads to");
                }
                found
                    .differences
                    .retain(|difference| number(&difference.from) < number(&difference.to));
                if found.differences.is_empty() {
                    return Comparison::unchanged();
                }
            }
        }
        found
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        let [connections, open_files] = self.least.map(|least| least.to_string());
        let args = [self.path.as_str(), &connections, &open_files];
        vec![Step::new(format!("raising limits in {}", self.path), "nginx_capacity_raise", &args)]
    }
}

impl NginxCapacity {
    /// Parses the numbers that `nginx_capacity_find` reported, or explains why the file cannot be changed.
    fn read(&self, found: &str) -> Attributes {
        let unfit = |why: String| Attributes::from([("unfit", AttributeValue::word(why))]);
        let of = |name: &str| {
            let rows = found.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            rows.filter(|row| row.first() == Some(&name)).collect::<Vec<_>>()
        };
        match of("events").len() {
            1 => {}
            0 => return unfit(format!("{} has no `events` block", self.path)),
            _ => return unfit(format!("{} has two `events` blocks", self.path)),
        }
        let mut seen = Attributes::new();
        for (attribute, directive) in DIRECTIVES {
            let value = match of(directive).as_slice() {
                [] => AttributeValue::Nothing,
                [row] => match row.get(3).filter(|text| text.parse::<u32>().is_ok()) {
                    Some(text) => AttributeValue::word(*text),
                    None => {
                        return unfit(format!("`{directive}` in {} is not a number", self.path));
                    }
                },
                _ => return unfit(format!("{} sets `{directive}` twice", self.path)),
            };
            seen.insert(attribute, value);
        }
        seen
    }

    /// The comparison for a file that cannot be changed.
    fn refuse(&self, why: String, help: &str) -> Comparison {
        let help = format!("{help}; or leave the file alone: `clients = 0` under `[nginx]`");
        Comparison { action: Action::Refuse { why, help }, ..Comparison::unchanged() }
    }
}

/// Parses a number; 0 if there is none.
fn number(seen: &AttributeValue) -> u32 {
    match seen {
        AttributeValue::Word(text) => text.parse().unwrap_or(0),
        _ => 0,
    }
}
