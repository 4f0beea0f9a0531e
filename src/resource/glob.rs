//! Shell patterns for versions: `*` stands for any text, `?` for one character, all else for itself.

/// Whether `text` fits `pattern` as a whole. Walks both once, going back to the last `*` only.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match (pattern.get(at), text.get(seen)) {
            (Some(b'*'), _) => {
                star = Some((at, seen));
                at += 1;
            }
            (Some(wanted), Some(byte)) if wanted == byte || *wanted == b'?' => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((before, taken)) = star else { return false };
                star = Some((before, taken + 1));
                at = before + 1;
                seen = taken + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn fits_whole_texts() {
        for (pattern, text) in
            [("1.163.2+*", "1.163.2+noble1"), ("*", ""), ("a*b*c", "aXbbYc"), ("1.?", "1.2")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("1.22", "1.22.1"), ("1.?", "1."), ("a*b", "abc"), ("", "x")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
