//! Whole specs: own keys, included files, environment variables.

use super::files::InMemory;
use super::host::Become;
use super::{Spec, Variables, load};
use crate::diagnostic::{Problems, Source};
use std::collections::HashMap;
use std::sync::Arc;

fn read_with(text: &str, files: &[(&str, &str)], variables: Variables) -> Result<Spec, Problems> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let files = files.chain([("prod.toml".to_owned(), text.as_bytes().to_vec())]);
    let source = Source::new("inventory/prod.toml", text);
    Spec::read_with(&source, Arc::new(InMemory(files.collect())), variables)
}

fn read(text: &str, files: &[(&str, &str)]) -> Result<Spec, Problems> {
    read_with(text, files, Variables::Unread)
}

fn shown(result: Result<Spec, Problems>) -> String {
    let problems = result.unwrap_err();
    let shown: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
    shown.join("\n\n")
}

#[test]
fn known_keys_are_read_and_sections_left_alone() {
    let spec = read(
        "format = 1\n[host]\naddress = \"a.example\"\nport = 2222\nuser = \"ops\"\n\
         connect_timeout = \"5s\"\nsudo_password = { secret = \"host/sudo\" }\n\
         [secrets]\nfile = \"~/lab.secrets\"\n[nginx]\n[[cron]]\nname = \"x\"\n\
         [[accept]]\nid = \"MF052\"\nreason = \"a lab\"\n",
        &[],
    )
    .unwrap();
    assert_eq!(spec.host.port, Some(2222));
    assert_eq!(spec.host.sudo_password.as_deref(), Some("host/sudo"));
    assert_eq!(spec.host.become_as("ops"), Become::Sudo);
    assert_eq!(spec.sections.keys().collect::<Vec<_>>(), ["nginx", "cron"]);
    assert_eq!(spec.accepted[0].id, "MF052");
    assert_eq!(spec.section("nginx").unwrap().line_column(), (10, 2));
}

#[test]
fn all_problems_of_a_spec_are_reported_at_once() {
    insta::assert_snapshot!(shown(read(
        "format = 0\n[host]\nadress = \"a\"\nport = 70000\nbecome = \"sud\"\n\
         identity_files = \"x\"\nsudo_password = \"hunter2\"\nconnect_timeout = \"5m\"\n\
         [secrets]\n[[accept]]\nid = 5\n",
        &[],
    )));
}

#[test]
fn needs_a_host() {
    insta::assert_snapshot!(shown(read("[nginx]\n", &[])));
}

#[test]
fn a_newer_spec_format_is_the_only_problem_reported() {
    insta::assert_snapshot!(shown(read("format = 7\n[host]\nadress = \"a\"\nnew = 1\n", &[])));
    let base = [("base.toml", "format = 2\nnew_word = 1\n")];
    let included = shown(read("include = [\"base.toml\"]\nformat = 1\n", &base));
    assert!(included.contains("inventory/base.toml:1:10"), "{included}");
    assert!(shown(read("format = \"1\"\n[host]\naddress = \"a\"\n", &[])).contains("whole number"));
}

#[test]
fn the_including_file_wins_then_the_last_include() {
    let files = [
        (
            "base.toml",
            "[host]\naddress = \"base\"\nuser = \"base\"\nport = 1\n[[cron]]\nname = \"a\"\n",
        ),
        ("mid.toml", "[host]\naddress = \"mid\"\nuser = \"mid\"\n"),
    ];
    let text = "include = [\"base.toml\", \"mid.toml\"]\n[host]\naddress = \"top\"\n[[cron]]\nname = \"b\"\n";
    let spec = read(text, &files).unwrap();
    let host = (spec.host.address.as_str(), spec.host.user.as_deref(), spec.host.port);
    assert_eq!(host, ("top", Some("mid"), Some(1)));
    let crons = spec.sections["cron"].node.as_array().unwrap();
    let places: Vec<String> = crons.iter().map(|cron| cron.place.to_string()).collect();
    assert_eq!(places, ["inventory/base.toml:5:1", "inventory/prod.toml:4:1"]);
}

#[test]
fn problems_point_to_the_file_that_causes_them() {
    let files =
        [("shared/base.toml", "[host]\naddress = \"a b\"\nprot = 22\n[[accept]]\nid = \"x\"\n")];
    let text = "include = [\"shared/base.toml\"]\n[host]\nport = 0\n";
    insta::assert_snapshot!(shown(read(text, &files)));
}

#[test]
fn files_that_cannot_be_included_are_reported_at_once() {
    let files = [
        ("one.toml", "include = [\"./sub/../two.toml\"]\n"),
        ("two.toml", "include = [\"one.toml\"]\n"),
        ("bad.toml", "a = \n"),
    ];
    let text = "include = [\"one.toml\", \"one.toml\", \"prod.toml\", \"none.toml\", \"/etc/x.toml\", \"bad.toml\"]\n";
    insta::assert_snapshot!(shown(read(text, &files)));
    assert!(shown(read("include = \"base.toml\"\n", &[])).contains("include = [\"base.toml\"]"));
    assert!(shown(read("include = [1]\n", &[])).contains("a list of paths"));
}

#[test]
fn depth_and_count_are_bounded() {
    let chain: Vec<(String, String)> = (0..12)
        .map(|at| (format!("{at}.toml"), format!("include = [\"{}.toml\"]\n", at + 1)))
        .collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert!(shown(read("include = [\"0.toml\"]\n", &chain)).contains("nested more than"));
    let many: Vec<(String, String)> =
        (0..80).map(|at| (format!("{at}.toml"), String::new())).collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let names: Vec<String> = many.iter().map(|(name, _)| format!("{name:?}")).collect();
    let text = format!("include = [{}]\n", names.join(", "));
    assert!(shown(read(&text, &files)).contains("at most 64 files"));
    let large = format!("# {}\n", "x".repeat(3 << 20));
    let files = [("a.toml", large.as_str()), ("b.toml", large.as_str())];
    assert!(
        shown(read("include = [\"a.toml\", \"b.toml\"]\n", &files)).contains("too large in total")
    );
}

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let files = [
        ("../shared/base.toml", "include = [\"more/deep.toml\"]\n[host]\naddress = \"a\"\n"),
        ("../shared/more/deep.toml", "[a]\n"),
        ("../shared/more/x.crt", "deep"),
        ("x.crt", "near"),
    ];
    let text = "include = [\"../shared/base.toml\"]\n[b]\n";
    let spec = read(text, &files).unwrap();
    let file = |section: &str| spec.file("x.crt", spec.section(section).unwrap()).unwrap();
    assert_eq!((file("a"), file("b")), (b"deep".to_vec(), b"near".to_vec()));
    assert_eq!(spec.section("a").unwrap().to_string(), "shared/more/deep.toml:1:2");
}

#[test]
fn the_environment_is_read_only_where_it_is_named() {
    let text = "[host]\naddress = { env = \"MATRIX_HOST\" }\nuser = { env = \"MATRIX_USER\" }\n\
                [secrets]\nfile = { env = \"MATRIX_SECRETS\" }\n";
    let offline = read(text, &[]).unwrap();
    assert_eq!(
        (offline.host.address.as_str(), offline.host.user.as_deref()),
        ("$MATRIX_HOST", Some("$MATRIX_USER"))
    );
    let set = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Variables::read(pairs.collect::<HashMap<_, _>>())
    };
    let all =
        [("MATRIX_HOST", "a.example"), ("MATRIX_USER", "ops"), ("MATRIX_SECRETS", "~/s.toml")];
    let online = read_with(text, &[], set(&all)).unwrap();
    assert_eq!(online.host.address, "a.example");
    assert_eq!(online.secrets_file.unwrap().path, "~/s.toml");
    assert!(!format!("{:?}", online.variables).contains("a.example"));
    insta::assert_snapshot!(shown(read_with(text, &[], set(&[("MATRIX_HOST", "a b")]))));
}

#[test]
fn the_environment_is_not_for_secrets_numbers_or_ids() {
    insta::assert_snapshot!(shown(read(
        "[host]\naddress = { env = \"MATRIXFORM_SECRET_A_B\" }\nuser = { env = \"not a name\" }\n\
         port = { env = \"PORT\" }\nsudo_password = { env = \"SUDO\" }\n\
         [[accept]]\nid = \"MF1\"\nreason = { env = \"WHY\" }\n",
        &[],
    )));
}

#[test]
fn a_spec_on_disk_may_include_through_a_link_inside_its_repository() {
    let top = tempfile::tempdir().unwrap();
    let path = |name: &str| top.path().join(name);
    for directory in [".git", "inventory", "shared"] {
        std::fs::create_dir(path(directory)).unwrap();
    }
    std::fs::write(path("shared/base.toml"), "[host]\naddress = \"a\"\n[a]\n").unwrap();
    std::fs::write(path("inventory/prod.toml"), "include = [\"base.toml\"]\n").unwrap();
    std::os::unix::fs::symlink("../shared/base.toml", path("inventory/base.toml")).unwrap();
    let spec = load(&path("inventory/prod.toml"), Variables::Unread).unwrap();
    assert_eq!(
        spec.section("a").unwrap().source.name,
        path("inventory/base.toml").display().to_string()
    );
    // Two names of one file count as one file.
    std::fs::write(
        path("inventory/prod.toml"),
        "include = [\"base.toml\", \"../shared/base.toml\"]\n",
    )
    .unwrap();
    let twice = shown(load(&path("inventory/prod.toml"), Variables::Unread));
    assert!(twice.contains("is included twice"), "{twice}");
    std::fs::write(path("inventory/prod.toml"), "include = [\"prod.toml\"]\n").unwrap();
    assert!(
        shown(load(&path("inventory/prod.toml"), Variables::Unread)).contains("includes itself")
    );
    std::fs::remove_dir(path(".git")).unwrap();
    std::fs::write(path("inventory/prod.toml"), "include = [\"base.toml\"]\n").unwrap();
    assert!(shown(load(&path("inventory/prod.toml"), Variables::Unread)).contains("outside"));
}

#[test]
fn a_file_can_unset_included_keys() {
    let files = [(
        "base.toml",
        "[host]\naddress = \"a\"\n[synapse]\nx = 1\ny = 2\n[synapse.media]\npath = \"/x\"\n[synapse.extra]\n\"a.b\" = 1\n[nginx]\n",
    )];
    let text = "include = [\"base.toml\"]\nunset = [\"synapse.x\", \"synapse.media.path\", 'synapse.extra.\"a.b\"', \"nginx\", \"synapse.y\"]\n[synapse]\ny = 3\n";
    let spec = read(text, &files).unwrap();
    let synapse = spec.sections["synapse"].node.as_table().unwrap();
    assert_eq!(synapse.keys().collect::<Vec<_>>(), ["media", "extra", "y"]);
    assert!(synapse["media"].node.as_table().unwrap().is_empty());
    assert_eq!(synapse["y"].node.place.to_string(), "inventory/prod.toml:4:5");
    assert!(!spec.sections.contains_key("nginx"));
    assert_eq!(spec.unset[1].path, ["synapse", "media", "path"]);
    assert_eq!(spec.unset[1].was.to_string(), "inventory/base.toml:7:1");
    for (item, expected) in [
        ("\"synapse.media.pth\"", "did you mean `synapse.media.path`?"),
        ("\"synapse.x.z\"", "no included file sets `synapse.x`"),
        ("\"synapse.z\"", "no included file sets `synapse.z`"),
        ("\"format\"", "no included file sets `format`"),
        ("\"\"", "is not a key"),
        ("\"a..b\"", "is not a key"),
        ("\"a\\nb\"", "is not a key"),
        ("\"a = 1 #\"", "is not a key"),
        ("1", "`unset` must be a list of keys"),
    ] {
        let text = format!("include = [\"base.toml\"]\nunset = [{item}]\n");
        let shown = shown(read(&text, &files));
        assert!(
            shown.contains(expected) && shown.contains("inventory/prod.toml:2:"),
            "{item}: {shown}"
        );
    }
    let alone =
        shown(read("unset = [\"synapse.x\"]\n[host]\naddress = \"a\"\n[synapse]\nx = 1\n", &[]));
    assert!(alone.contains("no included file sets"), "{alone}");
}
