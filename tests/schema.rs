//! The schema and the parser agree on what they accept and refuse. Cases that only the parser can refuse are listed in
//! `STRICTER` by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use jsonschema::Validator;
use matrixform::for_tests::diagnostic::Source;
use matrixform::for_tests::module::{
    ModuleDirectory, Modules, SchemaFor, WORKED, check, embedded, on_disk, schema,
};
use matrixform::for_tests::resource::kinds;
use matrixform::for_tests::spec::{Spec, Variables, files::InMemory, load};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A parameter of every type, and lists, maps and tables of them.
const TYPES: &str = r#"
format = 1
summary = "Every type"
[params]
flag = { type = "bool", doc = "D." }
number = { type = "int", min = 2, max = 9, doc = "D." }
port = { type = "port", doc = "D." }
decimal = { type = "number", min = 0.5, doc = "D." }
percent = { type = "percent", doc = "D." }
word = { type = "enum", values = ["one", "two"], default = "one", doc = "D." }
secret = { type = "secret", doc = "D." }
generated = { type = "secret", generate = "hex:32", doc = "D." }
file = { type = "file_ref", doc = "D." }
string = { type = "string", doc = "D." }
ascii = { type = "string", pattern = "[a-z]{2,4}", doc = "D." }
slug = { type = "slug", doc = "D." }
identifier = { type = "identifier", doc = "D." }
user = { type = "user", doc = "D." }
duration = { type = "duration", min = "1m", max = "1d", doc = "D." }
size = { type = "size", max = "1G", doc = "D." }
domain = { type = "domain", doc = "D." }
server_name = { type = "server_name", doc = "D." }
address = { type = "address", doc = "D." }
cidr = { type = "cidr", doc = "D." }
endpoint = { type = "endpoint", doc = "D." }
url = { type = "url", doc = "D." }
email = { type = "email", doc = "D." }
matrix_id = { type = "matrix_id", doc = "D." }
version = { type = "version", doc = "D." }
fingerprint = { type = "fingerprint", doc = "D." }
rate = { type = "rate", doc = "D." }
path = { type = "path", doc = "D." }
schedule = { type = "schedule", doc = "D." }
limit = { type = "rate_limit", doc = "D." }
items = { type = "list", of = { type = "slug" }, doc = "D." }
rows = { type = "list", of = { type = "table" }, fields = { name = { type = "slug", required = true }, age = { type = "int" } }, doc = "D." }
map = { type = "map", of = { type = "bool" }, doc = "D." }
table = { type = "table", fields = { a = { type = "bool", required = true }, b = { type = "table", fields = { c = { type = "int" } } } }, doc = "D." }
any = { type = "any", doc = "D." }
"#;

/// Lines of `[types]` that both accept.
const GOOD: &[&str] = &[
    "flag = true",
    "number = 2",
    "port = 65535",
    "decimal = 1",
    "decimal = 0.5",
    "percent = 99.5",
    "word = \"two\"",
    "secret = { secret = \"a/b.c-d\" }",
    "file = \"tls/x.crt\"",
    "file = \"./x.crt\"",
    "string = \"two\\nlines ü\"",
    "string = { env = \"NAME\" }",
    "ascii = \"abc\"",
    "slug = \"a-1\"",
    "identifier = \"_a\"",
    "user = \"_apt\"",
    "duration = \"90m\"",
    "size = \"50M\"",
    "size = 0",
    "size = { env = \"SIZE\" }",
    "domain = \"Matrix.example.org\"",
    "domain = \"a-1.b.c1\"",
    "server_name = \"example.org:8448\"",
    "server_name = \"[2001:db8::1]:8448\"",
    "address = \"2001:db8::1\"",
    "address = \"192.0.2.1\"",
    "cidr = \"10.0.0.0/8\"",
    "cidr = \"::/0\"",
    "endpoint = \"[::1]:443\"",
    "url = \"https://example.org:8443/a?b=[1]\"",
    "email = \"a.b+c@example.org\"",
    "matrix_id = \"@a=b/c+d:example.org\"",
    "version = \"1:2.3~rc1+dfsg-1ubuntu2\"",
    "fingerprint = \"aaf9 ae84 3a75 84b5 a3e4  cd2b cf45 a512 de2d a058\"",
    "rate = \"10r/s\"",
    "path = \"/srv/..a/.b/a b\"",
    "path = \"/\"",
    "schedule = \"*/5 0-6,22 1 jan,DEC mon-fri\"",
    "schedule = \"@daily\"",
    "limit = { per_second = 0.5, burst_count = 3 }",
    "items = []",
    "items = [\"a\", \"b\"]",
    "rows = [{ name = \"a\" }, { name = \"b\", age = 3 }]",
    "map = { anything = true }",
    "table = { a = true, b = { c = 1 } }",
    "any = [1, { x = \"y\" }, 1979-05-27]",
    "any = { secret = \"a/b\" }",
];

/// Lines of `[types]` that both refuse.
const BAD: &[(&str, &str)] = &[
    ("unknown option", "flags = true"),
    ("string for a boolean", "flag = \"true\""),
    ("number for a boolean", "flag = 1"),
    ("below the range", "number = 1"),
    ("above the range", "number = 10"),
    ("float for a whole number", "number = 2.5"),
    ("string for a number", "number = \"2\""),
    ("port zero", "port = 0"),
    ("port too large", "port = 65536"),
    ("number below its range", "decimal = 0.4"),
    ("number without end", "decimal = inf"),
    ("percentage above 100", "percent = 100.5"),
    ("word of no enum", "word = \"three\""),
    ("number for an enum", "word = 1"),
    ("variable for an enum", "word = { env = \"WORD\" }"),
    ("secret in plain text", "secret = \"hunter2\""),
    ("secret with more than a name", "secret = { secret = \"a\", file = \"b\" }"),
    ("secret without a name", "secret = {}"),
    ("secret with an empty name", "secret = { secret = \"\" }"),
    ("secret with a bad name", "secret = { secret = \"a b\" }"),
    ("secret from the environment", "secret = { env = \"A\" }"),
    ("generated secret in plain text", "generated = \"x\""),
    ("absolute file", "file = \"/etc/passwd\""),
    ("empty file", "file = \"\""),
    ("table for a file", "file = { path = \"x\" }"),
    ("control character", "string = \"a\\u0000\""),
    ("escape sequence", "string = \"a\\u001b[0m\""),
    ("variable that is no name", "string = { env = \"1 X\" }"),
    ("variable with more beside it", "string = { env = \"X\", default = \"y\" }"),
    ("list for a string", "string = [\"a\"]"),
    ("pattern that does not match", "ascii = \"abcde\""),
    ("capital in a slug", "slug = \"A\""),
    ("dot in a slug", "slug = \"a.b\""),
    ("dash first in a name", "identifier = \"-a\""),
    ("hyphen first in a user", "user = \"-a\""),
    ("duration without a unit", "duration = \"90\""),
    ("duration as a number", "duration = 90"),
    ("duration in months", "duration = \"2 months\""),
    ("size of two letters", "size = \"50MB\""),
    ("negative size", "size = -1"),
    ("size without a unit", "size = 1024"),
    ("text of a size without a unit", "size = \"1024\""),
    ("float for a size", "size = 1.5"),
    ("domain with an underscore", "domain = \"a_b.c\""),
    ("domain with a wildcard", "domain = \"*.a.b\""),
    ("domain that is an address", "domain = \"1.2.3.4\""),
    ("empty label", "domain = \"a..b\""),
    ("capital in a server name", "server_name = \"Example.org\""),
    ("server name with a path", "server_name = \"example.org/x\""),
    ("address that is a name", "address = \"localhost\""),
    ("network without digits", "cidr = \"10.0.0.0/\""),
    ("endpoint without a port", "endpoint = \"a.b\""),
    ("url without a scheme", "url = \"example.org\""),
    ("url of another scheme", "url = \"ftp://a.b\""),
    ("url with a blank", "url = \"https://a.b/ c\""),
    ("mail without a host", "email = \"a\""),
    ("matrix id without a server", "matrix_id = \"@a\""),
    ("capital in a matrix id", "matrix_id = \"@A:b.c\""),
    ("version with a letter first", "version = \"v1\""),
    ("fingerprint too short", "fingerprint = \"AAF9\""),
    ("rate by the hour", "rate = \"10r/h\""),
    ("rate of nothing", "rate = \"0r/s\""),
    ("relative path", "path = \"a/b\""),
    ("path with two slashes", "path = \"/a//b\""),
    ("path upwards", "path = \"/a/../b\""),
    ("path with a slash at its end", "path = \"/a/\""),
    ("schedule of four fields", "schedule = \"* * * *\""),
    ("schedule of an unknown word", "schedule = \"@often\""),
    ("rate limit with half of it", "limit = { per_second = 1 }"),
    ("rate limit of nobody at once", "limit = { per_second = 1, burst_count = 0 }"),
    ("string for a list", "items = \"a\""),
    ("table for a list", "items = { a = 1 }"),
    ("wrong item of a list", "items = [\"A\"]"),
    ("row without its required key", "rows = [{ age = 3 }]"),
    ("row with an unknown key", "rows = [{ name = \"a\", agee = 3 }]"),
    ("table for a list of rows", "rows = { name = \"a\" }"),
    ("list for a map", "map = [true]"),
    ("wrong value of a map", "map = { a = 1 }"),
    ("list for a table", "table = [{ a = true }]"),
    ("table without its required key", "table = { b = { c = 1 } }"),
    ("unknown key deep down", "table = { a = true, b = { d = 1 } }"),
    ("string deep down", "table = { a = true, b = { c = \"1\" } }"),
];

/// Whole specs that both refuse.
const BAD_SPECS: &[(&str, &str)] = &[
    ("no host", "[types]\n"),
    ("no address", "[host]\nport = 22\n"),
    ("unknown key of the host", "[host]\naddress = \"a\"\nadress = \"b\"\n"),
    ("address with a blank", "[host]\naddress = \"a b\"\n"),
    ("address that is an option", "[host]\naddress = \"-oProxyCommand=x\"\n"),
    ("port of the host", "[host]\naddress = \"a\"\nport = 70000\n"),
    ("become", "[host]\naddress = \"a\"\nbecome = \"su\"\n"),
    ("password of sudo", "[host]\naddress = \"a\"\nsudo_password = \"x\"\n"),
    ("timeout in minutes", "[host]\naddress = \"a\"\nconnect_timeout = \"5m\"\n"),
    ("timeout too long", "[host]\naddress = \"a\"\nconnect_timeout = 3601\n"),
    ("one identity file", "[host]\naddress = \"a\"\nidentity_files = \"x\"\n"),
    ("host as a list", "[[host]]\naddress = \"a\"\n"),
    ("newer format", "format = 2\n[host]\naddress = \"a\"\n"),
    ("format as a string", "format = \"1\"\n[host]\naddress = \"a\"\n"),
    ("one file included", "include = \"base.toml\"\n[host]\naddress = \"a\"\n"),
    ("number included", "include = [1]\n[host]\naddress = \"a\"\n"),
    ("secrets without a file", "[host]\naddress = \"a\"\n[secrets]\n"),
    ("accept without a reason", "[host]\naddress = \"a\"\n[[accept]]\nid = \"MF1\"\n"),
    ("accept as a list of words", "accept = [\"MF1\"]\n[host]\naddress = \"a\"\n"),
    ("unknown section", "[host]\naddress = \"a\"\n[ngnix]\n"),
    ("section as a list", "[host]\naddress = \"a\"\n[[types]]\n"),
    ("list as a section", "[host]\naddress = \"a\"\n[cron]\nname = \"a\"\n"),
    ("entry of a list without its keys", "[host]\naddress = \"a\"\n[[cron]]\nname = \"a\"\n"),
    ("missing server name", "[host]\naddress = \"a\"\n[postgres]\n[synapse]\n"),
    ("resource without a name", "[host]\naddress = \"a\"\n[[resource]]\nkind = \"apt\"\n"),
    (
        "resource of no kind",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"aptt\"\nname = \"x\"\n",
    ),
    (
        "unknown attribute",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"apt\"\nname = \"x\"\ncolour = \"x\"\n",
    ),
    (
        "file without content",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"file\"\nname = \"/x\"\n",
    ),
    (
        "file with two contents",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"x\"\nsource = \"x\"\n",
    ),
    (
        "mode of three digits",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"x\"\nmode = \"644\"\n",
    ),
    (
        "string for a boolean attribute",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"x\"\nprotect = \"yes\"\n",
    ),
    (
        "unknown effect",
        "[host]\naddress = \"a\"\n[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"x\"\neffect = \"stop\"\n",
    ),
];

/// Specs that only the parser can refuse, and why a schema cannot.
const STRICTER: &[(&str, &str)] = &[
    (
        "a duration below its least: the schema does not know how long `1s` is",
        "[types]\nduration = \"1s\"\n",
    ),
    ("a duration above its most", "[types]\nduration = \"2d\"\n"),
    ("a size above its most", "[types]\nsize = \"2G\"\n"),
    ("a duration that fits no number", "[types]\nduration = \"99999999999999999999y\"\n"),
    ("an address inside a network", "[types]\ncidr = \"10.0.0.1/8\"\n"),
    ("an address of parts that are too large", "[types]\naddress = \"300.0.0.1\"\n"),
    ("a port in a text", "[types]\nendpoint = \"a.b:70000\"\n"),
    ("a minute that is none", "[types]\nschedule = \"60 * * * *\"\n"),
    ("a day that never comes", "[types]\nschedule = \"0 0 31 2 *\"\n"),
    (
        "a label of 64 letters",
        "[types]\ndomain = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org\"\n",
    ),
    ("a variable that holds a secret", "[types]\nstring = { env = \"MATRIXFORM_SECRET_X\" }\n"),
    ("a file that is not there", "[types]\nfile = \"none.crt\"\n"),
    ("a file that is not there to include", "include = [\"none.toml\"]\n"),
    (
        "two modules of one role, or an option that contradicts another",
        "[postgres]\n[synapse]\nserver_name = \"a.b\"\nregistration.mode = \"open\"\n",
    ),
    ("a module that another one needs", "[synapse]\nserver_name = \"a.b\"\n"),
    (
        "a template with an unknown name",
        "[[resource]]\nkind = \"apt\"\nname = \"{{ types.strnig }}\"\n",
    ),
    (
        "a resource that is declared twice",
        "[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"a\"\n[[resource]]\nkind = \"file\"\nname = \"/x\"\ncontent = \"b\"\n",
    ),
    (
        "the name of a resource that is no path",
        "[[resource]]\nkind = \"file\"\nname = \"x\"\ncontent = \"a\"\n",
    ),
];

struct Both {
    modules: Modules,
    whole: Validator,
    layer: Validator,
}

impl Both {
    fn new(own: &[ModuleDirectory]) -> Both {
        let modules = Modules::load(&embedded(), own).unwrap();
        let validator = |of| jsonschema::draft7::new(&schema(&modules, kinds(), of)).unwrap();
        let (whole, layer) = (validator(SchemaFor::Whole), validator(SchemaFor::Layer));
        Both { modules, whole, layer }
    }

    fn with_types() -> Both {
        Both::new(&[ModuleDirectory::new("types", "modules/types").with("module.toml", TYPES)])
    }

    /// The parser's complaint, or none if it accepts the text.
    fn parser(&self, text: &str) -> Option<String> {
        let files = ["tls/x.crt", "x.crt"].map(|path| (path.to_owned(), b"x".to_vec()));
        let source = Source::new("spec.toml", text);
        let spec = Spec::read(&source, Arc::new(InMemory(files.into())));
        self.judge(spec)
    }

    fn judge(
        &self,
        spec: Result<Spec, Vec<matrixform::for_tests::diagnostic::Diagnostic>>,
    ) -> Option<String> {
        let declared = spec.and_then(|spec| {
            let mut review = check(&spec, &self.modules);
            if review.is_refused() {
                return Err(review.problems);
            }
            matrixform::for_tests::resource::declare(review.take_resources())
        });
        declared.err().map(|problems| problems.iter().map(|one| one.render(false) + "\n").collect())
    }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
}

/// The schema's complaint, or none if it accepts the text.
fn refusal(validator: &Validator, text: &str) -> Option<String> {
    let json = json(text);
    let errors: Vec<String> =
        validator.iter_errors(&json).map(|one| format!("{}: {one}", one.instance_path())).collect();
    (!errors.is_empty()).then(|| errors.join("\n"))
}

fn types(line: &str) -> String {
    format!("[host]\naddress = \"a\"\n[types]\n{line}\n")
}

#[test]
fn both_accept_every_type() {
    let both = Both::with_types();
    for line in GOOD {
        let text = types(line);
        assert_eq!(both.parser(&text), None, "{line}");
        assert_eq!(refusal(&both.whole, &text), None, "{line}");
        assert_eq!(refusal(&both.layer, &text), None, "{line}");
    }
}

#[test]
fn both_refuse_every_mistake() {
    let both = Both::with_types();
    let lines = BAD.iter().map(|(name, line)| (*name, types(line)));
    let specs = BAD_SPECS.iter().map(|(name, text)| (*name, (*text).to_owned()));
    let mut wrong = Vec::new();
    for (name, text) in lines.chain(specs) {
        if both.parser(&text).is_none() {
            wrong.push(format!("the parser accepts: {name}"));
        }
        if refusal(&both.whole, &text).is_none() {
            wrong.push(format!("the schema accepts: {name}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_parser_finds_semantic_mistakes() {
    let both = Both::with_types();
    let mut wrong = Vec::new();
    for (name, text) in STRICTER {
        let (before, after) = match text.strip_prefix("include") {
            Some(_) => (*text, ""),
            None => ("", *text),
        };
        let text = format!("{before}[host]\naddress = \"a\"\n{after}");
        if both.parser(&text).is_none() {
            wrong.push(format!("the parser accepts: {name}"));
        }
        if let Some(why) = refusal(&both.whole, &text) {
            wrong.push(format!(
                "the schema refuses as well, so it belongs to the others: {name}: {why}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_layer_may_omit_required_keys_but_not_misspell_them() {
    let both = Both::with_types();
    for text in [
        "[synapse]\nmedia.max_upload = \"1G\"\n",
        "[host]\nport = 22\n",
        "[types]\ntable.b.c = 1\n",
    ] {
        assert_eq!(refusal(&both.layer, text), None, "{text}");
        assert!(refusal(&both.whole, text).is_some(), "{text}");
    }
    for text in [
        "[synapse]\nmedia.max_uplaod = \"1G\"\n",
        "[[cron]]\nname = \"a\"\n",
        "[types]\nrows = [{}]\n",
    ] {
        assert!(refusal(&both.layer, text).is_some(), "{text}");
    }
}

#[test]
fn shipped_specs_pass_both_and_name_their_schema_first() {
    let both = Both::new(&[]);
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for directory in ["inventory", "examples/layers", "examples/lab"] {
        for path in files(&top.join(directory))
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let first = text.lines().next().unwrap().strip_prefix("#:schema ");
            let schema =
                path.parent().unwrap().join(first.unwrap_or_else(|| panic!("{}", path.display())));
            let is_layer = schema.ends_with("schema-layer.json");
            let validator = if is_layer { &both.layer } else { &both.whole };
            let shipped: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&schema).unwrap()).unwrap();
            let shipped = jsonschema::draft7::new(&shipped).unwrap();
            assert_eq!(refusal(validator, &text), None, "{}", path.display());
            assert_eq!(refusal(&shipped, &text), None, "{}", path.display());
            // A layer without a host is not a spec by itself.
            if !is_layer || text.contains("\n[host]") {
                assert_eq!(both.judge(load(&path, Variables::Unread)), None, "{}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
}

/// The golden cases set every option of the built-in modules.
#[test]
fn the_schema_accepts_every_golden_case_that_the_parser_accepts() {
    let both = Both::new(&[]);
    let (mut accepted, mut refused) = (0, Vec::new());
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules");
    for directory in on_disk::modules(&modules).unwrap() {
        let golden = |path: &str| path.strip_prefix("golden/").map(str::to_owned);
        let beside =
            directory.files.iter().filter_map(|(path, bytes)| Some((golden(path)?, bytes.clone())));
        let beside = InMemory(beside.collect());
        for path in directory.below("golden/", ".toml") {
            let source = directory.source(path).unwrap();
            let host =
                if source.text.contains("[host]") { "" } else { "[host]\naddress = \"a\"\n" };
            let mut json = json(&format!("{}\n{host}", source.text));
            json.as_object_mut().unwrap().shift_remove("golden");
            let text = toml::to_string(&json).unwrap();
            let spec = Spec::read(&Source::new(path, text.clone()), Arc::new(beside.clone()));
            match both.judge(spec) {
                Some(why) => refused.push(format!("{}/{path}: {why}", directory.name)),
                None => {
                    assert_eq!(refusal(&both.whole, &text), None, "{}/{path}", directory.name);
                    accepted += 1;
                }
            }
        }
    }
    assert!(accepted >= 10, "{accepted}\n{}", refused.join("\n"));
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// The examples in docs/kinds.md are parts of a spec that both accept.
#[test]
fn the_worked_examples_are_right() {
    let both = Both::new(&[]);
    let files = ["status.conf", "signal.yaml"].map(|path| (path.to_owned(), b"x".to_vec()));
    let host = "[host]\naddress = \"a\"\n[synapse]\nserver_name = \"example.org\"\n[postgres]\n[tls]\nprovider = \"self-signed\"\n[well_known]\n";
    for part in WORKED {
        let nginx = if part.contains("[nginx]") { "" } else { "[nginx]\n" };
        let text = format!("{host}{nginx}{part}");
        let spec = Spec::read(
            &Source::new("spec.toml", text.clone()),
            Arc::new(InMemory(files.clone().into())),
        );
        assert_eq!(both.judge(spec), None, "{part}");
        assert_eq!(refusal(&both.whole, &text), None, "{part}");
    }
}
