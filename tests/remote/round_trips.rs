//! The count of round trips is true: it equals the slope of the time between two distances. The
//! slope leaves out everything that takes the same time at any distance.

use std::time::{Duration, Instant};

use matrixform::remote::{Environment, Target};

use crate::delay::Delay;
use crate::jump;
use crate::sshd::Sshd;
use crate::{known, open};

/// Both far enough that the host's own work after the login (some 50 ms) fits into a round trip: at
/// one distance it would else overlap with the waiting, at the other not.
const NEAR: Duration = Duration::from_millis(40);
const FAR: Duration = Duration::from_millis(120);

/// Seconds from nothing to the end of a command, and the round trips counted: the best of three, as
/// other work on the machine only ever adds time.
async fn best(sshd: &Sshd, environment: &Environment, target: &Target) -> (f64, u32) {
    let mut best = f64::INFINITY;
    let mut counted = 0;
    for _ in 0..3 {
        let start = Instant::now();
        let connection = open(target, environment, sshd).await;
        let exec = connection.exec("exec true").await.unwrap();
        assert_eq!(exec.output.collect().await.unwrap().status, Some(0));
        best = best.min(start.elapsed().as_secs_f64());
        counted = connection.round_trips().total();
        connection.close().await;
    }
    (best, counted)
}

fn slope(near: f64, far: f64) -> f64 {
    (far - near) / (2.0 * (FAR - NEAR).as_secs_f64())
}

#[tokio::test]
async fn a_command_takes_eight() {
    let (sshd, key) = known();
    let mut times = Vec::new();
    for distance in [NEAR, FAR] {
        let delay = Delay::before(sshd.port, distance).await;
        let pin = Some(sshd.host_key("ed25519"));
        let target = Target { port: Some(delay.port), host_key: pin, ..sshd.target(&key) };
        let (time, counted) = best(&sshd, &sshd.environment(), &target).await;
        assert_eq!(counted, 8);
        times.push(time);
    }
    let measured = slope(times[0], times[1]);
    println!("measured {measured:.2} from {times:.3?}");
    assert!((measured - 8.0).abs() < 0.5, "measured {measured:.2} round trips, counted 8");
}

#[tokio::test]
async fn a_jump_host_adds_six() {
    let (outer, inner, _key, target) = jump::pair();
    let mut times = Vec::new();
    for distance in [NEAR, FAR] {
        let delay = Delay::before(outer.port, distance).await;
        let outer_line = outer.known_hosts_line("ed25519");
        let line = outer_line.replace(&outer.port.to_string(), &delay.port.to_string());
        outer.write_known_hosts(&(line + &inner.known_hosts_line("ed25519")));
        let jump = Some(format!("root@127.0.0.1:{}", delay.port));
        let target = Target { jump, ..target.clone() };
        let (time, counted) = best(&inner, &outer.environment(), &target).await;
        assert_eq!(counted, 14);
        times.push(time);
    }
    let measured = slope(times[0], times[1]);
    println!("measured {measured:.2} from {times:.3?}");
    assert!((measured - 14.0).abs() < 0.5, "measured {measured:.2} round trips, counted 14");
}
