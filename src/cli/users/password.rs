//! The password of an account: typed or generated. It is shown on a terminal or written to a file of the user's, never
//! to a log.

use super::args::PasswordArgs;
use super::one;
use crate::accounts::{UserId, new_token};
use crate::cli::output::Output;
use crate::cli::typed;
use crate::diagnostic::{Diagnostic, Problems};
use crate::module::AccountService;
use crate::run::Project;
use crate::secret::Secret;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// The longest password that Synapse accepts (characters).
const MAX_CHARS: usize = 512;

/// The shortest password that is generated (characters).
const SHORTEST: usize = 24;

/// A password, and what happens to it once the account has it.
pub(super) struct AccountPassword {
    /// The password.
    pub(super) secret: Secret,
    delivery: PasswordDelivery,
}

enum PasswordDelivery {
    Known,
    Show,
    Written(PathBuf),
}

/// Checks that there is a way to hand a password over, before anything is asked.
pub(super) fn can_show(args: &PasswordArgs) -> Result<(), Problems> {
    if args.generate && !std::io::stdout().is_terminal() {
        let message =
            "a generated password is shown only in a terminal, and standard output is not one";
        return Err(one(Diagnostic::error("accounts/password", message)
            .help("write it to a new file with `--password-to FILE`")));
    }
    Ok(())
}

/// Asks for the password, or generates it. A file is written before the password is used, so that it cannot be lost.
pub(super) fn obtain(
    project: &Project,
    service: &AccountService,
    id: &UserId,
    args: &PasswordArgs,
) -> Result<AccountPassword, Problems> {
    if !service.passwords {
        let message = "password login is off on this homeserver";
        return Err(one(Diagnostic::error("accounts/password", message)
            .help("to turn it on, set `login = true` under `[synapse.passwords]`")));
    }
    let (secret, delivery) = if args.generate || args.password_to.is_some() {
        let secret = generated(service.shortest_password)?;
        let delivery = match &args.password_to {
            Some(path) => write(path, &secret)
                .map(|()| PasswordDelivery::Written(path.clone()))
                .map_err(one)?,
            None => PasswordDelivery::Show,
        };
        (secret, delivery)
    } else {
        let typed = typed::read(&format!("Password for {id}"))?;
        let secret = Secret::new("password", typed.as_slice());
        validate(&secret, service.shortest_password).map_err(one)?;
        (secret, PasswordDelivery::Known)
    };
    project.secrets.masker().add([&secret]);
    Ok(AccountPassword { secret, delivery })
}

fn generated(shortest: usize) -> Result<Secret, Problems> {
    let mut text = zeroize::Zeroizing::new(new_token().map_err(one)?);
    while text.len() < shortest {
        text.push('-');
        text.push_str(&zeroize::Zeroizing::new(new_token().map_err(one)?));
    }
    // The last group may exceed what is needed, and what Synapse accepts.
    text.truncate(shortest.max(SHORTEST));
    Ok(Secret::new("password", text.as_bytes()))
}

/// Applies the users' password rules; the admin API itself accepts anything.
fn validate(secret: &Secret, shortest: usize) -> Result<(), Diagnostic> {
    let problem = |why: String| Diagnostic::error("accounts/password", why);
    let Ok(text) = std::str::from_utf8(secret.expose()) else {
        return Err(problem("the password is not valid UTF-8".to_owned()));
    };
    if text.chars().any(char::is_control) {
        return Err(problem(
            "the password contains a line break or another control character".to_owned(),
        ));
    }
    match text.chars().count() {
        length if length < shortest => Err(problem(format!(
            "the password is too short: the spec requires {shortest} characters"
        ))
        .help(
            "`min_length` under `[synapse.passwords]` sets the minimum; `--generate` creates one",
        )),
        length if length > MAX_CHARS => Err(problem(format!(
            "the password is too long: Synapse accepts at most {MAX_CHARS} characters"
        ))),
        _ => Ok(()),
    }
}

/// Writes the password to a new file.
fn write(path: &PathBuf, secret: &Secret) -> Result<(), Diagnostic> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let write = |mut file: File| {
        file.write_all(secret.expose())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    opened.and_then(write).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AlreadyExists => "it already exists".to_owned(),
            _ => error.to_string(),
        };
        let message = format!("the password cannot be written to {}: {why}", path.display());
        Diagnostic::error("accounts/password", message).help("name a file that does not exist")
    })
}

impl AccountPassword {
    /// Hands the password over, once the account has it.
    pub(super) fn hand_over(&self, id: &UserId, output: &mut Output) -> Result<(), Problems> {
        match &self.delivery {
            PasswordDelivery::Known => Ok(()),
            PasswordDelivery::Written(path) => {
                let message = format!("the password of {id} is in {}", path.display());
                output.problems(&[Diagnostic::note("accounts/password", message)
                    .help("pass it on in private, then delete the file")]);
                Ok(())
            }
            PasswordDelivery::Show => {
                output.problems(&[Diagnostic::note(
                    "accounts/password",
                    format!("password of {id} (not stored anywhere):"),
                )]);
                output.reveal(&self.secret, true)
            }
        }
    }

    /// Removes the file if the account did not get the password: it would mislead.
    pub(super) fn drop_file(&self) {
        if let PasswordDelivery::Written(path) = &self.delivery {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_the_required_length() {
        for shortest in [0, 12, 24, 25, 100, 512] {
            let made = generated(shortest).unwrap();
            validate(&made, shortest).unwrap();
        }
        for wrong in ["short", "line\nend of a long one", &"x".repeat(513)] {
            assert!(validate(&Secret::new("p", wrong), 12).is_err(), "{wrong}");
        }
        assert!(validate(&Secret::new("p", [0xff; 20]), 12).is_err());
        assert!(validate(&Secret::new("p", "zwölf Zeichen"), 12).is_ok());
    }

    #[test]
    fn a_password_file_is_new_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ada.password");
        let secret = Secret::new("password", "a long password");
        write(&path, &secret).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(
            (mode & 0o777, std::fs::read(&path).unwrap()),
            (0o600, b"a long password\n".to_vec())
        );
        assert!(write(&path, &secret).unwrap_err().message.contains("already exists"));
    }
}
