//! The programs needed on every host, and the package that provides each one a host may lack.

use crate::diagnostic::Diagnostic;
use crate::resource::Answers;

/// The shell function that lists missing tools.
pub const TOOLS: &str = "tools_observe";

/// Debian's packages of the programs that every run needs: all are part of the smallest system.
const ALWAYS: [(&str, &[&str]); 10] = [
    (
        "coreutils",
        &[
            "base64",
            "cat",
            "chmod",
            "chown",
            "cksum",
            "cp",
            "cut",
            "date",
            "df",
            "head",
            "id",
            "ln",
            "ls",
            "mkdir",
            "mktemp",
            "mv",
            "nproc",
            "od",
            "paste",
            "readlink",
            "rm",
            "rmdir",
            "sha256sum",
            "sleep",
            "sort",
            "stat",
            "sync",
            "tail",
            "timeout",
            "touch",
            "tr",
            "uniq",
        ],
    ),
    ("findutils", &["find", "xargs"]),
    ("util-linux", &["flock", "setpriv", "unshare"]),
    ("mount", &["mount"]),
    ("gzip", &["gzip"]),
    ("grep", &["grep"]),
    ("sed", &["sed"]),
    ("hostname", &["hostname"]),
    ("libc-bin", &["getent"]),
    ("dpkg", &["dpkg", "dpkg-query"]),
];

/// Packages of programs that only some specs need, and that the plan itself may install.
const SOMETIMES: [(&str, &[&str]); 9] = [
    ("apt", &["apt-cache", "apt-get"]),
    ("curl", &["curl"]),
    ("debconf", &["debconf-set-selections"]),
    ("mawk", &["awk"]),
    ("openssl", &["openssl"]),
    ("passwd", &["groupadd", "useradd", "usermod"]),
    ("postgresql-client-common", &["psql"]),
    ("python3-venv", &["python3"]),
    ("systemd", &["journalctl", "systemctl", "systemd-run"]),
];

/// Returns the tools that every run needs.
pub fn needed_tools() -> impl Iterator<Item = &'static str> {
    ALWAYS.iter().flat_map(|(_, tools)| tools.iter().copied())
}

/// Returns the needed tools that the host lacks, in our order.
pub fn missing_tools(answers: &Answers) -> Vec<String> {
    let missing = |tool: &&str| answers.get(TOOLS, tool).is_some();
    needed_tools().filter(missing).map(str::to_owned).collect()
}

/// Returns the programs that a shell reports as not found.
pub fn not_found(stderr: &str) -> Vec<String> {
    let name = |line: &str| {
        let line = line.strip_suffix(": not found")?;
        let name = line.rsplit(": ").next()?;
        package(name).map(|_| name.to_owned())
    };
    let mut names: Vec<String> = stderr.lines().filter_map(name).collect();
    names.dedup();
    names
}

/// Returns the error for a host that lacks these tools.
pub fn without(tools: &[String]) -> Diagnostic {
    let verb = if tools.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} not on this host", tools.join(", "));
    let mut packages: Vec<&str> = tools.iter().filter_map(|tool| package(tool)).collect();
    packages.sort_unstable();
    packages.dedup();
    Diagnostic::error("host/tools", message)
        .help(format!("on the host: apt-get install {}", packages.join(" ")))
}

fn package(tool: &str) -> Option<&'static str> {
    let mut all = ALWAYS.iter().chain(&SOMETIMES);
    all.find(|(_, tools)| tools.contains(&tool)).map(|(package, _)| *package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_programs_are_named_with_their_packages() {
        let stderr = "sh: 1: systemctl: not found\nsh: stat: not found\nstat: /x: not found\nfrob: not found";
        assert_eq!(not_found(stderr), ["systemctl", "stat"]);
        let problem = without(&not_found(stderr));
        assert_eq!(problem.message, "systemctl, stat are not on this host");
        assert_eq!(problem.help.as_deref(), Some("on the host: apt-get install coreutils systemd"));
    }
}
