//! Recognises files that are not text: the other formats in which authorities and Windows provide certificates.

use super::PemFault;
use super::der::values;
use x509_cert::der::asn1::ObjectIdentifier;

/// signedData of PKCS#7 (RFC 2315, 14).
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// Returns the format of these bytes and how to convert it to PEM; `None` if it is none of these.
pub fn binary_form(bytes: &[u8], name: &str) -> Option<PemFault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some(PemFault::new("it is UTF-16, as Windows saves text", "save it as UTF-8"));
    }
    let parts = values(bytes)?;
    let first = parts.first()?;
    if first.decode_as::<ObjectIdentifier>() == Ok(SIGNED_DATA) {
        let fix = format!(
            "extract the certificates: `openssl pkcs7 -inform DER -print_certs -in {name}`"
        );
        return Some(PemFault::new("it is PKCS#7 (.p7b), not PEM", fix));
    }
    if first.decode_as::<u8>() == Ok(3) {
        let fix = format!(
            "extract the certificates: `openssl pkcs12 -nokeys -in {name}`; its private key (`openssl pkcs12 -nocerts \
             -nodes -in {name}`) goes to `matrixform secrets set`, and neither it nor this file beside a spec"
        );
        return Some(PemFault::new(
            "it is PKCS#12 (.pfx, .p12), which may hold the private key",
            fix,
        ));
    }
    super::Certificate::read(bytes)?;
    let fix = format!(
        "convert it: `openssl x509 -inform DER -in {name}` prints PEM; put the intermediates below it"
    );
    Some(PemFault::new("it is a DER certificate, not PEM", fix))
}
