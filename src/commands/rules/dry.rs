//! What rules would do to stored mail.

use super::super::{Done, Failure, output};
use super::{Asking, By, Context, edit};
use crate::actions::rules::{self, Edit, csv_line};
use crate::intake::replay::{self, Changed, Group, Report, Told};
use crate::link::rules::Set;
use crate::model::id::{MailId, RecordId, UserId};
use crate::model::rule::Kept;
use crate::store::{self, Tx};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Replays a set over stored mail, with progress for whoever watches, and each mail into a file.
pub(super) async fn replay(
    context: &Context,
    tx: &mut Tx,
    set: &Arc<Set>,
    asking: &Asking,
    csv: Option<&Path>,
) -> Result<Report, Failure> {
    let watched = std::io::stderr().is_terminal();
    let mut shown = 0;
    let mut progress = |done: i64, total: i64| {
        if watched && (done == total || done - shown >= 20_000) {
            shown = done;
            output::note(&format!("{done} of {total} mails"));
        }
    };
    let mut file = match csv {
        Some(path) => {
            let wrong = |error: std::io::Error| {
                Failure::input(format!("{} cannot be written", path.display()), error.to_string())
            };
            let mut file = BufWriter::new(std::fs::File::create(path).map_err(wrong)?);
            file.write_all(csv_line(&replay::COLUMNS)?.as_bytes())?;
            Some(file)
        }
        None => None,
    };
    let mut change = |change: &Changed| {
        if let Some(file) = &mut file {
            file.write_all(csv_line(&change.cells())?.as_bytes())?;
        }
        Ok(())
    };
    let mut told = Told { progress: &mut progress, change: &mut change };
    let own = context.own_domains();
    let report = replay::dry_run(tx, set, &own, &asking.world, asking.now, &mut told).await?;
    if let Some(mut file) = file {
        file.flush()?;
    }
    if let (Some(path), Some(user)) = (csv, &asking.user) {
        let scope = store::people::scope(tx, user.person.id, &asking.world, asking.now).await?;
        let text = std::fs::read_to_string(path)?;
        let mut read: BTreeSet<MailId> = BTreeSet::new();
        for some in replay::mails_of_csv(&text).chunks(1_000) {
            read.extend(store::views::subjects(tx, &scope, some).await?.into_keys());
        }
        std::fs::write(path, replay::csv_for(&text, |mail| read.contains(&mail)))?;
    }
    Ok(report)
}

fn join<T: ToString>(ids: impl Iterator<Item = T>) -> String {
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
}

pub(super) async fn run(context: &Context, file: Option<&Path>, csv: Option<&Path>, by: &By) -> Done {
    let mut tx = context.db.read().await?;
    let asking = Asking::of(&mut tx, &context.config, by.by.as_deref()).await?;
    let caller = asking.caller();
    let (_, current) = rules::all(&mut tx, &caller).await??;
    let (kept, set): (Vec<Kept>, Arc<Set>) = match file {
        None => {
            let set = Set::compile(&current).map_err(rules::No::Faults)?;
            (current, Arc::new(set))
        }
        Some(path) => match rules::draft(&mut tx, &caller, &Edit::Import(edit::file(path)?)).await? {
            Ok(draft) => (draft.rules, draft.set),
            Err(rules::No::Nothing) => {
                let set = Set::compile(&current).map_err(rules::No::Faults)?;
                (current, Arc::new(set))
            }
            Err(no) => return Err(no.into()),
        },
    };
    let report = replay(context, &mut tx, &set, &asking, csv).await?;
    let names = Names::of(&mut tx, &asking, &report).await?;
    drop(tx);
    let mut tx = context.db.write().await?;
    rules::looked(&mut tx, &caller, json!({ "what": "dry-run", "figures": report.figures() })).await?;
    tx.commit().await?;
    if by.json {
        output::json(&report_json(&report, &kept, &names))?;
    } else {
        tell(&report, &kept, &names)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Names of records that the asker may read, and of people.
struct Names {
    records: HashMap<RecordId, String>,
    people: HashMap<UserId, String>,
    /// Confidential mails among those shown that the asker does not see: what they stand on is not named.
    hidden: BTreeSet<MailId>,
    /// The mails among those shown that the asker reads; `None`: all, for the operator. Others are counted, and not told
    /// apart.
    read: Option<BTreeSet<MailId>>,
}

impl Names {
    async fn of(tx: &mut Tx, asking: &Asking, report: &Report) -> Result<Names, Failure> {
        let samples = report.groups.values().flat_map(|tally| &tally.samples).chain(&report.exposed_samples);
        let standing = samples.flat_map(|change| [&change.before, &change.after]);
        let ids: BTreeSet<RecordId> = standing
            .flat_map(|s| {
                s.ties.iter().flat_map(|(a, b)| [*a, *b]).chain(s.regarding).chain(s.candidates.iter().copied())
            })
            .collect();
        let ids: Vec<RecordId> = ids.into_iter().collect();
        let samples = report.groups.values().flat_map(|tally| &tally.samples).chain(&report.exposed_samples);
        let sealed = samples.filter(|change| change.before.sealed || change.after.sealed);
        let mut hidden: BTreeSet<MailId> = sealed.map(|change| change.mail).collect();
        let mut read = None;
        let entries = match &asking.user {
            None => {
                hidden.clear();
                store::records::load(tx, &ids).await?
            }
            Some(user) => {
                let scope = store::people::scope(tx, user.person.id, &asking.world, asking.now).await?;
                let samples = report.groups.values().flat_map(|tally| &tally.samples).chain(&report.exposed_samples);
                let all: Vec<MailId> = samples.map(|change| change.mail).collect();
                let seen = store::views::subjects(tx, &scope, &all).await?;
                hidden.retain(|mail| !seen.contains_key(mail));
                read = Some(seen.into_keys().collect());
                store::records::load_seen(tx, &scope, &ids).await?
            }
        };
        let records = entries.into_iter().map(|e| (e.record.id, output::plain(&e.record.name))).collect();
        let people = asking.world.people.iter().map(|p| (p.id, p.name.clone())).collect();
        Ok(Names { records, people, hidden, read })
    }

    fn reads(&self, mail: MailId) -> bool {
        self.read.as_ref().is_none_or(|read| read.contains(&mail))
    }

    fn record(&self, id: RecordId) -> String {
        self.records.get(&id).map_or_else(|| format!("record {id}"), |name| format!("{name} ({id})"))
    }

    fn person(&self, id: UserId) -> String {
        self.people.get(&id).cloned().unwrap_or_else(|| format!("user {id}"))
    }

    fn standing(&self, mail: MailId, standing: &replay::Standing) -> String {
        let record = |id: RecordId| match self.hidden.contains(&mail) {
            true => format!("record {id}"),
            false => self.record(id),
        };
        let marked = if standing.sealed { ", confidential" } else { "" };
        if let Some(id) = standing.regarding {
            return format!("{}{marked}", record(id));
        }
        let records: BTreeSet<RecordId> = standing.ties.iter().map(|(record, _)| *record).collect();
        let on: Vec<String> = records.into_iter().map(record).collect();
        match (on.is_empty(), standing.candidates.len()) {
            (true, 0) => "nowhere".to_owned(),
            (true, n) => format!("in review, {n} in question"),
            (false, 0) => format!("{}{marked}", on.join(", ")),
            (false, n) => format!("{}, {n} in question", on.join(", ")),
        }
    }
}

fn title(group: Group) -> &'static str {
    match group {
        Group::New => "newly linked",
        Group::Moved => "moved",
        Group::Lost => "lost",
        Group::Ambiguous => "now ambiguous",
        Group::Sealed => "confidential from then on",
        Group::Unsealed => "not confidential any more",
        Group::Against => "against a person's correction (the person's word stands)",
    }
}

fn tell(report: &Report, rules: &[Kept], names: &Names) -> Result<(), Failure> {
    output::line(&format!(
        "{} looked at; {} would change. {} are known and not stored: what would become of those is not known.",
        output::counted(report.mails, "stored mail"),
        report.moves(),
        output::counted(report.unstored, "copy"),
    ))?;
    for group in Group::ALL {
        let Some(tally) = report.groups.get(&group) else { continue };
        output::line(&format!("\n{}: {}", title(group), tally.count))?;
        let owners: Vec<String> = tally.owners.iter().map(|(user, n)| format!("{} {n}", names.person(*user))).collect();
        if !owners.is_empty() {
            output::line(&format!("by owner: {}", owners.join(", ")))?;
        }
        let row = |c: &Changed| {
            let why = if c.rules.is_empty() { "follows its thread".to_owned() } else { join(c.rules.iter()) };
            let mail = if names.reads(c.mail) { c.mail.to_string() } else { "(not yours to read)".to_owned() };
            vec![mail, names.standing(c.mail, &c.before), names.standing(c.mail, &c.after), why]
        };
        let rows: Vec<Vec<String>> = tally.samples.iter().map(row).collect();
        output::table(&["mail", "from", "to", "rules"], &rows, "")?;
    }
    for (title, people) in
        [("would see mails they do not see now", &report.gains), ("would see no more", &report.loses)]
    {
        if !people.is_empty() {
            let people: Vec<String> = people.iter().map(|(user, n)| format!("{} {n}", names.person(*user))).collect();
            output::line(&format!("\n{title}: {}", people.join(", ")))?;
        }
    }
    if report.exposed > 0 {
        output::line(&format!(
            "\nwarning: {} that are confidential, or of confidential records, would be shown to others.",
            output::counted(report.exposed, "mail")
        ))?;
    }
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|kept| {
            let fits = report.fits.get(&kept.id).copied().unwrap_or(0);
            vec![
                kept.id.to_string(),
                output::plain(&kept.rule.name),
                kept.rule.state.word().to_owned(),
                fits.to_string(),
            ]
        })
        .collect();
    output::line("")?;
    output::table(&["rule", "name", "state", "fits"], &rows, "There are no rules.")?;
    Ok(())
}

fn report_json(report: &Report, rules: &[Kept], names: &Names) -> Value {
    let people = |people: &BTreeMap<UserId, i64>| -> Value {
        people.iter().map(|(user, n)| json!({ "user": user, "name": names.person(*user), "mails": n })).collect()
    };
    let standing = |s: &replay::Standing| {
        let on: BTreeSet<RecordId> = s.ties.iter().map(|(record, _)| *record).collect();
        json!({ "regarding": s.regarding, "on": on, "candidates": s.candidates, "confidential": s.sealed })
    };
    let told = |c: &Changed| names.reads(c.mail).then_some((c.mail, c.thread)).unzip();
    let sample = |c: &Changed| json!({ "mail": told(c).0, "thread": told(c).1, "from": standing(&c.before), "to": standing(&c.after), "rules": c.rules });
    let samples = |list: &[Changed]| -> Value { list.iter().map(sample).collect() };
    let groups: serde_json::Map<String, Value> = Group::ALL
        .iter()
        .map(|group| {
            let tally = report.groups.get(group).cloned().unwrap_or_default();
            let value =
                json!({ "count": tally.count, "owners": people(&tally.owners), "samples": samples(&tally.samples) });
            (group.word().to_owned(), value)
        })
        .collect();
    let fits: Vec<Value> = rules
        .iter()
        .map(|kept| json!({ "rule": kept.id, "name": kept.rule.name, "fits": report.fits.get(&kept.id).copied().unwrap_or(0) }))
        .collect();
    json!({ "mails": report.mails, "unstored": report.unstored, "groups": groups, "gain": people(&report.gains),
        "lose": people(&report.loses), "exposed": report.exposed, "exposed_samples": samples(&report.exposed_samples), "rules": fits })
}
