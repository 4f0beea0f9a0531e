//! Words for a POSIX shell: in commands that a message advises, so that they can be pasted, and in those that are sent
//! to a host.

/// Quotes a word for the shell, if necessary.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Quotes the path of a file for a command that a message advises: it is not an option, whatever its name.
pub fn shell_path(path: &str) -> String {
    match path.starts_with('-') {
        true => quote(&format!("./{path}")),
        false => quote(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_if_a_shell_would_change_them() {
        for (word, quoted) in [
            ("/etc/x", "/etc/x"),
            ("", "''"),
            ("it's", "'it'\\''s'"),
            ("a\nb", "'a\nb'"),
            ("my inventory/prod.toml", "'my inventory/prod.toml'"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
        assert_eq!(shell_path("-x y.toml"), "'./-x y.toml'");
        assert_eq!(shell_path("prod.toml"), "prod.toml");
    }
}
