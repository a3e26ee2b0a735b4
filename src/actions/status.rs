//! How the installation is doing: what is well, what is not, and what to do about it (W16). The page, the command,
//! the API and the figures for monitoring all say what stands here.
//!
//! A finding has a code that does not change; its sentences are in `say`. Everybody may know whether the mail behind
//! their own pages is fresh; the rest is for admins and the operator.

pub mod say;

use super::mailboxes::days_back;
use crate::config::Config;
use crate::imap::What;
use crate::model::id::MailboxId;
use crate::model::record::UserRole;
use crate::model::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};
use crate::store::health::{self, Figures};
use crate::store::mailbox_settings::{self as settings, Standing};
use crate::store::notice_switch::{self, By};
use crate::store::{self, Tx, people};
use anyhow::Result;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It is well.
    Good,
    /// Worth knowing; nothing is wrong.
    Note,
    /// Somebody should look at it.
    Attention,
    /// Something does not work.
    Broken,
}

impl Level {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Level::Good => "ok",
            Level::Note => "note",
            Level::Attention => "warning",
            Level::Broken => "failure",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What it is: a code that does not change.
    pub code: &'static str,
    /// How grave.
    pub level: Level,
    /// Values for its sentence: names, numbers, what a server said.
    pub values: Vec<(&'static str, String)>,
    /// Since when, or of when.
    pub at: Option<Timestamp>,
    /// The page on which something can be done.
    pub page: Option<String>,
}

impl Finding {
    fn new(code: &'static str, level: Level) -> Finding {
        Finding { code, level, values: Vec::new(), at: None, page: None }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Finding {
        self.values.push((name, value.to_string()));
        self
    }

    fn at(mut self, at: Option<Timestamp>) -> Finding {
        self.at = at;
        self
    }

    fn page(mut self, page: impl Into<String>) -> Finding {
        self.page = Some(page.into());
        self
    }
}

/// Findings about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Section {
    /// The word of the subject.
    pub subject: &'static str,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// By subject.
    pub sections: Vec<Section>,
    /// The figures behind it.
    pub figures: Figures,
    /// The mailboxes.
    pub mailboxes: Vec<Standing>,
    /// How many mailboxes a worker should hold and none does.
    pub unheld: usize,
    /// Whether notices are stopped.
    pub stopped: bool,
    /// Octets that are free, where that is known.
    pub free: Option<u64>,
    /// The number of the schema.
    pub schema: i64,
}

impl Status {
    /// Whether nothing is broken.
    pub fn is_healthy(&self) -> bool {
        self.findings().all(|finding| finding.level < Level::Broken)
    }

    /// Every finding.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.sections.iter().flat_map(|section| &section.findings)
    }

    /// What somebody should look at, the gravest first.
    pub fn issues(&self) -> Vec<&Finding> {
        let mut issues: Vec<&Finding> = self.findings().filter(|f| f.level >= Level::Attention).collect();
        issues.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        issues
    }
}

/// A mailbox counts as behind when it was not read to its end for so long: two polls and a minute. Milliseconds.
pub fn patience(config: &Config) -> i64 {
    2 * i64::try_from(config.mail.poll).unwrap_or(0) * SECOND + MINUTE
}

/// Looks at everything.
pub async fn look(tx: &mut Tx, config: &Config, schema: i64, now: Timestamp) -> Result<Status> {
    let figures = health::figures(tx, now, now.plus(-7 * DAY)).await?;
    let mailboxes = settings::every(tx).await?;
    let held = health::held(tx, now).await?;
    let read = |one: &&Standing| one.is_read() && is_configured(config, one);
    let late = |one: &&Standing| now.since(one.state_at.unwrap_or(one.up_to.unwrap_or(now))) > MINUTE;
    let unheld = mailboxes.iter().filter(read).filter(late).filter(|one| !held.contains(&one.id.0)).count();
    let stop = notice_switch::stopped(tx, now).await?;
    let free = health::room(&config.data_dir);
    let mut sections = vec![
        of_mailboxes(&mailboxes, config, now),
        backlog(&figures, unheld, now),
        sending(&figures, now),
        notices(tx, config, stop.as_ref(), now).await?,
        of_people(tx, config).await?,
        machine(config, &figures, free, &mailboxes, now).await,
        version(config, schema),
    ];
    for section in &mut sections {
        section.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    }
    let free = free.map(|(free, _)| free);
    Ok(Status { sections, figures, mailboxes, unheld, stopped: stop.is_some(), free, schema })
}

/// Whether a mailbox stands in the file or was set up on a page.
pub fn is_configured(config: &Config, mailbox: &Standing) -> bool {
    mailbox.version.is_some() || config.mailbox.iter().any(|file| file.name == mailbox.name)
}

fn of_mailboxes(all: &[Standing], config: &Config, now: Timestamp) -> Section {
    let shown = all.iter().filter(|one| one.removed.is_none());
    let mut findings: Vec<Finding> = shown.map(|one| of_mailbox(one, config, now)).collect();
    if findings.is_empty() {
        findings.push(Finding::new("no-mailbox", Level::Attention).page("/admin/mailboxes/new"));
    }
    Section { subject: "mailboxes", findings }
}

/// How one mailbox is doing.
pub fn of_mailbox(one: &Standing, config: &Config, now: Timestamp) -> Finding {
    let detail = one.detail.as_deref().unwrap_or_default();
    // What kind of fault it is our own sentence says; the server's words come after that.
    let phrases = [What::LoginRefused, What::Certificate, What::Tls].map(What::phrase);
    let words = phrases.iter().find_map(|phrase| detail.strip_prefix(phrase)?.strip_prefix(": "));
    let said = words.unwrap_or(detail).to_owned();
    let state = |code, level| {
        let found = Finding::new(code, level).with("name", &one.name).at(one.state_at);
        found.page(format!("/admin/mailboxes/{}", one.id))
    };
    if one.removed.is_some() {
        return state("mailbox-removed", Level::Note).at(one.removed);
    }
    if !is_configured(config, one) {
        return state("mailbox-unconfigured", Level::Attention);
    }
    if one.paused.is_some() {
        return state("mailbox-paused", Level::Attention).at(one.paused);
    }
    if one.asks && !one.is_agreed() {
        return state("mailbox-waiting", Level::Attention);
    }
    let late = one.up_to.is_none_or(|at| now.since(at) > patience(config));
    let behind = one.up_to.map_or(0, |at| now.since(at).max(0) / MINUTE);
    match one.state.as_str() {
        "refused" if one.version.is_none() => state("mailbox-refused-file", Level::Broken).with("said", said),
        "refused" => state("mailbox-refused", Level::Broken).with("said", said),
        "stopped" if detail.starts_with(What::Certificate.phrase()) => {
            state("mailbox-certificate", Level::Broken).with("said", said)
        }
        "stopped" if detail.starts_with(What::Tls.phrase()) => state("mailbox-tls", Level::Broken).with("said", said),
        "stopped" => state("mailbox-stopped", Level::Broken).with("said", said),
        "retrying" if late => state("mailbox-retrying", Level::Broken).with("said", said),
        "retrying" => state("mailbox-retrying", Level::Attention).with("said", said),
        _ if one.up_to.is_none() && one.state == "new" => state("mailbox-new", Level::Note),
        _ if one.up_to.is_none() => state("mailbox-reading", Level::Note),
        _ if late => state("mailbox-behind", Level::Broken).with("minutes", behind).at(one.up_to),
        _ => state("mailbox-ok", Level::Good).at(one.up_to),
    }
}

fn backlog(figures: &Figures, unheld: usize, now: Timestamp) -> Section {
    let old = figures.oldest_pending.is_some_and(|at| now.since(at) > 15 * MINUTE);
    let mut findings = vec![match (figures.pending, old) {
        (0, _) => Finding::new("backlog-none", Level::Good),
        (n, true) => Finding::new("backlog-old", Level::Attention).with("n", n).at(figures.oldest_pending),
        (n, false) => Finding::new("backlog", Level::Note).with("n", n).at(figures.oldest_pending),
    }];
    findings.push(match unheld {
        0 => Finding::new("workers", Level::Good).with("n", figures.workers),
        n => Finding::new("workers-missing", Level::Broken).with("n", n),
    });
    if figures.failed > 0 {
        findings.push(Finding::new("unreadable", Level::Attention).with("n", figures.failed));
    }
    if figures.unindexed > 0 {
        findings.push(Finding::new("index-behind", Level::Note).with("n", figures.unindexed));
    }
    Section { subject: "reading", findings }
}

fn sending(figures: &Figures, now: Timestamp) -> Section {
    let old = figures.oldest_queued.is_some_and(|at| now.since(at) > 30 * MINUTE);
    let mut findings = vec![match (figures.queued, old) {
        (0, _) => Finding::new("outbox-empty", Level::Good),
        (n, true) => Finding::new("outbox-old", Level::Attention).with("n", n).at(figures.oldest_queued),
        (n, false) => Finding::new("outbox", Level::Note).with("n", n).at(figures.oldest_queued),
    }];
    if figures.unclear > 0 {
        let page = "/admin/autoresponder";
        findings.push(Finding::new("outbox-unclear", Level::Attention).with("n", figures.unclear).page(page));
    }
    if figures.unsent > 0 {
        let page = "/admin/autoresponder";
        findings.push(Finding::new("outbox-refused", Level::Attention).with("n", figures.unsent).page(page));
    }
    Section { subject: "sending", findings }
}

async fn notices(tx: &mut Tx, config: &Config, stop: Option<&notice_switch::Stop>, now: Timestamp) -> Result<Section> {
    let page = "/admin/autoresponder";
    let mut findings = vec![match stop.map(|stop| (&stop.by, stop.at)) {
        Some((By::Breaker(_), at)) => Finding::new("notices-broken", Level::Broken).at(Some(at)),
        Some((By::Person(_), at)) => Finding::new("notices-stopped", Level::Attention).at(Some(at)),
        None if !config.notice.enabled => Finding::new("notices-off", Level::Note),
        None => Finding::new("notices-on", Level::Good),
    }];
    for server in store::mailboxes::own_servers(tx, None, config.notice.responder_days, now).await? {
        if let Some(responder) = server.responder {
            let found = Finding::new("responder-on", Level::Attention).with("name", server.name);
            findings.push(found.at(Some(responder.at)));
        } else if let Some(at) = server.doubted {
            findings.push(Finding::new("responder-perhaps", Level::Note).with("name", server.name).at(Some(at)));
        }
    }
    if config.own_domains.is_empty() {
        findings.push(Finding::new("no-domains", Level::Attention));
    }
    let findings = findings.into_iter().map(|finding| finding.page(page)).collect();
    Ok(Section { subject: "notices", findings })
}

async fn of_people(tx: &mut Tx, config: &Config) -> Result<Section> {
    let users = people::every(tx).await?;
    let active = || users.iter().filter(|user| user.person.active);
    let admins = active().filter(|user| user.person.role == UserRole::Admin).count();
    let mut findings = vec![match (active().count(), admins) {
        (0, _) => Finding::new("no-users", Level::Attention),
        (_, 0) => Finding::new("no-admin", Level::Attention),
        (n, admins) => Finding::new("users", Level::Good).with("n", n).with("admins", admins),
    }];
    let known = |login: &str| active().any(|user| user.login == people::login_key(login));
    match &config.fallback_user {
        Some(login) if !known(login) => {
            findings.push(Finding::new("fallback-unknown", Level::Broken).with("name", login));
        }
        None => findings.push(Finding::new("fallback-none", Level::Attention)),
        Some(_) => {}
    }
    Ok(Section { subject: "people", findings })
}

/// The file that a backup script touches once it is done.
pub const BACKUP_MARK: &str = "backup-made";

async fn machine(
    config: &Config,
    figures: &Figures,
    free: Option<(u64, u64)>,
    mailboxes: &[Standing],
    now: Timestamp,
) -> Section {
    let mut findings = vec![Finding::new("database", Level::Good).with("size", octets(figures.size.unsigned_abs()))];
    findings.push(match free {
        None => Finding::new("disk-unknown", Level::Note),
        Some((free, all)) => {
            // Room for what a week brings, whatever the size of the disk.
            let level = match free {
                ..0x0800_0000 => Level::Broken,
                0x0800_0000..0x4000_0000 => Level::Attention,
                _ => Level::Good,
            };
            let code = if level == Level::Good { "disk" } else { "disk-low" };
            Finding::new(code, level).with("free", octets(free)).with("all", octets(all))
        }
    });
    // What was written stands in the future: the clock went back.
    let future = mailboxes.iter().filter_map(|one| one.up_to).max().filter(|at| at.since(now) > 5 * MINUTE);
    findings.push(match future {
        Some(at) => Finding::new("clock-back", Level::Broken).at(Some(at)),
        None => Finding::new("clock", Level::Good).at(Some(now)),
    });
    findings.push(match marked(&config.data_dir).await {
        None => Finding::new("backup-unknown", Level::Note).with("file", config.data_dir.join(BACKUP_MARK).display()),
        Some(at) if now.since(at) > 48 * HOUR => {
            Finding::new("backup-old", Level::Attention).with("days", days_back(now, at)).at(Some(at))
        }
        Some(at) => Finding::new("backup", Level::Good).at(Some(at)),
    });
    Section { subject: "machine", findings }
}

/// When the last backup was made, by the file that says so.
async fn marked(folder: &Path) -> Option<Timestamp> {
    let about = tokio::fs::metadata(folder.join(BACKUP_MARK)).await.ok()?;
    let since = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

fn version(config: &Config, schema: i64) -> Section {
    let mut findings =
        vec![Finding::new("version", Level::Good).with("version", env!("CARGO_PKG_VERSION")).with("schema", schema)];
    let url = config.public_url.as_str();
    let inside = config.listen.starts_with("127.")
        || config.listen.starts_with("[::1]")
        || config.listen.starts_with("localhost");
    findings.push(match url.starts_with("https://") {
        true => Finding::new("https", Level::Good),
        false if inside => Finding::new("http-inside", Level::Note),
        false => Finding::new("http", Level::Attention),
    });
    Section { subject: "program", findings }
}

/// So many octets, in the largest unit that fits.
pub fn octets(n: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (n, 0);
    while value >= 10_240 && unit + 1 < units.len() {
        value /= 1024;
        unit += 1;
    }
    format!("{value} {}", units.get(unit).copied().unwrap_or("B"))
}

/// The figures in the text form that Prometheus reads.
pub fn metrics(status: &Status, now: Timestamp) -> String {
    let mut out = Vec::new();
    let mut gauge = |name: &str, help: &str, rows: Vec<(String, String)>| {
        out.push(format!("# HELP standin_{name} {help}"));
        out.push(format!("# TYPE standin_{name} gauge"));
        out.extend(rows.into_iter().map(|(labels, value)| format!("standin_{name}{labels} {value}")));
    };
    let one = |value: i64| vec![(String::new(), value.to_string())];
    let label = |name: &str| name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
    let each = |value: &dyn Fn(&Standing) -> Option<i64>| -> Vec<(String, String)> {
        let shown = status.mailboxes.iter().filter(|mailbox| mailbox.removed.is_none());
        let row = |mailbox: &Standing| {
            Some((format!("{{mailbox=\"{}\"}}", label(&mailbox.name)), value(mailbox)?.to_string()))
        };
        shown.filter_map(row).collect()
    };
    let f = &status.figures;
    let age = |at: Option<Timestamp>| at.map_or(0, |at| now.since(at).max(0) / SECOND);
    gauge("healthy", "1 while nothing is broken.", one(i64::from(status.is_healthy())));
    gauge(
        "mailbox_lag_seconds",
        "Since when the mailbox was not read to its end.",
        each(&|mailbox| mailbox.up_to.map(|at| now.since(at).max(0) / SECOND)),
    );
    gauge(
        "mailbox_ok",
        "1 while the mailbox is read without a fault.",
        each(&|mailbox| Some(i64::from(mailbox.is_read() && mailbox.state == "ok"))),
    );
    gauge("mails_pending", "Mails that are known and not read yet.", one(f.pending));
    gauge("mails_pending_oldest_seconds", "Age of the oldest of those that came live.", one(age(f.oldest_pending)));
    gauge("mails_failed", "Mails that could not be read.", one(f.failed));
    gauge("index_behind", "Mails that cannot be searched yet, at most 1000.", one(f.unindexed));
    gauge("outbox_queued", "Mails that wait to be sent.", one(f.queued));
    gauge("outbox_oldest_seconds", "Age of the oldest of them.", one(age(f.oldest_queued)));
    gauge("outbox_unclear", "Mails of the last week that may or may not have gone out.", one(f.unclear));
    gauge("outbox_unsent", "Mails of the last week that were refused or given up.", one(f.unsent));
    gauge("notices_stopped", "1 while absence notices are stopped.", one(i64::from(status.stopped)));
    gauge("workers", "Programs that read mailboxes now.", one(f.workers));
    gauge("database_bytes", "Size of the database.", one(f.size));
    if let Some(free) = status.free {
        gauge("disk_free_bytes", "Free where the data lies.", vec![(String::new(), free.to_string())]);
    }
    let build = format!("{{version=\"{}\",schema=\"{}\"}}", env!("CARGO_PKG_VERSION"), status.schema);
    gauge("build_info", "The version.", vec![(build, "1".to_owned())]);
    out.push(String::new());
    out.join("\n")
}

/// The mailbox of a finding's page.
pub fn mailbox_of(finding: &Finding) -> Option<MailboxId> {
    finding.page.as_ref()?.strip_prefix("/admin/mailboxes/")?.parse().ok().map(MailboxId)
}
