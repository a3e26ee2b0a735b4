//! `standin serve`: every loop of the program in one process.
//!
//! Each loop looks for itself every few seconds; signals between them are hints. A task that ends
//! or hangs is begun again; only a failure that makes going on pointless (the port is taken, the
//! database is of another version) ends the program, with a sentence that says so.

use super::{mailboxes, tasks};
use crate::actions::admins;
use crate::config::Config;
use crate::intake::{Clock, Shared, Signals};
use crate::store::instance::{Instance, Use};
use crate::{outbox, web};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// After a stop signal, tasks get this long to finish what they hold.
const GRACE: Duration = Duration::from_secs(8);

/// Runs until the process is told to stop.
///
/// # Errors
/// If the data folder, database or port cannot be used.
pub async fn serve(config: Config, clock: Clock) -> Result<()> {
    let instance = Instance::open(&config, Use::Work).await?;
    let config = Arc::new(config);
    let shared = Shared::new(&instance, config.clone(), clock.clone(), Signals::default());
    shared.take_over().await.context("taking over from the last run")?;
    if !instance.db.is_shared() {
        let unclear = outbox::abandon_all(&instance.db, clock.now()).await?;
        if unclear > 0 {
            tracing::warn!(unclear, "mails were being sent when the program last stopped; they are not sent again");
        }
    }
    if outbox::notice_restored(&instance.db, &config, clock.now()).await? {
        tracing::warn!(
            "the database is older than what was sent: it was restored; mail that arrived before now gets no notice"
        );
    }
    let mailboxes = shared.mailboxes().await?.len();
    let listener = TcpListener::bind(&config.listen).await.with_context(|| {
        format!("the address {} cannot be used; is another program on it? Set `listen` to another", config.listen)
    })?;
    let address = listener.local_addr().context("asking for the address we listen on")?;
    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(mailboxes::keep_mailboxes(shared.clone()));
    tasks.spawn(tasks::keep_sending(shared.clone()));
    tasks.spawn(tasks::keep_copying(shared.clone()));
    tasks.spawn(tasks::keep_indexing(shared.clone()));
    tasks.spawn(tasks::keep_telling(shared.clone()));
    tasks.spawn(tasks::keep_appointments(shared.clone()));
    tasks.spawn(tasks::keep_handing_over(shared.clone()));
    tasks.spawn(tasks::keep_applying_rules(shared.clone()));
    tasks.spawn(tasks::keep_trying_rules(shared.clone()));
    tasks.spawn(tasks::keep_importing(shared.clone()));
    tasks.spawn(tasks::keep_tidy(shared.clone()));
    let pages = tokio::spawn(web::serve(listener, pages(&shared), told(stopping)));
    tracing::info!(%address, mailboxes, "ready");
    announce(&format!("http://{address}"));
    if let Some(token) = admins::offer(&shared.db, clock.now()).await? {
        welcome(&shared.config, &address.to_string(), &token);
    }
    stop_signal().await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    tasks.shutdown().await;
    if let Err(error) = shared.release().await {
        tracing::warn!(error = %format!("{error:#}"), "leases are not given back; they run out by themselves");
    }
    let served = tokio::time::timeout(GRACE, pages).await;
    instance.db.close().await;
    match served {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(error).context("serving pages"),
        Err(_) => Ok(()),
    }
}

fn pages(shared: &Shared) -> web::State {
    let clock = shared.clock.clone();
    web::State {
        db: shared.db.clone(),
        keys: shared.keys.clone(),
        config: shared.config.clone(),
        changes: shared.signals.changes(),
        clock: Arc::new(move || clock.now()),
    }
}

/// One line on standard output, for whoever started it: a person or a script.
fn announce(url: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "Standin is ready at {url}");
    let _ = out.flush();
}

/// How to make the first admin, after that line. Not in the log: whoever reads that needs no token.
fn welcome(config: &Config, address: &str, token: &str) {
    use std::io::Write;
    let url = match config.public_url.trim_end_matches('/') {
        "" => format!("http://{address}"),
        url => url.to_owned(),
    };
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "There is no admin yet. Open {url}/setup and enter the token {token}");
    let _ = writeln!(out, "It works once. `standin admin create` makes an admin without it.");
    let _ = out.flush();
}

async fn told(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// SIGTERM or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
