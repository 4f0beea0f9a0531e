//! Which trial runs when. The runner has a thread for each trial; as many run at a time as there are seats, the first
//! declared first, and never two on one host: a trial that waits for a host keeps nobody else from running.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many trials run side by side when nobody says so.
pub(crate) const SEATS: usize = 3;

/// Where a trial runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// On hosts of its own.
    Alone,
    /// On the one host of this name, which trials share.
    On(String),
    /// On one of many like hosts: the first trial to come makes the one that the others start from.
    From(String),
}

#[derive(Debug)]
struct State {
    free: usize,
    busy: BTreeSet<String>,
    made: BTreeSet<String>,
    waiting: BTreeMap<usize, Where>,
}

static STATE: Mutex<State> = Mutex::new(State {
    free: SEATS,
    busy: BTreeSet::new(),
    made: BTreeSet::new(),
    waiting: BTreeMap::new(),
});
static CHANGED: Condvar = Condvar::new();

/// Says how many there are, before the first is taken.
pub(crate) fn set(count: usize) {
    state().free = count;
}

/// Waits until it is this trial's turn, by its place among all trials. It is over when what is given back is dropped.
pub(crate) fn take(order: usize, place: &Where) -> Seat {
    let mut state = state();
    state.waiting.insert(order, place.clone());
    while state.next() != Some(order) {
        state = CHANGED.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    state.waiting.remove(&order);
    state.free -= 1;
    let host = state.host(place).map(str::to_owned);
    state.busy.extend(host.clone());
    drop(state);
    // There may be a seat for the one behind it.
    CHANGED.notify_all();
    Seat { host, made: matches!(place, Where::From(_)) }
}

/// A running trial's.
pub(crate) struct Seat {
    host: Option<String>,
    made: bool,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = state();
        state.free += 1;
        if let Some(host) = self.host.take() {
            state.busy.remove(&host);
            if self.made {
                state.made.insert(host);
            }
        }
        drop(state);
        CHANGED.notify_all();
    }
}

impl State {
    /// The one that may begin.
    fn next(&self) -> Option<usize> {
        let is_free = |place: &Where| self.host(place).is_none_or(|host| !self.busy.contains(host));
        let mut waiting = self.waiting.iter().filter(|_| self.free > 0);
        waiting.find(|(_, place)| is_free(place)).map(|(order, _)| *order)
    }

    /// The host that nobody else may use meanwhile.
    fn host<'a>(&self, place: &'a Where) -> Option<&'a str> {
        match place {
            Where::Alone => None,
            Where::On(host) => Some(host),
            Where::From(host) => {
                Some(host).filter(|host| !self.made.contains(*host)).map(String::as_str)
            }
        }
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
