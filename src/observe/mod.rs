//! Packs all questions into one request, and unpacks the answer: a single flight for any number of resources. Answers
//! from a host are untrusted: sizes are bounded, and no text is used as a path.

mod asking;

use crate::bounded;
use crate::diagnostic::Diagnostic;
use crate::remote::{Frame, Link, Parser, Shell};
use crate::resource::{
    Answers, INSTALLATION, LEDGER, LEFTOVERS, QuestionFailure, Questions, RUNS, SECRETS, Wanted,
};
use asking::{Asking, TIME_IS_UP};
use flate2::read::GzDecoder;
use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;

/// The largest answer of a host that is accepted (bytes, uncompressed).
const ANSWER_LIMIT: u64 = 256 << 20;

/// Returns the questions of the wanted resources.
pub fn questions(wanted: &[Wanted]) -> Questions {
    let mut questions = Questions::default();
    for item in wanted {
        item.resource.ask(&item.context, &mut questions);
    }
    for directory in directories(wanted) {
        questions.ask(LEFTOVERS, &[&directory]);
    }
    questions
}

/// The directories that a run writes to.
fn directories(wanted: &[Wanted]) -> BTreeSet<String> {
    let paths = wanted.iter().flat_map(|item| item.resource.replaces());
    paths
        .filter_map(|path| Some(path.rsplit_once('/')?.0.to_owned()))
        .filter(|directory| !directory.is_empty())
        .collect()
}

/// Asks for facts (`args` go to `facts_observe`) and everything else in one flight. A failed question is an error:
/// unknown state does not count as a difference.
///
/// # Errors
///
/// A question failed, the answer was truncated or is too large, or the connection was lost.
pub async fn observe<L: Link>(
    shell: &mut Shell<L>,
    args: &[String],
    questions: &Questions,
) -> Result<Answers, Diagnostic> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let always = [
        (crate::host::FACTS, args),
        (SECRETS, Vec::new()),
        (INSTALLATION, Vec::new()),
        (LEDGER, Vec::new()),
        (RUNS, Vec::new()),
        (crate::host::TOOLS, crate::host::needed_tools().collect()),
    ];
    let calls: Vec<(&'static str, Vec<&str>)> =
        always.into_iter().chain(questions.calls()).collect();
    flight(shell, &calls).await
}

/// Asks these questions and no others, of a host assumed to be unchanged.
///
/// # Errors
///
/// The answer is truncated or too large, the host takes too long, or the connection was lost. A failed question is not
/// an error, but one of the answer's failures.
pub async fn observe_alone<L: Link>(
    shell: &mut Shell<L>,
    questions: &Questions,
) -> Result<Answers, Diagnostic> {
    let calls: Vec<(&'static str, Vec<&str>)> = questions.calls().collect();
    let asked = shell.ask(calls.iter().cloned());
    shell.flush().await;
    let (body, _) = shell.body(asked.pack, asked.limit, |_| {}).await?;
    answers(shell.nonce(), &body, asked.functions)
}

async fn flight<L: Link>(
    shell: &mut Shell<L>,
    calls: &[(&'static str, Vec<&str>)],
) -> Result<Answers, Diagnostic> {
    let asked = shell.ask(calls.iter().cloned());
    shell.flush().await;
    let came = shell.body(asked.pack, asked.limit, |_| {}).await;
    let asking = Asking { calls, asked: &asked };
    let (body, status) = came.map_err(|problem| asking.overdue(problem, &shell.overdue()))?;
    let answers = answers(shell.nonce(), &body, asked.functions.clone())?;
    asking.check(&answers, status == TIME_IS_UP)?;
    Ok(answers)
}

/// Reads the compressed answer: the body of one frame, which contains a frame for each function and, for a failed
/// function, a second one with its error output. `functions` maps ids to questions. Truncated, unreadable or oversized
/// data is an error.
///
/// # Errors
///
/// A function is missing from the answer, or the answer is unreadable or too large.
pub fn answers(
    nonce: &str,
    body: &[u8],
    functions: Vec<(u32, String)>,
) -> Result<Answers, Diagnostic> {
    let mut names: HashMap<u32, String> = functions.into_iter().collect();
    let mut failed: HashMap<u32, QuestionFailure> = HashMap::new();
    let mut answers = Answers::default();
    for (id, status, body) in frames(nonce, &unpack(body)?) {
        if let Some(function) = names.remove(&id) {
            answers.add(&function, status, &body);
            if status != 0 {
                failed
                    .insert(id, QuestionFailure { function, status, error_output: String::new() });
            }
        } else if let Some(failure) = failed.get_mut(&id) {
            failure.error_output = String::from_utf8_lossy(&body).trim().to_owned();
        }
    }
    let mut failed: Vec<(u32, QuestionFailure)> = failed.into_iter().collect();
    failed.sort_by_key(|(id, _)| *id);
    failed.into_iter().for_each(|(_, failure)| answers.fail(failure));
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
        .help("check that `gzip` and `base64` work on the host"),
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
    .help("try again; if it persists, report it with the command that you ran")
}
