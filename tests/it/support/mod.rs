//! What the tests stand on: real servers of their own, the built program, a proxy that breaks
//! connections.
//!
//! Servers come from `fixtures/servers`. `./test` starts one set for the whole run and names its
//! folders in `STANDIN_TEST_DOVECOT`, `STANDIN_TEST_POSTFIX` and `STANDIN_TEST_POSTGRES`; without
//! these a test process starts what it asks for, once. Either way tests do not meet: each has
//! people and domains, or a database, of its own. Everything here blocks, and the proxy runs on
//! threads, so that it works the same inside and outside an async runtime.
//!
//! What a process starts is ended when its last user is dropped; a watcher beside it ends it too
//! when the process is killed.

// Each test file uses a part of this.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod browser;
pub mod company;
pub mod desk;
pub mod dovecot;
pub mod firm;
pub mod letters;
pub mod office;
pub mod oidc;
pub mod postfix;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod scene;
pub mod scripted;
pub mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A page whose moments are only words.
pub fn without_times(body: &str) -> String {
    let mut parts = body.split("<time");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once('>').map_or(part, |(_, shown)| shown));
    (first + &rest.collect::<String>()).replace("</time>", "")
}

/// Longer than anything takes on a busy machine; reached only when something is broken.
pub const PATIENT: Duration = Duration::from_secs(30);

/// Looks every 10 ms until `probe` gives a value; fails with `what` when it does not in time.
#[track_caller]
pub fn eventually<T>(what: &str, within: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + within;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < end, "waited {within:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A short word that no other test, process or run has: for names of people and databases.
pub fn tag() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    #[allow(clippy::disallowed_methods)] // uniqueness, not time
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let count = u64::from(NEXT.fetch_add(1, Ordering::Relaxed));
    let mut number = (now.as_micros() as u64) << 8 ^ u64::from(std::process::id()) << 24 ^ count;
    let mut word = String::from("t");
    while number > 0 {
        word.push(char::from_digit((number % 36) as u32, 36).unwrap());
        number /= 36;
    }
    word
}

/// A folder of a test's own, removed with everything in it on drop.
pub struct Folder(PathBuf);

impl Folder {
    /// A new, empty folder in the system's place for temporary files.
    pub fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("standin-{}", tag()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in it and says where that is.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The project's folder of server scripts.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers")
}

/// A server set up by a script of `fixtures/servers`, described by its `key=value` lines.
pub struct Server {
    /// Where it lives.
    pub dir: PathBuf,
    values: BTreeMap<String, String>,
    ends_with_us: bool,
}

impl Server {
    /// The server that `./test` started, if the variable names one.
    pub fn shared(variable: &str) -> Option<Server> {
        #[allow(clippy::disallowed_methods)] // how ./test hands over its servers
        let dir = PathBuf::from(std::env::var_os(variable)?);
        let ready = dir.join("ready");
        let lines = fs::read_to_string(&ready)
            .unwrap_or_else(|e| panic!("{variable} names {dir:?}, but no server of ours runs there: {e}"));
        Some(Server { dir, values: values(&lines), ends_with_us: false })
    }

    /// Starts one in a new folder. It ends on drop, or else soon after this process.
    pub fn start(script: &str, arguments: &[&str]) -> Server {
        // Short: a socket's path has little room.
        let dir = std::env::temp_dir().join(format!("standin-{}", tag()));
        watch(&dir);
        let output = Command::new(scripts().join(script))
            .arg(&dir)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("fixtures/servers/{script} cannot be run: {e}"));
        assert!(
            output.status.success(),
            "fixtures/servers/{script} failed. Missing servers are installed by ./test.\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        Server { dir, values: values(&String::from_utf8_lossy(&output.stdout)), ends_with_us: true }
    }

    /// One of the values that the script printed.
    pub fn value(&self, key: &str) -> &str {
        self.values.get(key).unwrap_or_else(|| panic!("the server in {:?} did not say its {key}", self.dir))
    }

    /// A value that is a port.
    pub fn port(&self, key: &str) -> u16 {
        self.value(key).parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ends_with_us {
            let stopped = Command::new(scripts().join("stop"))
                .arg("--remove")
                .arg(&self.dir)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status();
            if !stopped.is_ok_and(|status| status.success()) && !std::thread::panicking() {
                panic!("the server in {:?} could not be stopped", self.dir);
            }
        }
    }
}

/// Has the server in `dir` stopped and removed once this process is gone, however it goes. Servers
/// that a whole process shares are ended by this alone: statics are never dropped.
fn watch(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let status = Command::new(scripts().join("stop"))
        .arg("--when-gone")
        .arg(std::process::id().to_string())
        .arg("--remove")
        .arg(dir)
        .stdin(Stdio::null())
        .status()
        .expect("fixtures/servers/stop can be run");
    assert!(status.success(), "no watcher for the server in {dir:?}");
}

fn values(lines: &str) -> BTreeMap<String, String> {
    lines.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}
