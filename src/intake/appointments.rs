//! Appointments follow from what mails say of meetings: worked out anew for the meetings that a batch, a
//! correction or the clock touches. What a person said of an appointment stands: done, called off, given
//! to somebody else.

use crate::link::meetings::{self, Decided, Said, Standing};
use crate::model::activity::{Activity, ActivityKind, Progress};
use crate::model::id::{ActivityId, MailId, RecordId, UserId};
use crate::model::time::{DAY, Timestamp};
use crate::store::appointments::{self, Carried, Name, Present};
use crate::store::{self, Tx};
use anyhow::Result;
use chrono_tz::Tz;
use std::collections::{BTreeSet, HashMap};

/// Meetings looked at in one go of the clock.
const AT_A_TIME: i64 = 200;
/// Characters of a subject, as activities have them.
const SUBJECT: usize = 300;

/// Works out anew the appointments of which these mails say something.
pub async fn settle(tx: &mut Tx, mails: &[MailId], zone: Tz, now: Timestamp) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let names = appointments::named_in(tx, mails).await?;
    meet(tx, &names, zone, now).await
}

/// Works out anew what is over by now, and what a mail was taken away of. Gives how many meetings it
/// looked at. The caller took [`Tx::alone`] before anything else.
pub async fn tend(tx: &mut Tx, zone: Tz, now: Timestamp) -> Result<usize> {
    let names = appointments::waiting(tx, now, AT_A_TIME).await?;
    meet(tx, &names, zone, now).await?;
    Ok(names.len())
}

async fn meet(tx: &mut Tx, names: &[Name], zone: Tz, now: Timestamp) -> Result<()> {
    for name in names {
        let carried = appointments::of_meeting(tx, name).await?;
        let said: Vec<Said> = carried.iter().map(said_by).collect();
        let decided = meetings::decide(&said, &name.1, zone, now);
        record(tx, name, &carried, decided, now).await?;
    }
    if !names.is_empty() {
        appointments::settled(tx, names).await?;
    }
    Ok(())
}

fn said_by(carried: &Carried) -> Said {
    Said {
        item: carried.item.clone(),
        from: carried.from.clone(),
        counts: carried.record.is_some() && !carried.doubted,
        at: carried.at,
        identity: carried.identity.clone(),
    }
}

/// Writes down what changed about the appointments of a meeting.
async fn record(tx: &mut Tx, name: &Name, carried: &[Carried], decided: Vec<Decided>, now: Timestamp) -> Result<()> {
    let present = appointments::present(tx, name).await?;
    let records: BTreeSet<RecordId> = carried.iter().filter_map(|c| c.record).collect();
    let owners = appointments::owners(tx, &records.into_iter().collect::<Vec<_>>()).await?;
    let mut kept: BTreeSet<ActivityId> = BTreeSet::new();
    for one in decided {
        let Some(mail) = carried.get(one.said) else { continue };
        let before = present.iter().find(|p| p.recurrence_at == one.recurrence_at && !kept.contains(&p.activity.id));
        let Some(activity) = activity(&one, mail, before, &owners, now) else { continue };
        kept.extend(before.map(|p| p.activity.id));
        let status = progress(one.standing).0;
        let text = serde_json::to_string(&one.meeting).unwrap_or_default();
        let same = before.is_some_and(|p| {
            let as_before = Activity { updated: activity.updated, ..p.activity.clone() };
            as_before == activity && p.mail == Some(mail.mail) && p.event == text && p.status == status.word()
        });
        if !same {
            let (recurrence, word) = (one.recurrence_at, (mail.mail, status, &one.meeting));
            appointments::write(tx, name, &activity, recurrence, word).await?;
        }
    }
    let gone: Vec<ActivityId> = present.iter().map(|p| p.activity.id).filter(|id| !kept.contains(id)).collect();
    if !gone.is_empty() {
        appointments::remove(tx, &gone).await?;
    }
    Ok(())
}

fn progress(standing: Standing) -> (Progress, Option<Timestamp>) {
    match standing {
        Standing::Open => (Progress::Open, None),
        Standing::Over(at) => (Progress::Done, Some(at)),
        Standing::Cancelled(at) => (Progress::Cancelled, Some(at)),
    }
}

/// The activity that an appointment is; none where its record is gone.
fn activity(
    decided: &Decided,
    mail: &Carried,
    before: Option<&Present>,
    owners: &HashMap<RecordId, UserId>,
    now: Timestamp,
) -> Option<Activity> {
    let record = mail.record?;
    let owner = *owners.get(&record)?;
    let (status, ended) = progress(decided.standing);
    let subject: String = decided.subject.chars().take(SUBJECT).collect();
    let subject = if subject.is_empty() { "–".to_owned() } else { subject };
    let old = before.map(|p| &p.activity);
    // Done, called off or given on by a person: that stands, on whatever record it is.
    let by_person = before.filter(|p| p.activity.progress.word() != p.status).map(|p| &p.activity);
    let stays = old.filter(|old| old.record == record);
    Some(Activity {
        id: old.map_or(ActivityId(0), |old| old.id),
        record,
        kind: ActivityKind::Appointment,
        subject,
        body: decided.body.chars().take(20_000).collect(),
        progress: by_person.map_or(status, |a| a.progress),
        responsible: stays.map_or(owner, |old| old.responsible),
        author: old.map(|old| old.author).or(mail.ours).unwrap_or(owner),
        on_behalf_of: old.and_then(|old| old.on_behalf_of),
        at: match by_person {
            Some(a) => a.at,
            None => ended.unwrap_or(mail.at).clamped(now),
        },
        due: Some(Timestamp(decided.meeting.starts).max(Timestamp::EARLIEST).min(now.plus(50 * 366 * DAY))),
        ended: match by_person {
            Some(a) => a.ended,
            None => ended.map(|at| (at.clamped(now), None)),
        },
        created: old.map_or(mail.at, |old| old.created),
        updated: now,
    })
}

/// What calendars in new mails say, to be stored with them.
pub async fn insert(tx: &mut Tx, new: &[(MailId, &super::prepare::Prepared)]) -> Result<()> {
    let items = new.iter().flat_map(|(id, mail)| {
        let from = mail.row.from.as_ref().map_or("", |(_, address)| address.as_str());
        mail.calendars.items.iter().zip(0_i64..).map(move |(item, n)| (*id, n, item, from))
    });
    let items: Vec<_> = items.collect();
    if !items.is_empty() {
        store::appointments::insert(tx, &items).await?;
    }
    Ok(())
}
