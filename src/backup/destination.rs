//! Where files may be restored to: a separate folder, never over anything in use.

use crate::diagnostic::Diagnostic;

/// Folders of the system, of packages, and of the data of services.
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

/// Refuses a folder that is in use, or whose path is not plain. The host checks whether it is empty.
pub fn destination(folder: &str, live: &[String]) -> Result<(), Diagnostic> {
    let parts: Vec<&str> = folder.split('/').skip(1).collect();
    let is_straight = folder.starts_with('/')
        && !parts.is_empty()
        && parts.iter().all(|part| !matches!(*part, "" | "." | ".."))
        && !folder.chars().any(char::is_control);
    if !is_straight {
        let message = "`--to` takes an absolute path without `.`, `..` and a `/` at its end";
        return Err(Diagnostic::error("backup/destination", message)
            .help("write a new folder on the host, such as `/root/restored`"));
    }
    let reserved = RESERVED.iter().copied().chain(live.iter().map(String::as_str));
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let taken = reserved.map(|path| path.trim_end_matches('/')).find(|path| {
        // A parent of a live folder is not empty now, but may be one day.
        holds(path, folder) || holds(folder, path)
    });
    match taken {
        None => Ok(()),
        Some(taken) => {
            let message =
                format!("`{folder}` is in use: {taken} belongs to the system or the server");
            Err(Diagnostic::error("backup/destination", message)
                .note_line("nothing is restored over what is in use")
                .help("write a new folder on the host, such as `/root/restored`, and move the files yourself"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_separate_folder_is_accepted() {
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
