//! Limits of this process: its memory, and no core files, since a memory image of a run would hold every secret that it has
//! read.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Limits this process's address space to `bytes` bytes; it ends when it asks for more.
pub(super) fn limit_memory(bytes: u64) {
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    let _ = setrlimit(Resource::As, limit);
}

/// Keeps this process from leaving a core, as a file or piped to a collector, and keeps other processes of the same
/// user from reading its memory or environment.
pub(super) fn forbid_core_dumps() {
    // If the system refuses, the program still works.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
