//! The count of round trips is correct: it equals the slope of the time between two delays. The slope leaves out all
//! that takes the same time at any distance.

use std::time::{Duration, Instant};

use matrixform::for_tests::remote::{SshEnvironment, Target};

use crate::delay::Delay;
use crate::jump;
use crate::sshd::{Key, Sshd};
use crate::{known, open};

/// Both long enough for the host's own work after the login (some 50 ms) to fit into a round trip. Otherwise it would
/// overlap with the waiting at one delay and not at the other.
const NEAR: Duration = Duration::from_millis(40);
const FAR: Duration = Duration::from_millis(120);

/// Factors for both delays, tried in turn until the slope agrees: a busy machine adds milliseconds, which matter less
/// the longer a round trip is.
const STRETCHED: [u32; 3] = [1, 2, 4];
/// Runs for each factor.
const RUNS: u32 = 8;

/// Seconds from the connection's start to the end of a command.
async fn time(sshd: &Sshd, environment: &SshEnvironment, target: &Target, counted: u32) -> f64 {
    let start = Instant::now();
    let connection = open(target, environment, sshd).await;
    let exec = connection.exec("exec true").await.unwrap();
    assert_eq!(exec.output.collect().await.unwrap().status, Some(0));
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(connection.round_trips().total(), counted, "{}", connection.round_trips());
    connection.close().await;
    seconds
}

/// Takes the fastest run for each delay: other load only ever adds time, so further runs can only come closer to the
/// truth. Returns the last slope measured if none agreed.
async fn compare(
    sshd: &Sshd,
    environment: &SshEnvironment,
    [near, far]: [Target; 2],
    stretch: u32,
    counted: u32,
) -> Result<(), f64> {
    let mut best = [f64::INFINITY; 2];
    let mut slope = f64::NAN;
    for run in 1..=RUNS {
        best[0] = best[0].min(time(sshd, environment, &near, counted).await);
        best[1] = best[1].min(time(sshd, environment, &far, counted).await);
        slope = (best[1] - best[0]) / (2.0 * ((FAR - NEAR) * stretch).as_secs_f64());
        if run >= 2 && (slope - f64::from(counted)).abs() < 0.5 {
            println!("measured {slope:.2} round trips, counted {counted}, in {run} runs");
            return Ok(());
        }
    }
    Err(slope)
}

/// A proxy to a port for each delay.
async fn delays(port: u16, stretch: u32) -> [Delay; 2] {
    [Delay::before(port, NEAR * stretch).await, Delay::before(port, FAR * stretch).await]
}

async fn eight(kind: &str) {
    let (sshd, _) = known();
    let key = Key::new(sshd.directory(), kind, kind);
    sshd.authorize(&key);
    let mut slopes = Vec::new();
    for stretch in STRETCHED {
        let delays = delays(sshd.port, stretch).await;
        let targets = delays.each_ref().map(|delay| Target {
            port: Some(delay.port),
            host_key: Some(sshd.host_key("ed25519")),
            ..sshd.target(&key)
        });
        match compare(&sshd, &sshd.environment(), targets, stretch, 8).await {
            Ok(()) => return,
            Err(slope) => slopes.push(slope),
        }
    }
    panic!("measured {slopes:.2?} round trips, counted 8");
}

#[tokio::test]
async fn a_command_takes_eight_round_trips() {
    eight("ed25519").await;
}

#[tokio::test]
async fn an_rsa_key_takes_no_more_round_trips() {
    eight("rsa").await;
}

#[tokio::test]
async fn a_jump_host_adds_six_round_trips() {
    let (outer, inner, _key, target) = jump::pair();
    let mut slopes = Vec::new();
    for stretch in STRETCHED {
        let delays = delays(outer.port, stretch).await;
        let mut known = inner.known_hosts_line("ed25519");
        let targets = delays.each_ref().map(|delay| {
            known += &format!("[127.0.0.1]:{} {}\n", delay.port, outer.host_key("ed25519"));
            Target { jump: Some(format!("root@127.0.0.1:{}", delay.port)), ..target.clone() }
        });
        outer.write_known_hosts(&known);
        match compare(&inner, &outer.environment(), targets, stretch, 14).await {
            Ok(()) => return,
            Err(slope) => slopes.push(slope),
        }
    }
    panic!("measured {slopes:.2?} round trips, counted 14");
}
