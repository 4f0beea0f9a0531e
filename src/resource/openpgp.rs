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
    let found: Vec<&str> = keys.iter().map(|(fingerprint, _)| fingerprint.as_str()).collect();
    Err(format!("it has the fingerprint {}, not the pinned {fingerprint}", found.join(", ")))
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
    use proptest::prelude::*;

    /// A packet with its length in the new format, or in the old one.
    fn packet(tag: u8, body: &[u8], is_new: bool) -> Vec<u8> {
        let size = body.len();
        let short = u16::try_from(size).unwrap().to_be_bytes();
        let head = match (is_new, size) {
            (true, ..192) => vec![0xc0 | tag, size as u8],
            (true, ..8384) => {
                let [high, low] = u16::try_from(size - 192).unwrap().to_be_bytes();
                vec![0xc0 | tag, high + 192, low]
            }
            (true, _) => [&[0xc0 | tag, 255, 0, 0][..], &short].concat(),
            (false, ..256) => vec![0x80 | tag << 2, size as u8],
            (false, _) => [&[0x81 | tag << 2][..], &short].concat(),
        };
        [head.as_slice(), body].concat()
    }

    /// A public key of version 4 with this material, and a subkey.
    fn key(material: &[u8], is_new: bool) -> (String, Vec<u8>) {
        let body = [&[4][..], material].concat();
        let size = u16::try_from(body.len()).unwrap().to_be_bytes();
        let digest = Sha1::new().chain_update([0x99]).chain_update(size).chain_update(&body);
        let packets = [packet(PUBLIC_KEY, &body, is_new), packet(14, &body, is_new)].concat();
        (hex(&digest.finalize()).to_ascii_uppercase(), packets)
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_have_no_pinned_key(bytes: Vec<u8>) {
            prop_assert!(pinned(&bytes, "").is_err());
            prop_assert!(pinned(&bytes, &"0".repeat(40)).is_err());
        }

        /// Whatever lengths its packets have: the pinned key is found with its subkey, and nothing else is.
        #[test]
        fn the_pinned_key_is_taken_out_whole(
            first in prop::collection::vec(any::<u8>(), 0..9000),
            second in prop::collection::vec(any::<u8>(), 0..400),
            is_new: bool,
        ) {
            prop_assume!(first != second);
            let all = [key(&first, is_new), key(&second, !is_new)];
            let ring: Vec<u8> = all.iter().flat_map(|(_, packets)| packets.clone()).collect();
            let armored = format!("-----BEGIN X-----\nComment: x\n\n{}\n=abcd\n-----END X-----\n", STANDARD.encode(&ring));
            for (fingerprint, packets) in &all {
                let found = pinned(&ring, fingerprint);
                prop_assert_eq!(found.as_ref(), Ok(packets));
                let found = pinned(armored.as_bytes(), fingerprint);
                prop_assert_eq!(found.as_ref(), Ok(packets));
            }
            let others = pinned(&ring, "AB").unwrap_err();
            prop_assert!(all.iter().all(|(known, _)| others.contains(known)), "{}", others);
            let cut = &ring[..ring.len() - 1];
            prop_assert!(pinned(cut, &all[0].0).is_err(), "a keyring that was cut off");
        }
    }
}
