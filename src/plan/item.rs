//! A plan as one value: ordered items with differences and reasons, and what carries them out. What is shown is what
//! is compared, and what runs.

use super::Work;
use crate::diagnostic::Problems;
use crate::resource::{Action, Address, Comparison, Difference, Effect, Origin};

/// What would change on one host.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The host as the spec names it.
    pub host: String,
    /// What a reader must see before all else, in whole sentences.
    pub risks: Vec<String>,
    /// What changes, in the order of apply.
    pub items: Vec<Item>,
    /// What carries them out, in the order of apply.
    pub works: Vec<Work>,
    /// How many resources are as wanted.
    pub unchanged: usize,
    /// Findings and notes about the spec and the host.
    pub notes: Problems,
}

/// One resource that changes.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which.
    pub address: Address,
    /// What differs and what is done about it.
    pub change: Comparison,
    /// Why it changes when nothing of it differs by itself: the items that bring it along.
    pub because: Vec<Address>,
    /// What it waits for: pending items that it needs ("after apt:nginx").
    pub after: Vec<Address>,
    /// The activation that it takes effect with.
    pub activation: Option<String>,
    /// What it does to a running service, when it does.
    pub effect: Option<Effect>,
    /// Words of the module about why it is there.
    pub why: Option<String>,
    /// Where it was said.
    pub origin: Origin,
}

impl Item {
    /// Whether another look would change the same in the same way.
    pub fn is_still(&self, before: &Item) -> bool {
        let (now, then) = (&self.change.differences, &before.change.differences);
        let same = |(now, then): (&Difference, &Difference)| {
            now.attribute == then.attribute
                && now.from.is_still(&then.from)
                && now.to.is_still(&then.to)
        };
        self.address == before.address
            && self.change.action == before.change.action
            && now.len() == then.len()
            && now.iter().zip(then).all(same)
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Items that cannot be mended in place.
    pub fn refused(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| matches!(item.change.action, Action::Refuse { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};
    use crate::resource::Seen;

    fn item(from: Seen, to: &str) -> Item {
        let differences = vec![Difference { attribute: "token", from, to: Seen::word(to) }];
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
        let unseen = |why: &str| item(Seen::Unknown(why.to_owned()), "works");
        assert!(unseen("Synapse is down").is_still(&unseen("Synapse is late")));
        assert!(item(Seen::Nothing, "works").is_still(&item(Seen::Nothing, "works")));
        assert!(!item(Seen::Nothing, "works").is_still(&unseen("Synapse is down")));
        assert!(!item(Seen::Nothing, "works").is_still(&item(Seen::Nothing, "is gone")));
    }
}
