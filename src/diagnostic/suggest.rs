//! "Did you mean": suggests the most similar known name.

/// With more slips than this it is a different word, however long.
const SLIPS: usize = 3;

/// Returns the entry of `known` most similar to `given`, if it is close enough for a typo: a Damerau-Levenshtein
/// distance of at most a third of the shorter word, and of at most three. No suggestion is better than a wrong one. A
/// different spelling of a name takes precedence (`serverName`), and so does its last part (`admin` of `m.role.admin`).
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let plain = plain(given);
    let same = known.iter().find(|name| !plain.is_empty() && self::plain(name) == plain);
    let part =
        || known.iter().find(|name| name.rsplit_once('.').is_some_and(|(_, last)| last == given));
    if let Some(name) = same.or_else(part) {
        return Some(name);
    }
    let length = given.chars().count();
    let limit = |name: &str| (length.min(name.chars().count()) / 3).min(SLIPS);
    known
        .into_iter()
        // The difference of the lengths is a lower bound of the distance, and much faster to compute.
        .filter(|name| name.chars().count().abs_diff(length) <= limit(name))
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, name)| *distance <= limit(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The name without differences of style: capitals, `-`, `_`.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KNOWN: [&str; 16] = [
        "port",
        "name",
        "user",
        "file",
        "kind",
        "nginx",
        "synapse",
        "well_known",
        "server_name",
        "public_baseurl",
        "max_connections",
        "m.role.admin",
        "m.role.security",
        "to",
        "apt",
        "directory",
    ];

    #[test]
    fn typos_yield_the_intended_word() {
        for (typo, meant) in [
            ("sever_name", "server_name"),
            ("serverName", "server_name"),
            ("server-name", "server_name"),
            ("prot", "port"),
            ("prt", "port"),
            ("porrt", "port"),
            ("nme", "name"),
            ("usr", "user"),
            ("fiel", "file"),
            ("ngnix", "nginx"),
            ("ngix", "nginx"),
            ("sinapse", "synapse"),
            ("synpase", "synapse"),
            ("wellknown", "well_known"),
            ("well_knwon", "well_known"),
            ("public_base_url", "public_baseurl"),
            ("publik_baseurl", "public_baseurl"),
            ("max_conections", "max_connections"),
            ("max_conection", "max_connections"),
            ("admin", "m.role.admin"),
            ("directroy", "directory"),
            ("PORT", "port"),
        ] {
            assert_eq!(nearest(typo, KNOWN), Some(meant), "{typo}");
        }
    }

    #[test]
    fn unrelated_words_yield_no_suggestion() {
        for word in [
            "",
            "a",
            "x",
            "do",
            "ot",
            "cat",
            "path",
            "pool",
            "mode",
            "mine",
            "colour",
            "engine",
            "redis",
            "caddy",
            "apache",
            "known_hosts",
            "max_upload",
            "max_collections_of",
            "synapses_of_mine",
            "base_url",
            "nope",
            "uniq",
        ] {
            assert_eq!(nearest(word, KNOWN), None, "{word}");
        }
    }
}
