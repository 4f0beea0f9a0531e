//! The stores together: their order, missing and generated secrets, and concurrent runs.

use super::keyring::{Keyring, KeyringFailure};
use super::*;
use crate::diagnostic::Diagnostic;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A keyring in memory that can refuse.
#[derive(Clone, Default)]
struct Ring {
    values: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    locked: bool,
}

impl Keyring for Ring {
    fn get(&self, account: &str) -> Result<Option<Vec<u8>>, KeyringFailure> {
        if self.locked {
            return Err(KeyringFailure::Refused("the prompt was dismissed".to_owned()));
        }
        Ok(self.values.lock().unwrap().get(account).cloned())
    }

    fn set(&self, account: &str, value: &[u8]) -> Result<(), KeyringFailure> {
        self.values.lock().unwrap().insert(account.to_owned(), value.to_vec());
        Ok(())
    }

    fn remove(&self, account: &str) -> Result<(), KeyringFailure> {
        self.values.lock().unwrap().remove(account);
        Ok(())
    }
}

fn places(directory: &Path) -> StoreSettings {
    StoreSettings {
        variables: HashMap::new(),
        age: Some(directory.join("prod.secrets.age")),
        identity: age::IdentityPlaces {
            variable: None,
            file: Some(directory.join("age-identity")),
        },
        file: None,
        inventory: directory.to_owned(),
        scope: "prod".to_owned(),
        former_scope: "192.0.2.1".to_owned(),
        keyring: Box::new(NoKeyring("no session bus".to_owned())),
        prompt: None,
        runtime: directory.join("run"),
    }
}

fn with_file(directory: &Path) -> Stores {
    Stores::open(StoreSettings {
        file: Some(directory.join("keys/secrets.toml")),
        ..places(directory)
    })
    .unwrap()
}

fn with_ring(directory: &Path, ring: &Ring) -> Stores {
    Stores::open(StoreSettings { keyring: Box::new(ring.clone()), ..places(directory) }).unwrap()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Returns a message without the temporary directory's name.
fn shown(problem: &Diagnostic, directory: &Path) -> String {
    problem.render(false).replace(&directory.display().to_string(), "/DIRECTORY")
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_keyring() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secrets.toml");
    write(&file, "\"a/env\" = \"file\"\n\"a/file\" = \"file\"\n");
    let ring = Ring::default();
    for name in ["env", "file", "ring"] {
        ring.set(&format!("prod/a/{name}"), b"ring").unwrap();
    }
    let store = Stores::open(StoreSettings {
        variables: HashMap::from([(variable("a/env"), "env".to_owned())]),
        file: Some(file),
        keyring: Box::new(ring),
        ..places(directory.path())
    })
    .unwrap();
    for name in ["env", "file", "ring"] {
        let secret = store.secret(&format!("a/{name}"), None).unwrap();
        assert_eq!(secret.expose(), name.as_bytes());
    }
}

#[test]
fn a_missing_secret_names_every_source() {
    let directory = tempfile::tempdir().unwrap();
    let bare = Stores::open(places(directory.path())).unwrap();
    let full = Stores::open(StoreSettings {
        file: Some(directory.path().join("secrets.toml")),
        keyring: Box::new(Ring::default()),
        ..places(directory.path())
    })
    .unwrap();
    let missing = |store: &Stores| {
        shown(&store.secret("synapse/db-password", None).unwrap_err(), directory.path())
    };
    insta::assert_snapshot!(format!("{}\n\n{}", missing(&bare), missing(&full)));
}

#[test]
fn reading_generates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_file(directory.path());
    let secret = store.secret("a/b", Some("password:40")).unwrap();
    assert!(secret.is_pending());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn generated_secrets_are_stored_and_then_found() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_file(directory.path());
    let names = ["a/b".to_owned(), "c/d".to_owned(), "a/b".to_owned()];
    for name in &names {
        store.secret(name, Some("password:40")).unwrap();
    }
    let generated = store.generate(&names).unwrap();
    assert_eq!(generated.names, ["a/b", "c/d"]);
    assert_eq!(generated.note().unwrap().help, None, "they can be rotated");
    let secret = store.secret("a/b", Some("password:40")).unwrap();
    assert!(!secret.is_pending());
    assert_eq!(with_file(directory.path()).secret("a/b", None).unwrap(), secret);
    assert_eq!(store.generate(&names).unwrap().note(), None);
    let value = String::from_utf8(secret.expose().to_vec()).unwrap();
    assert_eq!(store.masker().mask(&value), "[secret a/b]");
    let mode = |path: &str| {
        std::fs::metadata(directory.path().join(path)).unwrap().permissions().mode() & 0o7777
    };
    assert_eq!((mode("keys"), mode("keys/secrets.toml")), (0o700, 0o600));
    insta::assert_snapshot!(shown(&generated.note().unwrap(), directory.path()));
}

#[test]
fn a_second_run_uses_the_values_of_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let ring = Ring::default();
    let pairs = [
        [with_file(directory.path()), with_file(directory.path())],
        [with_ring(directory.path(), &ring), with_ring(directory.path(), &ring)],
    ];
    for runs in pairs {
        for run in &runs {
            assert!(run.secret("a/b", Some("hex:32")).unwrap().is_pending());
        }
        let made = runs.each_ref().map(|run| run.generate(&["a/b".to_owned()]).unwrap());
        assert_eq!((made[0].names.len(), made[1].names.len()), (1, 0));
        let values = runs.each_ref().map(|run| run.secret("a/b", None).unwrap());
        assert_eq!(values[0], values[1]);
    }
    assert!(ring.values.lock().unwrap().contains_key("prod/a/b"));
}

#[test]
fn concurrent_runs_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for run in 0..8 {
            let directory = directory.path();
            scope.spawn(move || {
                let store = with_file(directory);
                let names = [format!("own/{run}"), "shared/one".to_owned()];
                names.iter().for_each(|name| drop(store.secret(name, Some("hex:16")).unwrap()));
                store.generate(&names).unwrap();
            });
        }
    });
    let store = with_file(directory.path());
    for run in 0..8 {
        store.secret(&format!("own/{run}"), None).unwrap();
    }
    store.secret("shared/one", None).unwrap();
}

#[test]
fn nothing_is_generated_without_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = Stores::open(places(directory.path())).unwrap();
    store.secret("a/b", Some("hex:32")).unwrap();
    let error = store.generate(&["a/b".to_owned()]).unwrap_err();
    assert!(store.secret("a/b", Some("hex:32")).unwrap().is_pending());
    insta::assert_snapshot!(shown(&error, directory.path()));
}

#[test]
fn a_locked_keyring_does_not_count_as_empty() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_ring(directory.path(), &Ring { locked: true, ..Ring::default() });
    let error = store.secret("a/b", Some("hex:32")).unwrap_err();
    assert_eq!(error.code, "secret/keyring");
    assert!(error.message.ends_with("the prompt was dismissed"));
}

#[test]
fn a_file_in_the_inventory_repository_causes_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("repo/.git")).unwrap();
    let inventory = directory.path().join("repo/inventory");
    std::fs::create_dir_all(&inventory).unwrap();
    let warned = |file: &str| {
        let file = Some(directory.path().join(file));
        let places =
            StoreSettings { file, inventory: inventory.clone(), ..places(directory.path()) };
        Stores::open(places).unwrap().warnings().len()
    };
    assert_eq!(warned("repo/inventory/secrets.toml"), 1);
    assert_eq!(warned("secrets.toml"), 0);
}

#[test]
fn names_are_plain() {
    let directory = tempfile::tempdir().unwrap();
    let store = Stores::open(places(directory.path())).unwrap();
    for wrong in ["", "a", "a/", "/b", "a/b\n", "a/\"b", "a/b c"] {
        assert_eq!(store.secret(wrong, None).unwrap_err().code, "secret/name", "{wrong:?}");
    }
}

/// Creates stores with an age file, and its identity in the usual file.
fn with_age(directory: &Path) -> Stores {
    let stores = Stores::open(places(directory)).unwrap();
    if stores.home() == Store::Keyring {
        stores.create_age(age::IdentityHome::KeyringElseFile, &[]).unwrap();
    }
    stores
}

#[test]
fn generated_secrets_go_to_the_age_file_opened_on_demand() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secrets.toml");
    write(&file, "\"a/file\" = \"from the file\"\n");
    drop(with_age(directory.path()));
    let open = || {
        Stores::open(StoreSettings { file: Some(file.clone()), ..places(directory.path()) })
            .unwrap()
    };
    let stores = open();
    assert!(stores.secret("a/made", Some("hex:32")).unwrap().is_pending());
    stores.generate(&["a/made".to_owned()]).unwrap();
    assert_eq!(open().secret("a/made", None).unwrap().expose().len(), 64);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    // A secret from the environment needs no identity.
    std::fs::remove_file(directory.path().join("age-identity")).unwrap();
    let variables = HashMap::from([(variable("a/env"), "value".to_owned())]);
    let stores = Stores::open(StoreSettings { variables, ..places(directory.path()) }).unwrap();
    assert!(stores.secret("a/env", None).is_ok());
    assert_eq!(stores.secret("a/made", None).unwrap_err().code, "secret/no-identity");
}

#[test]
fn a_rotation_is_tried_stored_and_settled_in_every_store() {
    let directories = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let ring = Ring::default();
    for (number, stores) in [
        with_age(directories[0].path()),
        with_file(directories[1].path()),
        with_ring(directories[2].path(), &ring),
    ]
    .into_iter()
    .enumerate()
    {
        let name = "a/b".to_owned();
        let recipe = Recipe::parse("password:40").unwrap();
        let wanted = [(name.clone(), recipe)];
        assert!(stores.propose(&wanted).is_err(), "there is nothing to rotate");
        stores.secret(&name, Some("password:40")).unwrap();
        stores.generate(std::slice::from_ref(&name)).unwrap();
        let value = || stores.secret("a/b", None).unwrap();
        let old = value();
        let rotation = stores.propose(&wanted).unwrap();
        assert_eq!(value(), old, "{number}: made, and not given out yet");
        stores.try_on(&rotation);
        let new = value();
        assert_ne!(old, new);
        assert_eq!(stores.locate(&name).unwrap().unwrap().0, old, "{number}: nothing is stored");
        stores.commit(&rotation).unwrap();
        assert_eq!(stores.locate(&name).unwrap().unwrap().0, new);
        assert!(stores.commit(&rotation).is_err(), "{number}: it is no longer what it was");
        let previous = || match number {
            2 => ring.values.lock().unwrap().contains_key("prod/a/b.previous"),
            _ => stores.names().unwrap().contains("a/b.previous"),
        };
        assert!(previous(), "{number}");
        stores.finish_rotation(std::slice::from_ref(&name)).unwrap();
        assert!(!previous(), "{number}");
        assert_eq!(value(), new);
    }
}

#[test]
fn copies_of_irreplaceable_secrets_are_advised() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_file(directory.path());
    let recipes = [("a/b", "password:40"), ("a/key", "synapse_signing_key"), ("b/c", "hex:32")];
    for (name, recipe) in recipes {
        store.secret(name, Some(recipe)).unwrap();
    }
    let generated = store.generate(&recipes.map(|(name, _)| name.to_owned())).unwrap();
    assert_eq!(generated.irreplaceable, ["a/key"]);
    let help = generated.note().unwrap().help.unwrap();
    assert!(help.starts_with("keep a copy of a/key, which nothing can replace: "), "{help}");
    // A module may know of more, but not of what was not generated.
    let more = generated.with_irreplaceable(["b/c", "a/key", "x/y"].into_iter());
    assert_eq!(more.irreplaceable, ["a/key", "b/c"]);
    let help = more.note().unwrap().help.unwrap();
    assert!(help.starts_with("keep a copy of a/key, b/c, which"), "{help}");
}

#[test]
fn permanent_values_are_never_proposed_again() {
    let directory = tempfile::tempdir().unwrap();
    let stores = with_file(directory.path());
    for recipe in ["pepper:48", "synapse_signing_key"] {
        let recipe = Recipe::parse(recipe).unwrap();
        let error = stores.propose(&[("a/b".to_owned(), recipe)]).err().unwrap();
        assert_eq!(error.code, "secret/irreplaceable");
    }
}

/// A user who answers each prompt once.
struct Person(Mutex<u32>);

impl Prompt for Arc<Person> {
    fn ask(&self, _: &str) -> Option<zeroize::Zeroizing<String>> {
        let mut asked = self.0.lock().unwrap();
        *asked += 1;
        (*asked == 1).then(|| zeroize::Zeroizing::new("typed value".to_owned()))
    }
}

#[test]
fn the_user_is_asked_once_as_the_last_source() {
    let directory = tempfile::tempdir().unwrap();
    let person = Arc::new(Person(Mutex::new(0)));
    let prompt: Option<Box<dyn Prompt>> = Some(Box::new(Arc::clone(&person)));
    let stores = Stores::open(StoreSettings { prompt, ..places(directory.path()) }).unwrap();
    let non_interactive = NonInteractive { stores: &stores, lenient: false };
    assert_eq!(non_interactive.secret("a/b", None).unwrap_err().code, "secret/missing");
    assert!(
        NonInteractive { lenient: true, ..non_interactive }
            .secret("a/b", None)
            .unwrap()
            .is_pending()
    );
    assert!(stores.secret("a/made", Some("hex:32")).unwrap().is_pending());
    assert_eq!(*person.0.lock().unwrap(), 0);
    assert_eq!(stores.secret("a/b", None).unwrap().expose(), b"typed value");
    assert_eq!(stores.secret("a/b", None).unwrap().expose(), b"typed value");
    assert_eq!(*person.0.lock().unwrap(), 1);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "not stored");
    assert_eq!(stores.secret("c/d", None).unwrap_err().code, "secret/missing", "nothing was typed");
}

#[test]
fn keyring_values_move_from_the_address_to_the_id() {
    let directory = tempfile::tempdir().unwrap();
    let ring = Ring::default();
    ring.set("192.0.2.1/a/read", b"old").unwrap();
    ring.set("192.0.2.1/a/set", b"old").unwrap();
    let store = with_ring(directory.path(), &ring);
    assert_eq!(store.secret("a/read", Some("password:40")).unwrap().expose(), b"old");
    assert_eq!(store.locate("a/read").unwrap().unwrap().1, Store::Keyring);
    assert_eq!(ring.get("192.0.2.1/a/read").unwrap().unwrap(), b"old", "reading moves nothing");
    store.finish_rotation(&["a/read".to_owned()]).unwrap();
    assert_eq!(store.secret("a/read", None).unwrap().expose(), b"old");
    store.put(&[Secret::new("a/set", "new")], &|_| OverwritePolicy::KeepPrevious).unwrap();
    let left: BTreeMap<_, _> = ring.values.lock().unwrap().clone();
    let expected = [("prod/a/read", "old"), ("prod/a/set", "new"), ("prod/a/set.previous", "old")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    assert_eq!(left, BTreeMap::from(expected));
}

#[test]
fn two_values_in_the_keyring_are_an_error_that_names_both() {
    let directory = tempfile::tempdir().unwrap();
    let ring = Ring::default();
    ring.set("192.0.2.1/a/b", b"one").unwrap();
    ring.set("prod/a/b", b"two").unwrap();
    let store = with_ring(directory.path(), &ring);
    let error = store.secret("a/b", Some("password:40")).unwrap_err();
    assert_eq!(error.code, "secret/two-values");
    assert!(error.message.contains("`prod/a/b` and `192.0.2.1/a/b`"), "{}", error.message);
    assert!(store.put(&[Secret::new("a/b", "three")], &|_| OverwritePolicy::Replace).is_err());
    assert_eq!(ring.values.lock().unwrap().len(), 2);
    ring.set("prod/a/b", b"one").unwrap();
    let store = with_ring(directory.path(), &ring);
    assert_eq!(store.secret("a/b", None).unwrap().expose(), b"one");
    store.finish_rotation(&["a/b".to_owned()]).unwrap();
    assert_eq!(ring.values.lock().unwrap().keys().collect::<Vec<_>>(), ["prod/a/b"]);
}
