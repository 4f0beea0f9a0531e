//! The text of a spec: UTF-8 of limited size, without a byte order mark.

/// Specs larger than this are refused (bytes, all included files together).
pub(super) const MAX_BYTES: usize = 4 << 20;

/// Decodes the bytes of a file; an error is the reason in words.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes, the limit for a spec"));
    }
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || zeros * 3 > bytes.len() {
        let help = "save it as UTF-8, such as with `iconv -f UTF-16 -t UTF-8`";
        return Err(format!("it is UTF-16, but a spec must be UTF-8: {help}"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undecodable_text_is_refused_with_a_reason() {
        assert_eq!(decode("\u{feff}a\r\n".into()).unwrap(), "a\r\n");
        assert_eq!(decode(b"a\nb\xff".to_vec()).unwrap_err(), "line 2 is not UTF-8");
        for bytes in [&b"\xff\xfea\0"[..], b"\xfe\xff\0a", b"a\0b\0\n\0"] {
            assert!(decode(bytes.to_vec()).unwrap_err().contains("UTF-16"));
        }
        assert!(decode(vec![b'a'; MAX_BYTES + 1]).unwrap_err().contains("the limit"));
    }
}
