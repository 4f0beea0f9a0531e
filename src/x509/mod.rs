//! Reads certificates and private keys locally (RFC 5280, 5958, 7468), so that a wrong one is reported before anything
//! is connected to or changed. Nothing is verified: whether a chain is trusted is for the client to decide.

mod certificate;
mod chain;
mod der;
mod fault;
mod form;
mod pem;
mod private_key;
mod public_key;

pub use certificate::Certificate;
pub use chain::chain;
pub use fault::PemFault;
pub use form::binary_form;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
