//! The daily digest: once a day for each person, or for whoever answers in their place.

use super::Desk;
use crate::access::{Scope, World};
use crate::model::colleagues::{Digest, Recipient, Section, Task, Waiting};
use crate::model::id::UserId;
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::notice::colleagues::{Due, Letter, Route, day_over, digest_due, may_answer, route};
use crate::store::notifications::{self as told, Telling};
use crate::store::{self, Tx};
use anyhow::{Context, Result};

/// Mails of a digest are counted up to here; fewer are listed.
const COUNTED: i64 = 1_000;
/// Tasks of one person are counted up to here.
const TASKS: i64 = 200;

/// Queues every digest that is due.
pub(super) async fn run(desk: &Desk<'_>) -> Result<usize> {
    let mut due = Vec::new();
    for (wisher, wishes) in &desk.wishes {
        let Some(minute) = wishes.digest else { continue };
        let away = desk.world.running(*wisher, desk.now).map(|absence| absence.starts);
        for to in recipients(desk, *wisher) {
            let Some(to) = desk.recipient(to) else { continue };
            let found = digest_due(minute, wishes.since, to.zone, desk.now);
            // What was due before the person went is theirs.
            if let Some(found) = found.filter(|due| to.user == *wisher || away.is_none_or(|since| since <= due.at)) {
                due.push((*wisher, to, about(*wisher, to, &found)));
            }
        }
    }
    if due.is_empty() {
        return Ok(0);
    }
    let before = desk.told("digest").await?;
    let mut queued = 0;
    for (wisher, to, about) in due {
        if !before.contains(&(to.user, about.clone())) {
            let sent = one(desk, wisher, to, &about).await;
            queued += usize::from(sent.with_context(|| format!("the digest of user {wisher} to user {}", to.user))?);
        }
    }
    Ok(queued)
}

fn recipients(desk: &Desk<'_>, wisher: UserId) -> Vec<UserId> {
    if desk.world.present(wisher, desk.now) {
        return vec![wisher];
    }
    may_answer(wisher, &desk.world, desk.now).into_iter().collect()
}

fn about(wisher: UserId, to: &Recipient, due: &Due) -> String {
    if wisher == to.user { due.day.to_string() } else { format!("{} for {wisher}", due.day) }
}

/// One digest; false where another worker was faster or there is nothing to say.
async fn one(desk: &Desk<'_>, wisher: UserId, to: &Recipient, about: &str) -> Result<bool> {
    let mut tx = desk.db.write().await?;
    let instead_of = (to.user != wisher).then_some(wisher);
    let telling = Telling { user: to.user, instead_of, what: "digest", about };
    let Some(reserved) = told::reserve(&mut tx, &telling, desk.now).await? else { return Ok(false) };
    let (world, scope) = desk.sight(&mut tx, to.user).await?;
    let pile = Pile { desk, wisher, to, world: &world, scope: &scope };
    let digest = pile.digest(&mut tx).await?;
    let empty = digest.sections.is_empty() && digest.tasks.is_empty();
    if !empty {
        desk.post(&mut tx, &[reserved], to, &Letter::Digest(digest), &world).await?;
    }
    tx.commit().await?;
    Ok(!empty)
}

/// One digest while it is gathered.
struct Pile<'a> {
    desk: &'a Desk<'a>,
    wisher: UserId,
    to: &'a Recipient,
    world: &'a World,
    scope: &'a Scope,
}

impl Pile<'_> {
    async fn digest(&self, tx: &mut Tx) -> Result<Digest> {
        let owners = self.owners();
        let mut sections: Vec<(UserId, Section)> = Vec::new();
        for mail in told::waiting(tx, self.scope, &owners, COUNTED).await? {
            if let Some(route) = self.mine(&mail.record) {
                put(&mut sections, mail, route);
            }
        }
        // What is the recipient's own comes first.
        sections.sort_by_key(|(owner, _)| *owner != self.to.user);
        let mut tasks = Vec::new();
        let mut because = sections.iter().find_map(|(_, section)| section.instead_of.clone());
        for owner in owners {
            for (task, route) in self.tasks(tx, owner).await? {
                because = because.or(route.because);
                tasks.push(task);
            }
        }
        tasks.sort_by_key(|task| (task.due, task.id));
        let because = because.filter(|_| self.wisher != self.to.user);
        Ok(Digest { because, sections: sections.into_iter().map(|(_, section)| section).collect(), tasks })
    }

    /// Whose records may be in it: the wisher's; of one's own digest also those of absent people for
    /// whom the recipient answers.
    fn owners(&self) -> Vec<UserId> {
        if self.wisher != self.to.user {
            return vec![self.wisher];
        }
        let scope = self.scope;
        let others = [&scope.owners, &scope.confidential_owners, &scope.unanswered, &scope.partial];
        let away = others.into_iter().flatten().filter(|owner| !self.world.present(**owner, self.desk.now));
        let mut owners: Vec<UserId> = away.copied().chain([self.to.user]).collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// Where what concerns a record goes, if it goes into this digest.
    fn mine(&self, record: &Record) -> Option<Route> {
        let wants = |user: UserId| self.desk.wishes.get(&user).is_some_and(|wishes| wishes.digest.is_some());
        let found = route(record, wants, self.world, self.desk.now)?;
        (found.to == self.to.user && found.by == self.wisher).then_some(found)
    }

    /// What `responsible` has to do by the end of the recipient's day. Whoever would answer for the
    /// record if it were theirs does it for them.
    async fn tasks(&self, tx: &mut Tx, responsible: UserId) -> Result<Vec<(Task, Route)>> {
        let before: Timestamp = day_over(self.to.zone, self.desk.now);
        let found = store::notifications::tasks(tx, self.scope, responsible, Some(before), TASKS).await?;
        let mine = |task: Task| {
            let route = self.mine(&Record { owner: responsible, ..task.record.clone() })?;
            Some((task, route))
        };
        Ok(found.into_iter().filter_map(mine).collect())
    }
}

fn put(sections: &mut Vec<(UserId, Section)>, mail: Waiting, route: Route) {
    let owner = mail.record.owner;
    match sections.iter_mut().find(|(of, _)| *of == owner) {
        Some((_, section)) => section.waiting.push(mail),
        None => sections.push((owner, Section { instead_of: route.because, waiting: vec![mail] })),
    }
}
