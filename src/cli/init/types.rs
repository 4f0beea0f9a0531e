//! Reads answers as the spec would: by the types of the options that they become, with their messages.

use super::chain;
use crate::diagnostic::{Diagnostic, Place, Problems, Source};
use crate::module::Modules;
use crate::module::types::{Field, ParamType};
use crate::remote::check_host_key;
use crate::spec::host::Host;
use crate::spec::node::{Entry, Node, Table, Value};
use std::path::Path;

/// The types of the modules at hand.
pub(super) struct Types<'m> {
    modules: &'m Modules,
    profile: Option<String>,
}

impl<'m> Types<'m> {
    /// The types of these modules.
    pub(super) fn new(modules: &'m Modules) -> Types<'m> {
        Types { modules, profile: None }
    }

    /// Takes the profile, which defaults follow.
    pub(super) fn set_profile(&mut self, profile: Option<&str>) {
        self.profile = profile.map(str::to_owned);
    }

    /// Whether an answer is right; else everything that is wrong with it.
    pub(super) fn read(&self, flag: &str, text: &str) -> Result<(), Problems> {
        let source = Source::new(format!("--{flag}"), text);
        let place = Place::new(&source, 0..text.len());
        let node = Node { value: Value::String(text.to_owned()), place };
        match flag {
            "server-name" => {
                self.option("synapse", &["server_name"], &node)?;
                without_port(text, &node)
            }
            "public-name" => self.option("well_known", &["server_name"], &node),
            "host" => Host::read(&host(node), &crate::spec::Variables::Unread).map(drop),
            "host-key" => check_host_key(text).map_err(|problem| vec![problem.at(&node.place)]),
            "user" => self.option("cron", &["user"], &node),
            "contact" => self.option("well_known", &["contacts", contact_key(text)], &node),
            "profile" => self.option("synapse", &["profile"], &node),
            "registration" if text == "open" => Err(vec![not_offered(&node)]),
            "registration" => word(&["closed", "token"], &node),
            "tls" => word(&["self-signed", "files"], &node),
            _ => chain::read(Path::new(text)).map(drop).map_err(|why| unreadable(&why, &node)),
        }
    }

    /// The default that the profile gives an option.
    pub(super) fn default_of_profile(&self, module: &str, path: &[&str]) -> Option<String> {
        let field = self.field(module, path)?.chosen(&|_| self.profile.clone());
        field.default.as_ref().and_then(|value| value.as_str()).map(str::to_owned)
    }

    fn option(&self, module: &str, path: &[&str], node: &Node) -> Result<(), Problems> {
        // A module of the user's own may lack the option: then the whole spec is judged at the end.
        self.field(module, path).map_or(Ok(()), |field| field.of.read(node).map(drop))
    }

    fn field(&self, module: &str, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        let field = &self.modules.get(module)?.params.get(*first)?.field;
        rest.iter().try_fold(field, |field, name| match &field.of {
            ParamType::Table(fields) => fields.get(*name),
            ParamType::List(of) => match of.as_ref() {
                ParamType::Table(fields) => fields.get(*name),
                _ => None,
            },
            _ => None,
        })
    }
}

/// The key of a contact: an account begins with `@`.
pub(super) fn contact_key(contact: &str) -> &'static str {
    if contact.starts_with('@') { "matrix_id" } else { "email_address" }
}

/// `[host]` with this address.
fn host(address: Node) -> Node {
    let place = address.place.clone();
    let entry = Entry { key: place.clone(), node: address };
    Node { value: Value::Table(Table::from_iter([("address".to_owned(), entry)])), place }
}

/// One of the words that are offered here.
fn word(words: &[&str], node: &Node) -> Result<(), Problems> {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    ParamType::Enum(words).read(node).map(drop)
}

/// What begins open is found by bots before its admin has read a page about it.
fn not_offered(node: &Node) -> Diagnostic {
    let message = "`open` is not offered here: bots find such a server within weeks";
    let problem = Diagnostic::error("init/open", message).at(&node.place);
    problem.help("take `token` for those whom you invite; what `open` needs is in docs/options.md")
}

/// A name with a port is for servers that know why: other servers never look it up.
fn without_port(name: &str, node: &Node) -> Result<(), Problems> {
    let port = name.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let Some((host, port)) = port else { return Ok(()) };
    let message = "a server's name needs no port, and one that is in it stays for ever";
    let problem = Diagnostic::error("init/port", message).at(&node.place);
    Err(vec![problem.help(format!(
        "take `{host}`: documents that this spec serves send other servers to the right port; if it must be \
         {port}, write `server_name` into the spec afterwards, before the first apply"
    ))])
}

fn unreadable(why: &str, node: &Node) -> Problems {
    let message = format!("this is no certificate to copy: {why}");
    let problem = Diagnostic::error("init/chain", message).at(&node.place);
    vec![problem.help("name a PEM file with the certificate first, then its intermediates")]
}
