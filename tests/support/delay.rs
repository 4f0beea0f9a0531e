//! A distant host: a TCP proxy on the loopback that delays every byte by a fixed time in each direction. The tests of
//! round trips and the benchmark (benches/delay.rs) use it. It also delays the start by the three one-way trips after
//! which a real server would see the connection and its first byte (SYN, SYN-ACK, ACK), so that the round trip of the
//! TCP handshake shows in the slope. It models distance only: no loss, no bandwidth.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// The proxy. Dropping it stops accepting; open connections continue.
pub struct Delay {
    /// The port to connect to on 127.0.0.1.
    pub port: u16,
    accepting: JoinHandle<()>,
}

impl Delay {
    /// Delays traffic to `port` of 127.0.0.1 by `one_way` in each direction.
    pub async fn before(port: u16, one_way: Duration) -> Delay {
        Delay::before_address((Ipv4Addr::LOCALHOST, port).into(), one_way).await
    }

    /// Delays traffic to this address.
    pub async fn before_address(address: SocketAddr, one_way: Duration) -> Delay {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(relay(near, address, one_way));
            }
        });
        Delay { port: own, accepting }
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn relay(near: TcpStream, address: SocketAddr, one_way: Duration) {
    sleep_until(Instant::now() + 3 * one_way).await;
    let Ok(far) = TcpStream::connect(address).await else { return };
    near.set_nodelay(true).unwrap();
    far.set_nodelay(true).unwrap();
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    // The client's first bytes have already waited in its socket for their travel time.
    pump(near_read, far_write, one_way, 1);
    pump(far_read, near_write, one_way, 0);
}

/// Moves bytes one way; each piece is sent `one_way` after its arrival, except the first `at_once`, which are not
/// delayed.
fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, one_way: Duration, mut at_once: u32) {
    let (queue, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let wait = if at_once > 0 { Duration::ZERO } else { one_way };
            at_once = at_once.saturating_sub(1);
            if queue.send((Instant::now() + wait, buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((when, piece)) = pieces.recv().await {
            sleep_until(when).await;
            if to.write_all(&piece).await.is_err() {
                break;
            }
        }
    });
}
