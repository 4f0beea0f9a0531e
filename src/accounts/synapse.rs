//! Accounts kept by Synapse itself, through its admin API
//! (https://element-hq.github.io/synapse/latest/usage/administration/admin_api/).

use super::call::{AdminCall, AdminReply};
use super::invitation::{Invitation, beginning};
use super::name::{UserId, in_path};
use super::{AccountState, Accounts, Caller, User};
use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// The number of users per page.
const PAGE: usize = 1000;

const USERS: &str = "/_synapse/admin/v2/users";
const TOKENS: &str = "/_synapse/admin/v1/registration_tokens";

/// A Synapse that keeps its own accounts.
#[derive(Clone, Debug)]
pub struct Synapse {
    /// The names of the accounts that no person logs in to.
    pub own: Vec<String>,
}

impl Synapse {
    fn read(&self, user: &Value) -> Option<User> {
        let flag = |key: &str| match user.get(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::Number(number)) => number.as_u64() != Some(0),
            _ => false,
        };
        let text = |key: &str| user.get(key).and_then(Value::as_str).map(str::to_owned);
        let time = |key: &str| user.get(key).and_then(Value::as_u64).filter(|time| *time > 0);
        let id = text("name")?;
        let local = id.trim_start_matches('@').split(':').next().unwrap_or_default();
        let own = self.own.iter().any(|own| own == local);
        let state = match () {
            () if flag("deactivated") => AccountState::Deactivated,
            () if flag("locked") => AccountState::Locked,
            () if flag("suspended") => AccountState::Suspended,
            () if flag("is_guest") => AccountState::Guest,
            () => AccountState::Active,
        };
        Some(User {
            display_name: text("displayname"),
            admin: flag("admin"),
            state,
            own,
            // The API returns seconds for a single account, but milliseconds in the list.
            created: time("creation_ts")
                .map(|at| if at > 100_000_000_000 { at / 1000 } else { at }),
            last_seen: time("last_seen_ts").map(|at| at / 1000),
            id,
        })
    }
}

fn user_path(id: &UserId) -> String {
    format!("{USERS}/{}", id.in_path())
}

/// Whether more pages follow this one.
fn has_next(reply: Option<&AdminReply>) -> Result<bool, Diagnostic> {
    let page = reply.filter(|reply| reply.status == 200).map(AdminReply::json).transpose()?;
    Ok(page.is_some_and(|page| page.get("next_token").is_some()))
}

/// The list at this key of an answer.
fn list<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>, Diagnostic> {
    value.get(key).and_then(Value::as_array).ok_or_else(|| {
        Diagnostic::error(
            "accounts/unreadable",
            format!("`{key}` is missing from the homeserver's answer"),
        )
    })
}

/// Returns the last reply, if it has the expected status and there is one for each request.
fn done<'r>(
    replies: &'r [AdminReply],
    of: usize,
    expect: u16,
    what: &str,
) -> Result<&'r AdminReply, Diagnostic> {
    match replies.last() {
        Some(reply) if replies.len() == of && reply.status == expect => Ok(reply),
        Some(reply) => Err(reply.refused(what)),
        None => {
            Err(Diagnostic::error("accounts/refused", format!("{what}: Synapse was not contacted")))
        }
    }
}

fn with_password(
    key: &str,
    password: &Secret,
    more: &str,
) -> Result<Zeroizing<String>, Diagnostic> {
    let text = std::str::from_utf8(password.expose()).unwrap_or_default();
    let text = serde_json::to_string(text).map(Zeroizing::new);
    let text = text.map_err(|error| Diagnostic::bug(format!("no JSON: {error}")))?;
    Ok(Zeroizing::new(format!("{{\"{key}\":{},{more}}}", text.as_str())))
}

impl Accounts for Synapse {
    async fn users(&self, host: &mut impl Caller) -> Result<Vec<User>, Diagnostic> {
        let path = format!("{USERS}?guests=true&deactivated=true&limit={PAGE}&from=");
        // Most servers have one page.
        let mut replies = host.ask(&[AdminCall::get(format!("{path}0")).last()]).await?;
        if has_next(replies.first())? {
            replies = host.ask(&[AdminCall::pages(path, PAGE)]).await?;
        }
        let mut users = Vec::new();
        for reply in &replies {
            if reply.status != 200 {
                return Err(reply.refused("the accounts were not listed"));
            }
            users.extend(list(&reply.json()?, "users")?.iter().filter_map(|user| self.read(user)));
        }
        // The host fetches no more than a hundred pages.
        if has_next(replies.last())? {
            let message = format!("only the first {} accounts are shown", users.len());
            return Err(Diagnostic::error("accounts/too-many", message)
                .help(format!("the admin API lists the rest on the host: `{USERS}?from=`")));
        }
        users.sort_by(|one, other| one.id.cmp(&other.id));
        users.dedup_by(|one, other| one.id == other.id);
        Ok(users)
    }

    async fn user(&self, host: &mut impl Caller, id: &UserId) -> Result<Option<User>, Diagnostic> {
        let replies = host.ask(&[AdminCall::get(user_path(id)).last()]).await?;
        match replies.last() {
            Some(reply)
                if reply.status == 404 && reply.code().as_deref() == Some("M_NOT_FOUND") =>
            {
                Ok(None)
            }
            _ => {
                let reply = done(&replies, 1, 200, &format!("{id} was not looked up"))?;
                // The account that a reply describes is identified by the name in it.
                Ok(self.read(&reply.json()?).filter(|user| user.id == id.as_str()))
            }
        }
    }

    async fn add(
        &self,
        host: &mut impl Caller,
        id: &UserId,
        password: &Secret,
        admin: bool,
    ) -> Result<(), Diagnostic> {
        // First without a password: this changes nothing in an account created in the meantime.
        let made = AdminCall::change("PUT", user_path(id), &json!({})).expecting(201);
        let more = format!("\"admin\":{admin},\"logout_devices\":false");
        let given = with_password("password", password, &more)?;
        let given = AdminCall::secret("PUT", user_path(id), given);
        let replies = host.change(&[made, given]).await?;
        match replies.as_slice() {
            [one] if one.status == 200 => Err(exists(id)),
            [_] | [] => done(&replies, 2, 200, &format!("{id} was not created")).map(drop),
            _ => done(&replies, 2, 200, &format!("{id} was created, but has no password"))
                .map(drop)
                .map_err(|problem| {
                    problem.help(format!("set one with `matrixform users reset-password {id}`"))
                }),
        }
    }

    async fn reset_password(
        &self,
        host: &mut impl Caller,
        id: &UserId,
        password: &Secret,
    ) -> Result<(), Diagnostic> {
        let path = format!("/_synapse/admin/v1/reset_password/{}", id.in_path());
        let body = with_password("new_password", password, "\"logout_devices\":false")?;
        let replies = host.change(&[AdminCall::secret("POST", path, body)]).await?;
        done(&replies, 1, 200, &format!("the password of {id} was not changed")).map(drop)
    }

    async fn log_out(&self, host: &mut impl Caller, id: &UserId) -> Result<usize, Diagnostic> {
        let path = format!("{}/devices", user_path(id));
        let what = format!("{id} was not logged out");
        let replies = host.ask(&[AdminCall::get(path.as_str()).last()]).await?;
        let devices = done(&replies, 1, 200, &what)?.json()?;
        let devices = list(&devices, "devices")?;
        let ids: Vec<&Value> = devices.iter().filter_map(|one| one.get("device_id")).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let body = json!({ "devices": ids });
        let delete = AdminCall::change("POST", format!("{}/delete_devices", user_path(id)), &body);
        let replies = host.change(&[delete, AdminCall::get(path)]).await?;
        let left = done(&replies, 2, 200, &what)?.json()?;
        match list(&left, "devices")?
            .iter()
            .find(|one| one.get("device_id").is_some_and(|id| ids.contains(&id)))
        {
            None => Ok(ids.len()),
            Some(_) => {
                let message = format!("some sessions of {id} are still active");
                Err(Diagnostic::error("accounts/refused", message).help("try again"))
            }
        }
    }

    async fn deactivate(&self, host: &mut impl Caller, id: &UserId) -> Result<(), Diagnostic> {
        let path = format!("/_synapse/admin/v1/deactivate/{}", id.in_path());
        let calls = [
            AdminCall::change("POST", path, &json!({"erase": false})),
            AdminCall::get(user_path(id)),
        ];
        let what = format!("{id} was not deactivated");
        let replies = host.change(&calls).await?;
        let user = self.read(&done(&replies, 2, 200, &what)?.json()?);
        match user.is_some_and(|user| user.state == AccountState::Deactivated) {
            true => Ok(()),
            false => Err(Diagnostic::error("accounts/refused", what).help("try again")),
        }
    }

    async fn invitations(&self, host: &mut impl Caller) -> Result<Vec<Invitation>, Diagnostic> {
        let replies = host.ask(&[AdminCall::get(TOKENS).last()]).await?;
        let reply = done(&replies, 1, 200, "the invitations were not listed")?.json()?;
        let found = list(&reply, "registration_tokens")?.iter().filter_map(invitation);
        let mut found: Vec<Invitation> = found.collect();
        found.sort_by(|one, other| {
            (one.expires_ms, &one.token).cmp(&(other.expires_ms, &other.token))
        });
        Ok(found)
    }

    async fn invite(
        &self,
        host: &mut impl Caller,
        invitations: &[Invitation],
    ) -> (usize, Result<(), Diagnostic>) {
        let call = |one: &Invitation| {
            let body = json!({
                "token": one.token, "uses_allowed": one.uses, "expiry_time": one.expires_ms,
            });
            AdminCall::change("POST", format!("{TOKENS}/new"), &body)
        };
        let calls: Vec<AdminCall> = invitations.iter().map(call).collect();
        let replies = match host.change(&calls).await {
            Ok(replies) => replies,
            Err(problem) => return (0, Err(problem)),
        };
        // The invitation exists if the reply matches the request, including the counters and the expiry.
        let is_made = |(reply, wanted): &(&AdminReply, &Invitation)| {
            reply.status == 200
                && reply.json().ok().and_then(|made| invitation(&made)).as_ref() == Some(wanted)
        };
        let made = replies.iter().zip(invitations).take_while(is_made).count();
        if made == invitations.len() {
            return (made, Ok(()));
        }
        let what = format!("{made} of {} invitations were created", invitations.len());
        let problem = match replies.get(made) {
            Some(reply) => reply.refused(&what),
            None => Diagnostic::error("accounts/refused", what),
        };
        let message = invitations.iter().fold(problem.message.clone(), |text, one| {
            text.replace(&one.token, &beginning(&one.token))
        });
        (made, Err(Diagnostic { message, ..problem }))
    }

    async fn is_usable(
        &self,
        host: &mut impl Caller,
        one: &Invitation,
    ) -> Result<bool, Diagnostic> {
        let path = "/_matrix/client/v1/register/m.login.registration_token/validity?token=";
        // `change` passes the token on standard input, although nothing changes.
        let replies =
            host.change(&[AdminCall::get(format!("{path}{}", in_path(&one.token)))]).await?;
        match replies.last() {
            Some(reply) if reply.status == 403 => Ok(false),
            _ => {
                let reply = done(&replies, 1, 200, "the invitation was not tested")?.json()?;
                Ok(reply.get("valid") == Some(&Value::Bool(true)))
            }
        }
    }

    async fn revoke(&self, host: &mut impl Caller, one: &Invitation) -> Result<(), Diagnostic> {
        let path = format!("{TOKENS}/{}", in_path(&one.token));
        let replies = host.change(&[AdminCall::change("DELETE", path, &json!({}))]).await?;
        let short = beginning(&one.token);
        match replies.last() {
            // It was revoked in the meantime.
            Some(reply)
                if reply.status == 404 && reply.code().as_deref() == Some("M_NOT_FOUND") =>
            {
                Ok(())
            }
            _ => match done(&replies, 1, 200, &format!("{short} was not revoked")) {
                Ok(_) => Ok(()),
                Err(problem) => {
                    let message = problem.message.replace(&one.token, &short);
                    Err(Diagnostic { message, ..problem })
                }
            },
        }
    }
}

/// The error for an account that already exists.
fn exists(id: &UserId) -> Diagnostic {
    Diagnostic::error("accounts/exists", format!("{id} already exists: nothing was changed"))
        .help(format!("to set a new password: `matrixform users reset-password {id}`"))
}

fn invitation(value: &Value) -> Option<Invitation> {
    let number = |key: &str| value.get(key).and_then(Value::as_u64);
    Some(Invitation {
        token: value.get("token")?.as_str()?.to_owned(),
        uses: number("uses_allowed"),
        pending: number("pending").unwrap_or_default(),
        completed: number("completed").unwrap_or_default(),
        expires_ms: number("expiry_time"),
    })
}

#[cfg(test)]
mod tests;
