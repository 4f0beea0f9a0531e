//! Who the server is, on the way through apply: what the spec claims, what is written down on the host,
//! and the line that records it in the spec.

use super::output::Output;
use super::site::Site;
use super::survey::{Look, Survey};
use crate::apply::{Move, Progress, Role, Stop, run};
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::plan::Claim;
use crate::resource::Step;
use crate::spec::node;
use crate::synapse::Identity;
use std::io::Write;
use std::path::Path;

/// What the spec claims.
pub(super) fn claim(site: &Site) -> Claim<'_> {
    Claim {
        id: &site.spec.id.text,
        server_name: site.spec.server_name(),
        empty_server: site.empty_server.as_deref(),
    }
}

/// Before the first change: which installation this is.
pub(super) fn begin(site: &Site, look: &Look) -> Option<Move> {
    look.judged.installation.step(&site.spec.id.text, None).map(note)
}

/// Whether the host has written down who the server is.
pub(super) fn is_settled(site: &Site, look: &Look) -> bool {
    let (id, identity) = (&site.spec.id.text, look.judged.identity.as_ref());
    look.judged.installation.step(id, identity).is_none()
}

/// The host is as wanted: who the server is is written down there.
pub(super) async fn settled(
    survey: &mut Survey<'_>,
    site: &Site,
    look: &Look,
) -> Result<(), Problems> {
    let (id, identity) = (&site.spec.id.text, look.judged.identity.as_ref());
    let mut written = look.judged.installation.clone();
    // `begin` has done so.
    written.id = Some(id.clone());
    let Some(step) = written.step(id, identity) else { return Ok(()) };
    survey.connection().round_trips().add("steps", 1);
    let (mut progress, stop) = (Progress::new(1), Stop::default());
    let ran = run(&mut survey.shell, &[note(step)], &mut progress, &stop, &mut |_| {}).await;
    ran.map_err(|problem| vec![problem])
}

fn note(step: Step) -> Move {
    Move::of_run(step, Role::Note)
}

/// Offers to write the line, or prints it.
pub(super) fn record(site: &Site, look: &Look, output: &mut Output) {
    let Some(identity) = look.judged.identity.as_ref().filter(|_| !look.judged.is_recorded) else {
        return;
    };
    let line = format!("identity = \"{identity}\"");
    let place = server_name(site);
    if let Some(place) = place.filter(|_| output.can_ask())
        && let Some(text) = inserted(place, identity)
    {
        let file = &place.source.name;
        output.say(&format!("This server is {identity}."));
        let answer = output.ask(&format!("Write `{line}` into {file}? [y/n] "));
        if answer.is_some_and(|answer| matches!(answer.trim(), "y" | "yes")) {
            match write(Path::new(file), &place.source, &text) {
                Ok(()) => return output.say("Commit it: it tells this server from another."),
                Err(problem) => output.problems(&[problem]),
            }
        }
    }
    let message = format!("this server is {identity}, and the spec does not say so");
    let help = format!("write `{line}` below `[synapse]`, and commit it");
    output.problems(&[Diagnostic::note("identity/unrecorded", message).help(help)]);
}

/// Where the server name is said.
fn server_name(site: &Site) -> Option<&Place> {
    let synapse = site.spec.sections.get("synapse")?.node.as_table()?;
    Some(&synapse.get("server_name")?.node.place)
}

/// The text with the line after that of the server name; none where it could not be read there.
fn inserted(place: &Place, identity: &Identity) -> Option<String> {
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
    let said = synapse.get("identity")?.node.as_str()? == identity.to_string();
    said.then_some(new)
}

/// Replaces the file whole, if it is still as it was read.
fn write(path: &Path, source: &Source, text: &str) -> Result<(), Diagnostic> {
    let failed = |why: String| {
        let message = format!("{} cannot be written: {why}", path.display());
        Diagnostic::warning("identity/unwritten", message)
    };
    let path = path.canonicalize().map_err(|error| failed(error.to_string()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let replace = || -> std::io::Result<bool> {
        if std::fs::read(&path)? != source.text.as_bytes() {
            return Ok(false);
        }
        let mut file = std::fs::File::create_new(&beside)?;
        file.set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        Ok(true)
    };
    match replace() {
        Ok(true) => Ok(()),
        Ok(false) => Err(failed("it has changed meanwhile".to_owned())),
        Err(error) => {
            // Best effort: the error that matters is the one above.
            let _ = std::fs::remove_file(&beside);
            Err(failed(error.to_string()))
        }
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
        inserted(&place, &Identity::parse(IDENTITY).unwrap())
    }

    #[test]
    fn the_line_comes_after_the_server_name_and_nothing_else_changes() {
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
    fn where_it_would_not_be_read_nothing_is_written() {
        assert_eq!(with("synapse = { server_name = \"a.b\" }\n"), None);
        assert_eq!(with("[synapse]\n\"server_name\" = \"a.b\"\n"), None);
    }

    #[test]
    fn a_file_that_has_changed_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prod.toml");
        std::fs::write(&path, "mine").unwrap();
        assert!(write(&path, &Source::new("prod.toml", "old"), "new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        write(&path, &Source::new("prod.toml", "mine"), "new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
