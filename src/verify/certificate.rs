//! Checks the certificate of a port, at every address of its name: chain, names, dates.

use super::report::{Fault, ProbeResult};
use super::{VerifyContext, shortened};
use crate::module::outside::CertificateProbe;
use crate::net::{CertificateRefusal, RequestStage, TlsConnection, bracketed, host_port};
use crate::x509::Certificate;
use std::net::SocketAddr;

/// The number of remaining days below which it is reported.
const SOON: i64 = 14;

/// Checks the certificate at each address.
pub(super) async fn check(context: &VerifyContext, probe: &CertificateProbe) -> ProbeResult {
    let Some((host, Some(port))) = host_port(&probe.certificate) else {
        return Fault::new(&probe.certificate, "no port", "`example.org:443`").into();
    };
    let addresses = context.net.addresses(host).await;
    if addresses.is_empty() {
        let fix = "create its DNS records: `matrixform dns` lists them";
        let fault = Fault::new(host, "it has no address", "an address of this host").fix(fix);
        return Fault { unreached: Some(host.to_owned()), ..fault }.into();
    }
    let all = addresses.into_iter().map(|address| async move {
        let address = SocketAddr::new(address, port);
        let at = format!("{host}:{port} [{}]", bracketed(&address.ip().to_string()));
        (at, context.net.secured(address, host).await)
    });
    let mut found = ProbeResult { untried: true, ..ProbeResult::default() };
    for (at, secured) in super::all(all).await {
        found.untried &= matches!(&secured, Err(why) if why.stage == RequestStage::Route);
        match secured {
            Ok(secured) => found.faults.extend(find_faults(&at, host, &secured, context.now)),
            Err(why) if why.stage == RequestStage::Route => {
                found.skipped.push(format!("{at}: {why}"))
            }
            Err(why) => {
                let fix = "check that DNS points to this host, and that its firewall and the provider's allow the port";
                let fault = Fault::new(at, shortened(&why.why), "a TLS handshake").fix(fix);
                found.faults.push(fault.unreached(host, port, &why));
            }
        }
    }
    found
}

/// Returns what is wrong with a certificate.
fn find_faults(at: &str, host: &str, secured: &TlsConnection, now: i64) -> Vec<Fault> {
    let fault = |seen: String, expected: &str, fix: &str| Fault::new(at, seen, expected).fix(fix);
    let Some(own) = secured.chain.first().and_then(|der| Certificate::read(der)) else {
        return vec![fault("a certificate that cannot be read".into(), "an X.509 certificate", "")];
    };
    let mut faults = Vec::new();
    let (first, last) = (&own.not_before, &own.not_after);
    if now > last.seconds {
        let seen = format!("the certificate expired on {}", last.day);
        faults.push(fault(
            seen,
            "a certificate that is valid today",
            "renew it: clients and servers refuse to connect",
        ));
    } else if now < first.seconds {
        let seen = format!("the certificate is valid from {}", first.day);
        let fix = "wait, or serve the previous one; check the clock of the machine that issued it";
        faults.push(fault(seen, "a certificate that is valid today", fix));
    } else if last.seconds - now < SOON * 86_400 && own.days() > 3 * SOON {
        let days = (last.seconds - now) / 86_400;
        let seen = format!("the certificate expires on {}, in {days} days", last.day);
        let fix = "find out why it was not renewed";
        faults.push(fault(seen, "a certificate renewed in time", fix).warning());
    }
    if !own.names.iter().any(|name| covers(name, host)) {
        let names = shortened(&own.names.join(", "));
        let seen =
            format!("the certificate is for {}", if names.is_empty() { "no name" } else { &names });
        let expected = format!("a certificate for {host}");
        let fix = "get a certificate that includes this name, or check which server block answers: `nginx -T`";
        faults.push(Fault::new(at, seen, expected).fix(fix));
    }
    if let Err(error) = &secured.verdict {
        let issuer = shortened(&own.issuer_name());
        let (seen, fix) = match error {
            // Already reported above.
            CertificateRefusal::Dates | CertificateRefusal::Name if !faults.is_empty() => {
                return faults;
            }
            CertificateRefusal::Issuer => unknown(&own, secured, &issuer),
            error => (format!("clients refuse it: {}", shortened(&error.to_string())), ""),
        };
        faults.push(fault(seen, "a chain to an authority that clients trust", fix));
    }
    faults
}

fn unknown(own: &Certificate, secured: &TlsConnection, issuer: &str) -> (String, &'static str) {
    if own.is_self_signed() {
        let fix = "get one from a certificate authority; for a test server, pass its certificate with `--ca`";
        return ("it is self-signed, and not trusted".to_owned(), fix);
    }
    let by_next = secured.chain.get(1).and_then(|der| Certificate::read(der));
    match by_next.is_some_and(|next| next.subject == own.issuer) {
        false => (
            format!("the intermediate certificate of {issuer} is missing"),
            "serve the full chain: the certificate first, then the intermediates",
        ),
        true => (
            format!("its issuer, {issuer}, is not trusted here"),
            "get one from an authority that clients trust; pass your own with `--ca`",
        ),
    }
}

/// Returns whether a certificate's name matches a host: `*` stands for one label (RFC 9525).
fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(rest) => {
            host.split_once('.').is_some_and(|(_, below)| below.eq_ignore_ascii_case(rest))
        }
        None => name.eq_ignore_ascii_case(host),
    }
}
