//! Whether the value after the name of a secret is one: not a path, the name of a variable, a word that means there is
//! none, or an example.

/// Words that are not secrets, and tools' placeholders for them.
const WORDS: [&str; 43] = [
    "true",
    "false",
    "null",
    "none",
    "nil",
    "yes",
    "no",
    "on",
    "off",
    "undefined",
    "required",
    "optional",
    "string",
    "str",
    "int",
    "bool",
    "bytes",
    "text",
    "bearer",
    "basic",
    "query",
    "header",
    "body",
    "cookie",
    "password",
    "passwd",
    "secret",
    "token",
    "pass",
    "hidden",
    "generate",
    "generated",
    "random",
    "default",
    "disabled",
    "enabled",
    "auto",
    "prompt",
    "unset",
    "include",
    "omit",
    "same-origin",
    "test",
];

/// Parts of examples.
const EXAMPLES: [&str; 14] = [
    "example",
    "is generated",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "redacted",
    "your_",
    "your-",
    "xxxx",
    "****",
    "....",
    "dummy",
    "insert_",
];

/// Prefixes of a reference to the secret, in languages that have such references.
const REFERENCES: [&str; 15] = [
    "$", "{", "<", "%", "@", "*", "&", "!", "[", "(", "file:", "env:", "vault:", "secret:", "data:",
];

/// Whether a value is a secret, given its key.
pub(super) fn is_secret_value(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is = |words: &[&str]| words.contains(&lower.as_str());
    let refers = REFERENCES.iter().any(|start| lower.starts_with(start));
    let example = EXAMPLES.iter().any(|part| lower.contains(part));
    value.len() >= 4
        && !is(&WORDS)
        && !refers
        && !example
        && !value.contains("{{")
        && !value.contains("${")
        && !is_path(value)
        && !is_measure(value)
        && !is_code(value)
        && !is_url(value)
}

/// Whether a value looks random: long, made of letters and digits that hardly repeat.
pub(super) fn is_random(value: &str) -> bool {
    let clean = |c: char| c.is_ascii_alphanumeric() || "+/=_.~-".contains(c);
    let letters = value.chars().any(|c| c.is_ascii_alphabetic());
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let dashes = value.chars().filter(|c| "_.-".contains(*c)).count();
    value.len() >= 20
        && value.chars().all(clean)
        && letters
        && digits >= 2
        && dashes <= 2
        && entropy(value) > 3.0
}

/// Returns the bits per character, by the frequency of each.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let all = value.len() as f64;
    let share = |count: &u32| f64::from(*count) / all;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

fn is_path(value: &str) -> bool {
    let straight = value.chars().all(|c| c.is_alphanumeric() || "/._-@+~ ".contains(c));
    let begins = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    straight && begins && (value.matches('/').count() > 1 || value.contains('.'))
}

/// Whether it is a number or a time: the lifetime of a token.
fn is_measure(value: &str) -> bool {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = value.len() - unit.len();
    (1..=6).contains(&digits) && unit.len() <= 2 && unit.chars().all(|c| c.is_ascii_alphabetic())
}

/// Whether it is a call, or a dotted name, as in programs.
fn is_code(value: &str) -> bool {
    let is_name_char = |c: char| c.is_ascii_lowercase() || c == '_';
    let parts = || value.split('.');
    let dotted = parts().count() > 1
        && parts().all(|part| !part.is_empty() && part.chars().all(is_name_char));
    let name = value.split('(').next().unwrap_or_default();
    let call = name.len() < value.len()
        && !name.is_empty()
        && name.chars().all(|c| is_name_char(c) || c == '.');
    dotted || call
}

fn is_url(value: &str) -> bool {
    value.starts_with("https://") || value.starts_with("http://")
}
