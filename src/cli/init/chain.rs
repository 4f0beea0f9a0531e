//! Reads the admin's own certificate, to be copied beside the spec.

use crate::bounded;
use std::path::Path;

/// Chains larger than this are refused (bytes).
const MAX_BYTES: u64 = 1 << 20;

/// Returns the text of a chain, or an error in words. A private key is never copied beside a spec.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = bounded::read_regular(path, MAX_BYTES).map_err(|error| error.to_string())?;
    let text =
        String::from_utf8(bytes).map_err(|_| "stream did not contain valid UTF-8".to_owned())?;
    if text.contains("PRIVATE KEY") {
        return Err(
            "it contains a private key, which must not be stored beside the spec".to_owned()
        );
    }
    match text.contains("-----BEGIN CERTIFICATE-----") {
        true => Ok(text),
        false => Err("it has no `-----BEGIN CERTIFICATE-----`".to_owned()),
    }
}
