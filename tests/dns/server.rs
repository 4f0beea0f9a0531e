//! A DNS server that answers from a table of records only.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Records by name and type, as lines of a zone: `A 192.0.2.1`.
type Zone = BTreeMap<String, Vec<String>>;

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    /// Truncates UDP answers, so that clients retry over TCP.
    pub(crate) cut: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Binds one port for both UDP and TCP. A free UDP port may be in use for TCP by another process: then tries another
/// one.
fn both(address: SocketAddr) -> (UdpSocket, TcpListener) {
    for _ in 0..20 {
        let socket = UdpSocket::bind(address).expect("a port for the DNS (root is needed for 53)");
        match TcpListener::bind(socket.local_addr().unwrap()) {
            Ok(listener) => return (socket, listener),
            Err(problem) => assert_eq!(address.port(), 0, "the same port over TCP: {problem}"),
        }
    }
    panic!("no port is free over UDP and TCP");
}

impl Server {
    /// A server at this address.
    pub(crate) fn at(address: SocketAddr) -> Server {
        let (socket, listener) = both(address);
        let address = socket.local_addr().unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        listener.set_nonblocking(true).unwrap();
        let mut server = Server {
            address,
            zone: Arc::default(),
            cut: Arc::default(),
            ended: Arc::default(),
            thread: None,
        };
        let (zone, cut, ended) =
            (Arc::clone(&server.zone), Arc::clone(&server.cut), Arc::clone(&server.ended));
        server.thread = Some(std::thread::spawn(move || {
            let mut buffer = [0; 1500];
            while !ended.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    let short = cut.load(Ordering::Relaxed);
                    let answer = answer(&buffer[..length], &zone.lock().unwrap(), short);
                    let _ = socket.send_to(&answer, from);
                }
                if let Ok((mut stream, _)) = listener.accept() {
                    stream.set_nonblocking(false).unwrap();
                    let mut length = [0; 2];
                    stream.read_exact(&mut length).unwrap();
                    let mut asked = vec![0; u16::from_be_bytes(length).into()];
                    stream.read_exact(&mut asked).unwrap();
                    let answer = answer(&asked, &zone.lock().unwrap(), false);
                    let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                    stream.write_all(&[&length, answer.as_slice()].concat()).unwrap();
                }
            }
        }));
        server
    }

    /// Replaces its records: one `NAME TYPE VALUE` per line.
    pub(crate) fn has(&self, records: &str) {
        let mut zone = Zone::new();
        for line in records.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, record) = line.split_once(' ').unwrap();
            zone.entry(name.to_owned()).or_default().push(record.to_owned());
        }
        *self.zone.lock().unwrap() = zone;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // The next server may need the same address.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(asked: &[u8], zone: &Zone, cut: bool) -> Vec<u8> {
    let mut at = 12;
    let mut labels = Vec::new();
    while asked[at] != 0 {
        let length = usize::from(asked[at]);
        labels.push(String::from_utf8_lossy(&asked[at + 1..=at + length]).into_owned());
        at += length + 1;
    }
    let of = u16::from_be_bytes([asked[at + 1], asked[at + 2]]);
    let question = &asked[12..at + 5];
    let records = zone.get(&labels.join(".")).into_iter().flatten();
    let mut found: Vec<Vec<u8>> = records.filter_map(|record| data(record, of)).collect();
    if cut {
        found.clear();
    }
    let mut answer = asked[..2].to_vec();
    answer.extend([
        0x84 | if cut { 2 } else { 0 },
        0,
        0,
        1,
        0,
        u8::try_from(found.len()).unwrap(),
        0,
        0,
        0,
        0,
    ]);
    answer.extend(question);
    for data in found {
        answer.extend([0xc0, 12]);
        answer.extend(of.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 5]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    answer
}

/// The data of a record, if it has this type.
fn data(record: &str, of: u16) -> Option<Vec<u8>> {
    let (kind, value) = record.split_once(' ').unwrap();
    let fields: Vec<&str> = value.split(' ').collect();
    let (number, data) = match kind {
        "A" => (1, value.parse::<Ipv4Addr>().unwrap().octets().to_vec()),
        "AAAA" => (28, value.parse::<Ipv6Addr>().unwrap().octets().to_vec()),
        "NS" => (2, name(value)),
        "SRV" => {
            let numbers =
                fields[..3].iter().flat_map(|one| one.parse::<u16>().unwrap().to_be_bytes());
            (33, numbers.chain(name(fields[3])).collect())
        }
        "CAA" => (257, [&[0, 5], b"issue".as_slice(), value.as_bytes()].concat()),
        other => panic!("no type {other}"),
    };
    (number == of).then_some(data)
}

fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').flat_map(|label| {
        let length = u8::try_from(label.len()).unwrap();
        std::iter::once(length).chain(label.bytes())
    });
    labels.chain([0]).collect()
}
