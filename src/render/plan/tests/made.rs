//! The parts of hand-made plans.

use crate::diagnostic::{Place, Source};
use crate::plan::shown::{PlanDocument, PlanInputs};
use crate::plan::{Item, Plan};
use crate::resource::{Action, Address, AttributeValue, Body, Comparison, Difference, Origin};
use crate::secret::{Content, Secret};

pub(in crate::render::plan) const SECRET: &str = "correct-horse-battery-staple";
pub(in crate::render::plan) const OLD_SECRET: &str = "the-password-of-yesterday";

pub(in crate::render::plan) fn item(
    module: &str,
    address: &str,
    action: Action,
    differences: Vec<Difference>,
) -> Item {
    let (kind, name) = address.split_once(':').unwrap();
    let source = Source::new(format!("modules/{module}/module.toml"), "[[resource]]\n");
    let declared = Place::new(&source, 0..12);
    Item {
        address: Address::new(kind, name),
        change: Comparison { action, differences, ..Comparison::unchanged() },
        destroys: None,
        because: Vec::new(),
        after: Vec::new(),
        activation: None,
        effect: None,
        one_way: false,
        why: None,
        origin: Origin { module: module.to_owned(), declared, requested: None },
    }
}

pub(in crate::render::plan) fn plan(items: Vec<Item>) -> Plan {
    let unchanged = (1..=37).map(|number| Address::new("file", format!("/{number}"))).collect();
    Plan { host: "matrix.example.org".to_owned(), items, unchanged, ..Plan::default() }
}

/// The plan as it is shown.
pub(in crate::render::plan) fn document(plan: &Plan) -> PlanDocument {
    let bound = PlanInputs { installation: "example.org".to_owned(), ..PlanInputs::default() };
    PlanDocument::of(plan, bound, "modules/").masked(&str::to_owned)
}

pub(in crate::render::plan) fn differs(
    attribute: &'static str,
    from: AttributeValue,
    to: AttributeValue,
) -> Difference {
    Difference { attribute, from, to }
}

pub(in crate::render::plan) fn word(attribute: &'static str, from: &str, to: &str) -> Difference {
    differs(attribute, AttributeValue::word(from), AttributeValue::word(to))
}

pub(in crate::render::plan) fn new_word(attribute: &'static str, to: &str) -> Difference {
    differs(attribute, AttributeValue::Nothing, AttributeValue::word(to))
}

pub(in crate::render::plan) fn wanted(content: &Content) -> AttributeValue {
    AttributeValue::Body(Body::wanted(content))
}

/// The host's content as the kind `file` observes it.
pub(in crate::render::plan) fn found(wanted: &Content, bytes: &[u8]) -> AttributeValue {
    let plain = Content::plain(bytes);
    AttributeValue::Body(Body {
        digest: plain.digest(),
        size: bytes.len() as u64,
        content: wanted.mask_like(bytes),
    })
}

pub(in crate::render::plan) fn body(from: &[u8], to: &Content) -> Difference {
    differs("content", found(to, from), wanted(to))
}

pub(in crate::render::plan) fn text_body(from: &str, to: &str) -> Difference {
    body(from.as_bytes(), &Content::plain(to))
}

pub(in crate::render::plan) fn new_body(to: &Content) -> Difference {
    differs("content", AttributeValue::Nothing, wanted(to))
}

/// A configuration with a password between literal text.
pub(in crate::render::plan) fn mixed(rest: &str) -> Content {
    let mut content = Content::plain("database:\n  user: synapse\n  password: \"");
    content.push_secret(&Secret::new("synapse/db_password", SECRET));
    content.push(format!("\"\n{rest}").as_bytes());
    content
}
