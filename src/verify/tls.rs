//! Checks a port's protocols and cipher suites. The old ones are offered in hand-made messages: the server must answer
//! with an alert.

use super::report::{Fault, ProbeResult};
use super::{VerifyContext, shortened};
use crate::module::outside::TlsProbe;
use crate::net::{HelloReply, OLD_VERSIONS, TLS_1_2, WEAK_SUITES, host_port, old_suites};
use std::net::SocketAddr;

/// Offers each old version, and TLS 1.2 with each kind of weak suite.
pub(super) async fn check(context: &VerifyContext, probe: &TlsProbe) -> ProbeResult {
    let Some((host, Some(port))) = host_port(&probe.tls) else {
        return Fault::new(&probe.tls, "not a name with a port", "`example.org:443`").into();
    };
    let old = old_suites();
    let versions = OLD_VERSIONS.iter().map(|(number, name)| (*number, old.as_slice(), *name));
    let suites = WEAK_SUITES.iter().map(|(why, suites)| (TLS_1_2, *suites, *why));
    let mut found = ProbeResult::default();
    for (version, suites, what) in versions.chain(suites) {
        let what =
            if version == TLS_1_2 { format!("TLS 1.2 with {what}") } else { what.to_owned() };
        match context.net.hello((host, port), version, suites).await {
            // A server may answer with a version that was not offered; a client would then hang up.
            Ok(HelloReply::Agreed(agreed, suite)) if agreed == version => {
                let seen = format!("it speaks {what} (suite 0x{suite:04x})");
                let expected = "an alert: only TLS 1.2 and 1.3, with forward secrecy and AEAD";
                let fix = "leave `ssl_protocols` and `ssl_ciphers` to matrixform: another server block on the same port may set them for all, see `nginx -T`";
                found.faults.push(Fault::new(&probe.tls, seen, expected).fix(fix));
            }
            Ok(HelloReply::Other) => {
                let seen = "the answer is not TLS";
                found.faults.push(Fault::new(&probe.tls, seen, "TLS 1.2 or 1.3"));
                return found;
            }
            Ok(_) => {}
            Err(why) => {
                let fault = Fault::new(&probe.tls, shortened(&why.why), "TLS 1.2 and 1.3");
                found.faults.push(fault.unreached(host, port, &why));
                return found;
            }
        }
    }
    newest(context, (host, port), &mut found).await;
    found
}

/// Checks that TLS 1.3 is spoken.
async fn newest(context: &VerifyContext, (host, port): (&str, u16), found: &mut ProbeResult) {
    let Some(address) = context.net.addresses(host).await.first().copied() else { return };
    match context.net.secured(SocketAddr::new(address, port), host).await {
        Ok(secured) if secured.newest => {}
        Ok(_) => {
            let fault = Fault::new(format!("{host}:{port}"), "TLS 1.2 at most", "TLS 1.3");
            found.faults.push(fault.warning());
        }
        Err(why) => {
            let at = format!("{host}:{port}");
            let fault = Fault::new(at, shortened(&why.why), "TLS 1.2 and 1.3");
            found.faults.push(fault.unreached(host, port, &why));
        }
    }
}
