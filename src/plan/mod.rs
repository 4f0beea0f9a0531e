//! From wanted and observed to an ordered list of changes. Pure.

mod edges;
mod identity;
mod installation;
mod item;
mod ledger;
mod make;
mod order;
mod shown;
mod stage;
mod still;
mod work;

pub use identity::{Claim, Judged, identity_questions, judge};
pub use installation::Installation;
pub use item::{Item, Plan};
pub use ledger::{endangered, secret_names, unlisted};
pub use make::{make, make_judged};
pub use order::{Group, check_order};
pub use stage::Stage;
pub use still::Changed;
pub use work::Work;
