//! Reads the secrets that a host already has, for `secrets import --from-host`, from the files that the spec's modules
//! would write. No file is a special case: a secret's place in the wanted content is its place in the host's file.
//! Secrets not found there are looked for in files that others wrote and the program reads.

use super::import::FoundValue;
use super::merged_yaml::{MergedYamlFiles, only_line};
use super::read_back::{SPELLINGS, SecretPlace, literal};
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Problems};
use crate::facts::Facts;
use crate::plan::secret_names;
use crate::resource::{Answers, DeclaredValue, Questions, Wanted};
use crate::run::{Project, Session, expanded_spec_with};
use crate::secret::{Content, NonInteractive, Secret, SecretSource};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// The largest file that is read (bytes).
const MAX_BYTES: &str = "1048576";

/// Overrides some of the stores' values.
struct SecretOverrides<'a> {
    values: &'a BTreeMap<String, Secret>,
    stores: NonInteractive<'a>,
}

impl SecretSource for SecretOverrides<'_> {
    fn secret(&self, name: &str, generate: Option<&str>) -> Result<Secret, Diagnostic> {
        match self.values.get(name) {
            Some(secret) => Ok(secret.clone()),
            None => self.stores.secret(name, generate),
        }
    }
}

/// Returns all secrets found in the host's files; reports the missing ones, one line each.
pub(super) async fn read(
    project: &Project,
    output: &mut Output,
) -> Result<Vec<FoundValue>, Problems> {
    let stderr = output.stderr();
    let (mut session, _) = Session::open(project, &stderr).await?;
    let facts = session.facts().await?;
    let wanted = wanted(project, &facts, &BTreeMap::new())?;
    let mut questions = Questions::default();
    for (path, _) in files(&wanted) {
        questions.ask("file_observe", &[path, "-", MAX_BYTES]);
    }
    let elsewhere = MergedYamlFiles::of(&wanted);
    elsewhere.ask(&mut questions);
    let answers = session.ask(&questions).await?;
    let places = places(&wanted, &answers);
    project.secrets.masker().add(places.iter().map(SecretPlace::secret));
    let mut found = find_values(project, &facts, &places)?;
    let names = missing(&wanted, &found);
    let (more, further) = elsewhere.answer(&names, &answers);
    project.secrets.masker().add(more.iter().map(|(secret, _)| secret.clone()));
    found.extend(more);
    let mut questions = Questions::default();
    for path in further.keys() {
        questions.ask("file_observe", &[path, "-", MAX_BYTES]);
    }
    if !further.is_empty() {
        let answers = session.ask(&questions).await?;
        let more = further.iter().filter_map(|(path, name)| {
            let bytes = seen(&answers, path)?;
            Some((Secret::new(name.as_str(), only_line(&bytes)?), format!("the host's {path}")))
        });
        let more: Vec<FoundValue> = more.collect();
        project.secrets.masker().add(more.iter().map(|(secret, _)| secret.clone()));
        found.extend(more);
    }
    session.close().await;
    output.problems(&not_found(&wanted, &found, &elsewhere));
    Ok(found)
}

/// Returns the names of wanted secrets that were not found.
fn missing(wanted: &[Wanted], found: &[FoundValue]) -> Vec<String> {
    let names = secret_names(wanted).into_iter();
    names.filter(|name| !found.iter().any(|(secret, _)| secret.name() == name)).collect()
}

/// Returns the content of a file on the host.
fn seen(answers: &Answers, path: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let record = answers.get("file_observe", path)?;
    STANDARD.decode(record.bytes("content")?).ok().map(zeroize::Zeroizing::new)
}

fn wanted(
    project: &Project,
    facts: &Facts,
    values: &BTreeMap<String, Secret>,
) -> Result<Vec<Wanted>, Problems> {
    let stores = NonInteractive { stores: &project.secrets, lenient: true };
    Ok(expanded_spec_with(project, facts, &SecretOverrides { values, stores }, &BTreeMap::new())?
        .wanted)
}

/// Returns the files that contain secrets, with their wanted content.
fn files(wanted: &[Wanted]) -> impl Iterator<Item = (&str, &Content)> {
    wanted.iter().filter_map(|item| {
        let path = item.address().file()?;
        let value = &item.declared.attributes.get("content")?.value;
        match value {
            DeclaredValue::Text(content) if content.has_secrets() => Some((path, content)),
            _ => None,
        }
    })
}

fn places(wanted: &[Wanted], answers: &Answers) -> Vec<SecretPlace> {
    let found = files(wanted)
        .filter_map(|(path, content)| Some(literal(path, content, &seen(answers, path)?)));
    found.flatten().collect()
}

/// Finds the values that were written into the files: a value counts if, written by the module, it gives what the host
/// has. Two files that disagree are an error.
fn find_values(
    project: &Project,
    facts: &Facts,
    places: &[SecretPlace],
) -> Result<Vec<FoundValue>, Problems> {
    let mut values: BTreeMap<String, Secret> = BTreeMap::new();
    let mut found: Vec<FoundValue> = Vec::new();
    for spelling in SPELLINGS {
        let open = |place: &&SecretPlace| !values.contains_key(&place.name);
        let tried = places.iter().filter(open).filter_map(|place| place.spelt(spelling));
        let tried: BTreeMap<String, Secret> =
            tried.map(|secret| (secret.name().to_owned(), secret)).collect();
        if tried.is_empty() {
            continue;
        }
        let wanted = wanted(project, facts, &tried)?;
        for place in
            places.iter().filter(|place| !values.contains_key(&place.name)).collect::<Vec<_>>()
        {
            let Some(secret) = tried.get(&place.name) else { continue };
            if files(&wanted).any(|(path, content)| path == place.path && place.is_in(content)) {
                values.insert(place.name.clone(), secret.clone());
                found.push((secret.clone(), format!("the host's {}", place.path)));
            }
        }
    }
    agree(&wanted(project, facts, &values)?, places, &values)?;
    Ok(found)
}

/// Checks that all files hold the same value of a secret.
fn agree(
    wanted: &[Wanted],
    places: &[SecretPlace],
    values: &BTreeMap<String, Secret>,
) -> Result<(), Problems> {
    let differs = |place: &&SecretPlace| {
        values.contains_key(&place.name)
            && !files(wanted).any(|(path, content)| path == place.path && place.is_in(content))
    };
    let problem = |place: &SecretPlace| {
        let message = format!(
            "the host's files disagree on `{}`: {} has a different value",
            place.name, place.path
        );
        Diagnostic::error("secret/host-disagrees", message)
            .help("find out which one is in use, and store it with `matrixform secrets set`")
    };
    let problems: Problems = places.iter().filter(differs).map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Reports the secrets that were not found, with where they should have been.
fn not_found(wanted: &[Wanted], found: &[FoundValue], elsewhere: &MergedYamlFiles) -> Problems {
    let names = missing(wanted, found);
    let reported = names.iter().map(|name| {
        let has_secret = |content: &Content| content.secrets().iter().any(|one| one.name == *name);
        let also = elsewhere
            .key_of(name)
            .map_or(String::new(), |key| format!(", and no other file of the program has `{key}`"));
        let why = match files(wanted).find(|(_, content)| has_secret(content)) {
            Some((path, _)) => format!("{path} is missing, or cannot be parsed"),
            None => "no file written by the spec's modules contains it".to_owned(),
        };
        let message = format!("`{name}` cannot be read from the host: {why}{also}");
        Diagnostic::note("secret/not-on-host", message)
    });
    reported.collect()
}
