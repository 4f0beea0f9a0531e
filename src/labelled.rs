//! Lines that begin with a label, as the shell on a host prints and keeps them: `stage=loaded`, `port closed`.

/// Returns the text behind `label` and `separator` on the first line that begins with both.
pub fn value<'a>(text: &'a str, label: &str, separator: char) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(label)?.strip_prefix(separator))
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn the_first_line_with_the_exact_label_wins() {
        let text = "stages=x\nstage=loaded\nstage=held\nempty=\nport closed=yes\n";
        assert_eq!(value(text, "stage", '='), Some("loaded"));
        assert_eq!(value(text, "empty", '='), Some(""));
        assert_eq!(value(text, "port", ' '), Some("closed=yes"));
        for absent in ["stag", "age", "port", "none", ""] {
            assert_eq!(value(text, absent, '='), None, "{absent}");
        }
    }
}
