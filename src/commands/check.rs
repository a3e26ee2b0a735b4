//! `standin check`: what would keep Standin from its work, each with a remedy.
//!
//! A list of named checks, each Ok, Warn or Fail, or Unseen where only a person can look. Exit code 0, 1 with warnings,
//! 2 with failures.

use super::config::masked;
use super::{Done, Failure, Place, output};
use crate::config::{Config, Mailbox};
use crate::imap::sieve::Answering;
use crate::imap::{self, Limits, Listed, What};
use crate::model::cursor::Role;
use crate::model::record::UserRole;
use crate::oidc::Provider;
use crate::smtp;
use crate::store::keys::Keys;
use crate::store::{self, Db, Tx};
use clap::Args;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
struct Check {
    name: String,
    outcome: Outcome,
}

/// What was found.
enum Outcome {
    /// As it should be.
    Ok(String),
    /// It works, but not all of it, or not for long.
    Warn { found: String, remedy: String },
    /// It does not work.
    Fail { found: String, remedy: String },
    /// Not to be seen from here: how a person sees it.
    Unseen { found: String, remedy: String },
}

impl Check {
    fn ok(name: impl Into<String>, found: impl Into<String>) -> Check {
        Check { name: name.into(), outcome: Outcome::Ok(found.into()) }
    }

    fn warn(name: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Check {
        Check { name: name.into(), outcome: Outcome::Warn { found: found.into(), remedy: remedy.into() } }
    }

    fn fail(name: impl Into<String>, found: impl Into<String>, remedy: impl Into<String>) -> Check {
        Check { name: name.into(), outcome: Outcome::Fail { found: found.into(), remedy: remedy.into() } }
    }
}

pub(super) async fn run(arguments: Arguments, place: &Place) -> Done {
    let mut checks = Vec::new();
    match place.load() {
        Err(error) => checks.push(Check::fail("configuration", error.to_string(), "correct the file or variable")),
        Ok(loaded) => {
            let from = place.file().map_or("no file, defaults alone".to_owned(), |f| f.display().to_string());
            checks.push(Check::ok("configuration", from));
            let mut config = loaded.config;
            checks.push(data_folder(&config.data_dir));
            config.mailbox = with_kept(&config).await;
            database(&config, &mut checks).await;
            if config.mailbox.is_empty() {
                let remedy = "add a [[mailbox]], `standin config example` shows how; or use `standin mailbox add`";
                checks.push(Check::warn("mailboxes", "none is configured, so no mail is read", remedy));
            }
            for mailbox in &config.mailbox {
                self::mailbox(mailbox, &mut checks).await;
            }
            checks.extend(config.notice.enabled.then(|| signing(&config.mailbox)).into_iter().flatten());
            if config.oidc.is_set() {
                checks.push(identity_provider(&config).await);
            }
        }
    }
    print(&checks, arguments.json)?;
    let failed = checks.iter().any(|c| matches!(c.outcome, Outcome::Fail { .. }));
    let warned = checks.iter().any(|c| matches!(c.outcome, Outcome::Warn { .. }));
    Ok(ExitCode::from(if failed { 2 } else { u8::from(warned) }))
}

/// The mailboxes of the file and those that were set up beside it, as far as the database can be read: what keeps it
/// from that is told by [`database`].
async fn with_kept(config: &Config) -> Vec<Mailbox> {
    let url = config.database_url();
    let path = url.strip_prefix("sqlite:").map(|p| p.trim_start_matches("//"));
    let key = config.data_dir.join("instance.key");
    if !key.exists() || path.is_some_and(|path| !Path::new(path).exists()) {
        return config.mailbox.clone();
    }
    let (Ok(keys), Ok(db)) = (Keys::load(&config.data_dir), Db::open(&url).await) else {
        return config.mailbox.clone();
    };
    let found = async {
        let mut tx = db.read().await?;
        store::mailbox_settings::accounts(&mut tx, &keys, config).await
    };
    let found = if db.schema().await == db.newest_schema() { found.await.ok() } else { None };
    db.close().await;
    found.unwrap_or_else(|| config.mailbox.clone())
}

/// Whether the identity provider can be asked, and is the one that the settings name.
async fn identity_provider(config: &Config) -> Check {
    let name = "identity provider";
    let found = match config.oidc.secret().await {
        Ok(_) => Provider::discover(&config.oidc, &config.page("/login/oidc/back")).await.map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match found {
        Ok(_) => {
            Check::ok(name, format!("{}, which has to know {}", config.oidc.issuer, config.page("/login/oidc/back")))
        }
        Err(found) => {
            let remedy =
                "check `oidc.issuer`, which is written as the provider's own document says, and that it can be reached";
            Check::fail(name, found, remedy)
        }
    }
}

fn data_folder(folder: &Path) -> Check {
    let name = "data folder";
    let shown = folder.display().to_string();
    if !folder.exists() {
        return Check::ok(name, format!("{shown} is not there yet; it is made at the first start"));
    }
    let probe = folder.join(format!(".check-{}", std::process::id()));
    let written = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => Check::ok(name, shown),
        Err(error) => {
            let remedy = format!("let the user who runs Standin write there: chown USER {shown}");
            Check::fail(name, format!("{shown} cannot be written: {error}"), remedy)
        }
    }
}

async fn database(config: &Config, checks: &mut Vec<Check>) {
    let url = config.database_url();
    let path = url.strip_prefix("sqlite:").map(|p| p.trim_start_matches("//"));
    if path.is_some_and(|path| !Path::new(path).exists()) {
        let found = format!("{url} is not there yet; `standin migrate` or the first start makes it");
        checks.push(Check::ok("database", found));
        return;
    }
    let db = match Db::open(&url).await {
        Ok(db) => db,
        Err(error) => {
            let remedy = "check the URL in `database`, that the server runs, and the password";
            checks.push(Check::fail("database", format!("{}: {error}", masked(&url)), remedy));
            return;
        }
    };
    checks.push(Check::ok("database", masked(&url)));
    match db.newest_schema() {
        ours if db.schema().await > ours => {
            let found = format!("schema {} is newer than this program, which knows {ours}", db.schema().await);
            let remedy = "install the version of Standin that made it, or restore an older backup";
            checks.push(Check::fail("schema", found, remedy));
        }
        ours if db.schema().await < ours => {
            let found = format!("schema {} is older than this program's {ours}", db.schema().await);
            checks.push(Check::warn("schema", found, "run `standin migrate`, or just start; it is done then"));
        }
        ours => {
            checks.push(Check::ok("schema", ours.to_string()));
            if let Err(error) = people(config, &db, checks).await {
                checks.push(Check::fail("users", error.to_string(), "restore the database from a backup"));
            }
        }
    }
    db.close().await;
}

/// The people whom the configuration names.
async fn people(config: &Config, db: &Db, checks: &mut Vec<Check>) -> store::Result<()> {
    let mut tx = db.read().await?;
    let users = store::people::every(&mut tx).await?;
    let active = users.iter().filter(|u| u.person.active);
    let admins = active.clone().filter(|u| u.person.role == UserRole::Admin).count();
    let count = active.count();
    checks.push(match (count, admins) {
        (0, _) => Check::warn("users", "there are none", "run `standin import users FILE`"),
        (_, 0) => Check::warn(
            "users",
            "nobody is an admin",
            "run `standin admin create`, or start `standin serve` and enter its token at /setup",
        ),
        _ => Check::ok("users", format!("{count}, of them admins: {admins}")),
    });
    let known = |login: &str| {
        let key = store::people::login_key(login);
        users.iter().any(|u| u.login == key && u.person.active)
    };
    match &config.fallback_user {
        Some(login) if !known(login) => checks.push(Check::fail(
            "fallback_user",
            format!("there is no active user `{login}`, so nobody answers when all others are away"),
            "set `fallback_user` to a login of `standin user list`",
        )),
        Some(login) => checks.push(Check::ok("fallback_user", login.clone())),
        None if count > 0 => checks.push(Check::warn(
            "fallback_user",
            "nobody answers when owner, substitutes and team are all away",
            "set `fallback_user` to somebody's login",
        )),
        None => {}
    }
    notices(config, &mut tx, checks).await?;
    for mailbox in &config.mailbox {
        if let Some(login) = mailbox.user.as_ref().filter(|login| !known(login)) {
            let found = format!("there is no active user `{login}`");
            let remedy = "import the user, or set the mailbox's `user` to a login of `standin user list`";
            checks.push(Check::fail(format!("mailbox {}: user", mailbox.name), found, remedy));
        }
    }
    Ok(())
}

/// Whether notices go out, and whether other responders stand beside them (R14).
async fn notices(config: &Config, tx: &mut Tx, checks: &mut Vec<Check>) -> store::Result<()> {
    let now = super::now();
    let zone = config.zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let moment = |at| super::asking::moment_in(zone, at);
    let remedy = "`standin notice status` says more; `standin notice start` lets them go out again";
    checks.push(match store::notice_switch::stopped(tx, now).await? {
        Some(stop) => Check::warn("notices", format!("all are stopped since {}", moment(stop.at)), remedy),
        None => Check::ok("notices", if config.notice.enabled { "they go out" } else { "off in the configuration" }),
    });
    if config.notice.enabled && config.notice.authserv_id.trim().is_empty() {
        checks.push(Check {
            name: "notices: false senders".to_owned(),
            outcome: Outcome::Unseen {
                found: "`notice.authserv_id` is not set, so nothing that your mail server says of a sender is believed: a client \
                        in whose name somebody else writes is not told from the client (R36)"
                    .to_owned(),
                remedy: "look at the source of a mail that came from outside: if your server wrote Authentication-Results, set \
                         `notice.authserv_id` to the first word of that field"
                    .to_owned(),
            },
        });
    }
    for server in store::mailboxes::own_servers(tx, None, config.notice.responder_days, now).await? {
        if let Some(found) = super::notice_switch::own_responder(&server, moment) {
            let remedy = "switch that reply off, or leave answering to it";
            checks.push(Check::warn(format!("mailbox {}: own responder", server.name), found, remedy));
        }
        if let Some(found) = super::notice_switch::doubtful_responder(&server, moment) {
            let remedy = "look at that server's own settings; with [mailbox.sieve] Standin asks it";
            checks.push(Check::warn(format!("mailbox {}: perhaps a responder", server.name), found, remedy));
        }
    }
    Ok(())
}

/// Asks a mailbox's server over ManageSieve, where it is configured.
async fn sieve(mailbox: &Mailbox, name: String) -> Option<Check> {
    let answer = imap::sieve::answering(mailbox.sieve.as_ref()?, &Limits::default()).await;
    Some(match answer {
        Ok(Answering::Off) => Check::ok(name, "no active script answers mail by itself"),
        Ok(Answering::On(script)) => {
            let found = format!(
                "the active script `{}` answers mail by itself, so Standin sends no notice (R14)",
                output::plain(&script)
            );
            Check::warn(name, found, "take `vacation` out of that script, or leave answering to it")
        }
        Err(trouble) => Check::fail(name, trouble.to_string(), remedy(trouble.cause().what)),
    })
}

/// Everything about one mailbox that can be seen from here: sign-in and folders, and the
/// submission server's greeting.
async fn mailbox(mailbox: &Mailbox, checks: &mut Vec<Check>) {
    let name = |part: &str| format!("mailbox {}: {part}", mailbox.name);
    match imap::connect(&mailbox.imap, &Limits::default()).await {
        Err(trouble) => checks.push(Check::fail(name("sign-in"), trouble.to_string(), remedy(trouble.cause().what))),
        Ok(mut session) => {
            checks.push(Check::ok(name("sign-in"), mailbox.imap.host.clone()));
            match session.folders().await {
                Ok(listed) => checks.push(folders(mailbox, &listed, name("folders"))),
                Err(trouble) => {
                    checks.push(Check::fail(name("folders"), trouble.to_string(), remedy(trouble.cause().what)));
                }
            }
            session.logout().await;
        }
    }
    checks.extend(sieve(mailbox, name("sieve")).await);
    let Some(smtp) = &mailbox.smtp else {
        if mailbox.user.is_none() {
            checks.push(Check::ok(name("smtp"), "not needed: a mailbox without a user sends no notices".to_owned()));
            return;
        }
        let found = "no [mailbox.smtp], so no notice is sent for it";
        checks.push(Check::warn(name("smtp"), found, "add one, if its owner is to have absence notices"));
        return;
    };
    checks.push(match smtp::greet(smtp).await {
        Ok(server) => Check::ok(name("smtp"), format!("{} answers as {server}", smtp.host)),
        Err(error) => {
            let remedy = "check host, port, security, user and password in [mailbox.smtp], and the firewall";
            Check::fail(name("smtp"), error, remedy)
        }
    });
}

/// What has to be set up outside Standin so that notices arrive: of each domain from which they go, and of each server
/// that is to sign for it. Not looked at: whether a server signs is seen in a mail that arrived elsewhere and nowhere
/// else, and an SPF record in the DNS tells nothing where the return address is empty (R62).
fn signing(mailboxes: &[Mailbox]) -> Vec<Check> {
    let of = |mailbox: &Mailbox| {
        let server = mailbox.smtp.as_ref().filter(|_| mailbox.user.is_some())?;
        let (_, domain) = mailbox.address.rsplit_once('@')?;
        Some((domain.to_lowercase(), server.host.to_lowercase()))
    };
    let pairs: BTreeSet<(String, String)> = mailboxes.iter().filter_map(of).collect();
    let check = |(domain, host): (String, String)| Check {
        name: format!("domain {domain}: DKIM"),
        outcome: Outcome::Unseen {
            found: format!(
                "whether {host} signs mail from {domain} cannot be seen from here; without that, notices may be taken \
                 for spam, or be refused where the domain has a DMARC policy: their return address is empty, so SPF \
                 does not speak for {domain}"
            ),
            remedy: format!(
                "from an address at {domain}, send a mail through {host} to a mailbox at another provider and look at \
                 its source: Authentication-Results has to say dkim=pass for {domain}; if it does not, switch DKIM \
                 signing on at {host}"
            ),
        },
    };
    pairs.into_iter().map(check).collect()
}

/// Whether INBOX, Sent and what is configured are there.
fn folders(mailbox: &Mailbox, listed: &[Listed], name: String) -> Check {
    let gone: Vec<&str> =
        mailbox.folders.iter().filter(|f| !listed.iter().any(|l| l.path == **f)).map(String::as_str).collect();
    if !gone.is_empty() {
        let there: Vec<&str> = listed.iter().map(|l| l.path.as_str()).take(30).collect();
        let remedy = format!("write `folders` as the server does: {}", output::plain(&there.join(", ")));
        return Check::fail(name, format!("the server does not show {}", gone.join(", ")), remedy);
    }
    let has = |role| listed.iter().any(|l| l.role == role);
    match (has(Role::Inbox), has(Role::Sent)) {
        (false, _) => Check::fail(name, "the server shows no INBOX", "check that this login has a mailbox"),
        (true, false) => Check::warn(
            name,
            "no folder for sent mail was found, so what people send from their mail program is not seen",
            "add its name to `folders` of this mailbox",
        ),
        (true, true) => Check::ok(name, format!("{}, with INBOX and Sent", listed.len())),
    }
}

/// What to do about a failure of a mail server.
fn remedy(what: What) -> &'static str {
    match what {
        What::LoginRefused => {
            "check user and password; where the provider wants an app password or a token, use one (auth = \"xoauth2\")"
        }
        What::Certificate => "set `host` to the name in the certificate, or `ca_file` to an in-house authority",
        What::Tls => {
            "check `security` and `port`: tls is usually 993, starttls 143; servers older than TLS 1.2 cannot be used"
        }
        What::Settings | What::Secret => {
            "correct the settings of this mailbox, and let the user who runs Standin read its secret"
        }
        What::Unreachable | What::Timeout | What::Closed => "check host and port, the network and the firewall",
        What::Throttled => "try again later; ask the provider for a higher limit if it stays so",
        _ => "try again; if it stays so, ask the provider and send them these words",
    }
}

fn print(checks: &[Check], json: bool) -> Result<(), Failure> {
    if json {
        let all = checks.iter().map(|check| {
            let (state, found, remedy) = match &check.outcome {
                Outcome::Ok(found) => ("ok", found, None),
                Outcome::Warn { found, remedy } => ("warning", found, Some(remedy)),
                Outcome::Fail { found, remedy } => ("failure", found, Some(remedy)),
                Outcome::Unseen { found, remedy } => ("unseen", found, Some(remedy)),
            };
            serde_json::json!({ "check": check.name, "state": state, "found": found, "remedy": remedy })
        });
        return Ok(output::json(&all.collect::<Vec<_>>().into())?);
    }
    let mut text = String::new();
    for check in checks {
        let (word, found, remedy) = match &check.outcome {
            Outcome::Ok(found) => ("ok  ", found, None),
            Outcome::Warn { found, remedy } => ("WARN", found, Some(remedy)),
            Outcome::Fail { found, remedy } => ("FAIL", found, Some(remedy)),
            Outcome::Unseen { found, remedy } => ("look", found, Some(remedy)),
        };
        let found = found.replace('\n', "\n      ");
        text.push_str(&format!("{word}  {}: {found}\n", check.name));
        if let Some(remedy) = remedy {
            text.push_str(&format!("      → {remedy}\n"));
        }
    }
    Ok(output::print(&text)?)
}
