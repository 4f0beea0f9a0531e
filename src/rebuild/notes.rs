//! What a rebuild could not put back as it was, as the stages noted it on the host.

use crate::diagnostic::{Diagnostic, Problems, counted, visible};

/// How many of a kind are named, and how many characters of each.
const NAMED: usize = 200;
const WIDTH: usize = 400;

/// Parses the host's notes: lines `KIND TEXT`.
pub fn notes(output: &str) -> Problems {
    let of = |kind: &str| -> Vec<String> {
        let text = |line: &str| Some(line.strip_prefix(kind)?.strip_prefix(' ')?.to_owned());
        output.lines().filter_map(text).collect()
    };
    let (left, owners) = (of("left"), of("owner"));
    let (differs, unnamed) = (of("differs"), of("unnamed"));
    let owners: Vec<String> = owners.iter().map(|line| owner(line)).collect();
    let all = [
        note(
            "rebuild/left-out",
            format!(
                "the database is back without {} that could not be created",
                counted(left.len(), "object")
            ),
            &left,
            "create what is still needed as PostgreSQL's superuser: extensions first, then what uses them. Synapse itself needs only what belongs to its own tables",
        ),
        note(
            "rebuild/existing-files",
            format!(
                "{} of the backup exist on this host with other contents, which were kept",
                counted(differs.len(), "file")
            ),
            &differs,
            "compare them: `matrixform backup restore SPEC --path PATH --to DIRECTORY` restores the old ones elsewhere",
        ),
        note(
            "rebuild/owners",
            "files belong to root, because their owners do not exist on this host".to_owned(),
            &owners,
            "create the users, and give them their files: `chown -R USER: PATH`",
        ),
        note(
            "rebuild/unnamed-files",
            format!(
                "{} are not restored: their names, or those of their directories, end in a line break, or have a control character",
                counted(unnamed.len(), "file")
            ),
            &unnamed,
            "restore them with `matrixform backup restore`",
        ),
    ];
    all.into_iter().flatten().collect()
}

fn note(code: &'static str, message: String, found: &[String], help: &str) -> Option<Diagnostic> {
    let shown = |line: &String| visible(line).chars().take(WIDTH).collect::<String>();
    let lines = found.iter().take(NAMED).map(shown);
    let more = found.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let note = Diagnostic::warning(code, message).help(help.to_owned());
    let note = lines.chain(more).fold(note, Diagnostic::note_line);
    (!found.is_empty()).then_some(note)
}

/// Formats `user bridge /srv/bridge`. A name of digits is an id without a name, which somebody else has here.
fn owner(line: &str) -> String {
    let mut fields = line.splitn(3, ' ');
    match (fields.next(), fields.next(), fields.next()) {
        (Some(kind), Some(name), Some(path)) if name.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{path}: the id {name} is that of another {kind} on this host")
        }
        (Some(kind), Some(name), Some(path)) => {
            format!("{path}: there is no {kind} {name} on this host")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_one_note() {
        let output = "left VIEW public similar: function similarity(text) does not exist\ndiffers /srv/a b\u{1b}[2J\n\
            owner user bridge /srv/bridge\nowner group 1337 /srv/other\nodd x\nleft\ndiffers /srv/c\n";
        let all = notes(output);
        let shown: Vec<String> = all.iter().map(|one| one.render(false)).collect();
        let shown = shown.join("\n");
        for text in [
            "without 1 object",
            "VIEW public similar: function similarity(text) does not exist",
            "2 files of the backup exist",
            "/srv/a b",
            "/srv/bridge: there is no user bridge on this host",
            "/srv/other: the id 1337 is that of another group",
        ] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert!(all.len() == 3 && !shown.contains('\u{1b}'), "{shown}");
        assert_eq!(notes(""), []);
    }

    #[test]
    fn very_many_are_counted() {
        let output: String = (0..NAMED + 7).map(|n| format!("differs /srv/{n}\n")).collect();
        let all = notes(&output);
        assert_eq!(all[0].notes.len(), NAMED + 1);
        assert_eq!(all[0].notes[NAMED], "and 7 more");
    }
}
