//! `waiting ADDRESS NAME AUTHORITY COUNT`: COUNT clients wait in `/sync` at the server of this name. The first line of
//! its standard input, `TOKEN SINCE TOKEN SINCE…`, lists the sessions that they share. It prints their counts every
//! second, until its standard input ends.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "../tests/support/waiting.rs"]
mod waiting;

use matrixform::for_tests::net::TlsTrust;
use std::error::Error;
use std::io::Read;
use std::time::Duration;
use waiting::{Clients, Session};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, name, authority, count] = words.as_slice() else {
        return Err("waiting ADDRESS NAME AUTHORITY COUNT".into());
    };
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let sessions = words.chunks_exact(2).map(|pair| match pair {
        [token, since] => Session { token: (*token).to_owned(), since: (*since).to_owned() },
        _ => unreachable!("chunks of two"),
    });
    let sessions: Vec<Session> = sessions.collect();
    let mut clients =
        Clients::of(address.parse()?, name, TlsTrust::pem(&std::fs::read(authority)?)?);
    let count: usize = count.parse()?;
    for (at, session) in sessions.iter().enumerate() {
        let share = (count + at) / sessions.len();
        clients.join(session, share);
    }
    let mut end = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    loop {
        println!("{}", clients.counts());
        tokio::select! {
            ended = &mut end => return ended?.map(|_| ()).map_err(Into::into),
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}
