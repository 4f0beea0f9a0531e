//! What a file is that is no text: the other forms in which authorities and Windows hand certificates out.

use super::Fault;
use super::der::{Der, INTEGER, OID, SEQUENCE};

/// signedData of PKCS#7, 1.2.840.113549.1.7.2.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// The form of these bytes, and how to get PEM out of them; nothing when it is none of these.
pub fn binary_form(bytes: &[u8], name: &str) -> Option<Fault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Some(Fault::new("it is UTF-16, as Windows saves text", "save it as UTF-8"));
    }
    let whole = Der(bytes).expect(SEQUENCE)?;
    let (mut first, mut second) = (Der(whole.0), Der(whole.0));
    if first.expect(OID).is_some_and(|id| id.0 == SIGNED_DATA) {
        let fix = format!(
            "take the certificates out: `openssl pkcs7 -inform DER -print_certs -in {name}`"
        );
        return Some(Fault::new("it is PKCS#7 (.p7b), and not PEM", fix));
    }
    if second.expect(INTEGER).is_some_and(|version| version.0 == [3]) {
        let fix = format!(
            "take the certificates out: `openssl pkcs12 -nokeys -in {name}`; its private key (`openssl pkcs12 -nocerts \
             -nodes -in {name}`) goes to `matrixform secrets set`, and neither it nor this file beside a spec"
        );
        return Some(Fault::new("it is PKCS#12 (.pfx, .p12), which may hold the private key", fix));
    }
    super::Certificate::read(bytes)?;
    let fix = format!(
        "convert it: `openssl x509 -inform DER -in {name}` prints PEM; put the intermediates below it"
    );
    Some(Fault::new("it is a certificate in DER, and not PEM", fix))
}
