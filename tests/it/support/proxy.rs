//! A TCP proxy on loopback that breaks connections where a test wants them broken.
//!
//! On threads, not on the test's runtime: it goes on while the test blocks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What happens to a connection. Bytes are those from the server to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Everything passes.
    Pass,
    /// Closed to both sides after exactly so many bytes.
    CutAfter(u64),
    /// Closed after a number of bytes from 1 to `within` that `seed` and the connection's number
    /// decide; from connection number `times` on (counted from 0) everything passes.
    CutAtRandom {
        /// Makes a run repeatable.
        seed: u64,
        /// The most bytes that pass.
        within: u64,
        /// How many connections are cut.
        times: u64,
    },
    /// After so many bytes nothing passes any more, and nothing is closed.
    HoldAfter(u64),
    /// Accepted and closed at once.
    Refuse,
}

/// The proxy; everything is closed on drop.
pub struct Proxy {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    target: u16,
    fate: Mutex<Fate>,
    connections: AtomicU64,
    cuts: AtomicU64,
    bytes: AtomicU64,
    closing: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens on a free port and passes connections on to a port on loopback.
    pub fn start(target: u16, fate: Fate) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            target,
            fate: Mutex::new(fate),
            connections: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            open: Mutex::new(Vec::new()),
        });
        let accepting = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || accept(&listener, &accepting));
        Proxy { port, shared, accepting: Some(accepting) }
    }

    /// From the next connection on, another fate.
    pub fn set(&self, fate: Fate) {
        *self.shared.fate.lock().unwrap() = fate;
    }

    /// Closes what is open now.
    pub fn cut_now(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many connections came.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many of them reached the point at which they were cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// How many bytes passed from the server to clients.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
        self.cut_now();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let fate = *shared.fate.lock().unwrap();
        let Ok(server) = TcpStream::connect(("127.0.0.1", shared.target)) else { continue };
        let limit = match fate {
            Fate::Refuse => continue,
            Fate::Pass => None,
            Fate::CutAfter(bytes) | Fate::HoldAfter(bytes) => Some(bytes),
            Fate::CutAtRandom { times, .. } if number >= times => None,
            Fate::CutAtRandom { seed, within, .. } => Some(1 + scrambled(seed, number) % within.max(1)),
        };
        let hold = matches!(fate, Fate::HoldAfter(_));
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        shared.open.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || {
            pass(from_client, &to_server, None, |_| {});
            let _ = to_server.shutdown(Shutdown::Write);
        });
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            let full = pass(server.try_clone().unwrap(), &client, limit, |n| {
                shared.bytes.fetch_add(n, Ordering::SeqCst);
            });
            if full {
                shared.cuts.fetch_add(1, Ordering::SeqCst);
            }
            if !(full && hold) {
                let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
            }
        });
    }
}

/// Passes bytes on until the end, or until `limit` of them have passed: then true.
fn pass(mut from: TcpStream, mut to: &TcpStream, limit: Option<u64>, passed: impl Fn(u64)) -> bool {
    let mut left = limit.unwrap_or(u64::MAX);
    let mut buffer = [0; 16 * 1024];
    while left > 0 {
        let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let Ok(count) = from.read(&mut buffer[..room]) else { return false };
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            return false;
        }
        passed(count as u64);
        left -= count as u64;
    }
    true
}

/// A number that looks random and depends on both alone (splitmix64).
pub fn scrambled(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
