//! Encrypts and decrypts in the format of the `age` command: writes ASCII armor, reads both forms.

use super::{AgeIdentity, Recipient};
use crate::bounded;
use crate::diagnostic::Diagnostic;
use ::age::armor::{ArmoredReader, ArmoredWriter, Format};
use ::age::secrecy::SecretString;
use ::age::{DecryptError, Decryptor, Encryptor};
use std::io::{BufReader, Write};
use zeroize::Zeroizing;

/// Longer plaintext is refused (bytes): nobody has that many secrets.
const MAX_BYTES: u64 = 16 << 20;

/// Encrypts text that any of the recipients can open.
///
/// # Errors
///
/// A recipient's key is not valid (`secret/recipient`), or the text cannot be encrypted, for example because there are
/// no recipients (`secret/age`).
pub fn seal_for(recipients: &[Recipient], plain: &[u8]) -> Result<String, Diagnostic> {
    let keys = recipients.iter().map(Recipient::public).collect::<Result<Vec<_>, _>>()?;
    let keys = keys.iter().map(|key| key as &dyn ::age::Recipient);
    let encryptor = Encryptor::with_recipients(keys).map_err(|error| failed(&error))?;
    armored(encryptor, plain)
}

/// Encrypts text that anyone who knows the passphrase can open.
///
/// # Errors
///
/// The text cannot be encrypted (`secret/age`).
pub fn seal_with_passphrase(
    passphrase: Zeroizing<String>,
    plain: &[u8],
) -> Result<String, Diagnostic> {
    let passphrase = SecretString::from(passphrase.as_str());
    armored(Encryptor::with_user_passphrase(passphrase), plain)
}

fn armored(encryptor: Encryptor, plain: &[u8]) -> Result<String, Diagnostic> {
    let mut sealed = Vec::new();
    let written = || -> std::io::Result<()> {
        let armor = ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(plain)?;
        writer.finish()?.finish()?;
        Ok(())
    };
    written().map_err(|error| failed(&error))?;
    String::from_utf8(sealed).map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error("secret/age", format!("the secrets cannot be encrypted: {error}"))
}

/// Why a file could not be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    /// It is encrypted for others.
    NotForThis,
    /// It opens with a passphrase, not with an identity.
    Passphrase,
    /// It is damaged or not an age file, with the reason.
    Damaged(String),
}

/// Decrypts a file.
pub(super) fn open(identity: &AgeIdentity, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let reader = header(sealed)?.decrypt(identity.keys()).map_err(unopened)?;
    let plain = bounded::read(reader, MAX_BYTES);
    plain.map(Zeroizing::new).map_err(|error| OpenError::Damaged(error.to_string()))
}

/// Reads the header of a file that an identity can open.
pub(super) fn header(
    sealed: &[u8],
) -> Result<Decryptor<ArmoredReader<BufReader<&[u8]>>>, OpenError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(sealed)).map_err(unopened)?;
    if decryptor.is_scrypt() { Err(OpenError::Passphrase) } else { Ok(decryptor) }
}

fn unopened(error: DecryptError) -> OpenError {
    match error {
        DecryptError::NoMatchingKeys => OpenError::NotForThis,
        DecryptError::InvalidHeader => OpenError::Damaged("its header is not age's".to_owned()),
        DecryptError::InvalidMac => OpenError::Damaged("its header was changed".to_owned()),
        DecryptError::UnknownFormat => OpenError::Damaged("a newer age wrote it".to_owned()),
        DecryptError::Io(error) => OpenError::Damaged(error.to_string()),
        _ => OpenError::Damaged("its content was changed".to_owned()),
    }
}
