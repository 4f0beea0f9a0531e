//! Checks how other servers find a server name, with their own algorithm (server-server API, "Resolving server
//! names"), using the live DNS and web.

mod resolve;
mod server_name;

#[cfg(test)]
mod tests;

use super::report::{Fault, ProbeResult};
use super::{VerifyContext, shortened};
use crate::module::outside::DelegationProbe;
use crate::net::dns::{Data, Type};
use crate::net::{HttpUrl, Request, bracketed};
use resolve::{Lookups, Resolved, SrvTarget, WellKnown, resolve};
use std::net::SocketAddr;

/// The number of redirects that are followed.
const REDIRECTS: usize = 5;

/// The largest document that Synapse reads (bytes; `WELL_KNOWN_MAX_SIZE`).
const MAX_BYTES: usize = 50 << 10;

/// Resolves the name and checks where it leads.
pub(super) async fn check(context: &VerifyContext, probe: &DelegationProbe) -> ProbeResult {
    let name = &probe.delegation;
    let resolved = match resolve(name, context).await {
        Ok(resolved) => resolved,
        Err(why) => return Fault::new(name, why, "a server name such as `example.org`").into(),
    };
    let mut found = ProbeResult::default();
    let endpoint = format!("{}:{}", bracketed(&resolved.host), resolved.port);
    let is_wanted = endpoint.eq_ignore_ascii_case(&probe.endpoint);
    let steps = resolved.steps.join(", then ");
    if let Some(broken) = &resolved.broken {
        let seen = format!("{}: {broken}", document_of(name));
        let seen = match is_wanted {
            true => seen,
            false => format!("{seen}; other servers connect to {endpoint}"),
        };
        let expected = format!("`{{\"m.server\": \"{}\"}}`", probe.endpoint);
        let fix = "serve that document there: if another web server has the name, `matrixform check` shows what to paste";
        found.faults.push(Fault::new(name, seen, expected).fix(fix));
    } else if !is_wanted {
        let seen = format!("other servers connect to {endpoint} ({steps})");
        let fix = "set `server` under `[well_known]`, or correct the document or the record";
        found.faults.push(Fault::new(name, seen, probe.endpoint.as_str()).fix(fix));
    }
    found.faults.extend(reached(context, &resolved).await);
    found
}

/// Returns the name and port that other servers connect to; `None` if `name` is not a server name.
pub(super) async fn endpoint(context: &VerifyContext, name: &str) -> Option<(String, u16)> {
    resolve(name, context).await.ok().map(|resolved| (resolved.host, resolved.port))
}

/// Returns the URL of a server's document.
fn document_of(name: &str) -> HttpUrl {
    let host = name.to_ascii_lowercase();
    HttpUrl { tls: true, host, port: 443, path: "/.well-known/matrix/server".to_owned() }
}

/// Checks that other servers accept what answers at the end.
async fn reached(context: &VerifyContext, resolved: &Resolved) -> Option<Fault> {
    let at = format!("{}:{}", bracketed(&resolved.host), resolved.port);
    let expected = format!("TLS with a certificate for {}", resolved.certificate);
    let fault = |seen: String| {
        Fault::new(&at, seen, &expected).fix(
            "let other servers reach that port, with a certificate for the name they are sent to",
        )
    };
    let Some(address) = context.net.addresses(&resolved.host).await.first().copied() else {
        let fault = fault(format!("{} has no address", resolved.host));
        return Some(Fault { unreached: Some(resolved.host.clone()), ..fault });
    };
    let address = SocketAddr::new(address, resolved.port);
    match context.net.secured(address, &resolved.certificate).await {
        Ok(secured) => {
            let why = secured.verdict.err()?;
            Some(fault(format!("its certificate is refused: {}", shortened(&why.to_string()))))
        }
        Err(why) => Some(fault(shortened(&why.why)).unreached(&resolved.host, resolved.port, &why)),
    }
}

impl Lookups for VerifyContext {
    async fn document(&self, host: &str) -> WellKnown {
        let mut to = document_of(host);
        for _ in 0..=REDIRECTS {
            let answer = match self.net.send(&Request::get(to.clone())).await {
                Ok(answer) => answer,
                Err(why) => return WellKnown::None(format!("no answer: {}", shortened(&why.why))),
            };
            if let Some(why) = &answer.distrusted {
                return WellKnown::None(format!("its certificate is refused: {}", shortened(why)));
            }
            match answer.status {
                200 if answer.is_truncated || answer.body.len() > MAX_BYTES => {
                    return WellKnown::None("it is larger than 50 KiB".to_owned());
                }
                200 => return WellKnown::Text(answer.text()),
                301 | 302 | 303 | 307 | 308 => {
                    let location = answer.header("location").first().map(|one| (*one).to_owned());
                    let next =
                        location.as_deref().and_then(|location| match location.starts_with('/') {
                            true => HttpUrl::read(&to.with_path(location).to_string()),
                            false => HttpUrl::read(location),
                        });
                    match next {
                        Some(next) => to = next,
                        None => {
                            let location = shortened(&location.unwrap_or_default());
                            return WellKnown::None(format!("it is redirected to `{location}`"));
                        }
                    }
                }
                status => return WellKnown::None(format!("status {status}")),
            }
        }
        WellKnown::None(format!(
            "more than {REDIRECTS} redirects, the last to {}",
            shortened(&to.to_string())
        ))
    }

    async fn services(&self, name: &str) -> Vec<SrvTarget> {
        // If its addresses were given, no DNS zone is asked.
        let host = name.splitn(3, '.').nth(2).unwrap_or_default();
        if self.net.is_fixed(host) {
            return Vec::new();
        }
        let found = self.net.resolver().ask(name, Type::Srv).await.unwrap_or_default();
        let services = found.into_iter().filter_map(|data| match data {
            Data::Service { priority, weight, port, target } => {
                Some(SrvTarget { priority, weight, port, target })
            }
            _ => None,
        });
        services.collect()
    }
}
