//! Copies for teams: what comes in on a team's own leads, to every member who is here and may see it.

use super::Desk;
use crate::access::Scope;
use crate::model::colleagues::{Arrived, Recipient};
use crate::model::id::{TeamId, UserId};
use crate::model::time::DAY;
use crate::notice::colleagues::Letter;
use crate::store::notifications::{self as told, Telling};
use crate::store::{self, Tx};
use anyhow::{Context, Result};
use std::collections::HashSet;

/// Queues what the teams' members have not been told yet: one mail for each member and look, however
/// much came in.
pub(super) async fn run(desk: &Desk<'_>) -> Result<usize> {
    if desk.teams.is_empty() {
        return Ok(0);
    }
    let before = desk.told("team").await?;
    let mut queued = 0;
    for team in &desk.teams {
        let members = desk.world.people.iter().filter(|person| person.teams.contains(team)).map(|person| person.id);
        for member in members.filter(|member| desk.world.present(*member, desk.now)) {
            let sent = one(desk, *team, member, &before).await;
            queued += usize::from(sent.with_context(|| format!("telling user {member} of leads of team {team}"))?);
        }
    }
    Ok(queued)
}

async fn one(desk: &Desk<'_>, team: TeamId, member: UserId, before: &HashSet<(UserId, String)>) -> Result<bool> {
    let Some(recipient) = desk.recipient(member) else { return Ok(false) };
    let mut tx = desk.db.read().await?;
    let scope = store::people::scope(&mut tx, member, &desk.world, desk.now).await?;
    let found = arrived(desk, &mut tx, &scope, team).await?;
    drop(tx);
    if found.iter().all(|item| before.contains(&(member, about(item)))) {
        return Ok(false);
    }
    tell(desk, team, recipient).await
}

/// Loads everything again in the transaction that notes it as told.
async fn tell(desk: &Desk<'_>, team: TeamId, to: &Recipient) -> Result<bool> {
    let mut tx = desk.db.write().await?;
    let (world, scope) = desk.sight(&mut tx, to.user).await?;
    let (mut news, mut reserved) = (Vec::new(), Vec::new());
    for item in arrived(desk, &mut tx, &scope, team).await? {
        let about = about(&item);
        let telling = Telling { user: to.user, instead_of: None, what: "team", about: &about };
        if let Some(row) = told::reserve(&mut tx, &telling, desk.now).await? {
            reserved.push(row);
            news.push(item);
        }
    }
    if news.is_empty() {
        return Ok(false);
    }
    desk.post(&mut tx, &reserved, to, &Letter::Team(news), &world).await?;
    tx.commit().await?;
    Ok(true)
}

/// What came in within a day, the new leads first.
async fn arrived(desk: &Desk<'_>, tx: &mut Tx, scope: &Scope, team: TeamId) -> Result<Vec<Arrived>> {
    let since = desk.now.plus(-DAY);
    let leads = told::new_leads(tx, scope, team, since).await?.into_iter().map(Arrived::Lead);
    let mails = told::mails_on_leads(tx, scope, team, since).await?.into_iter().map(Arrived::Mail);
    Ok(leads.chain(mails).collect())
}

fn about(item: &Arrived) -> String {
    match item {
        Arrived::Lead(record) => format!("lead {}", record.id),
        Arrived::Mail(mail) => format!("mail {}", mail.mail),
    }
}
