//! Checks that a port is not reachable from outside.

use super::VerifyContext;
use super::report::{Fault, ProbeResult};
use crate::module::outside::PortProbe;
use crate::net::bracketed;
use std::net::SocketAddr;

/// Tries every address of the host.
pub(super) async fn check(context: &VerifyContext, probe: &PortProbe) -> ProbeResult {
    let names = std::iter::once(&context.host).chain(&context.names);
    let all = super::all(names.map(|name| context.net.addresses(name))).await;
    let mut addresses: Vec<_> = all.into_iter().flatten().collect();
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        return ProbeResult::untried(format!("{} has no address", context.host));
    }
    let mut found = ProbeResult::default();
    let port = probe.tcp;
    let tried = addresses.into_iter().map(|address| async move {
        (address, context.net.is_open(SocketAddr::new(address, port)).await)
    });
    for (address, is_open) in super::all(tried).await {
        if is_open {
            let at = format!("{}:{port}", bracketed(&address.to_string()));
            let fault = Fault::new(at, "the port answers", "a port that is closed from outside");
            found.faults.push(fault);
        }
    }
    found
}
