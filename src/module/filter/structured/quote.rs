//! Text between double quotes that is valid in both JSON and YAML 1.1: whatever a YAML reader would refuse raw, fold or
//! strip gets a JSON escape.

/// The quoted text.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ if is_escaped(c) => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Control characters, line and paragraph separators, the byte order mark and noncharacters: PyYAML refuses them raw or
/// takes them for line ends. All are in the basic plane, where `\uXXXX` is one character in both JSON and YAML;
/// characters above it must stay raw, as YAML has no surrogate pairs.
fn is_escaped(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}'
    )
}
