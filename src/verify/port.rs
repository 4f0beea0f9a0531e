//! A port that nobody outside may reach.

use super::report::{Fault, Found};
use super::World;
use crate::module::outside::PortProbe;
use crate::net::bracketed;
use std::net::SocketAddr;

/// Tries every address of the host.
pub(super) async fn check(world: &World, probe: &PortProbe) -> Found {
    let mut found = Found::default();
    let mut addresses = world.net.addresses(&world.host).await;
    addresses.extend(world.net.fixed.values().flatten());
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        found.skipped.push(format!("{} has no address", world.host));
    }
    for address in addresses {
        let port = probe.tcp;
        if world.net.connect_to(SocketAddr::new(address, port)).await.is_ok() {
            let at = format!("{}:{port}", bracketed(&address.to_string()));
            let fault = Fault::new(at, "the port answers", "nobody answers there from outside");
            found.faults.push(fault);
        }
    }
    found
}
