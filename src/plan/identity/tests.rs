//! Tests every case of a server, known or not, on a host with or without its data.

use super::*;
use crate::diagnostic::{Place, Source};
use crate::plan::Ledger;
use crate::plan::ledger::RunCoverage;
use crate::resource::Action;
use crate::resource::{Address, Attribute, Declared, Need, Origin, declare};
use crate::secret::{Content, Secret};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::BTreeMap;

const KEY: &str = "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";
const OWN: &str = "ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
const NOT_RECORDED: &str = "not recorded";
const OTHER: &str = "ed25519:2 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
const CLAIM: Claim<'_> =
    Claim { id: "prod", server_name: Some("example.org"), empty_server: None, rebuilds: false };

/// A host, and what it has.
#[derive(Clone, Copy, Default)]
struct Has<'a> {
    database: bool,
    file: bool,
    record: &'a [u8],
    /// What the host answers about the key in its file.
    signing_key: &'a [u8],
}

fn answers(has: Has<'_>) -> Answers {
    let mut answers = Answers::default();
    let file: &[u8] = if has.file { b"/key\0type=regular file\0mode=640\0\0" } else { b"" };
    answers.add("paths_observe", 0, &[b"/\0type=directory\0\0", file].concat());
    let database: &[u8] =
        if has.database { b"database 15/main synapse\0owner=x\0encoding=UTF8\0\0" } else { b"" };
    let cluster = [b"cluster 15/main\0state=up\0\0".as_slice(), database].concat();
    answers.add("postgres_observe", 0, &cluster);
    answers.add(crate::resource::INSTALLATION, 0, has.record);
    answers.add(crate::resource::HOST_IDENTITY, 0, has.signing_key);
    answers
}

fn declared(kind: &str, name: &str, attributes: Vec<(&str, Content)>) -> Declared {
    let place = Place::new(&Source::new("test.toml", ""), 0..0);
    let attribute =
        |content| Attribute { value: DeclaredValue::Text(content), place: place.clone() };
    let attributes = attributes.into_iter().map(|(key, content)| (key.into(), attribute(content)));
    Declared {
        address: Address::new(kind, name),
        attributes: attributes.collect::<IndexMap<_, _>>(),
        needs: vec![],
        activation: None,
        effect: None,
        why: None,
        origin: Origin { module: "synapse".into(), declared: place.clone(), requested: None },
    }
}

fn wanted(key: Option<&str>, recorded: &str) -> Vec<Wanted> {
    let name = "synapse/signing_key";
    let secret = key.map_or(Secret::pending(name), |key| Secret::new(name, key));
    let content = vec![("content", Content::secret(&secret)), (IDENTITY, Content::plain(recorded))];
    let mut file = declared("file", "/key", content);
    file.needs.push(Need { pattern: "postgres_database:synapse".into(), optional: false });
    let database = [("cluster", "15/main"), ("owner", "x")].map(|(k, v)| (k, Content::plain(v)));
    declare(vec![file, declared("postgres_database", "synapse", database.to_vec())]).unwrap()
}

fn checked(
    claim: Claim<'_>,
    wanted: &[Wanted],
    has: Has<'_>,
) -> Result<IdentityCheck, &'static str> {
    check_identity(&claim, wanted, &answers(has)).map_err(|problems| match problems[0].code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => "a code that is made up",
    })
}

const BLANK: Has<'_> = Has { database: false, file: false, record: b"", signing_key: b"" };
const FULL: Has<'_> = Has { database: true, file: true, record: b"", signing_key: b"" };
const RECORD: &[u8] = b"/\0seen=yes\0\0format\0value=1\0\0id\0value=prod\0\0identity\0value=ed25519:1 XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI\0\0";

/// If another host has taken over, only a rebuild runs here, and the host's record of it is merely quoted.
#[test]
fn a_fenced_host_is_left_alone() {
    let record = [
        RECORD,
        b"fenced\0text=format=1\ntime=2026-11-28T12:00:00Z\nby=ada\x1b[2J\non=192.0.2.2\n\0\0",
    ]
    .concat();
    let fenced = Has { record: &record, ..FULL };
    let problems = check_identity(&CLAIM, &wanted(Some(KEY), OWN), &answers(fenced)).unwrap_err();
    assert_eq!(problems[0].code, "rebuild/fenced");
    assert!(problems[0].notes[0].contains("ada") && !problems[0].notes[0].contains('\u{1b}'));
    let help = problems[0].help.as_deref().unwrap();
    assert!(help.contains("rm /var/lib/matrixform/fenced") && help.contains("example.org"));
    assert!(checked(Claim { rebuilds: true, ..CLAIM }, &wanted(Some(KEY), OWN), fenced).is_ok());
}

#[test]
fn a_known_server_does_not_start_empty() {
    assert_eq!(
        checked(CLAIM, &wanted(Some(KEY), OWN), BLANK).unwrap_err(),
        "identity/empty-server"
    );
    assert_eq!(checked(CLAIM, &wanted(None, OWN), BLANK).unwrap_err(), "identity/empty-server");
    let lost = Has { record: RECORD, ..BLANK };
    assert_eq!(
        checked(CLAIM, &wanted(Some(KEY), NOT_RECORDED), lost).unwrap_err(),
        "identity/empty-server"
    );
    let named = Claim { empty_server: Some("example.org"), ..CLAIM };
    let risks = checked(named, &wanted(Some(KEY), OWN), BLANK).unwrap().risks;
    assert_eq!(
        risks,
        ["example.org starts as an empty server: no accounts, no rooms, no messages"]
    );
    for wrong in [named, Claim { server_name: None, ..named }] {
        let wrong = Claim { empty_server: Some("example.com"), ..wrong };
        assert_eq!(checked(wrong, &wanted(Some(KEY), OWN), FULL).unwrap_err(), "cli/usage");
    }
}

#[test]
fn a_known_key_on_a_blank_host_is_a_risk() {
    let checked_now = checked(CLAIM, &wanted(Some(KEY), NOT_RECORDED), BLANK).unwrap();
    assert!(checked_now.risks[0].starts_with("the signing key exists"), "{checked_now:?}");
    assert!(!checked_now.is_recorded);
    assert_eq!(checked_now.identity.unwrap().to_string(), OWN);
    // Nothing is known about a server that is only starting.
    let first = checked(CLAIM, &wanted(None, NOT_RECORDED), BLANK).unwrap();
    assert_eq!((first.risks.len(), first.identity), (0, None));
}

#[test]
fn a_correct_host_has_no_risks() {
    for recorded in [NOT_RECORDED, OWN] {
        let found = checked(CLAIM, &wanted(Some(KEY), recorded), FULL).unwrap();
        assert_eq!((found.risks.len(), found.is_recorded), (0, recorded == OWN));
    }
}

#[test]
fn an_unreadable_database_may_be_missing() {
    let mut unseen = answers(FULL);
    unseen.add("postgres_observe", 0, b"cluster 15/main\0state=down\0reason=it is down\0\0");
    let risks =
        |recorded| check_identity(&CLAIM, &wanted(Some(KEY), recorded), &unseen).unwrap().risks;
    assert!(risks(OWN)[0].contains("says: it is down"), "{:?}", risks(OWN));
    assert_eq!(risks(NOT_RECORDED).len(), 0);
    // That of a known server is not created; one that may start empty is.
    let must_exist = |claim: &Claim<'_>, recorded| {
        check_identity(claim, &wanted(Some(KEY), recorded), &unseen).unwrap().must_exist.is_some()
    };
    assert!(must_exist(&CLAIM, OWN) && !must_exist(&CLAIM, NOT_RECORDED));
    let empty = Claim { empty_server: CLAIM.server_name, ..CLAIM };
    assert!(!must_exist(&empty, OWN));
}

#[test]
fn restoring_a_lost_key_is_a_risk() {
    let lost = Has { file: false, ..FULL };
    let with = |recorded| checked(CLAIM, &wanted(Some(KEY), recorded), lost).unwrap().risks;
    assert!(with(OWN)[0].contains("recorded as this server's"));
    assert!(with(NOT_RECORDED)[0].contains("there is no record"));
    let on_host =
        checked(CLAIM, &wanted(Some(KEY), NOT_RECORDED), Has { record: RECORD, ..lost }).unwrap();
    assert!(on_host.risks[0].contains("recorded as this server's"));
}

#[test]
fn another_key_is_refused() {
    assert_eq!(
        checked(CLAIM, &wanted(Some(KEY), OTHER), FULL).unwrap_err(),
        "identity/another-key"
    );
    let record = String::from_utf8(RECORD.to_vec()).unwrap().replace(OWN, OTHER);
    let has = Has { record: record.as_bytes(), ..FULL };
    assert_eq!(
        checked(CLAIM, &wanted(Some(KEY), NOT_RECORDED), has).unwrap_err(),
        "identity/another-key"
    );
    // The spec decides: a rotation starts there.
    assert!(checked(CLAIM, &wanted(Some(KEY), OWN), has).is_ok());
    assert_eq!(
        checked(CLAIM, &wanted(Some("x"), NOT_RECORDED), FULL).unwrap_err(),
        "identity/form"
    );
}

const OWN_THERE: &[u8] = b"/key\0id=1\0public=XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI=\0\0";
const OTHER_THERE: &[u8] = b"/key\0id=b\0public=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\0\0";

fn refused(key: Option<&str>, recorded: &str, has: Has<'_>) -> String {
    let claim = Claim { empty_server: Some("example.org"), ..CLAIM };
    check_identity(&claim, &wanted(key, recorded), &answers(has)).unwrap_err()[0].render(false)
}

#[test]
fn another_key_on_the_host_is_refused_with_both_public_halves() {
    let other = Has { signing_key: OTHER_THERE, ..FULL };
    insta::assert_snapshot!(
        [
            refused(None, OWN, other),
            refused(Some(KEY), OWN, other),
            refused(None, OWN, Has { database: false, ..other }),
            refused(None, NOT_RECORDED, Has { record: RECORD, ..other }),
            refused(Some(KEY), NOT_RECORDED, other),
        ]
        .join("\n")
    );
    // The same key in another form, and one that could not be read, pass here: the file itself is protected.
    let unread = b"/key\0unread=openssl is not installed on this host\0\0";
    for signing_key in [OWN_THERE, b"/key\0id=x y\0public=\0\0", unread] {
        assert!(checked(CLAIM, &wanted(Some(KEY), OWN), Has { signing_key, ..FULL }).is_ok());
    }
}

#[test]
fn a_known_server_gets_no_new_key() {
    let unread = b"/key\0unread=openssl is not installed on this host\0\0";
    insta::assert_snapshot!(
        [
            refused(None, OWN, Has { file: false, ..FULL }),
            refused(None, NOT_RECORDED, Has { file: false, ..FULL }),
            refused(None, OWN, Has { signing_key: OWN_THERE, ..FULL }),
            refused(None, OWN, Has { signing_key: unread, ..FULL }),
            refused(None, NOT_RECORDED, Has { record: RECORD, ..BLANK }),
        ]
        .join("\n")
    );
    // A server that is only starting gets a key, even over a foreign file: the file resource refuses that itself.
    assert!(checked(CLAIM, &wanted(None, NOT_RECORDED), BLANK).is_ok());
    assert!(
        checked(CLAIM, &wanted(None, NOT_RECORDED), Has { signing_key: OTHER_THERE, ..FULL })
            .is_ok()
    );
}

#[test]
fn the_host_is_asked_if_the_stores_cannot_identify_it() {
    let digest = Content::secret(&Secret::new("synapse/signing_key", KEY)).digest();
    let asked = |key, has, more: &[(&str, String)]| {
        let mut answers = answers(has);
        more.iter().for_each(|(function, body)| answers.add(function, 0, body.as_bytes()));
        let questions = identity_questions(&wanted(key, OWN), &answers);
        questions.calls().map(|(_, args)| args.concat()).collect::<Vec<_>>()
    };
    let holds = |digest: &str| [("file_observe", format!("/key\0sha256={digest}\0\0"))];
    assert!(asked(Some(KEY), FULL, &holds(&digest)).is_empty(), "as the stores have it");
    assert!(asked(None, BLANK, &[]).is_empty(), "there is none");
    assert_eq!(asked(Some(KEY), FULL, &holds("00")), ["/key"]);
    assert_eq!(asked(None, FULL, &holds(&digest)), ["/key"]);
    let kind = |kind| [("paths_observe", format!("/key\0type={kind}\0\0"))];
    assert_eq!(asked(Some(KEY), FULL, &kind("symbolic link")), ["/key"]);
    assert!(asked(Some(KEY), FULL, &kind("directory")).is_empty());
}

#[test]
fn a_predictable_key_is_refused_with_the_way_to_rotate() {
    let known = "ed25519:x l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og";
    let problems = check_identity(&CLAIM, &wanted(None, known), &answers(FULL)).unwrap_err();
    assert_eq!(problems[0].code, "identity/predictable");
    assert!(problems[0].help.as_ref().unwrap().contains("old_signing_keys"));
    // The host's own key, which no store has.
    let signing_key = b"/key\0id=x\0public=l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og=\0\0";
    for (key, recorded) in [(None, NOT_RECORDED), (Some(KEY), OWN)] {
        let has = Has { signing_key, ..FULL };
        assert_eq!(
            checked(CLAIM, &wanted(key, recorded), has).unwrap_err(),
            "identity/predictable"
        );
    }
}

#[test]
fn a_host_of_another_installation_is_refused() {
    let other = Claim { id: "staging", ..CLAIM };
    let has = Has { record: RECORD, ..FULL };
    let problems = check_identity(&other, &[], &answers(has)).unwrap_err();
    assert!(problems[0].message.contains("`prod`") && problems[0].message.contains("`staging`"));
    assert!(problems[0].help.as_ref().unwrap().contains("delete /var/lib/matrixform/installation"));
    for damaged in [b"/\0seen=yes\0\0".as_slice(), b"/\0seen=yes\0\0format\0value=2\0\0"] {
        let has = Has { record: damaged, ..FULL };
        assert_eq!(checked(CLAIM, &[], has).unwrap_err(), "host/installation");
    }
}

#[test]
fn only_new_identity_data_is_written_to_the_host() {
    let none = Installation::default();
    let identity = SigningIdentity::parse(OWN).ok();
    assert!(none.step("prod", None).is_some());
    let installation = checked(CLAIM, &[], Has { record: RECORD, ..FULL }).unwrap().installation;
    assert!(
        installation.step("prod", None).is_none()
            && installation.step("prod", identity.as_ref()).is_none()
    );
    assert!(installation.step("prod", SigningIdentity::parse(OTHER).ok().as_ref()).is_some());
}

/// The risks belong to the plan, also when it is made again with the secrets generated meanwhile.
#[test]
fn identity_risks_belong_to_the_plan() {
    let answers = answers(BLANK);
    let make = |key| {
        crate::plan::make_checked(
            &CLAIM,
            "host",
            &wanted(key, NOT_RECORDED),
            &[],
            &answers,
            &crate::plan::Scope::default(),
        )
    };
    let (plan, identity_check) = make(Some(KEY)).unwrap();
    assert!(
        !identity_check.risks.is_empty() && plan.risks == identity_check.risks,
        "{:?}",
        plan.risks
    );
    assert!(make(None).unwrap().0.risks.is_empty());
}

/// The first account is suggested when the server is created, and only once.
#[test]
fn a_server_is_created_only_once() {
    let wanted = wanted(Some(KEY), NOT_RECORDED);
    let about = |has: Has<'_>, made: bool| {
        let answers = answers(has);
        let plan = crate::plan::make("host", &wanted, &[], &answers).unwrap();
        let actions = if made {
            BTreeMap::from([("postgres_database:synapse".to_owned(), Action::Create)])
        } else {
            BTreeMap::new()
        };
        let before = Ledger::of("prod", &wanted, None, &actions, RunCoverage::Unknown);
        let identity_check = check_identity(&CLAIM, &wanted, &answers).unwrap();
        [None, Some(&before)]
            .map(|ledger| creates_homeserver(&identity_check, &wanted, &plan, ledger))
    };
    assert_eq!(about(BLANK, false), [true; 2]);
    // A server that existed before, or was restored by hand before the first apply.
    assert_eq!(about(FULL, false), [false; 2]);
    assert_eq!(about(Has { file: false, ..FULL }, false), [false; 2]);
    // An apply that stopped after creating the database.
    assert_eq!(about(FULL, true), [false, true]);
    assert_eq!(about(Has { record: RECORD, ..FULL }, true), [false; 2]);
}
