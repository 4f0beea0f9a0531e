//! Invitations: registration tokens, generated on the operator's machine.

use crate::diagnostic::Diagnostic;
use serde::Serialize;

/// The most of a token that may be written down (characters): the whole token admits anyone who has it.
pub const BEGINNING: usize = 4;

/// Letters and digits without those that are confused when read out or typed: 0, 1, l and o.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// One invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// The token.
    pub token: String,
    /// How many accounts it can create; none if unlimited.
    pub uses: Option<u64>,
    /// The number of registrations in progress.
    pub pending: u64,
    /// The number of completed registrations.
    pub completed: u64,
    /// The expiry, in milliseconds since 1970; none if it never expires.
    pub expires_ms: Option<u64>,
}

impl Invitation {
    /// Whether it can still be used to register at this time (seconds since 1970).
    pub fn is_open(&self, now: u64) -> bool {
        let left = self.uses.is_none_or(|uses| self.pending.saturating_add(self.completed) < uses);
        left && self.expires_ms.is_none_or(|ms| ms > now.saturating_mul(1000))
    }
}

/// Returns the part of a token that may be written down.
pub fn beginning(token: &str) -> String {
    token.chars().take(BEGINNING).chain(['…']).collect()
}

/// Generates a token: five groups of four characters, 100 bits.
///
/// # Errors
///
/// The system's random number generator fails.
pub fn new_token() -> Result<String, Diagnostic> {
    let mut random = [0u8; 20];
    getrandom::fill(&mut random)
        .map_err(|error| Diagnostic::bug(format!("no random number generator: {error}")))?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map(char::from);
    let groups = random.chunks(4).map(|group| group.iter().filter_map(letter).collect::<String>());
    Ok(groups.collect::<Vec<String>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_unique_and_readable() {
        let (one, other) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.matches('-').count()), (24, 4));
        assert!(one.chars().all(|c| c == '-' || LETTERS.contains(&(c as u8))), "{one}");
        assert_eq!(beginning("abcd-efgh"), "abcd…");
    }

    #[test]
    fn an_invitation_is_open_until_it_is_used_up_or_has_expired() {
        let new = Invitation {
            token: "t".into(),
            uses: Some(2),
            pending: 0,
            completed: 0,
            expires_ms: Some(10_000),
        };
        assert!(new.is_open(9) && !new.is_open(10));
        let used = Invitation { pending: 1, completed: 1, ..new.clone() };
        assert!(!used.is_open(0));
        let any =
            Invitation { uses: None, expires_ms: None, completed: u64::MAX, pending: 1, ..new };
        assert!(any.is_open(u64::MAX));
    }
}
