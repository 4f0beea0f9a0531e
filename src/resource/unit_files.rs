//! Files from which systemd reads its units: `/etc/systemd/system/UNIT`, and drop-ins in the directories beside it.

use super::{Declared, Step};

/// The directory of the administrator's units.
pub const UNIT_FILES: &str = "/etc/systemd/system/";

/// Returns the step that makes systemd load all units as they are on disk.
pub fn reread_units() -> Step {
    Step::new("reloading systemd's unit files", "service_reread", &[])
}

/// Whether systemd reads this resource for this unit. The mode of a directory of drop-ins changes nothing for the
/// service.
pub(super) fn is_read_for_unit(declared: &Declared, unit: &str) -> bool {
    declared.address.kind != "directory" && is_of_unit(&declared.address.name, unit)
}

/// Whether systemd reads this file, link or absent path for this unit: its own file, one of its drop-ins, or one of its
/// template or of a shorter name (systemd.unit(5)). Drop-ins of all services (`service.d`) belong to none of them.
pub fn is_of_unit(path: &str, unit: &str) -> bool {
    let Some(rest) = path.strip_prefix(UNIT_FILES) else { return false };
    let (first, is_below) = match rest.split_once('/') {
        Some((first, _)) => (first, true),
        None => (rest, false),
    };
    let Some((stem, kind)) = unit.rsplit_once('.') else { return false };
    let template = stem.split_once('@').map(|(name, _)| format!("{name}@.{kind}"));
    let own = [Some(unit), template.as_deref()];
    let Some(name) = first.strip_suffix(".d") else {
        return !is_below && own.contains(&Some(first));
    };
    let is_shorter = |(at, _): (usize, &str)| {
        stem.get(..=at).is_some_and(|start| name.strip_prefix(start) == Some(&format!(".{kind}")))
    };
    own.contains(&Some(name)) || stem.match_indices('-').any(is_shorter)
}

#[cfg(test)]
mod tests {
    use super::is_of_unit;

    #[test]
    fn a_unit_consists_of_its_file_and_its_drop_ins() {
        let of = |path: &str, unit| is_of_unit(&format!("/etc/systemd/system/{path}"), unit);
        assert!(of("nginx.service", "nginx.service"));
        assert!(of("nginx.service.d", "nginx.service"), "an absent directory");
        assert!(of("nginx.service.d/x.conf", "nginx.service"));
        assert!(of("postgresql@.service.d/x.conf", "postgresql@15-main.service"));
        assert!(of("postgresql@.service", "postgresql@15-main.service"));
        assert!(of("matrix-.service.d/x.conf", "matrix-synapse.service"));
        assert!(!of("matrix-.timer.d/x.conf", "matrix-synapse.service"));
        assert!(!of("nginx.socket.d/x.conf", "nginx.service"));
        assert!(!of("service.d/x.conf", "nginx.service"));
        assert!(!of("multi-user.target.wants/nginx.service", "nginx.service"));
        assert!(!is_of_unit("/etc/nginx.service", "nginx.service"));
    }
}
