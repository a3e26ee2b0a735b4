//! `standin review`: what notices suggest of contacts, beside the mails (R103, R105).

use super::super::contact::{refused, settle_taken, zone};
use super::super::{Failure, output};
use crate::actions::actor::Actor;
use crate::actions::automatic;
use crate::actions::review::Reviewer;
use crate::actions::suggestions::{self, Key, Suggestion, Told, What};
use crate::config::Config;
use crate::model::id::RecordId;
use crate::store::keys::Keys;
use crate::store::views::{self, Door, Named};
use crate::store::{self, Tx};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The suggestions as they are listed: rows for JSON and rows of a table.
pub(super) async fn listed(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    config: &Config,
) -> Result<(Vec<Value>, Vec<Vec<String>>), Failure> {
    let zone = zone(tx, actor, config).await?;
    let list = suggestions::list(tx, reviewer, zone).await?;
    noted(tx, reviewer, &list).await?;
    let names = names(tx, reviewer, &list).await?;
    let row = |one: &Suggestion| vec![one.key.to_string(), one.at.rfc3339(), question(one, &names)];
    let rows = list.iter().map(row).collect();
    Ok((list.iter().map(|one| in_json(one, &names)).collect(), rows))
}

/// Shows one, with what each answer would do.
pub(super) async fn show(
    tx: &mut Tx,
    actor: &Actor<'_>,
    reviewer: &Reviewer<'_, '_>,
    key: Key,
    (config, as_json): (&Config, bool),
) -> Result<(), Failure> {
    let zone = zone(tx, actor, config).await?;
    let Some(one) = suggestions::one(tx, reviewer, key, zone).await? else {
        return Err(refused(automatic::No::NotAsked));
    };
    noted(tx, reviewer, std::slice::from_ref(&one)).await?;
    let names = names(tx, reviewer, std::slice::from_ref(&one)).await?;
    if as_json {
        return Ok(output::json(&in_json(&one, &names))?);
    }
    output::line(&question(&one, &names))?;
    output::line(&format!("says     mail {} of {}", one.key.mail, one.at.rfc3339()))?;
    if !one.others.is_empty() {
        let others: Vec<String> = one.others.iter().map(|other| name(&names, *other)).collect();
        output::line(&format!("so do    notices of {}, for whom it is decided too", others.join(", ")))?;
    }
    if one.door == Door::Admin && actor.user.is_some() {
        output::line("seen     as an admin, which the audit notes")?;
    }
    let (yes, no) = match &one.what {
        What::Left { .. } => (
            format!("marks {} as not to be used: nothing automatic goes there", output::plain(&one.address)),
            "marks nothing, until a later notice says it again".to_owned(),
        ),
        What::Named { .. } => {
            let account = names.get(&one.key.contact).and_then(|contact| contact.account);
            let at = account.map_or_else(|| " without an account".to_owned(), |id| format!(" at {}", name(&names, id)));
            let mails = match actor.user {
                Some(user) => {
                    let mails = store::suggestions::naming(tx, user, &one.address).await?;
                    format!("; {} in your mailboxes would stand there", output::counted(mails, "mail"))
                }
                None => String::new(),
            };
            (format!("makes a contact{at}{mails}; nobody gets mail because of it"), "is not offered again".to_owned())
        }
    };
    output::line(&format!("yes      {yes}"))?;
    output::line(&format!("no       {no}"))?;
    Ok(())
}

/// Decides one.
pub(super) async fn decide(
    tx: &mut Tx,
    reviewer: &Reviewer<'_, '_>,
    (key, choice): (Key, &str),
    config: &Config,
    as_json: bool,
) -> Result<(), Failure> {
    let yes = match choice {
        "yes" | "1" => true,
        "no" | "2" => false,
        other => {
            let what = format!("a suggestion is answered `yes` or `no`, not `{}`", output::plain(other));
            return Err(Failure::input(what, "`standin review show` says what each of them does"));
        }
    };
    let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
    let house = config.house();
    let decided = suggestions::decide(tx, reviewer, key, yes, &house).await?.map_err(refused)?;
    if let Some(taken) = &decided.taken {
        settle_taken(tx, reviewer.actor(), taken, (&house, &keys)).await?;
    }
    let made = decided.taken.as_ref().map(|taken| taken.made);
    if as_json {
        return Ok(output::json(&json!({ "suggestion": decided.number, "made": made }))?);
    }
    let what = made.map_or("Noted".to_owned(), |made| format!("contact {made} was made"));
    output::line(&format!("{what}. `standin review undo s{}` takes it back.", decided.number))?;
    Ok(())
}

/// Takes a decision back.
pub(super) async fn undo(tx: &mut Tx, actor: &Actor<'_>, number: i64, as_json: bool) -> Result<(), Failure> {
    let told = suggestions::told(tx, actor.user, number).await?;
    let contacts = match told {
        Some((_, false)) => automatic::undo(tx, actor, number).await?.map_err(refused)?,
        _ => return Err(refused(automatic::No::NotUndone)),
    };
    if as_json {
        return Ok(output::json(&json!({ "suggestion": number, "contacts": contacts.len() }))?);
    }
    let made = matches!(told, Some((Told::Taken(_), _)));
    output::line(if made { "Taken back; the contact that was made is deleted." } else { "Taken back." })?;
    Ok(())
}

async fn noted(tx: &mut Tx, reviewer: &Reviewer<'_, '_>, shown: &[Suggestion]) -> Result<(), Failure> {
    let lines = suggestions::reading(tx, reviewer, shown).await?;
    Ok(store::audit::note(tx, &lines).await?)
}

type Names = HashMap<RecordId, Named>;

async fn names(tx: &mut Tx, reviewer: &Reviewer<'_, '_>, list: &[Suggestion]) -> Result<Names, Failure> {
    let contacts = list.iter().flat_map(|one| std::iter::once(one.key.contact).chain(one.others.iter().copied()));
    let mut names = views::names(tx, reviewer.sight(), contacts.collect::<Vec<_>>()).await?;
    let accounts: Vec<RecordId> = names.values().filter_map(|named| named.account).collect();
    names.extend(views::names(tx, reviewer.sight(), accounts).await?);
    Ok(names)
}

fn name(names: &Names, record: RecordId) -> String {
    names.get(&record).map(|named| output::plain(&named.name)).unwrap_or_default()
}

/// What is asked, as a sentence.
fn question(one: &Suggestion, names: &Names) -> String {
    let (contact, address) = (name(names, one.key.contact), output::plain(&one.address));
    match &one.what {
        What::Left { told_by: None } => {
            format!("Does {contact} no longer work there? {address} would not be used any more.")
        }
        What::Left { told_by: Some(from) } => format!(
            "Does {contact} no longer work there? {}, in answer to a mail to {address} alone, says that somebody left; \
             whether that is {contact} is not known.",
            output::plain(from)
        ),
        What::Named { name, until, successor } => {
            let person = name.as_deref().map_or(String::new(), |name| format!("{} ", output::plain(name)));
            let how = match (successor, until) {
                (true, _) => format!("named as successor of {contact}"),
                (false, Some(day)) => format!("named to turn to while {contact} is away, until {day}"),
                (false, None) => format!("named to turn to while {contact} is away"),
            };
            format!("Is {person}<{address}> worth a contact? They are {how}.")
        }
    }
}

fn in_json(one: &Suggestion, names: &Names) -> Value {
    let contact = |id: &RecordId| json!({ "id": id.0, "name": name(names, *id) });
    let others: Vec<Value> = one.others.iter().map(contact).collect();
    let told_by = match &one.what {
        What::Left { told_by } => told_by.clone(),
        What::Named { .. } => None,
    };
    let (what, who, until) = match &one.what {
        What::Left { .. } => ("left", None, None),
        What::Named { name, until, successor: true } => ("successor", name.clone(), *until),
        What::Named { name, until, successor: false } => ("substitute", name.clone(), *until),
    };
    json!({
        "suggestion": one.key.to_string(), "at": one.at.rfc3339(), "mail": one.key.mail.0, "what": what,
        "contact": contact(&one.key.contact), "address": one.address, "name": who,
        "until": until.map(|day| day.to_string()), "also": others, "told_by": told_by,
    })
}
