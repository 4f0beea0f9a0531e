//! The arguments of the shell functions, and their reports when no request could be made.

use super::{AdminCall, UserId};
use crate::diagnostic::{Diagnostic, visible};
use crate::module::AccountService;
use zeroize::Zeroizing;

/// Returns the arguments that say where to connect and as which user.
///
/// # Errors
///
/// The operator's name is not valid (`accounts/name`), or the server name has characters that do not belong in one,
/// such as quotes (`accounts/server`).
pub fn connection_args(service: &AccountService) -> Result<Vec<String>, Diagnostic> {
    let operator = UserId::of(&service.operator, &service.server_name, true)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "@._=/+-:[]".contains(c);
    if !operator.as_str().chars().all(fits) {
        let message = format!("`{}` is not a server name", visible(&service.server_name));
        return Err(Diagnostic::error("accounts/server", message));
    }
    let (oldest, newest) = service.schemas;
    Ok(vec![
        service.port.to_string(),
        service.listener.clone(),
        operator.to_string(),
        oldest.to_string(),
        newest.to_string(),
        service.cluster.clone().unwrap_or_default(),
        service.connection.clone(),
        service.python.clone(),
    ])
}

/// Returns the requests in the format that the functions read.
pub fn script(service: &AccountService, calls: &[AdminCall]) -> Zeroizing<String> {
    let url = format!("http://127.0.0.1:{}", service.port);
    let mut script = Zeroizing::new(String::new());
    calls.iter().for_each(|call| script.push_str(&call.lines(&url)));
    script
}

/// Why no request was made, as reported by the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestRefusal {
    /// The reason, as a keyword.
    pub reason: String,
    /// The output of the program that failed.
    pub output: String,
}

/// Returns the reason as a message.
pub fn denied(service: &AccountService, denied: &RequestRefusal) -> Diagnostic {
    let problem = |message: String| Diagnostic::error("accounts/unreachable", message);
    let port = service.port;
    let output = visible(denied.output.trim());
    match denied.reason.as_str() {
        "curl" => problem("curl is not installed on the host".to_owned())
            .help("on the host: `apt-get install curl`"),
        "down" => problem(format!("Synapse is not running: nothing listens on 127.0.0.1:{port}"))
            .help("run `matrixform apply`, or see `journalctl -u matrix-synapse` on the host"),
        "foreign" => problem(format!(
            "the program that listens on 127.0.0.1:{port} is not Synapse: it runs as user {output}, Synapse as {}",
            service.listener
        ))
        .help("nothing was sent to it; to see what it is, run `ss -ltnp` on the host"),
        _ => database(service, &output),
    }
}

fn database(service: &AccountService, output: &str) -> Diagnostic {
    let problem = |message: String| Diagnostic::error("accounts/database", message);
    let after = |mark: &str| output.split_once(mark).map(|(_, rest)| rest);
    if let Some(version) = after("matrixform: schema ") {
        let version: String = version.chars().take_while(char::is_ascii_digit).collect();
        let (oldest, newest) = service.schemas;
        return problem(format!(
            "Synapse's database has schema {version}; this matrixform supports {oldest} to {newest}"
        ))
        .help("nothing was written; use a newer matrixform");
    }
    if after("matrixform: taken").is_some() {
        let (name, server) = (&service.operator, &service.server_name);
        return problem(format!(
            "@{name}:{server} is in use: it has a password, a device or another login"
        ))
        .help("matrixform reserves this name; deactivate the account and remove its password and devices");
    }
    if output.contains("schema_version") && output.contains("does not exist") {
        return problem("Synapse's database is empty: Synapse has never started".to_owned())
            .help("run `matrixform apply`");
    }
    let lines = output.lines().take(5);
    let problem = lines.fold(
        problem("no token could be created in Synapse's database".to_owned()),
        |problem, line| problem.note_line(line.to_owned()),
    );
    problem.help("run `matrixform plan` to see what differs on the host")
}
