//! Reads a file of this machine that SSH needs, up to a size: an `Include` may name a device that
//! never ends.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// No file that SSH needs is larger (bytes).
const LIMIT: u64 = 16 << 20;

/// The file's bytes; one that is too large is an error.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {LIMIT} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_file_is_too_large() {
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
    }
}
