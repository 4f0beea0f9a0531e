//! POSIX shell: single quotes, between which nothing has a meaning.

use super::is_bare;

/// One word of a command.
pub(super) fn sh(text: &str) -> Result<String, String> {
    if text.contains('\0') {
        return Err("no argument can hold a zero byte".into());
    }
    // No `=`: before a command, `a=b` would be an assignment. No `~`, which the shell expands.
    if is_bare(text, "_-./:@%+,") {
        return Ok(text.to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::sh;
    use proptest::prelude::*;
    use std::process::Command;

    #[test]
    fn quotes_only_where_necessary() {
        assert_eq!(sh("/usr/bin/true").unwrap(), "/usr/bin/true");
        assert_eq!(sh("it's").unwrap(), "'it'\\''s'");
        assert_eq!(sh("").unwrap(), "''");
        assert_eq!(sh("A=b").unwrap(), "'A=b'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_back_the_same(texts in proptest::collection::vec("[^\\x00]{0,12}", 8)) {
            let quoted: Vec<String> = texts.iter().map(|text| sh(text).unwrap()).collect();
            let script = format!("printf '%s\\0' {}", quoted.join(" "));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            let mut wanted = texts.join("\0");
            wanted.push('\0');
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted);
        }
    }
}
