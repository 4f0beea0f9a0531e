//! The certificates in a PEM file, as a program that serves them reads it.

use super::pem::blocks;
use super::{Certificate, PemFault};

/// The labels that OpenSSL accepts for a certificate.
const CERTIFICATE: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/// Returns all certificates in order.
///
/// # Errors
///
/// The text is not well-formed PEM, a certificate in it cannot be read, or it contains none; the fault says what it is
/// instead, such as a private key or a CSR.
pub fn chain(text: &str) -> Result<Vec<Certificate>, PemFault> {
    let blocks = blocks(text)?;
    let mut found = Vec::new();
    for block in blocks.iter().filter(|block| CERTIFICATE.contains(&block.label)) {
        let read = Certificate::read(&block.bytes);
        found.push(read.ok_or_else(|| {
            let why = format!("the certificate that starts in line {} cannot be read", block.line);
            PemFault::new(why, "copy the whole file again, or get a new one")
        })?);
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let label = blocks.iter().map(|block| block.label).find(|label| *label != "DH PARAMETERS");
    Err(match label {
        Some("PKCS7" | "CMS" | "PKCS #7 SIGNED DATA") => PemFault::new(
            "it is PKCS#7 (.p7b)",
            "extract the certificates with `openssl pkcs7 -print_certs -in FILE`, the host's first",
        ),
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => PemFault::new(
            "it is a certificate signing request (CSR)",
            "use the certificate that the authority sent back",
        ),
        Some(label) if label.ends_with("PRIVATE KEY") => PemFault::new(
            "it is a private key",
            "use the certificate; store the key with `matrixform secrets set`",
        ),
        Some(label) => PemFault::new(format!("it is `{}`", label.escape_debug()), WANTED),
        None => PemFault::new("it has no line `-----BEGIN CERTIFICATE-----`", WANTED),
    })
}

const WANTED: &str =
    "use a PEM file (`-----BEGIN CERTIFICATE-----`): the certificate first, then the intermediates";
