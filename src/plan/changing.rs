//! Which secrets get a different value on the host through a plan. Those that cannot be compared count too: a secret
//! omitted here may be applied with whatever value the stores have then.

use super::{Item, Plan};
use crate::resource::{Action, Attribute, AttributeValue, Wanted};
use std::collections::BTreeSet;

/// Returns the names of the secrets that change.
pub fn changing(plan: &Plan, wanted: &[Wanted]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in &plan.items {
        let of = wanted.iter().find(|one| *one.address() == item.address);
        names.extend(of.into_iter().flat_map(|one| of_item(item, one)));
    }
    names
}

fn of_item(item: &Item, wanted: &Wanted) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // What a command was given cannot be read back.
    let all = item.change.action == Action::Create || item.address.is_command();
    for (name, Attribute { value, .. }) in &wanted.declared.attributes {
        let mut held = BTreeSet::new();
        super::secrets::collect(value, &mut held);
        names.extend(held.into_iter().filter(|secret| all || !stays(item, name, secret)));
    }
    names
}

/// Returns whether an attribute visibly holds the same secret as before.
fn stays(item: &Item, attribute: &str, secret: &str) -> bool {
    let mut differences = item.change.differences.iter();
    let Some(one) = differences.find(|one| one.attribute == attribute) else { return true };
    let is_shown = matches!(&one.from, AttributeValue::Body(body) if body.content.is_some());
    is_shown && !one.secrets().iter().any(|name| name == secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};
    use crate::resource::{
        Address, Body, Comparison, Declared, DeclaredValue, Difference, Origin, declare,
    };
    use crate::secret::{Content, Secret};
    use indexmap::IndexMap;

    fn text(value: &str, port: u8) -> Content {
        let mut content = Content::plain("key: '");
        content.push_secret(&Secret::new("a/key", value));
        content.push(format!("'\nport: {port}\n").as_bytes());
        content
    }

    /// Returns the secrets that change in a file that holds `a/key`, given what was seen of it.
    fn names(action: Action, seen: AttributeValue) -> Vec<String> {
        let place = Place::new(&Source::new("prod.toml", ""), 0..0);
        let content =
            Attribute { value: DeclaredValue::Text(text("new value", 1)), place: place.clone() };
        let address = Address::new("file", "/srv/a");
        let origin = Origin { module: "spec".to_owned(), declared: place, requested: None };
        let declared = Declared {
            address: address.clone(),
            attributes: IndexMap::from([("content".to_owned(), content)]),
            needs: Vec::new(),
            activation: None,
            effect: None,
            why: None,
            origin: origin.clone(),
        };
        let to = AttributeValue::Body(Body::wanted(&text("new value", 1)));
        let differences = vec![Difference { attribute: "content", from: seen, to }];
        let item = Item {
            address,
            change: Comparison { action, differences, ..Comparison::unchanged() },
            destroys: None,
            because: Vec::new(),
            after: Vec::new(),
            activation: None,
            effect: None,
            one_way: false,
            why: None,
            origin,
        };
        let plan = Plan { items: vec![item], ..Plan::default() };
        changing(&plan, &declare(vec![declared]).unwrap()).into_iter().collect()
    }

    #[test]
    fn a_secret_of_unknown_state_counts_as_changing() {
        let body = |content: &Content| AttributeValue::Body(Body::wanted(content));
        let hidden = AttributeValue::Body(Body { digest: String::new(), size: 9, content: None });
        assert!(names(Action::Update, body(&text("new value", 2))).is_empty(), "text around it");
        assert_eq!(names(Action::Update, body(&text("old value", 1))), ["a/key"]);
        assert_eq!(names(Action::Update, hidden), ["a/key"]);
        assert_eq!(names(Action::Update, AttributeValue::Unknown("down".to_owned())), ["a/key"]);
        assert_eq!(names(Action::Create, AttributeValue::Nothing), ["a/key"]);
    }
}
