//! What `dns` and `verify` share: a look from this machine at what a spec wants, without SSH, secrets or information
//! from the host.

use super::known_facts::{RELEASE, recorded};
use super::parsed_spec::ParsedSpec;
use super::process_env::ProcessEnv;
use super::releases;
use super::spec_path::which;
use crate::bounded;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::facts::Facts;
use crate::module::outside::RecordWant;
use crate::module::{Expansion, forecast};
use crate::net::{Net, TlsTrust};
use crate::run::HostCache;
use crate::spec::Variables;
use crate::verify::{TIMEOUT, VerifyContext};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// A larger CA file is refused (bytes).
const MAX_BYTES: u64 = 8 << 20;

/// How to resolve names.
#[derive(clap::Args, Debug)]
pub(super) struct NameArgs {
    /// Use this DNS server instead of the system's resolver.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server)]
    pub(super) resolver: Option<SocketAddr>,
    /// Use this address for the name instead of looking it up. May be given more than once.
    ///
    /// For a server whose records do not exist yet, and for tests. DNS is not asked about such a name.
    #[arg(long, value_name = "NAME:ADDR", value_parser = fixed)]
    pub(super) resolve: Vec<(String, IpAddr)>,
}

/// A spec, and what it wants to be visible from outside.
pub(super) struct WantedOutside {
    /// The records and controls.
    pub(super) expansion: Expansion,
    /// `[host].address`.
    pub(super) host: String,
    /// The addresses that the host is known to have.
    pub(super) own: Vec<IpAddr>,
    /// Whether `own` is known to be complete.
    pub(super) knows_all: bool,
}

/// Reads the spec offline, using the facts remembered of its host, or else those of a release.
pub(super) fn wanted(
    spec: Option<&PathBuf>,
    verb: &str,
    process_env: &ProcessEnv,
) -> Result<WantedOutside, Problems> {
    let path = which(spec, verb)?;
    let parsed = ParsedSpec::read_with(&path, Variables::read(process_env.variables.clone()))?;
    parsed.check()?;
    let host_cache = HostCache::of_spec(process_env.cache().as_deref(), &parsed.spec);
    let remembered = host_cache.load().map(|remembered| remembered.facts);
    let own = remembered.iter().flat_map(|facts| &facts.addresses);
    let mut own: Vec<IpAddr> = own.filter_map(|address| address.parse().ok()).collect();
    let host = parsed.spec.host.address.clone();
    // If the host is a name, its addresses are looked up with the rest.
    let knows_all = remembered.is_some() || host.parse::<IpAddr>().is_err();
    own.extend(host.parse::<IpAddr>());
    own.sort_unstable();
    own.dedup();
    let facts = match remembered {
        Some(facts) => facts,
        None => Facts { time: releases::now(), ..recorded(RELEASE)? },
    };
    let expansion = forecast(&parsed.spec, &parsed.modules, &facts)?;
    Ok(WantedOutside { expansion, host, own, knows_all })
}

/// Creates the network that the arguments describe. Call it on a runtime.
pub(super) fn verify_context(
    names: &NameArgs,
    ca: Option<&Path>,
    wanted: &WantedOutside,
) -> Result<VerifyContext, Problems> {
    let trust = match ca {
        Some(path) => bounded::read_regular(path, MAX_BYTES)
            .map_err(|error| error.to_string())
            .and_then(|pem| TlsTrust::pem(&pem))
            .map_err(|why| (format!("{} cannot be trusted: {why}", path.display()), CA_HELP)),
        None => TlsTrust::platform().map_err(|why| (why, ROOTS_HELP)),
    };
    let trust = trust.map_err(|(message, help)| {
        vec![Diagnostic::error("verify/authorities", message).help(help).exit(Exit::Usage)]
    })?;
    let mut fixed: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
    for (name, address) in &names.resolve {
        fixed.entry(name.clone()).or_default().push(*address);
    }
    let net = Net::new(fixed, names.resolver, trust, TIMEOUT);
    let now = releases::now().and_then(|now| i64::try_from(now).ok()).unwrap_or_default();
    let records = wanted.expansion.records.iter();
    let of_host = records.filter(|record| record.want == RecordWant::Host);
    let names = of_host.map(|record| record.name.clone()).collect();
    Ok(VerifyContext {
        net,
        host: wanted.host.clone(),
        names,
        own: wanted.own.clone(),
        knows_all: wanted.knows_all,
        now,
    })
}

const CA_HELP: &str = "`--ca` needs a PEM file with `-----BEGIN CERTIFICATE-----`";
const ROOTS_HELP: &str = "install the certificate authorities (`apt install ca-certificates`), or pass a file with `--ca`";

fn server(text: &str) -> Result<SocketAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    address
        .or_else(|_| text.parse())
        .map_err(|_| "write the server's address, such as `9.9.9.9` or `[2001:db8::1]:5353`".into())
}

fn fixed(text: &str) -> Result<(String, IpAddr), String> {
    let wrong = || "write `NAME:ADDR`, such as `matrix.example.org:203.0.113.10`".to_owned();
    let (name, address) = text.split_once(':').ok_or_else(wrong)?;
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(address) if !name.is_empty() => Ok((name.to_ascii_lowercase(), address)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_input_is_read() {
        assert_eq!(server("192.0.2.1").unwrap().to_string(), "192.0.2.1:53");
        assert_eq!(server("192.0.2.1:5353").unwrap().to_string(), "192.0.2.1:5353");
        assert_eq!(server("[2001:db8::1]").unwrap().to_string(), "[2001:db8::1]:53");
        assert_eq!(server("2001:db8::1").unwrap().to_string(), "[2001:db8::1]:53");
        assert!(server("dns.example").is_err());
        let of = |text: &str| fixed(text).map(|(name, address)| format!("{name} {address}"));
        assert_eq!(of("A.example:192.0.2.1").unwrap(), "a.example 192.0.2.1");
        assert_eq!(of("a.example:[2001:db8::1]").unwrap(), "a.example 2001:db8::1");
        assert_eq!(of("a.example:2001:db8::1").unwrap(), "a.example 2001:db8::1");
        for wrong in ["a.example", "a.example:", ":192.0.2.1", "a.example:b.example"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
