//! Estimates how long a rebuild takes, for an operator who has to announce it to a community.

/// Packages, Synapse from PyPI, configuration and the first start (seconds). `tests/full clock` measured 55 on two cores
/// with a package mirror nearby (docs/benchmark.md).
const INSTALLING: u64 = 90;

/// The rate at which a dump is fetched, loaded and compared (bytes per second), including its indexes.
const DATABASE: u64 = 4_000_000;

/// The rate at which media come from a repository (bytes per second): that of a fast line, the main factor.
const FILES: u64 = 20_000_000;

/// Returns the expected seconds, from the sizes of the dump and of everything in the snapshot (bytes).
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
