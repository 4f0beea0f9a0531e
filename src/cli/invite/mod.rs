//! `matrixform invite`: registration tokens. The history keeps only the start of a token, since the token lets someone
//! in.

mod args;
mod examples;
mod registration;

pub(super) use args::InviteVerb;
pub(in crate::cli) use examples::ALL as EXAMPLES;

use super::args::{ListArgs, ListFormat};
use super::output::Output;
use crate::accounts::{Accounts, BEGINNING, Invitation, beginning, new_token};
use crate::diagnostic::{Diagnostic, Exit, Problems, visible};
use crate::render;
use crate::run::{AccountOperation, Project};
use crate::secret::Secret;
use crate::time::now;
use args::{InviteCreateArgs, InviteRevokeArgs};

/// Runs the command.
pub(super) async fn invite(
    project: &Project,
    verb: &InviteVerb,
    output: &mut Output,
) -> Result<Exit, Problems> {
    match verb {
        InviteVerb::Create(args) => create(project, args, output).await,
        InviteVerb::List(args) => list(project, args, output).await,
        InviteVerb::Revoke(args) => revoke(project, args, output).await,
    }
}

async fn create(
    project: &Project,
    args: &InviteCreateArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    registration::admits(project, operation.service()).map_err(one)?;
    let expires = operation.time().await?.saturating_mul(1000).saturating_add(args.expires);
    let new = |_| {
        Ok(Invitation {
            token: new_token()?,
            uses: Some(args.uses),
            pending: 0,
            completed: 0,
            expires_ms: Some(expires),
        })
    };
    let wanted: Vec<Invitation> =
        (0..args.count).map(new).collect::<Result<_, Diagnostic>>().map_err(one)?;
    let items = wanted.iter().map(|one| ("create", address(one)));
    let change = operation.begin("invite create", items).await?;
    let accounts = operation.accounts();
    let (made, result) = accounts.invite(&mut operation, &wanted).await;
    let usable = match wanted.first().filter(|_| result.is_ok()) {
        Some(first) => accounts.is_usable(&mut operation, first).await.ok(),
        None => None,
    };
    let ended = operation.end(change, result).await;
    output.end_progress();
    // Those that were created work, even if others failed.
    for one in wanted.iter().take(made) {
        output.reveal(&Secret::new("invitation", one.token.as_bytes()), true)?;
    }
    ended?;
    output.timings(&operation.cost());
    let url = operation.service().public_url.clone();
    operation.close().await;
    if usable == Some(false) {
        let message =
            "the invitations were created, but the homeserver does not allow registration yet";
        output.problems(&[Diagnostic::warning("accounts/closed", message)
            .help("run `matrixform apply`: `registration.mode` has not been applied")]);
    }
    output.problems(&[Diagnostic::note("accounts/invited", summary(made, args)).help(format!(
        "register in a browser or a desktop client, such as Element: create an account on {url}, and enter the token when asked; \
         Element X cannot register with a token, and can sign in afterwards"
    ))]);
    Ok(Exit::Done)
}

fn summary(made: usize, args: &InviteCreateArgs) -> String {
    let days = args.expires / 86_400_000;
    let how_long = match days {
        0 => format!("{} minutes", args.expires / 60_000),
        1 => "a day".to_owned(),
        days => format!("{days} days"),
    };
    let invitations =
        if made == 1 { "an invitation".to_owned() } else { format!("{made} invitations") };
    let each = if made == 1 { "" } else { " each" };
    let accounts =
        if args.uses == 1 { "one account".to_owned() } else { format!("{} accounts", args.uses) };
    format!("created {invitations} for {accounts}{each}, valid for {how_long}")
}

async fn list(project: &Project, args: &ListArgs, output: &mut Output) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let all = operation.accounts().invitations(&mut operation).await.map_err(one)?;
    output.timings(&operation.cost());
    operation.close().await;
    match args.format {
        ListFormat::Json => output.json(&serde_json::to_value(&all).unwrap_or_default()),
        ListFormat::Text => output.result(&render::accounts::invitations(&all, now())),
    }
    Ok(Exit::Done)
}

async fn revoke(
    project: &Project,
    args: &InviteRevokeArgs,
    output: &mut Output,
) -> Result<Exit, Problems> {
    let stderr = output.stderr();
    let mut operation = AccountOperation::open(project, &stderr).await?;
    let all = operation.accounts().invitations(&mut operation).await.map_err(one)?;
    let found = find(&all, &args.token).map_err(one)?;
    let change =
        operation.begin("invite revoke", std::iter::once(("remove", address(found)))).await?;
    let result = operation.accounts().revoke(&mut operation, found).await;
    operation.end(change, result).await?;
    output.end_progress();
    output.timings(&operation.cost());
    operation.close().await;
    let stay = match found.completed {
        0 => "nobody has used it".to_owned(),
        1 => "the account created with it stays".to_owned(),
        many => format!("the {many} accounts created with it stay"),
    };
    let message = format!("revoked {}: {stay}", beginning(&found.token));
    output.problems(&[Diagnostic::note("accounts/revoked", message)]);
    Ok(Exit::Done)
}

/// Returns the invitations that can still be used to register.
///
/// # Errors
///
/// Returns an error if they cannot be listed.
pub(super) async fn open(
    operation: &mut AccountOperation<'_>,
) -> Result<Vec<Invitation>, Problems> {
    let all = operation.accounts().invitations(operation).await.map_err(one)?;
    Ok(all.into_iter().filter(|one| one.is_open(now())).collect())
}

/// Finds the invitation with this token, or the only one whose token starts with it.
fn find<'i>(all: &'i [Invitation], token: &str) -> Result<&'i Invitation, Diagnostic> {
    if let Some(exact) = all.iter().find(|one| one.token == token) {
        return Ok(exact);
    }
    let error = |message: String| Diagnostic::error("accounts/invitation", message);
    let shown = visible(&beginning(token));
    if token.chars().count() < BEGINNING {
        return Err(error("give at least four characters of the token".to_owned()));
    }
    let mut fits = all.iter().filter(|one| one.token.starts_with(token));
    match (fits.next(), fits.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(error(format!("no invitation {shown}"))
            .help("`matrixform invite list` shows all of them")),
        (Some(_), Some(_)) => {
            Err(error(format!("more than one invitation starts with {shown}"))
                .help("give more of it"))
        }
    }
}

/// Returns its name in the history.
pub(super) fn address(one: &Invitation) -> String {
    format!("invitation:{}", visible(&beginning(&one.token)))
}

fn one(problem: Diagnostic) -> Problems {
    vec![problem]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(token: &str) -> Invitation {
        Invitation { token: token.into(), uses: None, pending: 0, completed: 0, expires_ms: None }
    }

    #[test]
    fn an_invitation_is_found_by_a_unique_prefix() {
        let all = ["abcd", "abcd-efgh", "abcd-ijkl", "wxyz"].map(with);
        let token = |by: &str| find(&all, by).map(|one| one.token.clone());
        assert_eq!(token("abcd").unwrap(), "abcd", "the whole token");
        assert_eq!(token("abcd-e").unwrap(), "abcd-efgh");
        for (by, why) in
            [("abcd-", "more than one"), ("abc", "four characters"), ("abcd-x", "no invitation")]
        {
            let problem = token(by).unwrap_err();
            assert!(problem.message.contains(why), "{problem:?}");
            assert!(!problem.message.contains("abcd-"), "{problem:?}");
        }
    }
}
