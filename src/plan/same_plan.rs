//! Whether another look led to the same plan: everything shown counts, except remarks. What could be seen at neither
//! look counts as unchanged, whatever the reasons.

use super::shown::{self, PlanDocument, one_sided};
use super::{Item, Plan};
use crate::resource::kind;

impl Item {
    /// Returns whether another look would make the same change in the same way.
    pub fn is_unchanged_since(&self, before: &Item) -> bool {
        let (now, then) = (&self.change.differences, &before.change.differences);
        let kind = kind(&self.address.kind);
        let is_volatile = |name: &str| kind.is_some_and(|kind| kind.is_volatile(name));
        // Contents compare by their digests: masked, two secrets look alike.
        let same = now.iter().zip(then).all(|(now, then)| {
            let seen = is_volatile(now.attribute) || now.from.is_unchanged_since(&then.from);
            seen && now.to.is_unchanged_since(&then.to)
        });
        same && shown::ShownItem::of(self, "").is_unchanged_since(&shown::ShownItem::of(before, ""))
    }
}

/// The first difference between two plans.
#[derive(Debug)]
pub enum Changed<'a> {
    /// An item differs, or is in only one of them.
    Item(&'a Item),
    /// A difference in what is said about the whole plan: "a risk that was not shown: …".
    Sentence(String),
}

impl std::fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Changed::Item(item) => write!(f, "meanwhile {} changed on the host", item.address),
            Changed::Sentence(one_sided) => f.write_str(one_sided),
        }
    }
}

impl Plan {
    /// Returns the first difference from an earlier plan.
    pub fn changed_since<'a>(&'a self, before: &'a Plan) -> Option<Changed<'a>> {
        let item = self.changed_item(before).map(Changed::Item);
        item.or_else(|| self.changed_sentence(before).map(Changed::Sentence))
    }

    /// An item that could not be seen, and turned out to be as wanted, has not changed.
    fn changed_item<'a>(&'a self, before: &'a Plan) -> Option<&'a Item> {
        let is_there = |item: &Item| self.items.iter().any(|one| one.address == item.address);
        let mut then = before.items.iter().filter(|item| !item.is_unseen() || is_there(item));
        for item in &self.items {
            match then.next() {
                Some(before) if item.is_unchanged_since(before) => {}
                _ => return Some(item),
            }
        }
        then.next()
    }

    /// Compares the rest, after the items; an item that turned out to be as wanted counts as before.
    fn changed_sentence(&self, before: &Plan) -> Option<String> {
        let shown = |plan: &Plan| PlanDocument::of(plan, shown::PlanInputs::default(), "");
        let (now, then) = (shown(self), shown(before));
        let all = |plan: &Plan| plan.items.len() + plan.unchanged.len();
        let texts = |notes: &[shown::Note]| notes.iter().map(shown::Note::sentence).collect();
        let list = |what: &str, now: Vec<String>, then: Vec<String>| {
            let first = one_sided(what, &now, &then).into_iter().next();
            first.or_else(|| (now != then).then(|| format!("the order of its {what}s changed")))
        };
        let changed = |what: &str, same: bool| (!same).then(|| format!("{what} changed"));
        None.or_else(|| list("risk", now.risks.clone(), then.risks.clone()))
            .or_else(|| list("refusal", texts(&now.refusals), texts(&then.refusals)))
            .or_else(|| list("note", texts(&now.notes), texts(&then.notes)))
            .or_else(|| changed("what is allowed", now.allow == then.allow))
            .or_else(|| changed("what is left out", now.scope == then.scope))
            .or_else(|| changed("the host's name", now.host == then.host))
            .or_else(|| changed("the number of its resources", all(self) == all(before)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Place, Source};
    use crate::resource::{
        Action, Address, AttributeValue, Body, Comparison, Difference, Effect, Origin,
    };
    use crate::secret::{Content, Secret};

    fn item(from: AttributeValue, to: AttributeValue) -> Item {
        let differences = vec![Difference { attribute: "token", from, to }];
        let change = Comparison { action: Action::Update, differences, ..Comparison::unchanged() };
        let place = Place::new(&Source::new("prod.toml", ""), 0..0);
        Item {
            address: Address::new("synapse_token", "/etc/x"),
            change,
            destroys: None,
            because: Vec::new(),
            after: Vec::new(),
            activation: None,
            effect: None,
            one_way: false,
            why: None,
            origin: Origin { module: "synapse".to_owned(), declared: place, requested: None },
        }
    }

    fn as_wanted(number: usize) -> Vec<Address> {
        (0..number).map(|number| Address::new("file", format!("/{number}"))).collect()
    }

    #[test]
    fn unknown_values_count_as_unchanged() {
        let item = |from: AttributeValue, to: &str| item(from, AttributeValue::word(to));
        let unseen = |why: &str| item(AttributeValue::Unknown(why.to_owned()), "works");
        assert!(unseen("Synapse is down").is_unchanged_since(&unseen("Synapse is late")));
        assert!(
            item(AttributeValue::Nothing, "works")
                .is_unchanged_since(&item(AttributeValue::Nothing, "works"))
        );
        assert!(
            !item(AttributeValue::Nothing, "works").is_unchanged_since(&unseen("Synapse is down"))
        );
        assert!(
            !item(AttributeValue::Nothing, "works")
                .is_unchanged_since(&item(AttributeValue::Nothing, "is gone"))
        );
    }

    #[test]
    fn every_shown_part_of_an_item_is_compared() {
        let before = item(AttributeValue::Nothing, AttributeValue::word("works"));
        let changes: [fn(&mut Item); 8] = [
            |item| item.change.differences[0].attribute = "owner",
            |item| item.change.notes.push("provided by apt:nginx".to_owned()),
            |item| item.because.push(Address::new("file", "/etc/y")),
            |item| item.after.push(Address::new("apt", "nginx")),
            |item| item.activation = Some("nginx".to_owned()),
            |item| item.effect = Some(Effect::Restart),
            |item| item.why = Some("so that it works".to_owned()),
            |item| item.change.action = Action::Create,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut now = before.clone();
            change(&mut now);
            assert!(!now.is_unchanged_since(&before), "change {number}");
        }
    }

    #[test]
    fn different_secrets_differ_although_shown_alike() {
        let body = |value: &str| {
            AttributeValue::Body(Body::wanted(&Content::secret(&Secret::new(
                "synapse/pepper",
                value,
            ))))
        };
        let (one, other) =
            (item(AttributeValue::Nothing, body("one-pepper")), body("other-pepper"));
        let other = item(AttributeValue::Nothing, other);
        assert_eq!(shown::ShownItem::of(&one, ""), shown::ShownItem::of(&other, ""));
        assert!(one.is_unchanged_since(&one.clone()) && !one.is_unchanged_since(&other));
    }

    #[test]
    fn satisfied_items_count_as_unchanged() {
        let plan = |items: Vec<Item>| Plan {
            unchanged: as_wanted(3 - items.len()),
            items,
            ..Plan::default()
        };
        let unseen =
            item(AttributeValue::Unknown("it is busy".to_owned()), AttributeValue::word("works"));
        let seen = item(AttributeValue::Nothing, AttributeValue::word("works"));
        let none = plan(Vec::new());
        assert!(none.changed_since(&plan(vec![unseen.clone()])).is_none());
        assert!(none.changed_since(&plan(vec![seen.clone()])).is_some());
        assert!(plan(vec![unseen.clone()]).changed_since(&none).is_some());
        assert!(plan(vec![seen]).changed_since(&plan(vec![unseen])).is_some());
    }

    #[test]
    fn a_stale_plan_reports_what_changed() {
        let before = Plan { unchanged: as_wanted(3), ..Plan::default() };
        let changed = |change: fn(&mut Plan)| {
            let mut now = before.clone();
            change(&mut now);
            now.changed_since(&before).map(|changed| changed.to_string())
        };
        assert_eq!(changed(|plan| plan.remarks.push("9 s of downtime".to_owned())), None);
        let change_of = |change| changed(change).unwrap();
        assert_eq!(
            change_of(|plan| plan.risks.push("another server".to_owned())),
            "a risk that was not shown: another server"
        );
        let note = |plan: &mut Plan| plan.notes.push(Diagnostic::note("plan/host", "more is set"));
        assert_eq!(change_of(note), "a note that was not shown: more is set");
        assert_eq!(
            change_of(|plan| plan.unchanged = as_wanted(4)),
            "the number of its resources changed"
        );
        let one = |plan: &mut Plan| {
            plan.items.push(item(AttributeValue::Nothing, AttributeValue::word("works")))
        };
        assert_eq!(change_of(one), "meanwhile synapse_token:/etc/x changed on the host");
    }
}
