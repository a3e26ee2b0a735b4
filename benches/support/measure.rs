//! Runs a program and tells what it took: time, processor, memory.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Seconds on the wall.
    pub wall: f64,
    /// Seconds of processor, its own and the kernel's for it.
    pub cpu: f64,
    /// Peak resident memory in MB.
    pub peak: f64,
    /// Seconds of processor that Dovecot used meanwhile.
    pub server: f64,
}

/// Runs it to its end; fails unless it succeeds. Returns what it printed.
pub fn run(command: &mut Command) -> Result<(Took, String)> {
    let server = dovecot_cpu();
    let begin = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {:?}", command.get_program()))?;
    let mut pipe = child.stdout.take().context("no pipe")?;
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut pipe));
    let (mut took, mut seen) = (Took::default(), server);
    // A dead process that nobody has waited for still tells its times, but no longer its memory.
    while let Some((state, cpu)) = stat(child.id()) {
        took.cpu = cpu;
        took.peak = took.peak.max(peak(child.id()));
        if state == 'Z' {
            took.wall = begin.elapsed().as_secs_f64();
            break;
        }
        seen = seen.max(dovecot_cpu());
        std::thread::sleep(Duration::from_millis(20));
    }
    took.server = seen - server;
    let status = child.wait()?;
    let out = reader.join().map_err(|_| anyhow::anyhow!("the reader of its output panicked"))??;
    if !status.success() {
        bail!("{:?} ended with {status}; it printed {out}", command.get_program());
    }
    Ok((took, out))
}

/// Runs our own code and says what Dovecot used.
pub fn here<T>(what: impl FnOnce() -> Result<T> + Send) -> Result<(Took, T)>
where
    T: Send,
{
    let server = dovecot_cpu();
    let own = stat(std::process::id()).map_or(0.0, |s| s.1);
    let begin = Instant::now();
    let (value, seen) = std::thread::scope(|scope| {
        let task = scope.spawn(what);
        let mut seen = server;
        while !task.is_finished() {
            seen = seen.max(dovecot_cpu());
            std::thread::sleep(Duration::from_millis(20));
        }
        (task.join(), seen)
    });
    let value = value.map_err(|_| anyhow::anyhow!("it panicked"))??;
    let cpu = stat(std::process::id()).map_or(0.0, |s| s.1) - own;
    Ok((
        Took { wall: begin.elapsed().as_secs_f64(), cpu, peak: peak(std::process::id()), server: seen - server },
        value,
    ))
}

/// State and seconds of processor.
fn stat(pid: u32) -> Option<(char, f64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.get(text.rfind(')')? + 2..)?.split(' ').collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // Linux counts in hundredths for programs, whatever its own clock.
    Some((fields.first()?.chars().next()?, ticks / 100.0))
}

fn peak(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Seconds of processor of all processes that serve IMAP on this machine.
fn dovecot_cpu() -> f64 {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0.0 };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|c| matches!(c.trim(), "imap" | "imap-login"))
        })
        .filter_map(stat)
        .map(|s| s.1)
        .sum()
}
