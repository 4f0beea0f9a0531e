//! Kind `acme_deploy_hook`: the program that certbot runs after each renewal. It is built from the same shell functions
//! as apply, so both deploy the same pair.

use super::managed_file::ManagedFile;
use super::reader::AttributeReader;
use super::service::is_unit;
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "acme_deploy_hook",
    summary: "The program that certbot runs after each renewal of an `acme_certificate`: it checks the new pair, copies it to where services read it, reloads them, and sets the next renewal.",
    example: "[[resource]]\nkind = \"acme_deploy_hook\"\nname = \"/usr/local/lib/matrixform/deploy-certificate\"\n\
              lineage = \"www.example.org\"\ncertificate = \"/etc/ssl/matrixform/front\"\n\
              webroot = \"/var/lib/acme-challenge\"\nunits = [\"nginx.service\"]\n",
    attributes: &[
        AttributeDoc {
            name: "lineage",
            takes: "text",
            required: true,
            default: None,
            doc: "The `acme_certificate` that it belongs to.",
        },
        AttributeDoc {
            name: "certificate",
            takes: "path prefix",
            required: true,
            default: None,
            doc: "Where the copy goes: `.crt` and `.key` are added.",
        },
        AttributeDoc {
            name: "webroot",
            takes: "path",
            required: true,
            default: None,
            doc: "The directory on the host for challenges.",
        },
        AttributeDoc {
            name: "units",
            takes: "list of units",
            required: false,
            default: Some("none"),
            doc: "Units to reload afterwards.",
        },
    ],
    shell: include_str!("acme_deploy.sh"),
    declare,
    phase: Phase::Write,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path {name}"]),
    forget: OrphanPolicy::Paths,
    batch: None,
};

#[derive(Debug)]
struct Hook(ManagedFile);

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let path = reader.path_name();
    let lineage = reader.text("lineage").unwrap_or_default();
    if reader.has("lineage") && !is_lineage(&lineage) {
        reader.refuse("lineage", "`lineage` takes letters, digits, `.`, `_` and `-`");
    }
    let mut place = |name: &'static str| {
        let place = reader.text(name).unwrap_or_default();
        if reader.has(name) && !host_path::is_normal(&place) {
            reader
                .refuse(name, format!("`{name}` takes an absolute path without `.`, `..` or `//`"));
        }
        place
    };
    let (certificate, webroot) = (place("certificate"), place("webroot"));
    let units = reader.list("units");
    if !units.iter().all(|unit| is_unit(unit)) {
        reader.refuse("units", "`units` takes names such as `nginx.service`");
    }
    let args = [&lineage, &certificate, &webroot, &path].into_iter().chain(&units);
    let args: Vec<&str> = args.map(String::as_str).collect();
    let program = certificate_renewal::program("acme_hook", &args, &[KIND.shell]);
    let mut program = ManagedFile::public(path.clone(), program);
    program.mode = "0755".to_owned();
    reader.finish(Box::new(Hook(program)))
}

/// Whether certbot accepts this as a lineage name and it cannot be read as a path.
pub(super) fn is_lineage(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !text.is_empty() && !text.starts_with(['.', '-']) && text.len() <= 200 && text.chars().all(fits)
}

impl Resource for Hook {
    fn provides(&self) -> Vec<String> {
        self.0.provides()
    }

    fn requires(&self) -> Vec<String> {
        self.0.requires()
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.0.ask(questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        self.0.observe(answers)
    }

    fn wanted(&self) -> Attributes {
        self.0.wanted()
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        self.0.compare(observed)
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        self.0.converge(change)
    }
}
