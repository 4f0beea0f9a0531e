//! A second login while the first one is in use: after changes to SSH access, it proves that logging in still works.

use super::{Project, Reporter, library};
use crate::diagnostic::{Diagnostic, Problems};
use crate::host;
use crate::remote::{Shell, SshLink};
use std::time::Duration;

/// How long a new login may take to succeed.
const LOGIN: Duration = Duration::from_secs(20);

/// Logs in over a new connection, becomes root as usual, and leaves a word there as proof.
pub(super) async fn log_in(
    project: &Project,
    reporter: &dyn Reporter,
    nonce: &str,
) -> Result<(), Diagnostic> {
    let connection = project.connect(reporter).await?;
    let first = |problems: Problems| {
        problems
            .into_iter()
            .next()
            .unwrap_or_else(|| Diagnostic::bug("an operation failed without a diagnostic"))
    };
    let root_access = project.root_access(connection.user()).map_err(first)?;
    let line = SshLink::new(connection.starter(), host::opening(&root_access));
    let mut shell = Shell::new(line, &library(), project.shell_start_limit())?;
    let id = shell.step(LOGIN, "login_confirm", &[nonce], None);
    shell.flush().await;
    let (output, status) = shell.body(id, LOGIN, |_| {}).await?;
    drop(shell);
    connection.close().await;
    match status {
        0 => Ok(()),
        _ => Err(Diagnostic::error("apply/login", String::from_utf8_lossy(&output).trim())),
    }
}
