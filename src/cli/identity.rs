//! The line in the spec that records the server's identity.

use super::output::Output;
use crate::atomic_file;
use crate::bounded;
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::run::{Project, Snapshot};
use crate::spec::node;
use crate::synapse::SigningIdentity;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Offers to write the line, or prints it.
pub(super) fn record(project: &Project, snapshot: &Snapshot, output: &mut Output) {
    let Some(identity) =
        snapshot.identity_check.identity.as_ref().filter(|_| !snapshot.identity_check.is_recorded)
    else {
        return;
    };
    let line = format!("identity = \"{identity}\"");
    let place = server_name(project);
    if let Some(place) = place.filter(|_| output.can_ask())
        && let Some(text) = inserted(place, identity)
    {
        let file = &place.source.name;
        output.print(&format!("This server is {identity}."));
        let answer = output.ask(&format!("Write `{line}` into {file}? [y/n] "));
        if answer.is_some_and(|answer| matches!(answer.trim(), "y" | "yes")) {
            match write(Path::new(file), &place.source, &text) {
                Ok(()) => return output.print("Commit it: it identifies this server."),
                Err(problem) => output.problems(&[problem]),
            }
        }
    }
    let message = format!("this server is {identity}, but the spec does not record it");
    let help = format!("write `{line}` under `[synapse]` and commit it");
    output.problems(&[Diagnostic::note("identity/unrecorded", message).help(help)]);
}

/// Returns where the spec sets the server name.
fn server_name(project: &Project) -> Option<&Place> {
    let synapse = project.spec.sections.get("synapse")?.node.as_table()?;
    Some(&synapse.get("server_name")?.node.place)
}

/// Returns the text with the line inserted after the server name's; `None` if it would not be read from there.
fn inserted(place: &Place, identity: &SigningIdentity) -> Option<String> {
    let text = place.source.text.as_str();
    let start = text.get(..place.span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let key = text.get(start..place.span.start)?;
    let (space, rest) = key.split_at(key.len() - key.trim_start().len());
    let prefix = rest.trim_end().strip_suffix('=')?.trim_end().strip_suffix("server_name")?;
    let end = text.get(place.span.end..)?.find('\n').map_or(text.len(), |at| place.span.end + at);
    let (before, after) = (text.get(..end)?, text.get(end..)?);
    let ending = if before.ends_with('\r') { "\r\n" } else { "\n" };
    let before = before.strip_suffix('\r').unwrap_or(before);
    let rest = after.strip_prefix('\n').unwrap_or(after);
    let new = format!("{before}{ending}{space}{prefix}identity = \"{identity}\"{ending}{rest}");
    let read = node::parse(&Source::new(place.source.name.clone(), new.clone())).ok()?;
    let synapse = read.as_table()?.get("synapse")?.node.as_table()?;
    let is_as_written = synapse.get("identity")?.node.as_str()? == identity.to_string();
    is_as_written.then_some(new)
}

/// Replaces the whole file, if it has not changed since it was read.
fn write(path: &Path, source: &Source, text: &str) -> Result<(), Diagnostic> {
    let failed = |why: String| {
        let message = format!("{} cannot be written: {why}", path.display());
        Diagnostic::warning("identity/unwritten", message)
    };
    let path = path.canonicalize().map_err(|error| failed(error.to_string()))?;
    let replace = || -> std::io::Result<bool> {
        match bounded::read_file(&path, source.text.len() as u64) {
            Ok(text) if text == source.text.as_bytes() => {}
            Ok(_) => return Ok(false),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => return Ok(false),
            Err(error) => return Err(error),
        }
        let mode = std::fs::metadata(&path)?.permissions().mode() & 0o7777;
        atomic_file::replace(&path, text.as_bytes(), Some(mode)).map(|()| true)
    };
    match replace() {
        Ok(true) => Ok(()),
        Ok(false) => Err(failed("it has changed in the meantime".to_owned())),
        Err(error) => Err(failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = "ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";

    fn with(text: &str) -> Option<String> {
        let source = Source::new("prod.toml", text);
        let root = node::parse(&source).unwrap();
        let synapse = root.as_table()?.get("synapse")?.node.as_table()?;
        let place = synapse.get("server_name")?.node.place.clone();
        inserted(&place, &SigningIdentity::parse(IDENTITY).unwrap())
    }

    #[test]
    fn only_a_line_after_the_server_name_is_added() {
        let line = format!("identity = \"{IDENTITY}\"");
        for (before, after) in [
            ("# a\n[synapse]\n  server_name = \"a.b\" # c", "\n  LINE\n"),
            ("[synapse]\r\nserver_name=\"a.b\"", "\r\nLINE\r\n"),
            ("synapse.server_name = \"a.b\"", "\nsynapse.LINE\n"),
        ] {
            let end = if before.contains('\r') { "\r\n" } else { "\n" };
            let rest = "# d\n[nginx]\n";
            let text = with(&format!("{before}{end}{rest}"));
            assert_eq!(text.unwrap(), format!("{before}{}{rest}", after.replace("LINE", &line)));
        }
        let last = with("[synapse]\nserver_name = \"a.b\"").unwrap();
        assert_eq!(last, format!("[synapse]\nserver_name = \"a.b\"\n{line}\n"));
    }

    #[test]
    fn no_line_is_written_where_it_cannot_be_read() {
        assert_eq!(with("synapse = { server_name = \"a.b\" }\n"), None);
        assert_eq!(with("[synapse]\n\"server_name\" = \"a.b\"\n"), None);
    }

    #[test]
    fn a_changed_file_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("prod.toml");
        std::fs::write(&path, "mine").unwrap();
        assert!(write(&path, &Source::new("prod.toml", "old"), "new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        write(&path, &Source::new("prod.toml", "mine"), "new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
