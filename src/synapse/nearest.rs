//! "Did you mean" for a dotted name: the same word one level up or down is more likely than another word that looks
//! similar.

use super::Options;
use crate::diagnostic::nearest;

/// Returns up to three options that a name may stand for, the most likely first.
pub fn nearest_options<'a>(options: &'a Options, name: &str) -> Vec<&'a str> {
    let (above, leaf) = name.rsplit_once('.').unwrap_or(("", name));
    let mut found = same_word(options, above, leaf);
    found.retain(|one| *one != name);
    if found.is_empty() {
        let siblings = options.below(above);
        let whole = nearest(leaf, siblings).map(|near| join(above, near));
        found = whole
            .and_then(|name| options.known.get_key_value(&name))
            .into_iter()
            .map(|(name, _)| name.as_str())
            .collect();
    }
    if found.is_empty() {
        found = looks_alike(options, leaf);
    }
    // The number is the only part that identifies such an option.
    found.retain(|one| proposal(leaf).is_none_or(|number| proposal(one) == Some(number)));
    found.truncate(3);
    found
}

/// Returns the number of a proposal: `3266` in `experimental_features.msc3266_enabled`.
fn proposal(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once("msc")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|number| !number.is_empty())
}

/// Returns options that end in this exact word: those below `above` first, then others with the same top-level name.
fn same_word<'a>(options: &'a Options, above: &str, leaf: &str) -> Vec<&'a str> {
    let ends = options
        .known
        .keys()
        .filter(|known| known.rsplit_once('.').map_or(known.as_str(), |(_, word)| word) == leaf);
    let top = |name: &str| name.split(['.', '[']).next().unwrap_or_default().to_owned();
    let inside = top(above);
    let rank = |known: &&str| match known.strip_prefix(above) {
        Some(rest) if !above.is_empty() && rest.starts_with(['.', '[']) => 0,
        _ if !inside.is_empty() && top(known) == inside => 1,
        _ if !known.contains('.') => 2,
        _ => 3,
    };
    let mut found: Vec<&str> = ends.map(String::as_str).collect();
    found.sort_by_key(rank);
    let best = found.first().map(rank);
    // A common word such as `enabled` does not tell where it belongs.
    let meant = |known: &&str| Some(rank(known)) == best && (rank(known) < 3 || found.len() < 4);
    found.iter().copied().filter(meant).collect()
}

/// Returns options at any level whose last word looks similar.
fn looks_alike<'a>(options: &'a Options, leaf: &str) -> Vec<&'a str> {
    let word = |name: &'a str| name.rsplit_once('.').map_or(name, |(_, word)| word);
    let names = || options.known.keys().map(String::as_str);
    let Some(near) = nearest(leaf, names().map(word)) else { return Vec::new() };
    let found: Vec<&str> = names().filter(|name| word(name) == near).collect();
    if found.len() > 3 { Vec::new() } else { found }
}

fn join(above: &str, word: &str) -> String {
    if above.is_empty() { word.to_owned() } else { format!("{above}.{word}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synapse::options;

    #[test]
    fn levels_and_typos_are_found() {
        let near = |name| nearest_options(options(), name);
        assert_eq!(
            near("rc_login.per_second"),
            [
                "rc_login.account.per_second",
                "rc_login.address.per_second",
                "rc_login.failed_attempts.per_second"
            ]
        );
        assert_eq!(near("rc_message.address.per_second"), ["rc_message.per_second"]);
        assert_eq!(near("smtp_host"), ["email.smtp_host"]);
        assert_eq!(near("email.max_upload_size"), ["max_upload_size"]);
        assert_eq!(near("bcrypt_round"), ["bcrypt_rounds"]);
        assert_eq!(near("user_directory.serch_all_users"), ["user_directory.search_all_users"]);
        assert_eq!(near("purge_job"), ["retention.purge_jobs"]);
        assert!(near("experimental_features.msc9999_enabled").is_empty());
        assert!(near("enabled").is_empty() && near("something_else_altogether").is_empty());
    }
}
