//! All questions into one request, the answer back into observations: one flight, however many
//! resources. What a host answers is untrusted: sizes are bounded, and nothing is taken as a path.

use crate::bounded;
use crate::diagnostic::Diagnostic;
use crate::remote::{Frame, Link, Parser, Shell};
use crate::resource::{Answers, INSTALLATION, LEDGER, Questions, Wanted};
use flate2::read::GzDecoder;
use std::collections::HashMap;
use std::io::ErrorKind;

/// A host that answers more than this is refused (bytes, uncompressed).
const ANSWER_LIMIT: u64 = 256 << 20;

/// What the wanted resources want to know.
pub fn questions(wanted: &[Wanted]) -> Questions {
    let mut questions = Questions::default();
    for item in wanted {
        item.resource.ask(&item.context, &mut questions);
    }
    questions
}

/// Asks for facts (`words` go to `facts_observe`) and for all else in one flight.
pub async fn observe<L: Link>(
    shell: &mut Shell<L>,
    words: &[String],
    questions: &Questions,
) -> Result<Answers, Diagnostic> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let always = [(crate::host::FACTS, words), (LEDGER, Vec::new()), (INSTALLATION, Vec::new())];
    let asked = shell.ask(always.into_iter().chain(questions.calls()));
    shell.flush().await;
    let (body, _) = shell.body(asked.pack, |_| {}).await?;
    answers(shell.nonce(), &body, asked.functions)
}

/// Reads the compressed answer to questions: the body of one frame, in it a frame per function.
/// `functions` tells which id asked which. What is cut, foreign or too much is an error.
pub fn answers(
    nonce: &str,
    body: &[u8],
    functions: Vec<(u32, String)>,
) -> Result<Answers, Diagnostic> {
    let mut names: HashMap<u32, String> = functions.into_iter().collect();
    let mut answers = Answers::default();
    for (id, status, body) in frames(nonce, &unpack(body)?) {
        if let Some(function) = names.remove(&id) {
            answers.add(&function, status, &body);
        }
    }
    if names.is_empty() { Ok(answers) } else { Err(incomplete(names)) }
}

fn unpack(body: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    bounded::read(GzDecoder::new(body), ANSWER_LIMIT).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            Diagnostic::error("observe/too-much", "the host answered more than 256 MiB")
        }
        _ => Diagnostic::error(
            "observe/unreadable",
            format!("the host's answer cannot be read: {error}"),
        )
        .help("see whether `gzip` and `base64` work on the host"),
    })
}

fn frames(nonce: &str, bytes: &[u8]) -> Vec<(u32, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut body = Vec::new();
    for frame in Parser::new(nonce).feed(bytes) {
        match frame {
            Frame::Begin(_) => body.clear(),
            Frame::Data(_, bytes) => body.extend(bytes),
            Frame::End(id, status) => found.push((id, status, std::mem::take(&mut body))),
        }
    }
    found
}

fn incomplete(names: HashMap<u32, String>) -> Diagnostic {
    let mut names: Vec<String> = names.into_values().collect();
    names.sort();
    Diagnostic::error(
        "observe/incomplete",
        format!("the host left questions unanswered: {}", names.join(", ")),
    )
    .help("try again; if it stays, report it with the command that you ran")
}
