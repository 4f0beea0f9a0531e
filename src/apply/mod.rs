//! Carrying out a plan on a host. Speaks in events.

mod event;

pub use event::Event;
