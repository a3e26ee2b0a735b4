//! A company with its clients, absences, shares and years of mail, put straight into a database.
//!
//! What is generated is a function of [`Size`] alone. Work is spread as it is in firms: a few owners
//! have thousands of records, a few accounts a fiftieth of all mail each, most have little.

use super::random::Random;
use anyhow::Result;
use standin::model::time::{DAY, HOUR, MINUTE, Timestamp};
use standin::store::{Tx, Value, insert_many};

/// The moment at which everybody looks: 2026-11-21T12:00:00Z.
pub const NOW: Timestamp = Timestamp(1_795_262_400_000);
/// The seed. Changing it makes figures of other days incomparable.
pub const SEED: u64 = 11;
/// Accounts with a fiftieth of all mail each. Of the last one the owner owns nothing else, so that
/// almost nothing on its timeline is for them.
pub const HOT: i64 = 5;
/// How far the mail goes back.
const YEARS: i64 = 3 * 365 * DAY;

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Messages.
    pub messages: i64,
    /// Contacts.
    pub contacts: i64,
    /// Accounts.
    pub accounts: i64,
    /// Opportunities.
    pub opportunities: i64,
    /// Calls, tasks and appointments.
    pub activities: i64,
    /// Users.
    pub users: i64,
    /// Teams.
    pub teams: i64,
    /// Of the users, those who are away.
    pub away: i64,
}

/// The login of whoever answers for the company when nobody else is left: the last of its users.
pub fn fallback(users: i64) -> String {
    format!("user{users}")
}

impl Size {
    /// A company with so many messages; at a million of the size that the bars speak of.
    pub fn of(messages: i64) -> Size {
        let users = (messages / 200).clamp(60, 500);
        Size {
            messages,
            contacts: (messages / 20).max(400),
            accounts: (messages * 12 / 1_000).max(120),
            opportunities: (messages / 50).max(200),
            activities: (messages / 25).max(300),
            users,
            teams: users * 40 / 500,
            away: users * 60 / 500,
        }
    }

    /// How many records there are.
    pub fn records(&self) -> i64 {
        self.contacts + self.accounts + self.opportunities
    }

    fn first_opportunity(&self) -> i64 {
        self.accounts + self.contacts + 1
    }
}

/// What the mails need to know of a record.
#[derive(Clone, Copy)]
struct Known {
    owner: i64,
    account: i64,
}

/// A row of values.
macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(Value::from($value)),*] };
}

const NO_INT: Option<i64> = None;
const NO_TEXT: Option<String> = None;

/// Fills an empty schema; `told` hears how far it is.
pub async fn fill(tx: &mut Tx, size: Size, told: &mut dyn FnMut(&str)) -> Result<()> {
    people(tx, size).await?;
    absences(tx, size).await?;
    told("people and absences");
    let records = records(tx, size).await?;
    shares(tx, size, &records).await?;
    activities(tx, size, &records).await?;
    told("records, shares and activities");
    mailboxes(tx, size).await?;
    mails(tx, size, &records, told).await?;
    // Rows come in here without the triggers that note them.
    const STALE: &str = "insert into record_stale (record_id) select id from records where true on conflict do nothing";
    match tx {
        Tx::Sqlite(t) => _ = sqlx::query(STALE).execute(&mut **t).await?,
        Tx::Postgres(t) => _ = sqlx::query(STALE).execute(&mut **t).await?,
    }
    Ok(())
}

/// Who is asked about ten thousand mails where there are a million: an owner of thousands.
pub const ASKED: i64 = 46;

/// Open questions in review, a hundredth of all mail of one user's and as much of everybody else's; and what the notices
/// of the last month say: who is away, and of a third whom they name. Wants the indexes.
pub async fn asked(tx: &mut Tx, size: Size) -> Result<()> {
    const QUESTIONS: &str = "insert into reviews (mail_id, reason, at, records, asked_at)
        select q.id, 'several', q.at, '[' || q.record_id || ']', q.at from
          (select m.id, m.at, min(l.record_id) as record_id from mails m join links l on l.mail_id = m.id
           where m.direction = 'in' and m.author = 'human' and
             (($1 > 0 and m.id in (select x.mail_id from locations x where x.folder_id = $1))
              or ($1 = 0 and m.id % 50 = 7))
           group by m.id, m.at order by m.id limit $2) q where true on conflict do nothing";
    const AWAY: &str = "insert into automatic_said (mail_id, what, address, until, certainty)
        select m.id, 'away', m.from_address, null, 'assumed' from mails m
        where m.author = 'vacation' and m.direction = 'in' and m.at >= $1";
    const NAMED: &str = "insert into automatic_named (mail_id, position, address, name)
        select m.id, 0, 'standin' || m.id || '@new.example', 'Somebody New' from mails m
        where m.author = 'vacation' and m.direction = 'in' and m.at >= $1 and m.id % 3 = 0";
    let some = size.messages / 100;
    let month = NOW.0 - 30 * DAY;
    for user in [ASKED, 0] {
        match tx {
            Tx::Sqlite(t) => _ = sqlx::query(QUESTIONS).bind(user).bind(some).execute(&mut **t).await?,
            Tx::Postgres(t) => _ = sqlx::query(QUESTIONS).bind(user).bind(some).execute(&mut **t).await?,
        }
    }
    for sql in [AWAY, NAMED] {
        match tx {
            Tx::Sqlite(t) => _ = sqlx::query(sql).bind(month).execute(&mut **t).await?,
            Tx::Postgres(t) => _ = sqlx::query(sql).bind(month).execute(&mut **t).await?,
        }
    }
    Ok(())
}

async fn people(tx: &mut Tx, size: Size) -> Result<()> {
    let mut random = Random::part(SEED, 1);
    // One at the top, ten below, fifty below those, everybody else below the fifty.
    let manager = |id: i64, random: &mut Random| match id {
        1 => None,
        2..=11 => Some(1),
        12..=49 => Some(random.range(2, 11)),
        _ => Some(random.range(12, 49)),
    };
    let teams = (1..=size.teams).map(|id| {
        let fallback = (id % 3 != 0).then(|| 12 + id % 38);
        row![id, format!("Team {id}"), fallback, NOW.0]
    });
    let mut users = Vec::new();
    let mut members = Vec::new();
    for id in 1..=size.users {
        let role = match id {
            5 | 6 => "admin",
            7..=9 => "staff",
            _ => "account-manager",
        };
        let (team, login) = (id % size.teams + 1, format!("user{id}"));
        let name = format!("{} {}", random.pick(&FIRST), random.pick(&LAST));
        let active = id < 60 || id % 47 != 0;
        let manager = manager(id, &mut random);
        users.push(row![id, login, name, role, manager, team, NO_TEXT, "Europe/Warsaw", "en", active, NOW.0]);
        members.push(row![team, id]);
        let second = random.range(1, size.teams);
        if second != team && random.chance(0.15) {
            members.push(row![second, id]);
        }
    }
    let into = "users (id, login, name, role, manager_id, team_id, password_hash, zone, language, active, created_at)";
    insert_many(tx, "teams (id, name, fallback_user_id, created_at)", "", teams.collect()).await?;
    insert_many(tx, into, "", users).await?;
    insert_many(tx, "team_members (team_id, user_id)", "", members).await?;
    Ok(())
}

/// Who is away, and for whom they stand in: the first three of four chains, ten with many records.
fn away(size: Size) -> Vec<i64> {
    (0..size.away).map(|n| 50 + n).collect()
}

async fn absences(tx: &mut Tx, size: Size) -> Result<()> {
    let mut random = Random::part(SEED, 2);
    let (mut rows, mut exceptions, mut id) = (Vec::new(), Vec::new(), 0);
    let away = away(size);
    let present = |random: &mut Random| loop {
        let user = random.range(12, size.users);
        let working = user < 60 || user % 47 != 0;
        if working && !away.contains(&user) {
            return user;
        }
    };
    for (n, user) in away.iter().enumerate() {
        id += 1;
        let starts = NOW.0 - random.range(HOUR, 25 * DAY);
        let ends = (n % 9 != 0).then(|| NOW.0 + random.range(HOUR, 20 * DAY));
        let substitute = match n % 10 {
            // Chains: the next one is away too.
            1..=3 => away.get(n + 1).copied(),
            // Nobody: the team's or the company's fallback answers.
            5 => None,
            _ => Some(present(&mut random)),
        };
        let deputy = random.chance(0.3).then(|| present(&mut random));
        rows.push(absence(id, *user, starts, ends, substitute, deputy));
        if n % 2 == 0 {
            for position in 0..random.range(1, 4) {
                let (what, record, team, word) = selector(&mut random, size);
                let substitute = present(&mut random);
                exceptions.push(row![id, position, what, record, team, word, substitute]);
            }
        }
    }
    // What is over, and what is to come.
    for _ in 0..size.users {
        id += 1;
        let user = random.range(50, size.users);
        let starts = NOW.0 - random.range(30 * DAY, 800 * DAY);
        rows.push(absence(id, user, starts, Some(starts + 10 * DAY), Some(present(&mut random)), None));
    }
    for n in 0..size.away / 2 {
        id += 1;
        let starts = NOW.0 + random.range(30 * DAY, 90 * DAY);
        let user = 50 + size.away + n;
        rows.push(absence(id, user, starts, Some(starts + 10 * DAY), Some(present(&mut random)), None));
    }
    let into = "absences (id, user_id, first_day, last_day, zone, starts_at, ends_at, substitute_id, deputy_id, notice,
          created_at)";
    insert_many(tx, into, "", rows).await?;
    let into = "absence_exceptions (absence_id, position, what, record_id, team_id, word, substitute_id)";
    insert_many(tx, into, "", exceptions).await?;
    Ok(())
}

fn absence(
    id: i64,
    user: i64,
    starts: i64,
    ends: Option<i64>,
    substitute: Option<i64>,
    deputy: Option<i64>,
) -> Vec<Value> {
    let last = ends.map(|_| "2026-11-30".to_owned());
    row![id, user, "2026-11-01", last, "Europe/Warsaw", starts, ends, substitute, deputy, false, starts]
}

type Selector = (&'static str, Option<i64>, Option<i64>, Option<String>);

fn selector(random: &mut Random, size: Size) -> Selector {
    let word = |words: &[&str], random: &mut Random| Some((*random.pick(words)).to_owned());
    match random.below(6) {
        0 => ("record", Some(random.range(1, size.records())), None, None),
        1 | 2 => ("account", Some(random.range(1, size.accounts)), None, None),
        3 => ("team", None, Some(random.range(1, size.teams)), None),
        4 => ("class", None, None, word(&["A", "B"], random)),
        _ => ("kind", None, None, word(&["opportunity", "lead", "contact"], random)),
    }
}

/// Draws an owner: of a hundred records a third falls to ten people, a half of whom are away.
fn owner(random: &mut Random, size: Size) -> i64 {
    match random.chance(0.33) {
        true => (45 + random.range(0, 9)).min(size.users),
        false => random.range(12, size.users),
    }
}

async fn records(tx: &mut Tx, size: Size) -> Result<Vec<Known>> {
    let mut random = Random::part(SEED, 3);
    let mut known = vec![Known { owner: 0, account: 0 }];
    let (mut rows, mut addresses, mut domains, mut history) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for id in 1..=size.records() {
        let is_account = id <= size.accounts;
        let is_opportunity = id >= size.first_opportunity();
        let kind = if is_account {
            "account"
        } else if is_opportunity {
            "opportunity"
        } else {
            "contact"
        };
        // Every tenth belongs to a hot account: they have many people and deals.
        let account = match random.chance(0.04) {
            true => random.range(1, HOT),
            false => random.range(1, size.accounts),
        };
        let of_account = known.get(account as usize).map_or(0, |k: &Known| k.owner);
        let owner = match (is_account, account) {
            // Of the hot ones two belong to people with many records who are away, others to anybody.
            (true, _) if id <= HOT => [52, 53, 20, 300.min(size.users), 301.min(size.users)][id as usize - 1],
            (true, _) => owner(&mut random, size),
            (false, HOT) => random.range(12, 49),
            (false, _) if random.chance(0.8) => of_account,
            _ => owner(&mut random, size),
        };
        known.push(Known { owner, account: if is_account { id } else { account } });
        let name = format!("{} {} {id}", random.pick(&TRADES), random.pick(&LAST));
        let confidential = random.chance(if is_opportunity { 0.03 } else { 0.01 });
        let status = if is_opportunity { *random.pick(&["open", "open", "won", "lost", "lost"]) } else { "open" };
        let class = is_account.then(|| (*random.pick(&["A", "B", "C", "D", "D"])).to_owned());
        let number = is_opportunity.then(|| format!("OP-{id}"));
        let deleted = random.chance(0.005).then_some(NOW.0 - DAY);
        let account = (!is_account).then_some(account);
        rows.push(row![
            id,
            kind,
            name.as_str(),
            standin::store::fold(&name),
            owner,
            owner % size.teams + 1,
            confidential,
            status,
            account,
            number,
            class,
            Some("Warszawa".to_owned()),
            phone(id),
            NOW.0 - DAY,
            NOW.0 - DAY,
            deleted
        ]);
        if is_account {
            domains.push(row![format!("a{id}.example"), id, 0_i64]);
        } else if !is_opportunity {
            addresses.push(row![contact_address(id, known[id as usize].account), id, "vouched", 0_i64]);
        }
        history.push(row![id, NO_INT, owner, NO_INT, "import", 0_i64]);
    }
    let into = "records (id, kind, name, name_key, owner_id, team_id, confidential, status, account_id, number, class,
          city, phone, created_at, updated_at, deleted_at)";
    insert_many(tx, into, "", rows).await?;
    insert_many(tx, "account_domains (domain, record_id, created_at)", "", domains).await?;
    insert_many(tx, "record_addresses (address, record_id, standing, created_at)", "", addresses).await?;
    let into = "record_owners (record_id, from_user_id, to_user_id, by_user_id, reason, at)";
    insert_many(tx, into, "", history).await?;
    Ok(known)
}

/// The phone number of a record.
pub fn phone(record: i64) -> String {
    format!("+48 22 {:07}", 1_000_000 + record)
}

fn contact_address(contact: i64, account: i64) -> String {
    format!("c{contact}@a{account}.example")
}

async fn shares(tx: &mut Tx, size: Size, records: &[Known]) -> Result<()> {
    let mut random = Random::part(SEED, 4);
    let mut rows = Vec::new();
    for _ in 0..size.records() / 5 {
        let record = random.range(1, size.records());
        let person = random.chance(0.7);
        let (user, team) = match person {
            true => (Some(random.range(12, size.users)), None),
            false => (None, Some(random.range(1, size.teams))),
        };
        let until = random.chance(0.3).then(|| NOW.0 + random.range(-30 * DAY, 30 * DAY));
        let (write, named) = (random.chance(0.5), random.chance(0.2));
        let by = records.get(record as usize).map(|k| k.owner);
        rows.push(row![record, user, team, "share", write, false, named, until, "", by, 0_i64]);
    }
    let into = "shares (record_id, user_id, team_id, source, may_write, may_share, named, until_at, reason, by_user_id,
          created_at)";
    Ok(insert_many(tx, into, "", rows).await?)
}

/// A fifth of them is still to be done.
async fn activities(tx: &mut Tx, size: Size, records: &[Known]) -> Result<()> {
    let mut random = Random::part(SEED, 6);
    let mut rows = Vec::new();
    for _ in 0..size.activities {
        let record = random.range(1, size.records());
        let owner = records.get(record as usize).map_or(1, |k| k.owner);
        let (at, open) = (NOW.0 - random.range(HOUR, 700 * DAY), random.chance(0.2));
        let kind = *random.pick(&["call", "task", "appointment"]);
        let due = (open && random.chance(0.8)).then(|| NOW.0 + random.range(-20 * DAY, 20 * DAY));
        let (status, done) = if open { ("open", None) } else { ("done", Some(at)) };
        rows.push(row![record, kind, "What is to be done", "", status, owner, owner, at, due, done, at, at]);
    }
    let into = "activities (record_id, kind, subject, body, status, responsible_id, author_id, at, due_at, done_at,
          created_at, updated_at)";
    Ok(insert_many(tx, into, "", rows).await?)
}

async fn mailboxes(tx: &mut Tx, size: Size) -> Result<()> {
    let users = 1..=size.users;
    let boxes = users.clone().map(|id| {
        let (name, address) = (format!("user{id}"), user_address(id));
        row![id, name, id, address, 0_i64, "ok", NOW.0 - MINUTE]
    });
    let folders = users.map(|id| row![id, id, "INBOX", "inbox", true]);
    let into = "mailboxes (id, name, user_id, address, connected_at, state, up_to_date_at)";
    insert_many(tx, into, "", boxes.collect()).await?;
    insert_many(tx, "folders (id, mailbox_id, path, role, watched)", "", folders.collect()).await?;
    let addresses = (1..=size.users).map(|id| row![user_address(id), id, 0_i64]);
    insert_many(tx, "user_addresses (address, user_id, position)", "", addresses.collect()).await?;
    Ok(())
}

fn user_address(user: i64) -> String {
    format!("user{user}@firma.example")
}

/// The records that a conversation stands on.
struct Talk {
    /// The first mail.
    thread: i64,
    /// Mails left.
    left: i64,
    at: i64,
    contact: i64,
    account: i64,
    opportunity: Option<i64>,
    user: i64,
    incoming: bool,
}

/// Rows of one batch of mails.
#[derive(Default)]
struct Rows {
    mails: Vec<Vec<Value>>,
    parties: Vec<Vec<Value>>,
    links: Vec<Vec<Value>>,
    places: Vec<Vec<Value>>,
    raws: Vec<Vec<Value>>,
}

/// The records of each account, for the mails.
struct Below {
    contacts: Vec<Vec<i64>>,
    opportunities: Vec<Vec<i64>>,
}

impl Below {
    fn new(size: Size, records: &[Known]) -> Below {
        let empty = vec![Vec::new(); size.accounts as usize + 1];
        let mut below = Below { contacts: empty.clone(), opportunities: empty };
        for id in size.accounts + 1..=size.records() {
            let account = records[id as usize].account as usize;
            let of = if id >= size.first_opportunity() { &mut below.opportunities } else { &mut below.contacts };
            of[account].push(id);
        }
        below
    }

    /// Whom the next conversation is with, and about what.
    fn talk(&self, thread: i64, size: Size, records: &[Known], random: &mut Random) -> Talk {
        let account = match random.chance(0.02 * HOT as f64) {
            true => random.range(1, HOT),
            false => loop {
                let account = random.range(1, size.accounts);
                if !self.contacts[account as usize].is_empty() {
                    break account;
                }
            },
        };
        let contact = *random.pick(&self.contacts[account as usize]);
        let deals = &self.opportunities[account as usize];
        let opportunity = (!deals.is_empty() && random.chance(0.7)).then(|| *random.pick(deals));
        let user = records[opportunity.unwrap_or(contact) as usize].owner;
        let at = NOW.0 - YEARS + (YEARS as f64 * thread as f64 / size.messages as f64) as i64;
        let left = 1 + random.below(6) as i64;
        Talk { thread, left, at, contact, account, opportunity, user, incoming: random.chance(0.6) }
    }
}

async fn mails(tx: &mut Tx, size: Size, records: &[Known], told: &mut dyn FnMut(&str)) -> Result<()> {
    let mut random = Random::part(SEED, 5);
    let below = Below::new(size, records);
    let text = text(&mut random);
    let mut talk = below.talk(1, size, records, &mut random);
    let mut rows = Rows::default();
    for id in 1..=size.messages {
        if talk.left == 0 {
            talk = below.talk(id, size, records, &mut random);
        }
        talk.left -= 1;
        talk.at = (talk.at + random.range(MINUTE, 3 * HOUR)).min(NOW.0 - MINUTE);
        mail(id, &talk, &text, &mut rows, &mut random);
        talk.incoming = !talk.incoming;
        if id % 20_000 == 0 || id == size.messages {
            put(tx, std::mem::take(&mut rows)).await?;
            told(&format!("{id} messages"));
        }
    }
    Ok(())
}

fn mail(id: i64, talk: &Talk, text: &str, rows: &mut Rows, random: &mut Random) {
    let last = talk.left == 0;
    let human = random.chance(0.9);
    // Of old mails hardly any waits, of fresh ones some: half a percent of all.
    let fresh = NOW.0 - talk.at < 60 * DAY;
    let waits = talk.incoming && human && last && random.chance(if fresh { 0.3 } else { 0.02 });
    let answer = (talk.incoming && human && !last).then_some(id + 1);
    let (name, address) = match talk.incoming {
        true => (format!("Contact {}", talk.contact), contact_address(talk.contact, talk.account)),
        false => (format!("User {}", talk.user), user_address(talk.user)),
    };
    let length = (random.log_normal(350.0, 0.8) as usize).clamp(20, 4_000);
    let from = random.below(text.len() - length);
    let mut identity = id.to_be_bytes().repeat(4);
    identity.reverse();
    let key = (id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as i64;
    let subject = format!("Re: {} {}", TRADES[(talk.thread % TRADES.len() as i64) as usize], talk.thread);
    let author = if human { "human" } else { "vacation" };
    let file = (id % 10 == 0).then(|| format!("oferta-{id}.pdf"));
    let direction = if talk.incoming { "in" } else { "out" };
    rows.mails.push(row![
        id,
        identity,
        key,
        key,
        talk.thread,
        talk.at,
        talk.at,
        direction,
        author,
        "direct",
        EVIDENCE,
        name.as_str(),
        address.as_str(),
        subject,
        &text[from..from + length],
        false,
        file.as_deref().map_or("[]".to_owned(), |name| {
            format!(r#"[{{"name":"{name}","content_type":"application/pdf","size":9,"inline":false}}]"#)
        }),
        file.unwrap_or_default(),
        false,
        "[]",
        4_000_i64,
        talk.opportunity,
        "linked",
        answer.map(|_| talk.at + HOUR),
        answer,
        waits,
        false,
        1_i64
    ]);
    parties_and_links(id, talk, (name, address), rows, random);
    let place =
        |number: i64, user: i64| row![number, user, 0_i64, number, "stored", id, "live", 4_000_i64, "", talk.at, key];
    rows.places.push(place(2 * id, talk.user));
    if random.chance(0.15) {
        rows.places.push(place(2 * id + 1, random.range(12, 49)));
    }
    if id % 20 == 0 {
        let raw = format!("From: {}\r\nSubject: x\r\n\r\n{}\r\n", talk.contact, &text[from..from + length]);
        rows.raws.push(row![id, zstd::encode_all(raw.as_bytes(), 1).unwrap_or_default()]);
    }
}

/// Who stands on a mail, and on which timelines it stands.
fn parties_and_links(id: i64, talk: &Talk, (name, address): (String, String), rows: &mut Rows, random: &mut Random) {
    let (ours, theirs) = (user_address(talk.user), contact_address(talk.contact, talk.account));
    let to = if talk.incoming { ours } else { theirs };
    rows.parties.push(row![id, 0_i64, "from", address, name]);
    rows.parties.push(row![id, 1_i64, "to", to, NO_TEXT]);
    if random.chance(0.4) {
        rows.parties.push(row![id, 2_i64, "cc", user_address(random.range(12, 49)), NO_TEXT]);
    }
    let governing = talk.opportunity.unwrap_or(talk.contact);
    let by_contact = format!(r#"{{"kind":"address","address":"x@a.example","field":"from","party":{}}}"#, talk.contact);
    let through = format!(r#"{{"kind":"through","record":{governing}}}"#);
    let mut link = |record: i64, evidence: &str, score: i64| {
        rows.links.push(row![id, record, governing, talk.at, evidence, score, talk.at]);
    };
    if let Some(deal) = talk.opportunity {
        link(deal, &by_contact, 70);
    }
    link(talk.contact, &by_contact, 60);
    link(talk.account, &through, 40);
}

const EVIDENCE: &str = r#"[{"kind":"plain"}]"#;

async fn put(tx: &mut Tx, rows: Rows) -> Result<()> {
    let into = "mails (id, identity, copy_key, id_key, thread_id, at, arrived_at, direction, author, channel, evidence,
        from_name, from_address, subject, visible, folded, attachments, attachment_names, forward, defects, size,
        regarding_id, linking, answered_at, answered_by, waits, auth_failed, parser_version)";
    insert_many(tx, into, "", rows.mails).await?;
    let into = "mail_parties (mail_id, position, field, address, name)";
    insert_many(tx, into, "", rows.parties).await?;
    let into = "links (mail_id, record_id, governing_id, at, evidence, score, decided_at)";
    insert_many(tx, into, "on conflict do nothing", rows.links).await?;
    let into = "locations (id, folder_id, epoch, uid, state, mail_id, arrival, size, flags, seen_at, copy_key)";
    insert_many(tx, into, "", rows.places).await?;
    insert_many(tx, "raws (mail_id, bytes)", "", rows.raws).await?;
    Ok(())
}

/// Text to cut mails from; plain letters, so that every place in it is one to cut.
fn text(random: &mut Random) -> String {
    let mut text = String::new();
    while text.len() < 60_000 {
        text.push_str(random.pick::<&str>(&WORDS));
        text.push(if random.chance(0.1) { '\n' } else { ' ' });
    }
    text
}

const FIRST: [&str; 10] = ["Anna", "Piotr", "Kamil", "Maria", "Zofia", "Adam", "Ewa", "Jan", "Ola", "Iga"];
const LAST: [&str; 12] =
    ["Nowak", "Lis", "Mazur", "Krawczyk", "Smith", "Wilson", "Taylor", "Brandt", "Keller", "Novak", "Horvat", "Rossi"];
const TRADES: [&str; 12] = [
    "Pumps", "Valves", "Marine", "Steel", "Energia", "Papier", "Foods", "Cement", "Agro", "Heating", "Brewery", "Dairy",
];
const WORDS: [&str; 24] = [
    "please", "find", "the", "quote", "attached", "delivery", "oferta", "termin", "pompy", "faktura", "meeting", "on",
    "Monday", "we", "need", "twelve", "pieces", "of", "dostawa", "umowa", "projekt", "regards", "thank", "you",
];
