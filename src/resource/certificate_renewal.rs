//! Kind `certificate_renewal`: a program on the host that renews a certificate between applies. It is built from the
//! same shell functions as apply, so both produce the same certificate.

use super::managed_file::ManagedFile;
use super::reader::AttributeReader;
use super::service::is_unit;
use super::*;
use crate::diagnostic::Problems;
use crate::host_path;
use crate::secret::Content;

/// The kind.
pub(super) const KIND: Kind = Kind {
    name: "certificate_renewal",
    summary: "A program for a timer that renews a certificate of a local authority when a quarter of its lifetime is left: later than `apply` would, so it acts only if nobody applies.",
    example: "[[resource]]\nkind = \"certificate_renewal\"\nname = \"/usr/local/sbin/renew-postgres\"\n\
              certificate = \"/etc/ssl/matrixform/postgres\"\nissuer = \"/etc/ssl/matrixform/ca\"\n\
              units = [\"postgresql@17-main.service\"]\n",
    attributes: &[
        AttributeDoc {
            name: "certificate",
            takes: "path prefix",
            required: true,
            default: None,
            doc: "The `certificate` to renew, keeping its names, key, owner and lifetime.",
        },
        AttributeDoc {
            name: "issuer",
            takes: "path prefix",
            required: true,
            default: None,
            doc: "The `certificate_authority` on the host that signs it.",
        },
        AttributeDoc {
            name: "units",
            takes: "list of units",
            required: false,
            default: Some("none"),
            doc: "Units to reload afterwards.",
        },
    ],
    shell: include_str!("certificate_renewal.sh"),
    declare,
    phase: Phase::Write,
    forget: OrphanPolicy::Paths,
    volatile: &[],
    implied: &[],
    footprint: Footprint::only(&["path {name}"]),
    batch: None,
};

/// Precedes the functions: the parts of the session's library that they depend on.
const HEAD: &str = "#!/bin/sh\n# Managed by matrixform.\n\nset -u\nLC_ALL=C\n\
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport LC_ALL PATH\numask 077\n\n\
    fail() {\n    printf '%s\\n' \"$*\"\n    return 1\n}\n\n";

#[derive(Debug)]
struct Renewal {
    program: ManagedFile,
    certificate: String,
    issuer: String,
}

fn declare(declared: &Declared) -> Result<Box<dyn Resource>, Problems> {
    let mut reader = AttributeReader::new(declared, KIND.attributes);
    let mut prefix = |name: &'static str| {
        let prefix = reader.text(name).unwrap_or_default();
        if reader.has(name) && !host_path::is_normal(&prefix) {
            reader.refuse(name, format!("`{name}` takes a path without its `.crt`"));
        }
        prefix
    };
    let (certificate, issuer) = (prefix("certificate"), prefix("issuer"));
    let units = reader.list("units");
    if !units.iter().all(|unit| is_unit(unit)) {
        reader.refuse("units", "`units` takes names such as `nginx.service`");
    }
    let mut program = ManagedFile::public(reader.path_name(), text(&certificate, &issuer, &units));
    program.mode = "0755".to_owned();
    reader.finish(Box::new(Renewal { program, certificate, issuer }))
}

/// Builds the program.
fn text(certificate: &str, issuer: &str, units: &[String]) -> Content {
    let args: Vec<&str> =
        [certificate, issuer].into_iter().chain(units.iter().map(String::as_str)).collect();
    program("renewal_run", &args, &[])
}

/// Builds a standalone program for the host that calls one of the certificate functions, or one of `more`.
pub(super) fn program(function: &str, args: &[&str], more: &[&str]) -> Content {
    let args: Vec<String> =
        args.iter().map(|arg| format!("'{}'", arg.replace('\'', r"'\''"))).collect();
    let mut functions =
        vec![include_str!("foreign.sh"), certificate::KIND.shell, service::KIND.shell, KIND.shell];
    functions.extend(more);
    let functions = functions.join("\n");
    Content::plain(format!("{HEAD}{functions}\n{function} {}\n", args.join(" ")))
}

impl Resource for Renewal {
    fn provides(&self) -> Vec<String> {
        self.program.provides()
    }

    fn requires(&self) -> Vec<String> {
        let mut requirements = self.program.requires();
        requirements
            .extend([&self.certificate, &self.issuer].map(|prefix| format!("path:{prefix}.crt")));
        requirements
    }

    fn ask(&self, _: &Context, questions: &mut Questions) {
        self.program.ask(questions);
    }

    fn observe(&self, _: &Context, answers: &Answers) -> Observed {
        self.program.observe(answers)
    }

    fn wanted(&self) -> Attributes {
        self.program.wanted()
    }

    fn compare(&self, _: &Context, observed: &Observed) -> Comparison {
        self.program.compare(observed)
    }

    fn converge(&self, _: &Context, change: &Comparison) -> Vec<Step> {
        self.program.converge(change)
    }
}
