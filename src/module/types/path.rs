//! Paths: on the host (absolute and normalised, so that equal paths are equal texts), and next to the spec.

use super::text_type::{RefusedText, TextType};
use minijinja::Value;

pub(super) const PATH: TextType = TextType {
    name: "path",
    article: "an absolute path",
    example: "`/var/lib/matrix`",
    pattern: r"^(/|(/([^/.\x00-\x1f\x7f][^/\x00-\x1f\x7f]*|\.[^/.\x00-\x1f\x7f][^/\x00-\x1f\x7f]*|\.\.[^/\x00-\x1f\x7f]+))+)$",
    fields: &[],
    parse: absolute,
};

fn absolute(text: &str) -> Result<Value, RefusedText> {
    if !text.starts_with('/') {
        return Err(RefusedText::because("must start with `/`"));
    }
    clean(text)?;
    if text.split('/').any(|part| part == "..") {
        return Err(RefusedText::because("`..` is not allowed"));
    }
    let parts: Vec<&str> =
        text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let normal = format!("/{}", parts.join("/"));
    if normal != text {
        return Err(
            RefusedText::because("not in its shortest form").write(format!("write `{normal}`"))
        );
    }
    Ok(Value::from(text))
}

/// A path next to the spec. Reading the file checks that the path does not lead out of the inventory's repository.
pub(super) fn beside_spec(text: &str) -> Result<String, RefusedText> {
    if text.is_empty() {
        return Err(RefusedText::because("empty"));
    }
    if text.starts_with('/') {
        let help = "write it relative to this file: `tls/front.crt`";
        return Err(RefusedText::because("an absolute path differs between machines").write(help));
    }
    clean(text)?;
    Ok(text.to_owned())
}

fn clean(text: &str) -> Result<(), RefusedText> {
    match text.chars().any(char::is_control) {
        true => Err(RefusedText::because("contains a control character")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute_and_normal() {
        assert!(absolute("/").is_ok() && absolute("/srv/a b/ü").is_ok());
        for text in ["", "a", "~/a", "/a/../b", "/a\n", "/a\0"] {
            assert!(absolute(text).is_err(), "{text:?}");
        }
        for text in ["/a/", "//a", "/./a"] {
            assert_eq!(absolute(text).unwrap_err().help.as_deref(), Some("write `/a`"));
        }
        assert!(beside_spec("tls/front.crt").is_ok());
        assert!(beside_spec("../shared/front.crt").is_ok());
        assert!(beside_spec("/front.crt").is_err() && beside_spec("").is_err());
    }
}
