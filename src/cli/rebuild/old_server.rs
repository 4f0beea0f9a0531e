//! The old server: looks for it from here and asks what became of it. An old server to be fenced is examined over SSH
//! at once, and stopped once the rebuild is agreed to.

use super::RebuildArgs;
use crate::cli::output::Output;
use crate::cli::releases;
use crate::diagnostic::{Diagnostic, Exit, Problems};
use crate::net::{HttpUrl, Net, TlsTrust};
use crate::rebuild::{FencePlace, OldServer, old_server};
use crate::run::{AppliedHost, Fence, Project, RebuildOperation};
use crate::spec::TypedAddress;
use crate::verify::{TIMEOUT, VerifyContext, still_answers};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Where the host was, as remembered by this machine before it connects to the new one.
pub(super) struct LastKnownHost {
    applied: Option<AppliedHost>,
    addresses: Vec<String>,
}

impl LastKnownHost {
    pub(super) fn of(project: &Project) -> LastKnownHost {
        let applied = project.host_cache().applied();
        let known = project.host_cache().load().map(|known| known.facts.addresses);
        let addresses = applied.iter().flat_map(|one| one.addresses.iter().cloned());
        LastKnownHost { addresses: addresses.chain(known.unwrap_or_default()).collect(), applied }
    }
}

/// What became of the old server, and what is still to be done about it.
pub(super) struct OldServerPlan<'a> {
    pub(super) state: OldServer,
    fence: Option<Fence<'a>>,
    search: Search,
}

impl OldServerPlan<'_> {
    /// Returns the address at which the old server is fenced.
    pub(super) fn place(&self) -> Option<&str> {
        self.fence.as_ref().map(Fence::address)
    }

    /// Returns, for example, `fenced (192.0.2.1)`.
    pub(super) fn description(&self) -> String {
        let place = self.place().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{}{place}", self.state.as_str())
    }
}

/// Determines what became of the old server: looks for it, and asks whether or not it answers.
pub(super) async fn became<'a>(
    project: &Project,
    operation: &RebuildOperation<'a>,
    args: &RebuildArgs,
    remembered: &LastKnownHost,
    output: &mut Output,
) -> Result<OldServerPlan<'a>, Problems> {
    let claimed = args.old_server.as_deref().and_then(OldServer::of);
    if args.fence.is_some() && claimed != Some(OldServer::Fenced) {
        let message = "`--fence` is for `--old-server fenced` only";
        return Err(vec![Diagnostic::error("cli/usage", message).exit(Exit::Usage)]);
    }
    let search = Search::of(project, operation, &args.also, remembered).await;
    let answers = match operation.is_resumed() {
        // What answers may by now be the rebuilt host, at an address that it does not know itself.
        true => Vec::new(),
        false => search.answers(None, output).await,
    };
    let state = match old_server(&answers, claimed).map_err(|problem| vec![problem])? {
        Some(state) => state,
        None => asked(args, output)?,
    };
    let mut fence = None;
    if state == OldServer::Fenced {
        let place = match &args.fence {
            Some(place) => place.clone(),
            None => where_it_is(&search, remembered, &answers, args, output).await?,
        };
        if search.is_own(&place.address).await {
            let message = format!("{} is the very host that is to be rebuilt", place.address);
            return Err(vec![
                Diagnostic::error("rebuild/fence-itself", message)
                    .note_line("nothing was changed")
                    .help("`--fence [USER@]ADDRESS` says where the old host is"),
            ]);
        }
        let found = operation.fence(&place)?;
        found.look().await?;
        fence = Some(found);
    }
    Ok(OldServerPlan { state, fence, search })
}

fn asked(args: &RebuildArgs, output: &mut Output) -> Result<OldServer, Problems> {
    let help = "`--old-server fenced`, `stopped`, `seized` or `destroyed`: `matrixform rebuild --help` describes them";
    let unknown = |message: &str| {
        vec![Diagnostic::error("rebuild/old-server-unknown", message.to_owned()).help(help)]
    };
    if args.yes || !output.can_ask() {
        let message = "nothing was changed: say what became of the old server";
        return Err(unknown(message));
    }
    output.print("No old server answers. Two servers under one name corrupt rooms.");
    output
        .print("With `fenced`, matrixform stops it over SSH; any other answer is taken on trust.");
    let answer = output.ask("What became of the old one: fenced, stopped, seized or destroyed? ");
    let old = answer.and_then(|answer| OldServer::of(answer.trim()));
    old.ok_or_else(|| unknown("nothing was changed: the answer was none of the four"))
}

/// Returns the address of the last apply, else one at which the old server answers, else one that its host had.
async fn where_it_is(
    search: &Search,
    remembered: &LastKnownHost,
    answers: &[String],
    args: &RebuildArgs,
    output: &mut Output,
) -> Result<FencePlace, Problems> {
    let applied = remembered.applied.as_ref().filter(|one| one.address != search.host);
    let port = remembered.applied.as_ref().and_then(|one| one.port);
    let user = remembered.applied.as_ref().and_then(|one| one.user.clone());
    let named = applied.map(|one| one.address.clone());
    for address in
        named.into_iter().chain(answers.iter().cloned()).chain(remembered.addresses.clone())
    {
        if !search.is_own(&address).await {
            return Ok(FencePlace { user, address, port });
        }
    }
    if !args.yes && output.can_ask() {
        let answer = output.ask("Where is it? [USER@]ADDRESS: ").unwrap_or_default();
        return place(answer.trim())
            .map_err(|why| vec![Diagnostic::error("rebuild/fence-where", why)]);
    }
    let message = "nothing was changed: it is not known where the old host is";
    Err(vec![
        Diagnostic::error("rebuild/fence-where", message)
            .help("say where: `--fence [USER@]ADDRESS`"),
    ])
}

/// Stops the old server for good if it is to be fenced, then checks from here that it no longer answers.
pub(super) async fn fence(
    old: &OldServerPlan<'_>,
    operation: &mut RebuildOperation<'_>,
    wait: bool,
    output: &mut Output,
) -> Result<(), Problems> {
    let Some(fence) = &old.fence else { return Ok(()) };
    let at = fence.address();
    let set = operation.while_held(fence.set(wait)).await;
    output.end_progress();
    set?;
    let still = operation.while_held(old.search.answers(Some(at), output)).await;
    if !still.is_empty() {
        let still = still.join(", ");
        let message =
            format!("the old server is stopped at {at}, but its key is still shown at {still}");
        return Err(vec![
            Diagnostic::error("rebuild/old-server", message)
                .note_line("nothing was restored; the fence stays")
                .help("stop what answers there as well: `--fence ADDRESS`"),
        ]);
    }
    let message = format!("the old server is fenced ({at}): it is stopped, and cannot start again");
    output.problems(&[Diagnostic::note("rebuild/fenced", message).help(
        "its database and media are untouched, in case you need the messages from after the snapshot; docs/rebuild.md says how to lift the fence. When the server's names lead to the new host, run `systemctl reload nginx` on the old one: \
         other servers keep connections to it, and get 502 there instead of looking for the new address",
    )]);
    Ok(())
}

/// Parses `[USER@]ADDRESS[:PORT]`.
pub(super) fn place(text: &str) -> Result<FencePlace, String> {
    let is_plain = |text: &str| {
        !text.starts_with('-')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:%".contains(c))
    };
    TypedAddress::read(text)
        .filter(|typed| !typed.is_url && typed.has_user == typed.user.is_some())
        .filter(|typed| is_plain(&typed.host) && typed.user.as_deref().is_none_or(is_plain))
        .map(|typed| FencePlace { user: typed.user, address: typed.host, port: typed.port })
        .ok_or_else(|| "write `ADDRESS`, `USER@ADDRESS` or `USER@ADDRESS:PORT`".to_owned())
}

/// Where to look for the old server, and its key.
struct Search {
    host: String,
    name: String,
    public: String,
    key: Option<String>,
    own: Vec<IpAddr>,
    also: Vec<IpAddr>,
}

impl Search {
    async fn of(
        project: &Project,
        operation: &RebuildOperation<'_>,
        also: &[IpAddr],
        remembered: &LastKnownHost,
    ) -> Search {
        let host = project.host_name();
        let read = |one: &String| one.parse::<IpAddr>().ok();
        let mut own: Vec<IpAddr> = operation.addresses().iter().filter_map(read).collect();
        own.extend(addresses(&host).await);
        let earlier = remembered.addresses.iter().filter_map(read);
        let also = also.iter().copied().chain(earlier.filter(|one| !own.contains(one))).collect();
        let name = operation.server_name().to_owned();
        let public = operation.public_url().and_then(HttpUrl::read).map(|url| url.host);
        let public = public.unwrap_or_else(|| name.clone());
        Search { host, name, public, key: operation.identity(), own, also }
    }

    /// Returns whether this leads to the host that is rebuilt.
    async fn is_own(&self, address: &str) -> bool {
        let all = addresses(address).await;
        address == self.host || all.iter().any(|one| self.own.contains(one))
    }

    /// Returns the addresses at which the old server answers; `fenced` is asked as well. Warns if it cannot be looked
    /// for.
    async fn answers(&self, fenced: Option<&str>, output: &mut Output) -> Vec<String> {
        match self.answering(fenced).await {
            Ok(answers) => answers,
            Err(why) => {
                let message = format!("the old server was not looked for: {why}");
                output.problems(&[Diagnostic::warning("rebuild/not-looked-for", message)
                    .help("make sure that it is not running before you go on")]);
                Vec::new()
            }
        }
    }

    async fn answering(&self, fenced: Option<&str>) -> Result<Vec<String>, String> {
        let key = self.key.as_deref().ok_or("its key is not known")?;
        let mut also = self.also.clone();
        if let Some(place) = fenced {
            also.extend(addresses(place).await);
        }
        let now = releases::now().and_then(|now| i64::try_from(now).ok()).unwrap_or_default();
        let (host, own) = (self.host.clone(), self.own.clone());
        let world =
            VerifyContext { net: net()?, host, names: Vec::new(), own, knows_all: true, now };
        Ok(still_answers(&world, &self.name, &self.public, key, &also).await)
    }
}

/// The network, as this machine sees it.
pub(super) fn net() -> Result<Net, String> {
    Ok(Net::new(BTreeMap::new(), None, TlsTrust::platform()?, TIMEOUT))
}

/// Returns the addresses of a name.
pub(super) async fn addresses(name: &str) -> Vec<IpAddr> {
    match (name.parse(), net()) {
        (Ok(address), _) => vec![address],
        (_, Ok(net)) => net.addresses(name).await,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_user_and_a_port() {
        let of = |user: Option<&str>, address: &str, port| FencePlace {
            user: user.map(str::to_owned),
            address: address.to_owned(),
            port,
        };
        for (text, expected) in [
            ("192.0.2.1", of(None, "192.0.2.1", None)),
            ("root@old.example.org", of(Some("root"), "old.example.org", None)),
            ("admin@[2001:db8::1]:2222", of(Some("admin"), "2001:db8::1", Some(2222))),
            ("2001:db8::1", of(None, "2001:db8::1", None)),
        ] {
            assert_eq!(place(text).unwrap(), expected, "{text}");
        }
        for odd in ["", "@a", "-oProxyCommand=x", "a b", "-x@a", "https://a/", "a;b", "$(x)", "*"] {
            assert!(place(odd).is_err(), "{odd}");
        }
    }
}
