//! Where files may be restored to: a separate directory, never over anything in use.

use crate::diagnostic::Diagnostic;
use crate::host_path;

/// Directories of the system, of packages, and of the data of services.
const RESERVED: [&str; 16] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/spool",
];

/// Checks whether something may be restored to a directory. The host checks whether it is empty.
///
/// # Errors
///
/// The path is not absolute and plain, or the directory is, contains or is inside one that the system or the server
/// uses (`backup/destination`).
pub fn destination(directory: &str, live: &[String]) -> Result<(), Diagnostic> {
    if !host_path::is_normal(directory) {
        let message = "`--to` takes an absolute path without `.`, `..` and a `/` at its end";
        return Err(Diagnostic::error("backup/destination", message)
            .help("write a new directory on the host, such as `/root/restored`"));
    }
    let reserved = RESERVED.iter().copied().chain(live.iter().map(String::as_str));
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let taken = reserved.map(|path| path.trim_end_matches('/')).find(|path| {
        // A parent of a live directory is not empty now, but may be one day.
        holds(path, directory) || holds(directory, path)
    });
    match taken {
        None => Ok(()),
        Some(taken) => {
            let message =
                format!("`{directory}` is in use: {taken} belongs to the system or the server");
            Err(Diagnostic::error("backup/destination", message)
                .note_line("nothing is restored over what is in use")
                .help("write a new directory on the host, such as `/root/restored`, and move the files yourself"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_separate_directory_is_accepted() {
        let live = ["/srv/media".to_owned(), "/opt/bridge/data/".to_owned()];
        for good in ["/root/restored", "/srv/restored", "/srv/media2", "/mnt/a/b c", "/opt/bridge2"]
        {
            assert!(destination(good, &live).is_ok(), "{good}");
        }
        for bad in [
            "/",
            "",
            "root/x",
            "/root/../etc",
            "/root/./x",
            "/root/x/",
            "//root",
            "/root/\n",
            "/etc",
            "/etc/x",
            "/var/lib/matrix-synapse/media/x",
            "/srv/media",
            "/srv/media/x",
            "/srv",
            "/var",
            "/opt/bridge/data/x",
        ] {
            assert!(destination(bad, &live).is_err(), "{bad}");
        }
    }
}
