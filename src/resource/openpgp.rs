//! A minimal OpenPGP reader that checks a key before apt sees it: packets and fingerprints (RFC 4880, RFC 9580). It
//! verifies no signatures: a fingerprint pins the primary key, and apt checks the rest.

use crate::secret::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Tag of a primary public key; the packets up to the next one belong to it.
const PUBLIC_KEY: u8 = 6;

/// Extracts the pinned key from a keyring, in binary, with its subkeys and without other keys. The error names the keys
/// that the keyring contains.
pub(super) fn pinned(keyring: &[u8], fingerprint: &str) -> Result<Vec<u8>, String> {
    let bytes = binary(keyring).ok_or("it is not armored, base64 or binary")?;
    let keys = keys(&bytes).filter(|keys| !keys.is_empty()).ok_or("it contains no OpenPGP key")?;
    let wanted = keys.iter().find(|(known, _)| known == fingerprint);
    if let Some((_, range)) = wanted {
        return Ok(bytes.get(range.clone()).unwrap_or_default().to_vec());
    }
    let there: Vec<&str> = keys.iter().map(|(fingerprint, _)| fingerprint.as_str()).collect();
    Err(format!("it has the fingerprint {}, not the pinned {fingerprint}", there.join(", ")))
}

/// Returns the fingerprint and byte range of every primary key; `None` if the packets are malformed.
fn keys(bytes: &[u8]) -> Option<Vec<(String, Range<usize>)>> {
    let mut keys: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let packet = Packet::read(bytes, at)?;
        let end = packet.body.end;
        if packet.tag == PUBLIC_KEY {
            keys.push((fingerprint(bytes.get(packet.body)?)?, at..end));
        }
        keys.last_mut()?.1.end = end;
        at = end;
    }
    Some(keys)
}

/// Returns the fingerprint of a public key packet, in upper case.
fn fingerprint(body: &[u8]) -> Option<String> {
    let long = u32::try_from(body.len()).ok()?.to_be_bytes();
    let sha256 = |mark: u8| Sha256::new().chain_update([mark]).chain_update(long);
    let digest = match body.first()? {
        4 => {
            let short = u16::try_from(body.len()).ok()?.to_be_bytes();
            let hash = Sha1::new().chain_update([0x99]).chain_update(short);
            hex(&hash.chain_update(body).finalize())
        }
        5 => hex(&sha256(0x9a).chain_update(body).finalize()),
        6 => hex(&sha256(0x9b).chain_update(body).finalize()),
        _ => return None,
    };
    Some(digest.to_ascii_uppercase())
}

struct Packet {
    tag: u8,
    body: Range<usize>,
}

impl Packet {
    /// Reads the packet at an offset. Partial body lengths do not occur in keys.
    fn read(bytes: &[u8], at: usize) -> Option<Packet> {
        let byte = |offset: usize| bytes.get(at + offset).map(|byte| usize::from(*byte));
        let number = |offset: usize, size: usize| {
            (offset..offset + size).try_fold(0usize, |sum, offset| Some(sum * 256 + byte(offset)?))
        };
        let first = *bytes.get(at)?;
        let (tag, head, size) = match (first & 0xc0, byte(1)?) {
            (0xc0, size @ ..192) => (first & 63, 2, size),
            (0xc0, high @ 192..224) => (first & 63, 3, (high - 192) * 256 + byte(2)? + 192),
            (0xc0, 255) => (first & 63, 6, number(2, 4)?),
            (0x80, _) => match first & 3 {
                kind @ 0..3 => {
                    let length = 1usize << kind;
                    ((first >> 2) & 15, 1 + length, number(1, length)?)
                }
                _ => return None,
            },
            _ => return None,
        };
        let body = at + head..at.checked_add(head)?.checked_add(size)?;
        (body.end <= bytes.len()).then_some(Packet { tag, body })
    }
}

/// Converts a keyring to binary.
fn binary(keyring: &[u8]) -> Option<Vec<u8>> {
    if keyring.first()? & 0x80 != 0 {
        return Some(keyring.to_vec());
    }
    let text = std::str::from_utf8(keyring).ok()?;
    // Armor headers contain a colon and the checksum starts with `=`; base64 lines do neither.
    let is_data =
        |line: &&str| !line.starts_with("-----") && !line.contains(':') && !line.starts_with('=');
    let data: String = text.lines().map(str::trim).filter(is_data).collect();
    STANDARD.decode(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn arbitrary_keyrings_never_panic(bytes: Vec<u8>) {
            let _ = pinned(&bytes, "");
            let _ = keys(&bytes);
        }
    }
}
