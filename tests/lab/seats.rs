//! The schedule of trials. The runner has a thread per trial; as many run at a time as there are seats, in the order of
//! declaration, and never two on one host. A trial that waits for a host does not keep others from running.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The default number of parallel trials.
pub(crate) const SEATS: usize = 3;

/// The place of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// On its own hosts.
    Alone,
    /// On the shared host of this name.
    On(String),
    /// On one of several equal hosts: the first trial makes the one that the others start from.
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

/// Sets the number of seats before the first is taken.
pub(crate) fn set(count: usize) {
    state().free = count;
}

/// Waits for this trial's turn, by its position among all trials. Dropping the result ends the turn.
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
    // There may be a seat for the next one, too.
    CHANGED.notify_all();
    Seat { host, made: matches!(place, Where::From(_)) }
}

/// The seat of a running trial.
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
    /// The trial that may start.
    fn next(&self) -> Option<usize> {
        let is_free = |place: &Where| self.host(place).is_none_or(|host| !self.busy.contains(host));
        let mut waiting = self.waiting.iter().filter(|_| self.free > 0);
        waiting.find(|(_, place)| is_free(place)).map(|(order, _)| *order)
    }

    /// The host to reserve.
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
