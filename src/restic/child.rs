//! The restic process: its whole environment is given, its output is limited, and an interrupt lets it exit cleanly.

use crate::diagnostic::Diagnostic;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Command;

/// The longest list of snapshots (bytes).
const PRINTED: u64 = 64 << 20;

/// How many bytes of its error messages are read.
const COMPLAINED: u64 = 1 << 20;

/// A callback for each line.
pub type Progress<'h> = dyn FnMut(&str) + 'h;

/// The result of the process.
pub(super) struct Ended {
    pub(super) is_good: bool,
    /// Whether it was interrupted by this program.
    pub(super) is_interrupted: bool,
    pub(super) out: Vec<u8>,
    pub(super) complaints: Vec<u8>,
}

pub(super) async fn run(
    program: &Path,
    args: &[&str],
    variables: &BTreeMap<String, String>,
    limit: Option<Duration>,
    progress: &mut Progress<'_>,
) -> Result<Ended, Diagnostic> {
    let failed = |why: std::io::Error| {
        let message = format!("`{}` cannot be run: {why}", program.display());
        Diagnostic::error("restic/unusable", message)
    };
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(variables);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A process with a limit is killed when nothing waits for it any more: it did not answer.
    command.kill_on_drop(limit.is_some());
    let mut child = command.spawn().map_err(failed)?;
    let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let (out, complaints) = (child.stdout.take(), child.stderr.take());
    let mut is_interrupted = false;
    let work = async { tokio::join!(lines(out, progress), whole(complaints), child.wait()) };
    let (out, complaints, status) = {
        tokio::pin!(work);
        let deadline = tokio::time::sleep(limit.unwrap_or(Duration::from_secs(365 * 86_400)));
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                ended = &mut work => break ended,
                () = &mut deadline => {
                    let seconds = limit.unwrap_or_default().as_secs();
                    let message = format!("restic did not answer within {seconds} s");
                    return Err(Diagnostic::error("restic/overdue", message)
                        .help("see whether the repository's server can be reached from here"));
                }
                // On a terminal, restic receives it as well: it removes its locks, and exits.
                Ok(()) = tokio::signal::ctrl_c() => {
                    is_interrupted = true;
                    id.map(|id| kill_process(id, Signal::INT));
                }
            }
        }
    };
    let is_good = status.map_err(failed)?.success();
    Ok(Ended { is_good, is_interrupted, out: out.map_err(failed)?, complaints })
}

/// Returns the whole output, and reports each line.
async fn lines(
    from: Option<impl AsyncRead + Unpin>,
    progress: &mut Progress<'_>,
) -> std::io::Result<Vec<u8>> {
    let Some(from) = from else { return Ok(Vec::new()) };
    let mut reader = BufReader::new(from.take(PRINTED));
    let (mut all, mut begun) = (Vec::new(), 0);
    while reader.read_until(b'\n', &mut all).await? > 0 {
        progress(String::from_utf8_lossy(all.get(begun..).unwrap_or_default()).trim_end());
        begun = all.len();
    }
    if all.len() as u64 >= PRINTED {
        let message = format!("it printed more than {PRINTED} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(all)
}

/// Returns the error messages; only the beginning of a very long text.
async fn whole(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut all = Vec::new();
    let Some(mut from) = from else { return all };
    let _ = (&mut from).take(COMPLAINED).read_to_end(&mut all).await;
    // The process must not block on a full pipe.
    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    all
}
