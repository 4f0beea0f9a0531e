//! Secrets: the value type, content with secrets, the sources of values, and how they are kept out of all output. Only
//! this directory and the command line access secret files.

mod access;
pub mod age;
mod change;
mod content;
#[cfg(feature = "desktop-keyring")]
mod desktop;
mod environment;
mod file;
mod foreign;
mod generated;
mod keyring;
mod lines;
mod locate_secrets;
mod look_up;
mod masker;
mod missing;
mod non_interactive;
mod private_file;
mod prompt;
mod recipe;
mod recipients;
mod rotation;
mod secret_value;
mod source;
mod spellings;
mod stand_ins;
mod store_value;
mod stores;
#[cfg(test)]
mod tests;
mod version;
mod whereabouts;
mod withheld;

pub use content::{Content, SecretRange, hex};
pub use environment::variable;
pub use file::KIT;
pub use foreign::hide_foreign;
pub use generated::Generated;
pub use keyring::{NoKeyring, desktop_keyring};
pub use masker::Masker;
pub use missing::check_name;
pub use non_interactive::NonInteractive;
pub use prompt::Prompt;
pub use recipe::Recipe;
pub use rotation::{PREVIOUS, Rotation};
pub use secret_value::{Secret, SecretState};
pub use source::SecretSource;
pub use stand_ins::StandIns;
pub use store_value::{OverwritePolicy, StoreResult};
pub use stores::{StoreSettings, Stores};
pub use version::{PLAN_KEY, PlanKey, RECIPE as PLAN_KEY_RECIPE};
pub use whereabouts::Store;
pub use withheld::Withheld;
