//! The files of a host: the upper directory of its disk lists all differences from its base.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The state of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Type and permissions.
    pub(crate) mode: u32,
    owner: (u32, u32),
    size: u64,
    written: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    target: Option<PathBuf>,
}

/// The disk of a host.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// Its upper directory, the lower ones from the top down, and the mounted combination.
    pub(crate) upper: PathBuf,
    pub(crate) lower: Vec<PathBuf>,
    pub(crate) root: PathBuf,
}

/// The paths in an upper directory; `None` stands for a path removed from a lower one.
pub(crate) type Paths = BTreeMap<String, Option<Entry>>;

/// The change of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// New, replaced or written again.
    Changed,
    /// Removed.
    Gone,
    /// A directory whose entries changed.
    Stirred,
}

impl Entry {
    fn of(path: &Path, meta: &Metadata) -> Option<Entry> {
        let is_whiteout = meta.file_type().is_char_device() && meta.rdev() == 0;
        (!is_whiteout).then(|| Entry {
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            size: if meta.is_dir() { 0 } else { meta.size() },
            written: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
            target: meta.is_symlink().then(|| std::fs::read_link(path).unwrap_or_default()),
        })
    }

    fn is_directory(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Type, permissions and owner.
    fn kind(&self) -> (u32, (u32, u32)) {
        (self.mode, self.owner)
    }
}

impl Disk {
    /// The disk of a lab host, by its directory.
    pub(crate) fn of(lab: &Path, name: &str) -> Disk {
        let directory = lab.join("guests").join(name);
        let lower = std::fs::read_to_string(directory.join("lower")).expect("the host's layers");
        let lower = lower.trim().split(':').map(|layer| lab.join(layer)).collect();
        Disk { upper: directory.join("upper"), lower, root: directory.join("root") }
    }

    /// All paths of the upper directory.
    pub(crate) fn paths(&self) -> Paths {
        let mut paths = Paths::new();
        walk(&self.upper, "", &mut paths);
        paths
    }

    /// The entry in the lower directories.
    fn beneath(&self, path: &str) -> Option<Entry> {
        let mut found = self.lower.iter().filter_map(|layer| {
            let path = layer.join(path.trim_start_matches('/'));
            let meta = path.symlink_metadata().ok()?;
            Some(Entry::of(&path, &meta))
        });
        found.next().flatten()
    }

    /// All paths in the lower directories below a directory.
    fn below(&self, path: &str) -> Vec<String> {
        let mut paths = Paths::new();
        for layer in &self.lower {
            walk(&layer.join(path.trim_start_matches('/')), path, &mut paths);
        }
        paths.into_keys().filter(|path| self.beneath(path).is_some()).collect()
    }

    /// The differences between two observations.
    pub(crate) fn differences(&self, before: &Paths, after: &Paths) -> Vec<(String, Fate)> {
        let mut found = Vec::new();
        for (path, now) in after {
            let fate = match before.get(path) {
                Some(was) if was == now => None,
                Some(was) => self.fate(path, was.as_ref(), now.as_ref(), false),
                None => self.fate(path, self.beneath(path).as_ref(), now.as_ref(), true),
            };
            if fate == Some(Fate::Gone) {
                // One whiteout removes everything below it.
                let below = self.below(path).into_iter().filter(|path| !before.contains_key(path));
                found.extend(below.map(|path| (path, Fate::Gone)));
            }
            found.extend(fate.map(|fate| (path.clone(), fate)));
        }
        // Created on the host before, and now removed.
        let gone = before.iter().filter(|(path, was)| was.is_some() && !after.contains_key(*path));
        found.extend(gone.map(|(path, _)| (path.clone(), Fate::Gone)));
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }

    /// A copied-up file is unchanged if it equals the one below.
    fn fate(
        &self,
        path: &str,
        was: Option<&Entry>,
        now: Option<&Entry>,
        is_copy: bool,
    ) -> Option<Fate> {
        match (was, now) {
            (None, None) => None,
            (None, Some(_)) => Some(Fate::Changed),
            (Some(_), None) => Some(Fate::Gone),
            (Some(was), Some(now)) if was.kind() != now.kind() => Some(Fate::Changed),
            (Some(was), Some(now)) if now.is_directory() => {
                let is_other = !is_copy && was.inode != now.inode;
                let is_stirred = was.written != now.written;
                if is_other {
                    Some(Fate::Changed)
                } else {
                    // Copying up something below it only moves the change time.
                    is_stirred.then_some(Fate::Stirred)
                }
            }
            (Some(was), Some(now)) if is_copy => {
                let is_same = (was.size, was.written, &was.target)
                    == (now.size, now.written, &now.target)
                    && self.is_as_beneath(path);
                (!is_same).then_some(Fate::Changed)
            }
            _ => Some(Fate::Changed),
        }
    }

    /// With equal size and time, the content decides.
    fn is_as_beneath(&self, path: &str) -> bool {
        let path = path.trim_start_matches('/');
        let read = |directory: &PathBuf| {
            let path = directory.join(path);
            path.symlink_metadata().ok()?.is_file().then(|| std::fs::read(path).ok())?
        };
        read(&self.upper) == self.lower.iter().find_map(read)
    }
}

fn walk(directory: &Path, name: &str, paths: &mut Paths) {
    // A directory may disappear during the walk.
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if meta.is_dir() {
            walk(&path, &name, paths);
        }
        paths.insert(name, Entry::of(&path, &meta));
    }
}
