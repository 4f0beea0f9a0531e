//! The certificate that an admin brings: read at home, copied beside the spec.

use std::path::Path;

/// Chains larger than this are refused (bytes).
const LIMIT: u64 = 1 << 20;

/// The text of a chain; an error says in words why not. A private key never goes beside a spec.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let seen = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !seen.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if seen.len() > LIMIT {
        return Err(format!("it is larger than {LIMIT} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    if text.contains("PRIVATE KEY") {
        return Err("it holds a private key, which never lies beside the spec".to_owned());
    }
    match text.contains("-----BEGIN CERTIFICATE-----") {
        true => Ok(text),
        false => Err("it holds no `-----BEGIN CERTIFICATE-----`".to_owned()),
    }
}
