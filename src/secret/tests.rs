//! The stores together: their order, what is missing, what is generated and what two runs do.

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

fn places(folder: &Path) -> Places {
    Places {
        variables: HashMap::new(),
        age: Some(folder.join("prod.secrets.age")),
        identity: age::IdentityPlaces { variable: None, file: Some(folder.join("age-identity")) },
        file: None,
        inventory: folder.to_owned(),
        scope: "prod".to_owned(),
        keyring: Box::new(NoKeyring("no session bus".to_owned())),
        prompt: None,
        runtime: folder.join("run"),
    }
}

fn with_file(folder: &Path) -> Stores {
    Stores::open(Places { file: Some(folder.join("keys/secrets.toml")), ..places(folder) }).unwrap()
}

fn with_ring(folder: &Path, ring: &Ring) -> Stores {
    Stores::open(Places { keyring: Box::new(ring.clone()), ..places(folder) }).unwrap()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A message without the temporary folder's name.
fn shown(problem: &Diagnostic, folder: &Path) -> String {
    problem.render(false).replace(&folder.display().to_string(), "/FOLDER")
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_keyring() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.toml");
    write(&file, "\"a/env\" = \"file\"\n\"a/file\" = \"file\"\n");
    let ring = Ring::default();
    for name in ["env", "file", "ring"] {
        ring.set(&format!("prod/a/{name}"), b"ring").unwrap();
    }
    let store = Stores::open(Places {
        variables: HashMap::from([(variable("a/env"), "env".to_owned())]),
        file: Some(file),
        keyring: Box::new(ring),
        ..places(folder.path())
    })
    .unwrap();
    for name in ["env", "file", "ring"] {
        let secret = store.secret(&format!("a/{name}"), None).unwrap();
        assert_eq!(secret.expose(), name.as_bytes());
    }
}

#[test]
fn what_is_missing_names_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Stores::open(places(folder.path())).unwrap();
    let full = Stores::open(Places {
        file: Some(folder.path().join("secrets.toml")),
        keyring: Box::new(Ring::default()),
        ..places(folder.path())
    })
    .unwrap();
    let missing = |store: &Stores| {
        shown(&store.secret("synapse/db-password", None).unwrap_err(), folder.path())
    };
    insta::assert_snapshot!(format!("{}\n\n{}", missing(&bare), missing(&full)));
}

#[test]
fn reading_generates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_file(folder.path());
    let secret = store.secret("a/b", Some("password:40")).unwrap();
    assert!(secret.is_pending());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn generated_secrets_are_stored_and_then_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_file(folder.path());
    let names = ["a/b".to_owned(), "c/d".to_owned(), "a/b".to_owned()];
    for name in &names {
        store.secret(name, Some("password:40")).unwrap();
    }
    let generated = store.generate(&names).unwrap();
    assert_eq!(generated.names, ["a/b", "c/d"]);
    let secret = store.secret("a/b", Some("password:40")).unwrap();
    assert!(!secret.is_pending());
    assert_eq!(with_file(folder.path()).secret("a/b", None).unwrap(), secret);
    assert_eq!(store.generate(&names).unwrap().note(), None);
    let value = String::from_utf8(secret.expose().to_vec()).unwrap();
    assert_eq!(store.masker().mask(&value), "[secret a/b]");
    let mode = |path: &str| {
        std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o7777
    };
    assert_eq!((mode("keys"), mode("keys/secrets.toml")), (0o700, 0o600));
    insta::assert_snapshot!(shown(&generated.note().unwrap(), folder.path()));
}

#[test]
fn a_second_run_takes_what_the_first_has_stored() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::default();
    let pairs = [
        [with_file(folder.path()), with_file(folder.path())],
        [with_ring(folder.path(), &ring), with_ring(folder.path(), &ring)],
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
fn runs_at_the_same_time_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for run in 0..8 {
            let folder = folder.path();
            scope.spawn(move || {
                let store = with_file(folder);
                let names = [format!("own/{run}"), "shared/one".to_owned()];
                names.iter().for_each(|name| drop(store.secret(name, Some("hex:16")).unwrap()));
                store.generate(&names).unwrap();
            });
        }
    });
    let store = with_file(folder.path());
    for run in 0..8 {
        store.secret(&format!("own/{run}"), None).unwrap();
    }
    store.secret("shared/one", None).unwrap();
}

#[test]
fn nothing_is_generated_that_cannot_be_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = Stores::open(places(folder.path())).unwrap();
    store.secret("a/b", Some("hex:32")).unwrap();
    let error = store.generate(&["a/b".to_owned()]).unwrap_err();
    assert!(store.secret("a/b", Some("hex:32")).unwrap().is_pending());
    insta::assert_snapshot!(shown(&error, folder.path()));
}

#[test]
fn a_locked_keyring_is_no_empty_keyring() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_ring(folder.path(), &Ring { locked: true, ..Ring::default() });
    let error = store.secret("a/b", Some("hex:32")).unwrap_err();
    assert_eq!(error.code, "secret/keyring");
    assert!(error.message.ends_with("the prompt was dismissed"));
}

#[test]
fn a_file_in_the_inventorys_repository_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
    let inventory = folder.path().join("repo/inventory");
    std::fs::create_dir_all(&inventory).unwrap();
    let warned = |file: &str| {
        let file = Some(folder.path().join(file));
        let places = Places { file, inventory: inventory.clone(), ..places(folder.path()) };
        Stores::open(places).unwrap().warnings().len()
    };
    assert_eq!(warned("repo/inventory/secrets.toml"), 1);
    assert_eq!(warned("secrets.toml"), 0);
}

#[test]
fn names_are_plain() {
    let folder = tempfile::tempdir().unwrap();
    let store = Stores::open(places(folder.path())).unwrap();
    for wrong in ["", "a", "a/", "/b", "a/b\n", "a/\"b", "a/b c"] {
        assert_eq!(store.secret(wrong, None).unwrap_err().code, "secret/name", "{wrong:?}");
    }
}
