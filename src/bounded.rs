//! Reads and works within limits: a file or stream that a user, a repository or a host names may never end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Reads all bytes.
///
/// # Errors
///
/// Reading fails, or there are more than `limit` bytes (`ErrorKind::FileTooLarge`).
#[allow(clippy::disallowed_methods)] // the bounded reader itself
pub(crate) fn read(from: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it is larger than {limit} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Opens a file to read it; a FIFO does not make it wait.
///
/// # Errors
///
/// The file cannot be opened.
pub(crate) fn open(path: &Path) -> Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    File::options().read(true).custom_flags(flags).open(path)
}

/// Reads a file of any type that ends.
///
/// # Errors
///
/// The file cannot be opened or read, or is larger than `limit` (`ErrorKind::FileTooLarge`).
pub(crate) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>> {
    read(std::fs::File::open(path)?, limit)
}

/// Reads the text of a regular file.
///
/// # Errors
///
/// Fails as `read_regular` does, or because the file is not UTF-8 (`ErrorKind::InvalidData`).
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String> {
    String::from_utf8(read_regular(path, limit)?)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "it is not text (UTF-8)"))
}

/// Reads a regular file; anything else is refused, and a FIFO without waiting.
///
/// # Errors
///
/// The path does not lead to a regular file (`ErrorKind::InvalidInput`), or the file cannot be read or is larger than
/// `limit` (`ErrorKind::FileTooLarge`).
pub(crate) fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    read(file, limit)
}

/// The stack size of the worker, at least that of the main thread (bytes).
const STACK: usize = 16 << 20;

/// Returns the result of some work, or `None` if it takes longer than `time`; it then continues until the program
/// ends.
pub(crate) fn within<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    // After a timeout, there is no receiver any more.
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || drop(sender.send(work())));
    let Ok(worker) = worker else { return None };
    match receiver.recv_timeout(time) {
        Ok(found) => Some(found),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => match worker.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_up_to_the_limit_is_read() {
        assert_eq!(read(&b"12345"[..], 5).unwrap(), b"12345");
        let error = read(&b"123456"[..], 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert_eq!(error.to_string(), "it is larger than 5 bytes");
    }

    #[test]
    fn a_fifo_is_refused_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(read_regular(&path, 5).unwrap_err().to_string(), "it is not a regular file");
        assert!(!open(&path).unwrap().metadata().unwrap().is_file());
    }

    #[test]
    fn slow_work_is_abandoned() {
        assert_eq!(within(Duration::from_secs(60), || 1), Some(1));
        let long = || thread::sleep(Duration::from_secs(60));
        assert_eq!(within(Duration::from_millis(1), long), None);
    }

    #[test]
    fn endless_files_and_devices_are_refused() {
        let zero = Path::new("/dev/zero");
        assert_eq!(read_file(zero, 1000).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_file(Path::new("/dev/null"), 0).unwrap(), b"");
        assert_eq!(read_regular(zero, 1000).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
