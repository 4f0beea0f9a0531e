//! Names with a fixed form: Matrix ids, versions, key fingerprints, rates.

use super::Literal;
use super::host_name::{host, split_port};
use super::text_type::{RefusedText, TextType};
use crate::synapse::SigningIdentity;
use minijinja::Value;

pub(super) const MATRIX_ID: TextType = TextType {
    name: "matrix_id",
    article: "a Matrix id",
    example: "`@admin:example.org`",
    pattern: r"^@[a-z0-9._=/+-]+:([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$",
    fields: &[],
    parse: matrix_id,
};

pub(super) const VERSION: TextType = TextType {
    name: "version",
    article: "a version",
    example: "`1.163.2`",
    pattern: r"^[0-9][0-9A-Za-z.+~:-]*$",
    fields: &[],
    parse: version,
};

pub(super) const FINGERPRINT: TextType = TextType {
    name: "fingerprint",
    article: "a key's fingerprint, 40 hexadecimal digits",
    example: "`AAF9AE843A7584B5A3E4CD2BCF45A512DE2DA058`",
    pattern: r"^ *([0-9A-Fa-f] *){40}$",
    fields: &[],
    parse: fingerprint,
};

pub(super) const RATE: TextType = TextType {
    name: "rate",
    article: "a rate",
    example: "`10r/s`",
    pattern: r"^0*[1-9][0-9]*r/[sm]$",
    fields: &["count", "seconds", "text"],
    parse: rate,
};

pub(super) const IDENTITY: TextType = TextType {
    name: "identity",
    article: "the public half of a signing key",
    example: "`ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI`",
    pattern: r"^ed25519:[A-Za-z0-9_]{1,255} [A-Za-z0-9+/]{43}=?$",
    fields: &[],
    parse: identity,
};

/// The canonical spelling has no padding.
fn identity(text: &str) -> Result<Value, RefusedText> {
    let read = SigningIdentity::parse(text).map_err(RefusedText::because)?;
    Ok(Value::from(read.to_string()))
}

/// The grammar of the Matrix specification for new ids; at most 255 bytes.
pub(super) fn matrix_id(text: &str) -> Result<Value, RefusedText> {
    let Some(rest) = text.strip_prefix('@') else {
        return Err(RefusedText::because("must start with `@`"));
    };
    let Some((local, server)) = rest.split_once(':') else {
        return Err(RefusedText::because("the server is missing")
            .write(format!("write `{text}:example.org`")));
    };
    let clean = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._=-/+".contains(c);
    if local.is_empty() || !local.chars().all(clean) || text.len() > 255 {
        return Err(RefusedText::because(
            "only lowercase letters, digits and `._=-/+` are allowed before the `:`",
        ));
    }
    host(split_port(server)?.0)?;
    Ok(Value::from(text))
}

/// The characters that Debian allows, which are also those of upstream versions.
fn version(text: &str) -> Result<Value, RefusedText> {
    let clean = |c: char| c.is_ascii_alphanumeric() || ".+~:-".contains(c);
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        let refused = RefusedText::because("a version must start with a digit");
        let number = text.trim_start_matches(['v', 'V']);
        return Err(
            match number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(clean) {
                true => refused.write(format!("write `{number}`")),
                false => refused,
            },
        );
    }
    match text.chars().find(|c| !clean(*c)) {
        Some(c) => {
            Err(RefusedText::because(format!("`{}` is not part of a version", c.escape_debug())))
        }
        None => Ok(Value::from(text)),
    }
}

/// Tools print blanks between groups; the value has none, and is in capitals.
fn fingerprint(text: &str) -> Result<Value, RefusedText> {
    let digits: String = text.chars().filter(|c| *c != ' ').collect();
    if digits.len() != 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        let reason = match digits.chars().count() {
            1 => "1 character, not 40 hexadecimal digits".to_owned(),
            count => format!("{count} characters, not 40 hexadecimal digits"),
        };
        return Err(RefusedText::because(reason));
    }
    Ok(Value::from(digits.to_ascii_uppercase()))
}

/// nginx's spelling; a proxy that needs a window reads `.count` and `.seconds`.
fn rate(text: &str) -> Result<Value, RefusedText> {
    let (count, seconds) = match (text.strip_suffix("r/s"), text.strip_suffix("r/m")) {
        (Some(count), _) => (count, 1),
        (_, Some(count)) => (count, 60),
        _ => return Err(RefusedText::because("must end with `r/s` or `r/m`")),
    };
    let clean = count.bytes().all(|b| b.is_ascii_digit());
    let Some(number) = count.parse::<u32>().ok().filter(|number| clean && *number > 0) else {
        return Err(RefusedText::because("a whole number of requests must come before `r`"));
    };
    let fields = vec![("count", Value::from(number)), ("seconds", Value::from(seconds))];
    Ok(Literal::new(text, fields).into_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert!(matrix_id("@a.b-c=d/e+1:example.org:8448").is_ok());
        for text in ["", "a:b.c", "@a", "@A:b.c", "@:b.c", "@a:b c"] {
            assert!(matrix_id(text).is_err(), "{text}");
        }
        assert!(version("1:2.3~rc1+dfsg-1ubuntu2").is_ok());
        assert!(version("v1.0").is_err() && version("1.0 ").is_err() && version("1.*").is_err());
        let spaced = "aaf9 ae84 3a75 84b5 a3e4  cd2b cf45 a512 de2d a058";
        assert_eq!(
            fingerprint(spaced).unwrap().as_str(),
            Some("AAF9AE843A7584B5A3E4CD2BCF45A512DE2DA058")
        );
        assert!(fingerprint("AAF9").is_err());
    }

    #[test]
    fn rates() {
        let value = rate("5r/m").unwrap();
        assert_eq!(value.get_attr("seconds").unwrap(), Value::from(60));
        for text in ["", "r/s", "0r/s", "1.5r/s", "10/s", "10r/h", "+1r/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }
}
