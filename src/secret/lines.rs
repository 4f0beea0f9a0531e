//! Changes lines `"area/name" = "value"` of a secrets file in place: the owner's comments and order are preserved.

use super::Secret;
use toml::de::DeTable;
use zeroize::Zeroizing;

/// One change of a store: a new value, or a removal.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// The name of the secret.
    pub(super) name: String,
    /// Its new value; `None` to remove it.
    pub(super) value: Option<Secret>,
}

impl Edit {
    /// Sets the secret.
    pub(super) fn set(secret: &Secret) -> Edit {
        Edit { name: secret.name().to_owned(), value: Some(secret.clone()) }
    }

    /// Removes the secret.
    pub(super) fn remove(name: &str) -> Edit {
        Edit { name: name.to_owned(), value: None }
    }
}

/// Formats the value as TOML.
pub(super) fn quoted(secret: &Secret) -> Zeroizing<String> {
    let value = String::from_utf8_lossy(secret.expose());
    Zeroizing::new(toml::Value::String(value.into_owned()).to_string())
}

/// Applies these changes to the text, which was parsed before: invalid TOML stays as it is.
pub(super) fn edited(text: &str, edits: &[Edit]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text.to_owned());
    for edit in edits {
        text = one(&text, edit);
    }
    text
}

fn one(text: &str, edit: &Edit) -> Zeroizing<String> {
    let found = DeTable::parse(text).ok().and_then(|table| {
        let (key, value) =
            table.get_ref().iter().find(|(key, _)| key.get_ref().as_ref() == edit.name)?;
        Some((key.span(), value.span()))
    });
    let (from, to, new) = match (found, &edit.value) {
        (Some((_, value)), Some(secret)) => (value.start, value.end, quoted(secret)),
        (Some((key, value)), None) => {
            let (from, to) = whole_lines(text, key.start, value.end);
            (from, to, Zeroizing::default())
        }
        (None, Some(secret)) => {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let value = quoted(secret);
            let line = format!("{gap}\"{}\" = {}\n", edit.name, value.as_str());
            (text.len(), text.len(), Zeroizing::new(line))
        }
        (None, None) => return Zeroizing::new(text.to_owned()),
    };
    let mut changed = Zeroizing::new(String::with_capacity(text.len() + new.len()));
    changed.push_str(text.get(..from).unwrap_or_default());
    changed.push_str(&new);
    changed.push_str(text.get(to..).unwrap_or_default());
    changed
}

/// Extends a range to whole lines.
fn whole_lines(text: &str, from: usize, to: usize) -> (usize, usize) {
    let before = text.get(..from).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
    let after =
        text.get(to..).and_then(|text| text.find('\n')).map_or(text.len(), |at| to + at + 1);
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_in_place_and_keeps_comments() {
        let text = "# mine\n\"a/b\" = \"one\" # kept\n\"c/d\" = '''\nx\ny'''\n\"e/f\" = \"z\"";
        let edits = [
            Edit::set(&Secret::new("a/b", "it's \"new\"\n")),
            Edit::remove("c/d"),
            Edit::set(&Secret::new("g/h", "last")),
            Edit::remove("none/such"),
        ];
        let changed = edited(text, &edits);
        assert!(changed.starts_with("# mine\n\"a/b\" = "), "{changed:?}");
        assert!(changed.contains(" # kept\n\"e/f\" = \"z\"\n\"g/h\" = \"last\"\n"), "{changed:?}");
        assert!(!changed.contains("c/d"));
    }
}
