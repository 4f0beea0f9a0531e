//! DER (X.690) as far as keys and certificates need it: the values of a SEQUENCE, one after the other.

use x509_cert::der::Decode as _;
use x509_cert::der::asn1::AnyRef;
use x509_cert::time::Time;

/// A time, and its day as it is written.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Since 1970.
    pub seconds: i64,
    /// `2027-01-31`.
    pub day: String,
}

impl Moment {
    pub(super) fn of(time: Time) -> Option<Moment> {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Some(Moment { seconds, day: crate::time::day(seconds) })
    }
}

/// The values of a SEQUENCE, which is all that these bytes hold.
pub(super) fn values(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    Vec::from_der(bytes).ok()
}
