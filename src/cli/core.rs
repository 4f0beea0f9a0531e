//! No core files: a memory image of a run would hold every secret that it has seen.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// From here on this process has no more memory than so many bytes: it ends when it asks for more.
pub(super) fn limit_memory(bytes: u64) {
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    let _ = setrlimit(Resource::As, limit);
}

/// From here on this process leaves no core, neither as a file nor piped to a collector, and no other
/// process of the same user may look into its memory or its environment.
pub(super) fn forbid() {
    // A system that does not let us is no reason not to work.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
