//! Reads answers as the spec would: by the types of their options, with their messages.

use super::answers::InitAnswers;
use super::chain;
use super::names;
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::module::Modules;
use crate::module::types::{Field, ParamType};
use crate::remote::check_host_key;
use crate::spec::host::Host;
use crate::spec::node::{Entry, Node, Table, Value};
use std::path::Path;

/// The types of the available modules.
pub(super) struct Types<'m> {
    modules: &'m Modules,
    profile: Option<String>,
}

impl<'m> Types<'m> {
    /// Returns the types of these modules.
    pub(super) fn new(modules: &'m Modules) -> Types<'m> {
        Types { modules, profile: None }
    }

    /// Sets the profile, which defaults depend on.
    pub(super) fn set_profile(&mut self, profile: Option<&str>) {
        self.profile = profile.map(str::to_owned);
    }

    /// Checks an answer; returns everything that is wrong with it. There is no line to point to, so the label of the
    /// caret follows the message.
    pub(super) fn read(
        &self,
        flag: &str,
        text: &str,
        answers: &InitAnswers,
    ) -> Result<(), Problems> {
        self.validate(flag, text, answers)
            .map_err(|found| found.into_iter().map(in_words).collect())
    }

    fn validate(&self, flag: &str, text: &str, answers: &InitAnswers) -> Result<(), Problems> {
        let source = Source::new(format!("--{flag}"), text);
        let place = Place::new(&source, 0..text.len());
        let node = Node { value: Value::String(text.to_owned()), place };
        match flag {
            "server-name" => {
                no_address(text, &node)?;
                self.option("synapse", &["server_name"], &node)?;
                names::is_public(flag, text, &node)?;
                without_port(text, &node)
            }
            "public-name" => {
                self.option("well_known", &["server_name"], &node)?;
                names::is_public(flag, text, &node)
            }
            "host" => Host::read(&host(node), &crate::spec::Variables::Unread).map(drop),
            "port" => match text.parse::<u16>().is_ok_and(|port| port > 0) {
                true => Ok(()),
                false => Err(vec![Diagnostic::error(
                    "spec/value",
                    "a port must be a number from 1 to 65535",
                )]),
            },
            "host-key" => check_host_key(text).map_err(|problem| vec![problem.at(&node.place)]),
            "user" => self.option("cron", &["user"], &node),
            "web-site" => web_site(text, &node),
            "contact" => {
                self.option("well_known", &["contacts", contact_key(text)], &node)?;
                names::is_reachable(text, &node)?;
                elsewhere(text, answers)
            }
            "profile" if text == "none" => Ok(()),
            "profile" => self.option("synapse", &["profile"], &node).map_err(|found| {
                let help = |one: Diagnostic| match one.help {
                    Some(_) => one,
                    None => one.help("or use `none` for no profile"),
                };
                found.into_iter().map(help).collect()
            }),
            "registration" if text == "open" => Err(vec![not_offered(&node)]),
            "registration" => one_of(&["closed", "token"], &node),
            "tls" => one_of(&["letsencrypt", "files", "self-signed"], &node).map_err(|found| {
                let hint = self.modules.get("tls").and_then(|tls| tls.hint(text));
                let hint = |one: Diagnostic| match hint {
                    Some(_) => one.help("use `letsencrypt`"),
                    None => one,
                };
                found.into_iter().map(hint).collect()
            }),
            _ => chain::read(Path::new(text)).map(drop).map_err(|why| unreadable(&why, &node)),
        }
    }

    /// Returns the default that the profile gives an option.
    pub(super) fn default_of_profile(&self, module: &str, path: &[&str]) -> Option<String> {
        let field = self.field(module, path)?.chosen(&|_| self.profile.clone());
        field.default.as_ref().and_then(|value| value.as_str()).map(str::to_owned)
    }

    fn option(&self, module: &str, path: &[&str], node: &Node) -> Result<(), Problems> {
        // A module of the user's own may lack the option: the whole spec is checked at the end.
        self.field(module, path).map_or(Ok(()), |field| field.ty.read(node).map(drop))
    }

    fn field(&self, module: &str, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        let field = &self.modules.get(module)?.params.get(*first)?.field;
        rest.iter().try_fold(field, |field, name| match &field.ty {
            ParamType::Table(fields) => fields.get(*name),
            ParamType::List(ty) => match ty.as_ref() {
                ParamType::Table(fields) => fields.get(*name),
                _ => None,
            },
            _ => None,
        })
    }
}

/// Converts a problem into a message without a place.
fn in_words(problem: Diagnostic) -> Diagnostic {
    let label =
        problem.place.as_ref().map(|(_, label)| label.clone()).filter(|label| !label.is_empty());
    let message =
        label.map_or(problem.message.clone(), |label| format!("{}: {label}", problem.message));
    Diagnostic { message, place: None, ..problem }
}

/// Refuses an address as the server name at once, not after the last question.
fn no_address(text: &str, node: &Node) -> Result<(), Problems> {
    let host = text.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    let host = host.map_or(text, |(host, _)| host).trim_matches(['[', ']']);
    if host.parse::<std::net::IpAddr>().is_err() {
        return Ok(());
    }
    let message = "an IP address cannot be the server name: it is part of every user id forever, and other servers need a host name to find the server";
    let problem = Diagnostic::error("init/address", message).at(&node.place);
    Err(vec![problem.help("use a domain you own, such as `example.org`; the address comes next")])
}

/// Reads what serves the web site.
fn web_site(text: &str, node: &Node) -> Result<(), Problems> {
    one_of(&["no", "nginx", "caddy", "other"], node).map_err(|found| {
        let which = ["yes", "y", "true", "apache", "wordpress"].contains(&text);
        let help = |one: Diagnostic| match which {
            true => one.help("answer with what serves it: `nginx`, `caddy` or `other`"),
            false => one,
        };
        found.into_iter().map(help).collect()
    })
}

/// Refuses a contact on the server itself: anyone who reports abuse or an outage must reach someone elsewhere.
fn elsewhere(contact: &str, answers: &InitAnswers) -> Result<(), Problems> {
    let own = contact.strip_prefix('@').and_then(|account| account.split_once(':'));
    if own.is_none_or(|(_, server)| server != answers.text("server-name")) {
        return Ok(());
    }
    let message =
        "this account is on the new server itself, and cannot be reached when that is down";
    let problem = Diagnostic::error("init/contact", message);
    Err(vec![problem.help("use an email address, or an account on another server")])
}

/// Returns the key of a contact: an account begins with `@`.
pub(super) fn contact_key(contact: &str) -> &'static str {
    if contact.starts_with('@') { "matrix_id" } else { "email_address" }
}

/// Returns `[host]` with this address.
fn host(address: Node) -> Node {
    let place = address.place.clone();
    let entry = Entry { key: place.clone(), node: address };
    Node { value: Value::Table(Table::from_iter([("address".to_owned(), entry)])), place }
}

/// Reads one of these values.
fn one_of(values: &[&str], node: &Node) -> Result<(), Problems> {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    ParamType::Enum(values).read(node).map(drop)
}

/// Refuses `open`: bots find such a server before its admin has read a page about it.
fn not_offered(node: &Node) -> Diagnostic {
    let message = "`open` is not offered here: bots find an open server within weeks";
    let problem = Diagnostic::error("init/open", message).at(&node.place);
    problem
        .help("use `token` to invite people; `matrixform explain MF001` says what `open` requires")
}

/// Refuses a port in the server name: other servers then skip the delegation lookup, which suits only special setups.
fn without_port(name: &str, node: &Node) -> Result<(), Problems> {
    let port = name.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let Some((host, port)) = port else { return Ok(()) };
    let message = "a server name needs no port, and cannot be changed later";
    let problem = Diagnostic::error("init/port", message).at(&node.place);
    Err(vec![problem.help(format!(
        "take `{host}`: documents that this spec serves send other servers to the right port; if it must be \
         {port}, write `server_name` into the spec afterwards, before the first apply"
    ))])
}

fn unreadable(why: &str, node: &Node) -> Problems {
    let message = format!("this certificate cannot be copied: {why}");
    let problem = Diagnostic::error("init/chain", message).at(&node.place);
    vec![problem.help("name a PEM file with the certificate first, then the intermediates")]
}
