//! Which keys stand before a secret, by their words. What a key is called is no proof, so what stands there
//! is looked at as well (`value.rs`).

/// Words that a key of a secret is, or ends in behind `_`.
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

/// Directives of nginx that hand something on.
const HANDS_ON: [&str; 6] =
    ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/// Words before `_key` by which it is one that everyone may know, or none of cryptography.
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

/// Whether a key is one under which programs keep a secret. A path is none, and what is one by mistake
/// may be given by name like a secret.
pub fn names_a_secret(key: &str) -> bool {
    let key = spelt(key);
    WORDS.iter().any(|word| ends(&key, word)) && !HANDS_ON.contains(&key.as_str())
        || key.ends_with("secret_key")
        || key.ends_with("secret_access_key")
}

/// Whether a key may be one: what stands there decides.
pub(super) fn may_name_a_secret(key: &str) -> bool {
    let key = spelt(key);
    let before = key.strip_suffix("_key");
    before.is_some_and(|before| !PUBLIC.iter().any(|word| ends(before, word)))
}

/// Words that are often meant, one or two letters wrong.
const MISSPELT: [&str; 8] =
    ["secret", "password", "passwd", "passphrase", "pepper", "macaroon", "token", "credentials"];

/// Other words of people for a secret, or for what takes one.
const LOOSE: [&str; 8] =
    ["sudo", "pw", "psk", "credential", "credentials", "auth", "secrets", "passwords"];

/// Whether a text under this key is better not shown: it may be the misspelt name of a secret.
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
    // The lifetime of a token is none.
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

/// `clientSecret`, `Client-Secret` and `a.client_secret` as `client_secret`.
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
    fn tells_secrets_by_their_keys() {
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
