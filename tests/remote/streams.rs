//! Bytes in both directions, several commands at once, and every way a command can end.

use std::time::Duration;

use bytes::Bytes;
use matrixform::for_tests::remote::{Chunk, CommandEnded};
use tokio::time::timeout;

use crate::{known, open};

/// Longer than anything here takes, so that a hang fails the test instead of blocking it.
const HANG: Duration = Duration::from_secs(60);

macro_rules! in_time {
    ($future:expr) => {
        timeout(HANG, $future).await.expect("hangs")
    };
}

#[tokio::test]
async fn unread_output_of_one_command_does_not_stop_another() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let unread = connection.exec("head -c 50000000 /dev/zero").await.unwrap();
    for _ in 0..3 {
        let other = in_time!(connection.exec("echo hi")).unwrap();
        assert_eq!(in_time!(other.output.collect()).unwrap().stdout, b"hi\n");
    }
    let answer = in_time!(unread.output.collect()).unwrap();
    assert_eq!((answer.stdout.len(), answer.status), (50_000_000, Some(0)));
}

#[tokio::test]
async fn a_writer_does_not_outlive_the_command() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let mut exec = connection.exec("exit 3").await.unwrap();
    assert_eq!(in_time!(exec.input.send(vec![0; 8 << 20])), Err(CommandEnded));
    assert_eq!(in_time!(exec.output.collect()).unwrap().status, Some(3));
}

#[tokio::test]
async fn a_command_returns_its_answer() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let exec = connection.exec("exec sh -s").await.unwrap();
    let answer = in_time!(exec.answer("printf 'a\\0b'; exit 4")).unwrap();
    assert_eq!((answer.stdout.as_slice(), answer.status), (b"a\0b".as_slice(), Some(4)));
    let deaf = connection.exec("exit 5").await.unwrap();
    assert_eq!(in_time!(deaf.answer(vec![0; 8 << 20])).unwrap().status, Some(5));
    assert_eq!(connection.round_trips().total(), 10);
}

#[tokio::test]
async fn every_byte_survives_both_ways() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let mut exec = connection.exec("cat").await.unwrap();
    let bytes: Vec<u8> = (0..3_000_000u32).flat_map(|n| [n as u8, (n >> 8) as u8, 0]).collect();
    for piece in bytes.chunks(100_000) {
        in_time!(exec.input.send(Bytes::copy_from_slice(piece))).unwrap();
    }
    in_time!(exec.input.eof()).unwrap();
    assert!(in_time!(exec.output.collect()).unwrap().stdout == bytes);
}

#[tokio::test]
async fn a_cut_connection_is_not_an_exit() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let mut exec = connection.exec("echo started; exec cat").await.unwrap();
    assert_eq!(in_time!(exec.output.next()), Some(Chunk::Stdout("started\n".into())));
    assert_eq!(exec.output.lost(), None);
    sshd.kill_connections();
    assert_eq!(in_time!(exec.output.next()), None);
    assert_eq!(exec.output.lost().unwrap().code, "remote/connection-lost");
    assert_eq!(in_time!(exec.input.send("more")), Err(CommandEnded));
    let next = in_time!(connection.exec("true")).err().unwrap();
    assert_eq!(next.code, "remote/connection-lost");
    in_time!(connection.close());
}

#[tokio::test]
async fn a_command_can_be_terminated() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let exec = connection.exec("exec cat").await.unwrap();
    in_time!(exec.output.terminate());
    // The signal arrives first; only where sshd does not forward it, the end of input ends the command.
    let _ = in_time!(exec.input.eof());
    let answer = in_time!(exec.output.collect()).unwrap();
    let refused = sshd.log().contains("session signalling requires privilege separation");
    assert!(answer.status.is_none() != refused, "{:?} {}", answer.status, sshd.log());
}

#[tokio::test]
async fn dropped_commands_free_their_sessions() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    // sshd allows ten concurrent sessions.
    for _ in 0..12 {
        drop(in_time!(connection.exec("exec cat")).unwrap());
    }
    let held: Vec<_> = {
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(in_time!(connection.exec("exec cat")).unwrap());
        }
        held
    };
    // A cancelled start frees its session, too.
    assert!(timeout(Duration::from_millis(50), connection.exec("true")).await.is_err());
    drop(held);
    let last = in_time!(connection.exec("echo last")).unwrap();
    assert_eq!(in_time!(last.output.collect()).unwrap().stdout, b"last\n");
}

#[tokio::test]
async fn output_beyond_the_cap_ends_the_command() {
    let (sshd, key) = known();
    let connection = open(&sshd.target(&key), &sshd.environment(), &sshd).await;
    let mut exec = connection.exec("exec head -c 200000000 /dev/zero").await.unwrap();
    // The command reads no input: this returns when its channel closes.
    assert_eq!(in_time!(exec.input.send(vec![0; 8 << 20])), Err(CommandEnded));
    let mut read = 0;
    while let Some(chunk) = in_time!(exec.output.next()) {
        match chunk {
            Chunk::Stdout(bytes) => read += bytes.len(),
            other => panic!("{other:?}"),
        }
    }
    assert!(read <= 128 << 20, "{read}");
    assert_eq!(exec.output.lost().unwrap().code, "remote/output-too-large");
}
