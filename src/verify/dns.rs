//! Compares DNS with what the spec needs: the answers of the zone's own servers, which everyone will see sooner or
//! later, and that of this machine's resolver.

mod authority;
mod faults;

use super::VerifyContext;
use super::report::{Fault, ProbeResult};
use crate::module::outside::{DnsRecord, RecordType, RecordWant};
use crate::net::dns::{Data, DnsFailure, Type, Zone, own_servers};
use faults::ServerAnswer;
pub use faults::is_public;
use std::net::IpAddr;

/// A record to be written into a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRecord {
    /// Its name.
    pub name: String,
    /// `A`, `CAA` …
    pub record_type: &'static str,
    /// Its value; `None` if it is not known here.
    pub value: Option<String>,
    /// Whether no such record may exist.
    pub absent: bool,
    /// What it is for.
    pub why: String,
}

/// Returns the records that a spec needs, as far as the host's addresses are known.
pub fn listed(record: &DnsRecord, own: &[IpAddr]) -> Vec<ZoneRecord> {
    let row = |record_type: &'static str, value: Option<String>| ZoneRecord {
        name: record.name.clone(),
        record_type,
        value,
        absent: matches!(record.want, RecordWant::None(_)),
        why: record.why.clone(),
    };
    match &record.want {
        RecordWant::Host if own.is_empty() => vec![row("A", None)],
        RecordWant::Host => {
            let one = |address: &IpAddr| {
                row(if address.is_ipv4() { "A" } else { "AAAA" }, Some(address.to_string()))
            };
            faults::reachable(own).iter().map(one).collect()
        }
        RecordWant::Issue(issue) => {
            vec![row("CAA", Some(format!("0 issue \"{}\"", issue.value)))]
        }
        RecordWant::Is(record_type, value) => vec![row(record_type.name(), Some(value.clone()))],
        RecordWant::Some(record_type, begins) => {
            let begins = (!begins.is_empty()).then(|| format!("{begins} …"));
            vec![row(record_type.name(), begins)]
        }
        RecordWant::None(record_type) => vec![row(record_type.name(), None)],
    }
}

/// Looks the records up and compares them.
pub(super) async fn check(context: &VerifyContext, record: &DnsRecord) -> ProbeResult {
    if context.net.is_fixed(&record.name) || parent_is_fixed(context, &record.name) {
        let why = format!("{} is not looked up: its address was given", record.name);
        return ProbeResult::untried(why);
    }
    let types: &[Type] = match &record.want {
        RecordWant::Host => &[Type::A, Type::Aaaa],
        RecordWant::Issue(_) => &[Type::Caa],
        RecordWant::Is(record_type, _)
        | RecordWant::Some(record_type, _)
        | RecordWant::None(record_type) => match record_type {
            RecordType::Caa => &[Type::Caa],
            RecordType::Srv => &[Type::Srv],
            RecordType::Mx => &[Type::Mx],
            RecordType::Txt => &[Type::Txt],
        },
    };
    let resolver = context.net.resolver();
    let zone = own_servers(&resolver, &record.name).await.unwrap_or_default();
    let mut answers = Vec::new();
    let mut errors = Vec::new();
    for record_type in types {
        let by_all = async {
            match record_type {
                // If a name has none, the records of the name above it apply (RFC 8659, 3).
                Type::Caa => closest_caa(&resolver, &record.name).await,
                record_type => resolver.ask(&record.name, *record_type).await,
            }
        };
        let own = zone.servers.iter().map(|(name, server)| {
            let record_type = *record_type;
            async move {
                (
                    name.clone(),
                    Zone::ask(*server, &record.name, record_type, context.net.until).await,
                )
            }
        });
        let (here, own) = tokio::join!(by_all, super::all(own));
        answers.push(match here {
            Ok(data) => ServerAnswer { by: HERE.to_owned(), record_type: *record_type, data },
            Err(error) => {
                errors.push(error);
                continue;
            }
        });
        // If a name has no CAA itself, the answer of its zone's own servers is incomplete.
        let own = own.into_iter().filter(|_| *record_type != Type::Caa);
        answers.extend(own.filter_map(|(by, answer)| {
            Some(ServerAnswer { by, record_type: *record_type, data: answer.ok()? })
        }));
    }
    if let Some(error) = errors.first() {
        return unanswered(record, error).into();
    }
    let mut own = context.own.clone();
    own.extend(context.net.addresses(&context.host).await);
    own.sort_unstable();
    own.dedup();
    faults::find_faults(record, &answers, (&own, context.knows_all)).into()
}

/// The name used for this machine's resolver.
const HERE: &str = "this machine's resolver";

/// Returns whether the address of a name's parent was given: `_matrix-fed._tcp.example.org` belongs to example.org.
fn parent_is_fixed(context: &VerifyContext, name: &str) -> bool {
    let mut rest = name;
    while let Some(below) = rest.strip_prefix('_').and_then(|rest| rest.split_once('.')) {
        rest = below.1;
    }
    context.net.is_fixed(rest)
}

async fn closest_caa(
    resolver: &crate::net::dns::Resolver,
    name: &str,
) -> Result<Vec<Data>, DnsFailure> {
    let mut name = name;
    loop {
        let found = resolver.ask(name, Type::Caa).await?;
        match name.split_once('.') {
            Some((_, above)) if found.is_empty() && above.contains('.') => name = above,
            _ => return Ok(found),
        }
    }
}

fn unanswered(record: &DnsRecord, error: &DnsFailure) -> Fault {
    let fix = "check the zone's name servers: an invalid DNSSEC signature also looks like this";
    Fault::new(&record.name, error.to_string(), "a DNS answer").fix(fix)
}
