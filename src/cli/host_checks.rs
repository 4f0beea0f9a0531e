//! Checks `[host]` as far as possible without a connection, with the connection's own checks and messages. Values of
//! environment variables are not known here.

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::remote::{SshEnvironment, Target, check_host_key, hops};
use crate::secret::check_name;
use crate::spec::host::Host;

/// Returns everything that is wrong with `[host]`.
pub(super) fn host(host: &Host) -> Problems {
    let key = problem(host.host_key.as_deref(), &host.host_key_place, &check_host_key);
    let jump = problem(host.jump.as_deref(), &host.jump_place, &|jump| {
        let target = Target { jump: Some(jump.to_owned()), ..Target::new(host.address.clone()) };
        // Reads no SSH configuration of this machine: it may name other routes.
        hops(&target, &SshEnvironment::default()).map(drop)
    });
    let sudo = problem(host.sudo_password.as_deref(), &host.sudo_password_place, &check_name);
    key.into_iter().chain(jump).chain(sudo).collect()
}

/// Returns the problem with a value, at its place.
fn problem(
    text: Option<&str>,
    place: &Option<Place>,
    check: &dyn Fn(&str) -> Result<(), Diagnostic>,
) -> Option<Diagnostic> {
    let text = text.filter(|text| !text.starts_with('$'))?;
    Some(check(text).err()?.at(place.as_ref()?))
}
