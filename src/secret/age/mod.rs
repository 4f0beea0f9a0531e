//! The age-encrypted file beside a spec: its identities, its recipients, its format. It is only decrypted in memory; on
//! disk, its contents are always encrypted for the recipients.

mod create;
mod document;
mod file;
mod identity;
mod recipient;
mod sealed;

pub use create::{Created, IdentityHome, check_present, create};
pub(super) use document::Document;
pub(super) use file::AgeFile;
pub use identity::IdentityPlaces;
pub(super) use identity::{ACCOUNT, AgeIdentity, find};
pub use recipient::Recipient;
pub use sealed::{seal_for, seal_with_passphrase};
