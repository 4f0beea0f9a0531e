//! Kind `group`: a group exists. Its id never changes and it is never deleted, since files may belong to it.

use super::footprint::ACCOUNT_FILES;
use super::reader::{AttributeReader, is_account};
use super::*;
use crate::diagnostic::Problems;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "group",
    summary: "A group; created if missing, never deleted.",
    example: "[[resource]]\nkind = \"group\"\nname = \"tls-readers\"\nsystem = true\n",
    attributes: &[AttributeDoc {
        name: "system",
        takes: "boolean",
        required: false,
        default: Some("false"),
        doc: "Whether its id comes from the range for system groups.",
    }],
    shell: include_str!("group.sh"),
    declare,
    phase: Phase::Prepare,
    forget: OrphanPolicy::Left("delgroup NAME"),
    volatile: &[],
    implied: &[],
    footprint: Footprint { own: &["group {name}"], by_products: &[ACCOUNT_FILES] },
    batch: None,
};

#[derive(Debug)]
struct GroupResource {
    name: String,
    system: bool,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let name = declared.address.name.clone();
    if !is_account(&name) {
        reader.refuse("name", "its name must be that of a group: `a-z`, `0-9`, `_` and `-`");
    }
    let system = reader.flag("system").unwrap_or(false);
    reader.finish(Box::new(GroupResource { name, system }))
}

impl Resource for GroupResource {
    fn provides(&self) -> Vec<String> {
        vec![format!("group:{}", self.name)]
    }

    fn requires(&self) -> Vec<String> {
        Vec::new()
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        questions.ask("group_observe", &[&self.name]);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        if answers.get("group_observe", "root").is_none() {
            return Observed::Unknown("the host's `getent` did not answer".to_owned());
        }
        match answers.get("group_observe", &self.name) {
            Some(_) => Observed::Present(self.wanted()),
            None => Observed::Absent,
        }
    }

    fn wanted(&self) -> Attributes {
        Attributes::from_iter([("state", AttributeValue::word("present"))])
    }

    fn converge(&self, _: &Context, _: &Comparison) -> Vec<Step> {
        let system = if self.system { "--system" } else { "" };
        let label = format!("adding group {}", self.name);
        vec![Step::new(label, "group_make", &[&self.name, system])]
    }
}
