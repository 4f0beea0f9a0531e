//! `delay ADDRESS MILLISECONDS...`: simulates a distant host. For each number (one-way delay) it listens on a free port
//! of 127.0.0.1, prints the port, and forwards connections until its standard input ends.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "../tests/support/delay.rs"]
mod delay;

use delay::Delay;
use std::error::Error;
use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let address: SocketAddr = words.next().ok_or("delay ADDRESS MILLISECONDS...")?.parse()?;
    let mut proxies = Vec::new();
    for word in words {
        let proxy = Delay::before_address(address, Duration::from_millis(word.parse()?)).await;
        println!("{}", proxy.port);
        proxies.push(proxy);
    }
    tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await??;
    Ok(())
}
