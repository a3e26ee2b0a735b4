//! The built program, run as people run it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{PATIENT, eventually};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A call of `standin`, being put together. It inherits no `STANDIN_…` variable of the test's.
pub struct Call(Command);

/// How a call ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// All it printed.
    pub stdout: String,
    /// All it said beside that: messages, log.
    pub stderr: String,
}

/// A `standin` that runs. Killed on drop.
pub struct Running {
    child: Child,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// Begins a call with its arguments.
pub fn standin<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Call {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[allow(clippy::disallowed_methods)] // to keep them from the program
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("STANDIN_") {
            command.env_remove(name);
        }
    }
    Call(command)
}

impl Call {
    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Call {
        self.0.arg(argument);
        self
    }

    /// An environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Call {
        self.0.env(name, value);
        self
    }

    /// The folder it runs in.
    pub fn current_dir(mut self, path: &std::path::Path) -> Call {
        self.0.current_dir(path);
        self
    }

    /// Runs it to its end, which must come within ten minutes.
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.start().wait(Duration::from_secs(600))
    }

    /// As `run`; fails the test with all that was said unless it exits with 0.
    #[track_caller]
    pub fn succeed(self) -> Outcome {
        let outcome = self.run();
        assert_eq!(outcome.code, Some(0), "standin failed\n{}\n{}", outcome.stdout, outcome.stderr);
        outcome
    }

    /// Starts it and comes back.
    pub fn start(mut self) -> Running {
        let mut child = self.0.spawn().expect("the built program can be run");
        let (stdout, stderr) = (Arc::default(), Arc::default());
        let readers =
            vec![collect(child.stdout.take().unwrap(), &stdout), collect(child.stderr.take().unwrap(), &stderr)];
        Running { child, stdout, stderr, readers }
    }
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line with `text` in what it prints or says, and gives that line.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let found = eventually(&format!("a line with {text:?} from standin"), PATIENT, || {
            let ended = self.child.try_wait().unwrap().is_some();
            if ended {
                self.readers.drain(..).for_each(|reader| reader.join().unwrap());
            }
            let line = [&self.stdout, &self.stderr]
                .into_iter()
                .find_map(|output| output.lock().unwrap().lines().find(|line| line.contains(text)).map(str::to_owned));
            line.map(Ok).or_else(|| ended.then_some(Err(())))
        });
        found.unwrap_or_else(|()| panic!("standin ended without {text:?}:\n{}", self.said()))
    }

    /// All it has printed and said so far.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout.lock().unwrap(), self.stderr.lock().unwrap())
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it with SIGKILL, as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) -> ExitStatus {
        // Fails only if it has ended already.
        let _ = self.child.kill();
        self.child.wait().unwrap()
    }

    /// Asks it to end, with SIGTERM.
    pub fn terminate(&self) {
        // The shell's own `kill`: a bare machine has no program of that name.
        let status = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status().unwrap();
        assert!(status.success(), "standin had ended before it was asked to");
    }

    /// Waits for its end; kills it and fails the test if that takes longer than `within`.
    #[track_caller]
    pub fn wait(mut self, within: Duration) -> Outcome {
        let status = eventually(&format!("the end of standin; it said:\n{}", self.said()), within, || {
            self.child.try_wait().unwrap()
        });
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        let (stdout, stderr) = (self.stdout.lock().unwrap().clone(), self.stderr.lock().unwrap().clone());
        Outcome { code: status.code(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(output: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}
