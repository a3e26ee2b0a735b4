//! What a server holds for people who keep a page open: a process of its own, asked over TCP.

use super::token;
use anyhow::{Context, Result, bail, ensure};
use standin::config::Config;
use standin::model::id::UserId;
use standin::model::time::Timestamp;
use standin::store::Db;
use standin::store::keys::Keys;
use standin::web::{State, serve as serve_pages};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The first argument of the process that serves.
pub const SERVE: &str = "--serve";
/// How much more memory it may hold, in MB.
const BAR: f64 = 50.0;
/// Every open page is looked at anew at least once meanwhile.
const WHILE: Duration = Duration::from_secs(25);

/// Serves the pages of the database at the first argument until it is killed; prints its port.
pub async fn serve(arguments: &[String]) -> Result<()> {
    let url = arguments.first().context("which database?")?;
    let (_changes, changed) = watch::channel(0);
    let state = State {
        db: Db::open(url).await?,
        keys: Keys::derive(&[7; 32]),
        config: Arc::new(Config::default()),
        changes: changed,
        clock: Arc::new(|| Timestamp::from_utc(chrono::Utc::now())),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    serve_pages(listener, state, std::future::pending()).await
}

/// Ends the server with the bench.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lets these users keep Today open, and says what it costs.
pub async fn measured(name: &str, url: &str, users: &[UserId]) -> Result<bool> {
    let child = Command::new(std::env::current_exe()?).args([SERVE, url]).stdout(Stdio::piped()).spawn()?;
    let mut serving = Serving(child);
    let mut out = std::io::BufReader::new(serving.0.stdout.take().context("no output")?);
    let mut port = String::new();
    std::io::BufRead::read_line(&mut out, &mut port)?;
    let port: u16 = port.trim().parse().context("it told no port")?;
    let held = || resident(serving.0.id());
    // One user's pages have been made: what any server holds that is in use.
    let first = *users.first().context("nobody to open a page")?;
    page(port, first).await?;
    let before = held()?;
    let mut open = Vec::new();
    let begin = Instant::now();
    for user in users {
        page(port, *user).await?;
        open.push(stream(port, *user).await?);
    }
    let opened = begin.elapsed().as_secs_f64();
    let after = held()?;
    tokio::time::sleep(WHILE).await;
    let later = held()?;
    let more = after.max(later) - before;
    let met = more < BAR;
    println!(
        "\n{name}: {} users opened Today and keep it open, in {opened:.1} s: {before:.1} MB before, {after:.1} MB \
         with them, {later:.1} MB {} s later: {more:.1} MB more, bar {BAR:.0}, {}",
        open.len(),
        WHILE.as_secs(),
        if met { "met" } else { "MISSED" }
    );
    Ok(met)
}

/// Resident memory in MB.
fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1_024.0)
}

async fn asked(port: u16, user: UserId, path: &str, more: &str) -> Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let cookie = hex::encode(token(user));
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: standin={cookie}\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(BufReader::new(stream))
}

/// Today, read to its end.
async fn page(port: u16, user: UserId) -> Result<()> {
    let mut answer = asked(port, user, "/", "Connection: close\r\n").await?;
    let mut text = Vec::new();
    answer.read_to_end(&mut text).await?;
    let text = String::from_utf8_lossy(&text);
    ensure!(text.starts_with("HTTP/1.1 200"), "Today of {user}: {}", text.lines().next().unwrap_or_default());
    Ok(())
}

/// The stream that a browser keeps while Today is open.
async fn stream(port: u16, user: UserId) -> Result<BufReader<TcpStream>> {
    let accept = "Accept: text/event-stream\r\n";
    let mut answer = asked(port, user, "/live?page=%2F&seen=0", accept).await?;
    let mut head = [0; 12];
    answer.read_exact(&mut head).await?;
    if &head != b"HTTP/1.1 200" {
        bail!("a stream of {user}: {}", String::from_utf8_lossy(&head));
    }
    Ok(answer)
}
