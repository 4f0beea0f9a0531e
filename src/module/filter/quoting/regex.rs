//! Text as a pattern that matches exactly that text, in both PCRE (nginx) and RE2 (Caddy).

use super::no_control;

/// The text, with a backslash before every character that has a meaning in patterns.
pub(super) fn regex(text: &str) -> Result<String, String> {
    no_control(text)?;
    let mut pattern = String::new();
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::regex;
    use proptest::prelude::*;
    use regex_lite::Regex;

    proptest! {
        #[test]
        fn matches_itself_and_nothing_else(text in "[\\PC]{1,12}", other in "\\PC{0,12}") {
            let pattern = Regex::new(&format!("^{}$", regex(&text).unwrap())).unwrap();
            prop_assert!(pattern.is_match(&text));
            prop_assert_eq!(pattern.is_match(&other), text == other);
        }
    }

    #[test]
    fn reads_well() {
        assert_eq!(regex("example.org").unwrap(), r"example\.org");
    }
}
