//! Accounts and invitations as text. Names come from users, so control characters in them must not reach the terminal.

use super::columns::columns;
use super::phrases::one_line;
use crate::accounts::{AccountState, Invitation, User};
use crate::diagnostic::counted;
use crate::time::{minute, utc};

/// A line for each account.
pub fn users(users: &[User]) -> String {
    if users.iter().all(|user| user.own) {
        return "no accounts yet: create the first with `matrixform users add NAME --admin`\n"
            .to_owned();
    }
    columns(
        ["ACCOUNT", "NAME", "ROLE", "STATE", "CREATED", "LAST SEEN"],
        users.iter().map(user).collect(),
    )
}

fn user(user: &User) -> [String; 6] {
    let role = match (user.own, user.admin) {
        (true, _) => "matrixform's own",
        (false, true) => "admin",
        (false, false) => "user",
    };
    let state = match user.state {
        AccountState::Active => "active",
        AccountState::Deactivated => "deactivated",
        AccountState::Locked => "locked",
        AccountState::Suspended => "suspended",
        AccountState::Guest => "guest",
    };
    let seen = user.last_seen.map_or_else(|| "never".to_owned(), day);
    [
        one_line(&user.id),
        user.display_name.as_deref().map(one_line).unwrap_or_default(),
        role.to_owned(),
        state.to_owned(),
        user.created.map(day).unwrap_or_default(),
        seen,
    ]
}

/// A line for each invitation; `now` in seconds since 1970.
pub fn invitations(all: &[Invitation], now: u64) -> String {
    if all.is_empty() {
        return "no invitations\n".to_owned();
    }
    let rows = all.iter().map(|one| invitation(one, now)).collect();
    columns(["TOKEN", "USED", "PENDING", "EXPIRES", "STATE"], rows)
}

fn invitation(one: &Invitation, now: u64) -> [String; 5] {
    let used = match one.uses {
        Some(uses) => format!("{} of {uses}", one.completed),
        None => counted(usize::try_from(one.completed).unwrap_or(usize::MAX), "time"),
    };
    let state = match one.is_open(now) {
        true => "open",
        false if one.expires_ms.is_some_and(|ms| ms <= now.saturating_mul(1000)) => "expired",
        false => "used up",
    };
    let expires = one.expires_ms.map_or_else(|| "never".to_owned(), |ms| minute(ms / 1000));
    [one_line(&one.token), used, one.pending.to_string(), expires, state.to_owned()]
}

fn day(seconds: u64) -> String {
    utc(seconds).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_invitations_as_tables() {
        let ada = User {
            id: "@ada:hs.test".into(),
            display_name: Some("Ada\u{1b}[2J\n@root".into()),
            admin: true,
            state: AccountState::Active,
            own: false,
            created: Some(1_795_000_000),
            last_seen: None,
        };
        let eve = User {
            id: "@eve:hs.test".into(),
            display_name: None,
            admin: false,
            state: AccountState::Deactivated,
            last_seen: Some(1_795_600_000),
            ..ada.clone()
        };
        let own = User { id: "@matrixform-operator:hs.test".into(), own: true, ..ada.clone() };
        let open = Invitation {
            token: "abcd-efgh".into(),
            uses: Some(2),
            pending: 0,
            completed: 1,
            expires_ms: Some(1_795_600_000_000),
        };
        let used = Invitation { token: "used".into(), completed: 2, ..open.clone() };
        let ended = Invitation { token: "ended".into(), expires_ms: Some(1), ..open.clone() };
        let any = Invitation { uses: None, expires_ms: None, token: "any".into(), ..open.clone() };
        assert!(
            users(std::slice::from_ref(&own)).contains("users add")
                && users(&[]).contains("users add")
        );
        insta::assert_snapshot!(
            users(&[ada, eve, own]) + "\n" + &invitations(&[open, used, ended, any], 1_795_500_000)
        );
        assert!(invitations(&[], 0).contains("no invitations"));
    }
}
