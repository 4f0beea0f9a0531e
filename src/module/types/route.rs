//! The path of a route: the part of a site that is proxied to a program. The grammar is narrow, so that a path means
//! the same to nginx, to the program behind it, and in a pattern.

use super::text_type::{RefusedText, TextType};
use minijinja::Value;

pub(super) const ROUTE: TextType = TextType {
    name: "route",
    article: "the path of a route",
    example: "`/livekit/jwt/`",
    pattern: r"^/([A-Za-z0-9._~-]+/(([A-Za-z0-9._~-]+|\*)/)*([A-Za-z0-9._~-]+|\*)?|[A-Za-z0-9._~-]+)?$",
    fields: &[],
    parse: route,
};

fn route(text: &str) -> Result<Value, RefusedText> {
    if text.contains("://") {
        return Err(RefusedText::because("an address, not a path").write("write only the path"));
    }
    let Some(rest) = text.strip_prefix('/') else {
        return Err(RefusedText::because("must start with `/`"));
    };
    if rest.contains(['?', '#']) {
        return Err(RefusedText::because("a path cannot have a query"));
    }
    let inner = rest.strip_suffix('/').unwrap_or(rest);
    let parts = inner.split('/').enumerate();
    for (at, part) in parts.filter(|_| !rest.is_empty()) {
        part_of(at, part)?;
    }
    Ok(Value::from(text))
}

fn part_of(at: usize, part: &str) -> Result<(), RefusedText> {
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._~-".contains(*c);
    match part {
        "" => Err(RefusedText::because("`//` is ambiguous")),
        "." | ".." => {
            Err(RefusedText::because(format!("`{part}` is resolved before paths are compared")))
        }
        // It would precede every other route of the site.
        "*" if at == 0 => Err(RefusedText::because("`*` cannot be the first part")),
        "*" => Ok(()),
        _ if part.contains('*') => Err(RefusedText::because("`*` stands for one whole part")
            .write("write it between two `/`: `/_matrix/client/*/login`")),
        _ => match part.chars().find(|c| !plain(c)) {
            None => Ok(()),
            Some(c) => Err(RefusedText::because(format!("`{}` is not allowed", c.escape_debug()))
                .write("use letters, digits, `.`, `_`, `~` and `-`")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_lite::Regex;

    #[test]
    fn only_unambiguous_paths_are_routes() {
        let pattern = Regex::new(ROUTE.pattern).unwrap();
        for text in [
            "/",
            "/element",
            "/livekit/jwt/",
            "/.well-known/acme-challenge/",
            "/.well-known/x",
            "/_matrix/client/*/login",
            "/_matrix/client/*/",
            "/a/*/*/b",
            "/a..b/...",
        ] {
            assert!(route(text).is_ok(), "{text}");
            assert!(pattern.is_match(text), "{text}");
        }
        for text in [
            "",
            "a/",
            "//",
            "/a//",
            "//a",
            "/./",
            "/../a",
            "/a/..",
            "/*",
            "/*/a",
            "/a/v*/",
            "/a b",
            "/a%2f",
            "/a?b",
            "/a#b",
            "/ä/",
            "/a\n",
            "/a$1",
            "/a;b",
            "/a{",
            "/a\\b",
            "https://x/a/",
        ] {
            assert!(route(text).is_err(), "{text:?}");
        }
    }
}
