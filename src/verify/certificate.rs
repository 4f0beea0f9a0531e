//! The certificate of a port, at every address of its name: the chain, the names, the dates.

use super::report::{Fault, Found};
use super::{World, shortened};
use crate::module::outside::CertificateProbe;
use crate::net::{Distrust, Secured, Stage, bracketed, host_port};
use crate::x509::Certificate;
use std::net::SocketAddr;

/// With fewer days left it is told.
const SOON: i64 = 14;

/// Looks at each address.
pub(super) async fn check(world: &World, probe: &CertificateProbe) -> Found {
    let Some((host, Some(port))) = host_port(&probe.certificate) else {
        return Fault::new(&probe.certificate, "no port", "`example.org:443`").into();
    };
    let addresses = world.net.addresses(host).await;
    if addresses.is_empty() {
        let fix = "make its records: `matrixform dns` lists them";
        let fault = Fault::new(host, "it has no address", "an address of this host").fix(fix);
        return Fault { unreached: Some(host.to_owned()), ..fault }.into();
    }
    let all = addresses.into_iter().map(|address| async move {
        let address = SocketAddr::new(address, port);
        let at = format!("{host}:{port} [{}]", bracketed(&address.ip().to_string()));
        (at, world.net.secured(address, host).await)
    });
    let mut found = Found { untried: true, ..Found::default() };
    for (at, secured) in super::all(all).await {
        found.untried &= matches!(&secured, Err(why) if why.stage == Stage::Way);
        match secured {
            Ok(secured) => found.faults.extend(judge(&at, host, &secured, world.now)),
            Err(why) if why.stage == Stage::Way => found.skipped.push(format!("{at}: {why}")),
            Err(why) => {
                let fix = "see that DNS leads to this host, and that its firewall and the provider's let the port through";
                let fault = Fault::new(at, shortened(&why.why), "a TLS handshake").fix(fix);
                found.faults.push(fault.unreached(host, port, &why));
            }
        }
    }
    found
}

/// What is wrong with what was shown.
fn judge(at: &str, host: &str, secured: &Secured, now: i64) -> Vec<Fault> {
    let fault = |seen: String, expected: &str, fix: &str| Fault::new(at, seen, expected).fix(fix);
    let Some(own) = secured.chain.first().and_then(|der| Certificate::read(der)) else {
        return vec![fault("a certificate that cannot be read".into(), "an X.509 certificate", "")];
    };
    let mut faults = Vec::new();
    let (first, last) = (&own.not_before, &own.not_after);
    if now > last.seconds {
        let seen = format!("the certificate ended on {}", last.day);
        faults.push(fault(
            seen,
            "one that is valid today",
            "renew it: nobody connects to this host",
        ));
    } else if now < first.seconds {
        let seen = format!("the certificate begins on {}", first.day);
        let fix = "wait, or serve the one before; see that the clock of whoever made it is right";
        faults.push(fault(seen, "one that is valid today", fix));
    } else if last.seconds - now < SOON * 86_400 && own.days() > 3 * SOON {
        let days = (last.seconds - now) / 86_400;
        let seen = format!("the certificate ends on {}, in {days} days", last.day);
        let fix = "see why it was not renewed";
        faults.push(fault(seen, "one that is renewed in time", fix).warning());
    }
    if !own.names.iter().any(|name| covers(name, host)) {
        let names = shortened(&own.names.join(", "));
        let seen =
            format!("the certificate is for {}", if names.is_empty() { "no name" } else { &names });
        let expected = format!("one that names {host}");
        let fix = "get one with this name too, or see which server block answers: `nginx -T`";
        faults.push(Fault::new(at, seen, expected).fix(fix));
    }
    if let Err(error) = &secured.verdict {
        let issuer = shortened(&own.issuer_name());
        let (seen, fix) = match error {
            // Said above.
            Distrust::Dates | Distrust::Name if !faults.is_empty() => return faults,
            Distrust::Issuer => unknown(&own, secured, &issuer),
            error => (format!("clients refuse it: {}", shortened(&error.to_string())), ""),
        };
        faults.push(fault(seen, "a chain that leads to an authority that clients trust", fix));
    }
    faults
}

fn unknown(own: &Certificate, secured: &Secured, issuer: &str) -> (String, &'static str) {
    if own.is_self_signed() {
        let fix = "get one from an authority; for a server of your own to try things, name its certificate by `--ca`";
        return ("it is signed by itself, and nobody trusts it".to_owned(), fix);
    }
    let by_next = secured.chain.get(1).and_then(|der| Certificate::read(der));
    match by_next.is_some_and(|next| next.subject == own.issuer) {
        false => (
            format!("the certificate of its issuer, {issuer}, is not sent along"),
            "serve the full chain: the certificate first, then the intermediates below it",
        ),
        true => (
            format!("nobody here trusts its issuer, {issuer}"),
            "get one from an authority that clients trust; one of your own is named by `--ca`",
        ),
    }
}

/// Whether a name of a certificate means a host: `*` stands for one label (RFC 9525).
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(rest) => {
            host.split_once('.').is_some_and(|(_, below)| below.eq_ignore_ascii_case(rest))
        }
        None => name.eq_ignore_ascii_case(host),
    }
}
