//! Repositories as restic writes them: `SCHEME:PLACE`, or a directory.

use super::text_type::{RefusedText, TextType};
use minijinja::Value;

pub(super) const REPOSITORY: TextType = TextType {
    name: "repository",
    article: "a restic repository",
    example: "`rest:https://backup.example.org/prod/`",
    pattern: r"^(rest:https?://|s3:|sftp:|b2:|azure:|gs:|swift:|/)\S+$",
    fields: &[],
    parse: repository,
};

/// The beginnings of the storages that the host's own restic can use without another program.
const STORAGES: [&str; 9] =
    ["rest:https://", "rest:http://", "s3:", "sftp:", "b2:", "azure:", "gs:", "swift:", "/"];

fn repository(text: &str) -> Result<Value, RefusedText> {
    if text.contains(char::is_whitespace) {
        return Err(RefusedText::because("contains a space"));
    }
    let place = STORAGES.iter().find_map(|storage| text.strip_prefix(storage));
    if place.is_some_and(|place| !place.is_empty()) {
        return Ok(Value::from(text));
    }
    let meant =
        |why: &str, meant: String| Err(RefusedText::because(why).write(format!("write `{meant}`")));
    if text.starts_with("http://") || text.starts_with("https://") {
        return meant("the prefix for restic's backend is missing", format!("rest:{text}"));
    }
    if let Some(place) = text.strip_prefix("ssh://") {
        return meant("restic's prefix for SSH is `sftp:`", format!("sftp://{}", absolute(place)));
    }
    if let Some(path) = text.strip_prefix("file://").or(text.strip_prefix("local:")) {
        return meant("a directory is written as its path", path.to_owned());
    }
    // As scp and rsync write it. A host may have a user; a scheme has no path right after its colon.
    match text.split_once(':') {
        Some((host, path))
            if path.starts_with('/') && !path.starts_with("//") && !host.is_empty() =>
        {
            meant("the prefix for restic's backend is missing", format!("sftp:{text}"))
        }
        Some((host, _)) if host.contains('@') => {
            meant("the prefix for restic's backend is missing", format!("sftp:{text}"))
        }
        Some(_) => {
            let why = "restic on the host has no such backend without another program";
            Err(RefusedText::because(why).write(BACKENDS))
        }
        None => Err(RefusedText::because(
            "neither an absolute path nor a URL with a backend prefix such as `sftp:`",
        )),
    }
}

/// What restic can use by itself.
const BACKENDS: &str =
    "use `rest:`, `s3:`, `sftp:`, `b2:`, `azure:`, `gs:`, `swift:` or an absolute path";

/// Doubles the slash after the host: the path of an `ssh://` URL is absolute, while restic's begins in the home
/// directory.
fn absolute(place: &str) -> String {
    match place.split_once('/') {
        Some((host, path)) if !path.starts_with('/') => format!("{host}//{path}"),
        _ => place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_are_refused_with_that_of_restic() {
        for text in [
            "rest:https://backup.example.org/a/",
            "s3:s3.amazonaws.com/a",
            "sftp:a@b:/c",
            "sftp://a@b:2222//c",
            "b2:bucket:a",
            "/srv/backup",
        ] {
            assert!(repository(text).is_ok(), "{text}");
        }
        let help = |text| repository(text).unwrap_err().help;
        for (text, meant) in [
            ("root@box.example.org:/srv/a", "write `sftp:root@box.example.org:/srv/a`"),
            ("root@box.example.org:a", "write `sftp:root@box.example.org:a`"),
            ("box:/srv/a", "write `sftp:box:/srv/a`"),
            ("ssh://root@box/srv/a", "write `sftp://root@box//srv/a`"),
            ("https://backup.example.org/a/", "write `rest:https://backup.example.org/a/`"),
            ("file:///srv/a", "write `/srv/a`"),
            ("rclone:a:b", BACKENDS),
            ("sftp:", BACKENDS),
        ] {
            assert_eq!(help(text).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "srv/backup", "/", "/srv/a b"] {
            assert_eq!(help(text), None, "{text}");
        }
    }
}
