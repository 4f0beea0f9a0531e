//! The SSH transport against real OpenSSH servers on the loopback. Needs `openssh-server` and root
//! (`apt-get install openssh-server`); without it the tests fail and say so.

#[path = "../support/sshd.rs"]
mod sshd;

mod login;
