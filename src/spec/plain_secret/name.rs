//! Keys that precede a secret, by the words in their names. A name proves nothing, so the value is checked too
//! (`value.rs`).

/// Words that name a secret, as the whole key or after a `_` at its end.
const WORDS: [&str; 21] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "pw",
    "pgpassword",
    "requirepass",
    "masterauth",
    "psk",
    "credential",
    "credentials",
    "pepper",
    "macaroon",
    "token",
    "private_key",
    "signing_key",
    "api_key",
    "apikey",
    "secret_key_base",
];

/// nginx directives that forward requests.
const HANDS_ON: [&str; 6] =
    ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/// Words before `_key` that make it a public key, or one that is not cryptographic.
const PUBLIC: [&str; 20] = [
    "public",
    "pub",
    "publishable",
    "verify",
    "verification",
    "site",
    "host",
    "ssh",
    "gpg",
    "pgp",
    "apt",
    "primary",
    "foreign",
    "sort",
    "cache",
    "partition",
    "group",
    "idempotency",
    "routing",
    "api_site",
];

/// Whether programs store a secret under this key. A path is not a secret, and a value that only looks like one may be
/// given by name like a secret.
pub fn names_a_secret(key: &str) -> bool {
    let key = spelt(key);
    WORDS.iter().any(|word| ends(&key, word)) && !HANDS_ON.contains(&key.as_str())
        || key.ends_with("secret_key")
        || key.ends_with("secret_access_key")
}

/// Whether a key may hold a secret: the value decides.
pub(super) fn may_name_a_secret(key: &str) -> bool {
    let key = spelt(key);
    let before = key.strip_suffix("_key");
    before.is_some_and(|before| !PUBLIC.iter().any(|word| ends(before, word)))
}

/// Words that are often misspelt by one or two letters.
const MISSPELT: [&str; 8] =
    ["secret", "password", "passwd", "passphrase", "pepper", "macaroon", "token", "credentials"];

/// Other common words for a secret, or for what takes one.
const LOOSE: [&str; 8] =
    ["sudo", "pw", "psk", "credential", "credentials", "auth", "secrets", "passwords"];

/// Whether a text under this key is better hidden: it may be a secret under a misspelt key.
pub(super) fn nearly_names_a_secret(key: &str) -> bool {
    let key = spelt(key);
    let key = key.as_str();
    let words: Vec<&str> = key.split('_').filter(|word| word.len() <= 16).collect();
    let near = |word: &&str| {
        MISSPELT.iter().any(|known| {
            let limit = if known.len() > 5 { 2 } else { 1 };
            known.len().abs_diff(word.len()) <= limit
                && strsim::damerau_levenshtein(word, known) <= limit
        })
    };
    let (last, before) = words.split_last().unwrap_or((&"", &[]));
    let is_key = last.len() == 3 && strsim::damerau_levenshtein(last, "key") <= 1;
    // The lifetime of a token is not a secret.
    LOOSE.iter().any(|word| ends(key, word))
        || names_a_secret(key)
        || near(last)
        || is_key && before.iter().any(near)
        || near(&words.concat().as_str())
}

fn ends(key: &str, word: &str) -> bool {
    let rest = key.strip_suffix(word);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// Normalizes `clientSecret`, `Client-Secret` and `a.client_secret` to `client_secret`.
fn spelt(key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let mut spelt = String::with_capacity(last.len() + 4);
    let mut before_small = false;
    for c in last.chars() {
        if c.is_ascii_uppercase() && before_small {
            spelt.push('_');
        }
        before_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        spelt.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    spelt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_secrets_by_their_keys() {
        for key in [
            "pepper",
            "turn_shared_secret",
            "admin_token",
            "macaroon_secret_key",
            "Api-Key",
            "clientSecret",
            "accessToken",
            "DB_PASSWORD",
            "smtp_pass",
            "AWS_SECRET_ACCESS_KEY",
            "spring.datasource.password",
            "SECRET_KEY_BASE",
            "PGPASSWORD",
            "SMTP_PW",
            "wifi_psk",
            "requirepass",
        ] {
            assert!(names_a_secret(key), "{key}");
        }
        for key in [
            "signing_key_path",
            "token_lifetime",
            "password_config",
            "key",
            "proxy_pass",
            "bypass",
            "secretName",
            "password_file",
            "access_key_id",
            "compass",
        ] {
            assert!(!names_a_secret(key), "{key}");
        }
        for key in ["pasword", "sceret", "macaroon_secret_kye", "sudo_pasword", "pass_word", "sudo"]
        {
            assert!(nearly_names_a_secret(key), "{key}");
        }
        for key in [
            "address",
            "contains",
            "access_token_lifetime",
            "secret_path",
            "server_name",
            "max_upload",
            "port",
        ] {
            assert!(!nearly_names_a_secret(key), "{key}");
        }
        for (key, may) in
            [("encryption_key", true), ("publicKey", false), ("host_key", false), ("key", false)]
        {
            assert_eq!(may_name_a_secret(key), may, "{key}");
        }
    }
}
