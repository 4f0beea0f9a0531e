//! What is fuzzed: everything that reads bytes which someone else may have written. Each takes any
//! bytes and must come back, with an error or without one. Shared by the fuzz targets (nightly) and
//! by tests/fuzz_corpus.rs (stable).

use matrixform::for_tests::diagnostic::{Diagnostic, Source};
use matrixform::for_tests::module::{ModuleDirectory, Modules, check, embedded};
use matrixform::for_tests::net::dns::{self, Type};
use matrixform::for_tests::net::{self, Response, reply};
use matrixform::for_tests::observe;
use matrixform::for_tests::remote::{Frame, Parser, known_key_types};
use matrixform::for_tests::resource::Answers;
use matrixform::for_tests::spec::{Spec, files::InMemory};
use matrixform::for_tests::x509::Certificate;
use std::sync::{Arc, LazyLock};

/// The built-in modules, loaded once.
static MODULES: LazyLock<Option<Modules>> = LazyLock::new(|| Modules::load(&embedded(), &[]).ok());

/// The nonce of recorded answers.
pub(crate) const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// A spec, as `matrixform plan` reads it before it connects.
pub(crate) fn spec(bytes: &[u8]) {
    let (Ok(text), Some(modules)) = (std::str::from_utf8(bytes), MODULES.as_ref()) else { return };
    let source = Source::new("prod.toml", text);
    match Spec::read(&source, Arc::new(InMemory::default())) {
        Err(problems) => shown(&problems),
        Ok(spec) => shown(&check(&spec, modules).problems),
    }
}

/// A module of the user's own: its manifest, and after a line `---8<---` its template.
pub(crate) fn manifest(bytes: &[u8]) {
    let cut = b"\n---8<---\n";
    let at = bytes.windows(cut.len()).position(|window| window == cut);
    let (manifest, template) = match at {
        Some(at) => (&bytes[..at], &bytes[at + cut.len()..]),
        None => (bytes, &b"{{ facts.os.id }}"[..]),
    };
    let mut directory = ModuleDirectory::new("own", "modules/own");
    directory.files.insert("module.toml".to_owned(), manifest.to_vec());
    directory.files.insert("templates/own.j2".to_owned(), template.to_vec());
    drop(Modules::load(&embedded(), &[directory]).map_err(|problems| shown(&problems)));
}

/// A known_hosts file.
pub(crate) fn known_hosts(bytes: &[u8]) {
    let Ok(file) = tempfile::NamedTempFile::new() else { return };
    if std::fs::write(file.path(), bytes).is_err() {
        return;
    }
    let files = [file.path().to_owned()];
    for (host, port) in [("vps.example.org", 22), ("192.0.2.1", 2222)] {
        drop(known_key_types(&files, host, port).map_err(|problem| shown(&[problem])));
    }
}

/// What a host answers, in four places: before it has said how it marks its answers, as it comes over
/// the connection, as the compressed body in it, and as the records in that.
pub(crate) fn answer(bytes: &[u8]) {
    let mut announced = Parser::announced("mark");
    bytes.chunks(97).for_each(|piece| drop(announced.feed(piece)));
    let mut parser = Parser::new(NONCE);
    for piece in bytes.chunks(97) {
        for frame in parser.feed(piece) {
            if let Frame::Data(_, body) = frame {
                records(&body);
            }
        }
    }
    let _ = parser.noise();
    let asked = vec![(1, "facts_observe".to_owned()), (2, "paths_observe".to_owned())];
    match observe::answers(NONCE, bytes, asked) {
        Ok(answers) => facts(&answers),
        Err(problem) => shown(&[problem]),
    }
    records(bytes);
}

fn records(body: &[u8]) {
    let mut answers = Answers::default();
    answers.add(matrixform::for_tests::host::FACTS, 0, body);
    facts(&answers);
}

fn facts(answers: &Answers) {
    let packages = ["nginx".to_owned()];
    let _ = (
        matrixform::for_tests::host::read(answers, &packages),
        matrixform::for_tests::host::offers(answers),
    );
}

/// What a server of the DNS answers, to each question that is ever asked.
pub(crate) fn dns(bytes: &[u8]) {
    let id = bytes.get(..2).map_or(0, |id| u16::from_be_bytes([id[0], id[1]]));
    let types =
        [Type::A, Type::Ns, Type::Cname, Type::Soa, Type::Mx, Type::Txt, Type::Aaaa, Type::Srv];
    for of in types.into_iter().chain([Type::Caa]) {
        let Some(message) = dns::answer(bytes, id, NAME, of) else { continue };
        for of in types {
            assert!(message.found(NAME, of).len() <= message.answers.len());
        }
        for record in message.answers.iter().chain(&message.authorities) {
            assert!(!record.name.contains(char::is_control), "{record:?}");
        }
    }
}

/// The name that the corpus of `dns` answers for.
const NAME: &str = "a.example.org";

/// What a web server answers: as HTTP while more may come and at the end, as TLS to a ClientHello, as the certificate that it shows,
/// and as where it sends its visitors.
pub(crate) fn web(bytes: &[u8]) {
    for ended in [false, true] {
        let Ok(Some(response)) = Response::read(bytes, ended) else { continue };
        assert!(response.body.len() <= bytes.len() && response.body.len() <= 1 << 20);
        response.header("location").into_iter().for_each(location);
    }
    let _ = reply(bytes);
    if let Some(certificate) = Certificate::read(bytes) {
        let _ = (certificate.subject_name(), certificate.issuer_name(), certificate.days());
        let _ = (certificate.weakness(), certificate.unfit_for_servers());
    }
    std::str::from_utf8(bytes).into_iter().for_each(location);
}

/// What is sent out for it is one line of a request: nothing in it ends the line.
fn location(url: &str) {
    if let Some(to) = net::HttpUrl::read(url) {
        let line = format!("{}{}", to.path, to.host_header());
        assert!(line.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{line:?}");
    }
}

/// What is wrong can be shown, and the first lines of it hold no control character.
fn shown(problems: &[Diagnostic]) {
    for problem in problems.iter().take(50) {
        let _ = problem.render(false);
    }
}
