//! How long a rebuild may take, for whoever has to tell a community when it is back.

/// Packages, Synapse from PyPI and the first start (seconds): what `tests/full rebuild` measures on two cores.
const INSTALLING: u64 = 90;

/// A dump is fetched, loaded and compared at this rate (bytes a second), its indexes included.
const DATABASE: u64 = 4_000_000;

/// Media come out of a repository at this rate (bytes a second): that of a fast line, which is what it mostly depends on.
const FILES: u64 = 20_000_000;

/// Seconds, by the sizes of the dump and of everything in the snapshot (bytes).
pub fn expected(dump: u64, total: u64) -> u64 {
    INSTALLING + dump / DATABASE + total.saturating_sub(dump) / FILES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_takes_longest() {
        assert_eq!(expected(0, 0), 90);
        let gib = 1 << 30;
        assert!(expected(gib, gib) > expected(0, gib) && expected(gib, 2 * gib) < 600);
        assert!(expected(u64::MAX, 0) > 0);
    }
}
