//! Asks a person for a secret: on the terminal, without echo, twice if nothing else would reveal a typo. Ctrl-C ends
//! the program, as always, but only after the echo is restored.

use super::leave;
use crate::secret::Prompt;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, Result, Write};
use std::os::fd::AsFd;
use zeroize::Zeroizing;

/// The terminal that the program was started from.
pub(super) struct Terminal;

impl Prompt for Terminal {
    fn ask(&self, name: &str) -> Option<Zeroizing<String>> {
        line(&format!("Secret `{name}` (not stored): "))
    }
}

/// Reads one line without echo; `None` if nothing was typed.
pub(super) fn line(question: &str) -> Option<Zeroizing<String>> {
    let typed = unseen(&mut open()?, &mut std::io::stderr(), question).ok()?;
    Some(typed).filter(|typed| !typed.is_empty())
}

/// Reads a line twice; `None` if the two differ.
pub(super) fn read_twice(question: &str) -> Option<Zeroizing<String>> {
    let first = line(question)?;
    let again = line("Again: ")?;
    (first == again).then_some(first)
}

/// Opens the controlling terminal or, if there is none, standard input if that is a terminal.
fn open() -> Option<File> {
    if let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") {
        return Some(terminal);
    }
    let input = std::io::stdin();
    input.is_terminal().then(|| input.as_fd().try_clone_to_owned().ok().map(File::from))?
}

/// Asks for a line, and returns it without its newline. The echo is off before the prompt appears. Turning it off
/// discards earlier input, so an answer typed at once is neither echoed nor discarded.
fn unseen(
    terminal: &mut File,
    screen: &mut impl Write,
    question: &str,
) -> Result<Zeroizing<String>> {
    let silence = NoEcho::over(terminal)?;
    screen.write_all(question.as_bytes())?;
    screen.flush()?;
    let line = read_line(terminal, &silence.ends);
    screen.write_all(b"\n")?;
    drop(silence);
    line.inspect_err(|problem| {
        if problem.kind() == ErrorKind::Interrupted {
            let _ = kill_process(getpid(), Signal::INT);
        }
    })
}

/// A terminal returns at most this many bytes as one line (Linux: N_TTY_BUF_SIZE), so that the buffer never grows and
/// leaves a copy of a secret behind.
const LINE: usize = 4096;

/// Reads a line; `Interrupted` if one of `ends` was typed.
fn read_line(terminal: &mut File, ends: &[u8]) -> Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LINE));
    let mut byte = Zeroizing::new([0]);
    while terminal.read(byte.as_mut())? == 1 && *byte != [b'\n'] {
        if byte.iter().any(|byte| ends.contains(byte)) {
            return Err(ErrorKind::Interrupted.into());
        }
        line.extend_from_slice(byte.as_ref());
    }
    let text = std::str::from_utf8(&line).map_err(|_| std::io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Turns off the echo while it lives, and the keyboard's signals: one that ended the program here would leave the
/// terminal without echo.
struct NoEcho {
    /// The characters that would otherwise raise a signal; they end the line.
    ends: Vec<u8>,
}

impl NoEcho {
    fn over(terminal: &File) -> Result<NoEcho> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        let keys =
            [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT].map(|key| before.special_codes[key]);
        silent.special_codes[SpecialCodeIndex::VEOL] = keys[0];
        silent.special_codes[SpecialCodeIndex::VEOL2] = keys[1];
        leave::found(terminal.try_clone()?, before);
        let silence = NoEcho { ends: keys.into_iter().filter(|key| *key != 0).collect() };
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(silence)
    }
}

impl Drop for NoEcho {
    fn drop(&mut self) {
        leave::restore();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::sync::{Mutex, PoisonError};

    /// The process remembers only one terminal to restore, so tests take turns.
    static ONE: Mutex<()> = Mutex::new(());

    /// Answers the moment the prompt appears.
    struct Hasty {
        keyboard: File,
        terminal: File,
        answer: &'static [u8],
        written: Vec<u8>,
    }

    impl Write for Hasty {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            if self.written.is_empty() {
                let modes = tcgetattr(&self.terminal)?.local_modes;
                assert!(!modes.contains(LocalModes::ECHO), "an answer would be seen");
                self.keyboard.write_all(self.answer)?;
            }
            self.written.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    /// Returns the terminal and the person in front of it.
    fn hasty(answer: &'static [u8]) -> (File, Hasty) {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let screen = Hasty {
            keyboard: File::from(keyboard),
            terminal: terminal.try_clone().unwrap(),
            answer,
            written: Vec::new(),
        };
        (terminal, screen)
    }

    #[test]
    fn an_immediate_answer_is_read_without_echo() {
        let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut terminal, mut screen) = hasty(b"p\xc3\xa4ss word\n");
        let line = unseen(&mut terminal, &mut screen, "Say: ").unwrap();
        assert_eq!((line.as_str(), &screen.written[..]), ("p\u{e4}ss word", &b"Say: \n"[..]));
        let modes = tcgetattr(&terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO), "it stays as it was found");
    }

    #[test]
    fn empty_input_is_read_and_non_text_is_refused() {
        let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut terminal, mut screen) = hasty(b"\x04");
        assert!(unseen(&mut terminal, &mut screen, "Say: ").unwrap().is_empty());
        let (mut terminal, mut screen) = hasty(b"\xff\n");
        assert!(unseen(&mut terminal, &mut screen, "Say: ").is_err());
    }
}
