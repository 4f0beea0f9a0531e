//! Whether a host has room for a snapshot's contents.

use crate::diagnostic::Diagnostic;

/// Must stay free in addition (bytes).
const SPARE: u64 = 256 << 20;

/// A file system, for one part of a rebuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystemSpace {
    /// `spool`, `database`, `unpacking`, `files` or `media`.
    pub part: String,
    /// The id of the file system.
    pub device: String,
    /// Free space (bytes).
    pub free: u64,
    /// How much is written there besides the dump and the database (bytes).
    pub bytes: u64,
}

/// Explains why there is too little space for a dump of this size (bytes), the database restored from it, files and media.
/// Indexes make up about half of a database, and it is written through a write-ahead log.
pub fn lacking(dump: u64, places: &[FileSystemSpace]) -> Option<Diagnostic> {
    let needs = |place: &FileSystemSpace| match place.part.as_str() {
        "spool" => dump,
        "database" => dump.saturating_mul(5) / 2,
        _ => place.bytes,
    };
    let mut devices: Vec<&str> = places.iter().map(|place| place.device.as_str()).collect();
    devices.sort_unstable();
    devices.dedup();
    devices.into_iter().find_map(|device| {
        let on = || places.iter().filter(|place| place.device == device);
        let need = on().map(needs).fold(SPARE, u64::saturating_add);
        let free = on().map(|place| place.free).min()?;
        if free >= need {
            return None;
        }
        let mut parts: Vec<&str> = on().map(|place| place.part.as_str()).collect();
        parts.dedup();
        let mib = |bytes: u64| bytes / (1 << 20);
        let message = format!(
            "the disk is too small: {} need about {} MiB together, and {} MiB are free",
            parts.join(", "),
            mib(need),
            mib(free)
        );
        Some(
            Diagnostic::error("rebuild/space", message)
                .note_line("nothing was restored")
                .help("use a larger disk, or put media on a volume of their own"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(part: &str, device: &str, free: u64) -> FileSystemSpace {
        let bytes = if part == "media" { 3 << 30 } else { 0 };
        FileSystemSpace { part: part.to_owned(), device: device.to_owned(), free, bytes }
    }

    #[test]
    fn space_on_one_disk_is_added_up() {
        let all = |free| ["spool", "database", "media"].map(|part| place(part, "1", free));
        // 1 GiB + 2.5 GiB + 3 GiB, plus the spare space.
        let (dump, needed) = (1 << 30, (13 << 29) + SPARE);
        assert_eq!(lacking(dump, &all(needed)), None);
        let lacks = lacking(dump, &all(needed - 1)).unwrap();
        assert!(
            lacks.message.contains("6912 MiB") && lacks.message.contains("spool, database, media"),
            "{lacks:?}"
        );
        let apart = [
            place("spool", "1", 4 << 30),
            place("database", "1", 4 << 30),
            place("media", "2", 4 << 30),
        ];
        assert_eq!(lacking(dump, &apart), None);
        let small = [place("database", "1", 4 << 30), place("media", "2", 1 << 30)];
        assert!(lacking(dump, &small).unwrap().message.contains("media need"));
        assert!(lacking(u64::MAX, &small).is_some());
    }

    #[test]
    fn what_is_unpacked_needs_its_space_again() {
        let of = |part: &str, bytes| FileSystemSpace { bytes, ..place(part, "1", 4 << 30) };
        let files = [of("unpacking", 2 << 30), of("files", 1 << 30), of("files", 0)];
        assert_eq!(lacking(0, &files), None);
        let more = [of("unpacking", 2 << 30), of("files", 1 << 30), of("files", 1 << 30)];
        let lacks = lacking(0, &more).unwrap();
        assert!(lacks.message.contains("unpacking, files need"), "{lacks:?}");
    }
}
