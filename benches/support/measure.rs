//! Runs a program and tells what it took: time, processor, memory, and what the servers used for it.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, HashMap};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Between two looks. Each look costs well under a millisecond of processor.
const LOOK: Duration = Duration::from_millis(20);

/// What a run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Seconds on the wall.
    pub wall: f64,
    /// Seconds of processor, its own and the kernel's for it.
    pub cpu: f64,
    /// Peak resident memory in MB.
    pub peak: f64,
    /// Seconds of processor that the servers used meanwhile.
    pub server: f64,
}

/// A program that ran to its end.
#[derive(Debug)]
pub struct Ran {
    /// What it took.
    pub took: Took,
    /// What it printed.
    pub out: String,
    /// Its threads: name and seconds of processor, the busiest first.
    pub threads: Vec<(String, f64)>,
}

/// Runs it to its end; fails unless it succeeds. `masters` are the first processes of the servers
/// that work for it.
pub fn run(command: &mut Command, masters: &[u32]) -> Result<Ran> {
    let mut servers = Servers::new(masters);
    let begin = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {:?}", command.get_program()))?;
    let mut pipe = child.stdout.take().context("no pipe")?;
    // Its output ends when it does: that moment is exact, looks are not.
    let reader = std::thread::spawn(move || (std::io::read_to_string(&mut pipe), begin.elapsed()));
    let (mut took, mut threads) = (Took::default(), HashMap::new());
    // A dead process that nobody has waited for still tells its times, but no longer its memory.
    while let Some((state, cpu)) = stat(&format!("/proc/{}/stat", child.id())).map(|s| (s.state, s.cpu)) {
        took.cpu = cpu;
        took.peak = took.peak.max(peak(child.id()));
        look_at_threads(child.id(), &mut threads);
        servers.look();
        if state == 'Z' {
            break;
        }
        std::thread::sleep(LOOK);
    }
    took.server = servers.used();
    let status = child.wait()?;
    let (out, wall) = reader.join().map_err(|_| anyhow::anyhow!("the reader of its output panicked"))?;
    took.wall = wall.as_secs_f64();
    let out = out?;
    if !status.success() {
        bail!("{:?} ended with {status}; it printed {out}", command.get_program());
    }
    let mut threads: Vec<(String, f64)> = threads.into_values().collect();
    threads.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(Ran { took, out, threads })
}

/// Runs our own code and says what it took.
pub fn here<T: Send>(masters: &[u32], what: impl FnOnce() -> Result<T> + Send) -> Result<(Took, T)> {
    let own = || stat("/proc/self/stat").map_or(0.0, |s| s.cpu);
    let mut servers = Servers::new(masters);
    // Forgets the peak of what was done before (proc(5)).
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (before, begin) = (own(), Instant::now());
    let (value, wall) = std::thread::scope(|scope| {
        let task = scope.spawn(move || (what(), begin.elapsed()));
        while !task.is_finished() {
            servers.look();
            std::thread::sleep(LOOK);
        }
        task.join()
    })
    .map_err(|_| anyhow::anyhow!("it panicked"))?;
    let took =
        Took { wall: wall.as_secs_f64(), cpu: own() - before, peak: peak(std::process::id()), server: servers.used() };
    Ok((took, value?))
}

/// Processor time of everything below the servers' first processes. A server's process that ends
/// between two looks loses what it used since the last.
struct Servers<'m> {
    masters: &'m [u32],
    before: HashMap<u32, f64>,
    seen: HashMap<u32, f64>,
}

impl<'m> Servers<'m> {
    fn new(masters: &'m [u32]) -> Servers<'m> {
        let mut servers = Servers { masters, before: HashMap::new(), seen: HashMap::new() };
        servers.look();
        servers.before = servers.seen.clone();
        servers
    }

    fn look(&mut self) {
        let mut open = self.masters.to_vec();
        while let Some(pid) = open.pop() {
            if let Some(stat) = stat(&format!("/proc/{pid}/stat")) {
                self.seen.insert(pid, stat.cpu);
            }
            // Dovecot's master and PostgreSQL's postmaster have one thread each.
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            open.extend(children.split_whitespace().filter_map(|p| p.parse::<u32>().ok()));
        }
    }

    fn used(&self) -> f64 {
        self.seen.iter().map(|(pid, cpu)| cpu - self.before.get(pid).unwrap_or(&0.0)).sum()
    }
}

/// Sums threads up by name, the busiest names first.
pub fn by_name(threads: &[(String, f64)]) -> Vec<(String, usize, f64)> {
    let mut names: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for (name, cpu) in threads {
        let entry = names.entry(name).or_default();
        *entry = (entry.0 + 1, entry.1 + cpu);
    }
    let mut names: Vec<_> = names.into_iter().map(|(name, (count, cpu))| (name.to_owned(), count, cpu)).collect();
    names.sort_by(|a, b| b.2.total_cmp(&a.2));
    names
}

fn look_at_threads(pid: u32, threads: &mut HashMap<String, (String, f64)>) {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return };
    for entry in entries.flatten() {
        let tid = entry.file_name().to_string_lossy().into_owned();
        if let Some(stat) = stat(&format!("/proc/{pid}/task/{tid}/stat")) {
            threads.insert(tid, (stat.name, stat.cpu));
        }
    }
}

struct Stat {
    name: String,
    state: char,
    /// Seconds of processor.
    cpu: f64,
}

/// What proc(5) says of a process or thread.
fn stat(path: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(path).ok()?;
    let (open, close) = (text.find('(')?, text.rfind(')')?);
    let fields: Vec<&str> = text.get(close + 2..)?.split(' ').collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // Linux counts in hundredths for programs, whatever its own clock.
    Some(Stat {
        name: text.get(open + 1..close)?.to_owned(),
        state: fields.first()?.chars().next()?,
        cpu: ticks / 100.0,
    })
}

fn peak(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
