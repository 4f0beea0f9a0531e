//! "Did you mean": the nearest known name.

/// The nearest of `known` to `given`, when it is near enough to be a typo of it
/// (Damerau-Levenshtein distance of at most 1 + a quarter of the length).
/// Another spelling of one is nearer (`serverName`), and so is its last part (`admin` of `m.role.admin`).
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
    let limit = 1 + length / 4;
    known
        .into_iter()
        // The difference of the lengths is the least that the distance can be, and told much faster.
        .filter(|name| name.chars().count().abs_diff(length) <= limit)
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Without what people write in different ways: capitals, `-`, `_`.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_typos_and_nothing_else() {
        assert_eq!(nearest("sever_name", ["port", "server_name"]), Some("server_name"));
        assert_eq!(nearest("serverName", ["port", "server_name"]), Some("server_name"));
        assert_eq!(nearest("admin", ["m.role.admin", "m.role.security"]), Some("m.role.admin"));
        assert_eq!(nearest("colour", ["port", "server_name"]), None);
    }
}
