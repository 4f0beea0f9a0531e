//! Whether another look came to the same plan: all that is shown counts, except remarks. What could be seen at neither
//! look has not changed, whatever the reasons.

use super::shown::UNKNOWN;
use super::{Item, Plan};
use serde::Serialize;
use serde_json::Value;

impl Item {
    /// Whether another look would change the same in the same way.
    pub fn is_still(&self, before: &Item) -> bool {
        let (now, then) = (&self.change.differences, &before.change.differences);
        // Contents by their digests: masked, two secrets look alike.
        let same = now
            .iter()
            .zip(then)
            .all(|(now, then)| now.from.is_still(&then.from) && now.to.is_still(&then.to));
        same && is_same(self, before)
    }
}

impl Plan {
    /// What of this plan another look has changed, in words that follow "meanwhile".
    pub fn changed_since(&self, before: &Plan) -> Option<String> {
        self.changed_item(before).or_else(|| self.changed_words(before))
    }

    fn changed_item(&self, before: &Plan) -> Option<String> {
        let (now, then) = (&self.items, &before.items);
        let longer = if then.len() > now.len() { then } else { now };
        let first = now.iter().zip(then).position(|(now, then)| !now.is_still(then));
        let first = first.or((then.len() != now.len()).then_some(then.len().min(now.len())))?;
        Some(format!("{} changed on the host", longer.get(first)?.address))
    }

    fn changed_words(&self, before: &Plan) -> Option<String> {
        // The items have been compared.
        let words = |plan: &Plan| Plan { items: Vec::new(), works: Vec::new(), ..plan.clone() };
        let differ = || "the plan's words changed".to_owned();
        let (Some(now), Some(then)) = (shown(&words(self)), shown(&words(before))) else {
            return Some(differ());
        };
        if now == then {
            return None;
        }
        let key = now.as_object()?.iter().find(|(key, value)| then.get(key) != Some(value));
        Some(match key.map(|(key, _)| key.as_str()) {
            Some("unchanged") => "the number of unchanged resources changed".to_owned(),
            Some(key) => format!("its {key} changed"),
            None => differ(),
        })
    }
}

fn is_same(now: &impl Serialize, then: &impl Serialize) -> bool {
    matches!((shown(now), shown(then)), (Some(now), Some(then)) if now == then)
}

/// What is shown, without what does not count.
fn shown(of: &impl Serialize) -> Option<Value> {
    let mut value = serde_json::to_value(of).ok()?;
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("remarks");
    }
    forget_reasons(&mut value);
    Some(value)
}

fn forget_reasons(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    UNKNOWN => *value = Value::Null,
                    _ => forget_reasons(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forget_reasons),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Place, Source};
    use crate::resource::{Action, Address, Body, Comparison, Difference, Effect, Origin, Seen};
    use crate::secret::{Content, Secret};

    fn item(from: Seen, to: Seen) -> Item {
        let differences = vec![Difference { attribute: "token", from, to }];
        let change = Comparison { action: Action::Update, differences, ..Comparison::keep() };
        let place = Place::new(&Source::new("prod.toml", ""), 0..0);
        Item {
            address: Address::new("synapse_token", "/etc/x"),
            change,
            because: Vec::new(),
            after: Vec::new(),
            activation: None,
            effect: None,
            why: None,
            origin: Origin { module: "synapse".to_owned(), declared: place, asked: None },
        }
    }

    #[test]
    fn what_nobody_can_see_has_not_changed() {
        let item = |from: Seen, to: &str| item(from, Seen::word(to));
        let unseen = |why: &str| item(Seen::Unknown(why.to_owned()), "works");
        assert!(unseen("Synapse is down").is_still(&unseen("Synapse is late")));
        assert!(item(Seen::Nothing, "works").is_still(&item(Seen::Nothing, "works")));
        assert!(!item(Seen::Nothing, "works").is_still(&unseen("Synapse is down")));
        assert!(!item(Seen::Nothing, "works").is_still(&item(Seen::Nothing, "is gone")));
    }

    #[test]
    fn all_that_is_shown_of_an_item_counts() {
        let before = item(Seen::Nothing, Seen::word("works"));
        let changes: [fn(&mut Item); 8] = [
            |item| item.change.differences[0].attribute = "owner",
            |item| item.change.notes.push("arrives with apt:nginx".to_owned()),
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
            assert!(!now.is_still(&before), "change {number}");
        }
    }

    #[test]
    fn two_secrets_look_alike_and_differ() {
        let body = |value: &str| {
            Seen::Body(Body::wanted(&Content::secret(&Secret::new("synapse/pepper", value))))
        };
        let (one, other) = (item(Seen::Nothing, body("one-pepper")), body("other-pepper"));
        let other = item(Seen::Nothing, other);
        assert_eq!(shown(&one), shown(&other));
        assert!(one.is_still(&one.clone()) && !one.is_still(&other));
    }

    #[test]
    fn a_plan_says_what_changed() {
        let before = Plan { unchanged: 3, ..Plan::default() };
        let changed = |change: fn(&mut Plan)| {
            let mut now = before.clone();
            change(&mut now);
            now.changed_since(&before)
        };
        assert_eq!(changed(|plan| plan.remarks.push("9 s of downtime".to_owned())), None);
        let tell = |change| changed(change).unwrap();
        assert_eq!(tell(|plan| plan.risks.push("another server".to_owned())), "its risks changed");
        let note = |plan: &mut Plan| plan.notes.push(Diagnostic::note("plan/host", "more is set"));
        assert_eq!(tell(note), "its notes changed");
        assert_eq!(tell(|plan| plan.unchanged = 4), "the number of unchanged resources changed");
        let one = |plan: &mut Plan| plan.items.push(item(Seen::Nothing, Seen::word("works")));
        assert_eq!(tell(one), "synapse_token:/etc/x changed on the host");
    }
}
