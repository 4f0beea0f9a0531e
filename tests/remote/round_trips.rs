//! The count of round trips is true: it equals the slope of the time between two distances. The
//! slope leaves out everything that takes the same time at any distance.

use std::time::{Duration, Instant};

use matrixform::remote::{Environment, Target};

use crate::delay::Delay;
use crate::jump;
use crate::sshd::{Key, Sshd};
use crate::{known, open};

/// Both far enough that the host's own work after the login (some 50 ms) fits into a round trip: at
/// one distance it would else overlap with the waiting, at the other not.
const NEAR: Duration = Duration::from_millis(40);
const FAR: Duration = Duration::from_millis(120);

/// Seconds from nothing to the end of a command.
async fn time(sshd: &Sshd, environment: &Environment, target: &Target, counted: u32) -> f64 {
    let start = Instant::now();
    let connection = open(target, environment, sshd).await;
    let exec = connection.exec("exec true").await.unwrap();
    assert_eq!(exec.output.collect().await.unwrap().status, Some(0));
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(connection.round_trips().total(), counted, "{}", connection.round_trips());
    connection.close().await;
    seconds
}

/// Takes the quickest run at each distance, for other work on the machine only ever adds time; so
/// further runs can only come nearer to the truth.
async fn compare(sshd: &Sshd, environment: &Environment, near: Target, far: Target, counted: u32) {
    let mut best = [f64::INFINITY; 2];
    let mut slope = f64::NAN;
    for run in 1..=12 {
        best[0] = best[0].min(time(sshd, environment, &near, counted).await);
        best[1] = best[1].min(time(sshd, environment, &far, counted).await);
        slope = (best[1] - best[0]) / (2.0 * (FAR - NEAR).as_secs_f64());
        if run >= 2 && (slope - f64::from(counted)).abs() < 0.5 {
            println!("measured {slope:.2} round trips, counted {counted}, in {run} runs");
            return;
        }
    }
    panic!("measured {slope:.2} round trips, counted {counted}");
}

async fn eight(kind: &str) {
    let (sshd, _) = known();
    let key = Key::new(sshd.folder(), kind, kind);
    sshd.authorize(&key);
    let delays = [Delay::before(sshd.port, NEAR).await, Delay::before(sshd.port, FAR).await];
    let [near, far] = delays.each_ref().map(|delay| Target {
        port: Some(delay.port),
        host_key: Some(sshd.host_key("ed25519")),
        ..sshd.target(&key)
    });
    compare(&sshd, &sshd.environment(), near, far, 8).await;
}

#[tokio::test]
async fn a_command_takes_eight() {
    eight("ed25519").await;
}

#[tokio::test]
async fn an_rsa_key_takes_no_more() {
    eight("rsa").await;
}

#[tokio::test]
async fn a_jump_host_adds_six() {
    let (outer, inner, _key, target) = jump::pair();
    let delays = [Delay::before(outer.port, NEAR).await, Delay::before(outer.port, FAR).await];
    let mut known = inner.known_hosts_line("ed25519");
    let [near, far] = delays.each_ref().map(|delay| {
        known += &format!("[127.0.0.1]:{} {}\n", delay.port, outer.host_key("ed25519"));
        Target { jump: Some(format!("root@127.0.0.1:{}", delay.port)), ..target.clone() }
    });
    outer.write_known_hosts(&known);
    compare(&inner, &outer.environment(), near, far, 14).await;
}
