//! The names that PostgreSQL roles and databases may have here. They are always written in quotes, so a dash or a
//! capital is preserved; characters that would end the quotes are not allowed.

/// The longest allowed name: PostgreSQL silently truncates longer ones.
const MAX_BYTES: usize = 63;

/// The pattern that every name matches, for schemas.
pub const PATTERN: &str = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$";

/// Explains why a text is not a valid name; `None` if it is.
pub fn why_not(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.is_empty() {
        return Some("empty".to_owned());
    }
    if name.len() > MAX_BYTES {
        return Some(format!("longer than {MAX_BYTES} characters"));
    }
    if let Some(c) = name.chars().find(|c| !allowed(*c)) {
        return Some(format!("`{}` is not allowed", c.escape_debug()));
    }
    if name.starts_with(['-', '.']) {
        return Some("must start with a letter, a digit or `_`".to_owned());
    }
    name.starts_with("pg_")
        .then(|| "names starting with `pg_` are reserved by PostgreSQL".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_need_no_escape_between_quotes() {
        for name in ["synapse", "matrix-synapse", "Synapse_2", "a.b", "0", "_x", "all"] {
            assert_eq!(why_not(name), None, "{name}");
        }
        for name in [
            "", "-x", ".x", "pg_x", "a\"b", "a'b", "a b", "a;b", "a\nb", "a\\b", "a:b", "a+b", "ü",
            "a$b", "a=b", "a/b", "a,b", "a#b", "a%b", "*",
        ] {
            assert!(why_not(name).is_some(), "{name:?}");
        }
        assert!(why_not(&"a".repeat(63)).is_none() && why_not(&"a".repeat(64)).is_some());
    }

    proptest! {
        #[test]
        fn the_pattern_takes_every_name(name in "[\"'A-Za-z0-9_. \\-;]{0,66}") {
            let pattern = regex_lite::Regex::new(PATTERN).unwrap();
            prop_assert!(why_not(&name).is_some() || pattern.is_match(&name));
        }
    }
}
