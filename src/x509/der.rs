//! DER (X.690) as far as keys and certificates need it: the values of a SEQUENCE, in order.

use x509_cert::der::Decode as _;
use x509_cert::der::asn1::AnyRef;
use x509_cert::time::Time;

/// A time, and its day in writing.
#[derive(Clone, Debug)]
pub struct CertificateTime {
    /// Seconds since 1970.
    pub seconds: i64,
    /// `2027-01-31`.
    pub day: String,
}

impl CertificateTime {
    pub(super) fn of(time: Time) -> Option<CertificateTime> {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Some(CertificateTime { seconds, day: crate::time::day(seconds) })
    }
}

/// Returns the values of a SEQUENCE, if these bytes hold exactly one.
pub(super) fn values(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    Vec::from_der(bytes).ok()
}
