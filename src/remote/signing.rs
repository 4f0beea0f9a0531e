//! Signs for a certificate: with a private key of this machine, or with the agent's key.

use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::{self, Signature};
use russh::keys::{Algorithm, HashAlg, PrivateKey};

use super::agent::Agent;

/// A key that signs.
pub(super) enum Signing<'a> {
    /// From a file.
    File(&'a PrivateKey),
    /// In the agent, under the name by which it knows it: the certificate, or the bare key.
    Agent(&'a mut Agent, Box<AgentIdentity>),
}

/// Why signing failed.
#[derive(Debug)]
pub(super) struct SigningError(String);

impl std::fmt::Display for SigningError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<russh::SendError> for SigningError {
    fn from(error: russh::SendError) -> SigningError {
        SigningError(error.to_string())
    }
}

impl russh::Signer for Signing<'_> {
    type Error = SigningError;

    /// Appends the signature to the request as a string (RFC 4253 section 5).
    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        mut request: Vec<u8>,
    ) -> Result<Vec<u8>, SigningError> {
        match self {
            Signing::Agent(agent, identity) => agent
                .sign_request(identity, hash, request)
                .await
                .map_err(|error| SigningError(format!("the agent: {error}"))),
            Signing::File(key) => {
                let signature =
                    sign(key, hash, &request).map_err(|error| SigningError(error.to_string()))?;
                let length = u32::try_from(signature.len()).unwrap_or(u32::MAX);
                request.extend(length.to_be_bytes());
                request.extend(signature);
                Ok(request)
            }
        }
    }
}

/// An RSA key signs with the hash that the host accepts; other keys have a fixed one.
fn sign(key: &PrivateKey, hash: Option<HashAlg>, data: &[u8]) -> ssh_key::Result<Vec<u8>> {
    let signature: Signature = match (key.key_data(), key.algorithm()) {
        (KeypairData::Rsa(pair), Algorithm::Rsa { .. }) => (pair, hash).try_sign(data)?,
        (pair, _) => pair.try_sign(data)?,
    };
    Vec::try_from(signature)
}
