//! From wanted and observed to an ordered list of changes. Pure.

mod ahead;
mod between;
mod changing;
pub mod drift;
mod edges;
mod former;
mod graph;
mod identity;
mod installation;
mod item;
mod key_fit;
pub mod ledger;
mod make;
mod order;
mod same_plan;
mod scope;
mod secrets;
pub mod shown;
mod stage;
mod unchangeable;
mod work;

pub use between::{Packages, WantedState, between, make_needs_optional, with_orphans};
pub use changing::changing;
pub use former::{is_text, redact_former};
#[cfg(test)]
pub use graph::GraphNode;
pub use graph::{Graph, GraphCluster, graph};
pub use identity::{
    Claim, IdentityCheck, barred, creates_homeserver, fenced, has_database, identity_at,
    identity_file, identity_questions,
};
pub use item::{Item, Plan};
pub use ledger::{Ledger, Orphans};
pub use make::{make, make_checked, make_simulated};
pub use order::{Group, check_order};
pub use same_plan::Changed;
pub use scope::{Scope, ScopeReason, Scoped};
pub use secrets::{endangered, secret_names, secrets_in_use, unlisted};
pub use shown::PlanDocument;
pub use stage::Stage;
pub use work::WorkItem;
