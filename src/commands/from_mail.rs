//! `standin from-mail`: records out of mail. `show` prints what was found and where; the others save
//! what stands there unless an option says otherwise.

use super::acting::{As, record};
use super::{Done, Failure, Place, link, output, user, world};
use crate::actions::actor::Actor;
use crate::actions::consents;
use crate::actions::from_mail::{self, Draft, Made, No, Offer, Origin};
use crate::actions::privacy;
use crate::config::Config;
use crate::intake::reconsider::{self, Added, Ground};
use crate::model::found::{Detail, Place as Where};
use crate::model::id::MailId;
use crate::model::record::Kind;
use crate::model::time::Timestamp;
use crate::store::Tx;
use crate::store::keys::Keys;
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what a mail says of its writer, and where it says so.
    Show(One),
    /// Make a contact of it.
    Contact(New),
    /// Make a lead of it.
    Lead(New),
    /// Make an opportunity of it, at an account; its thread goes along.
    Opportunity(New),
    /// Change a contact or lead as the mail says.
    Update {
        /// The contact or lead.
        record: String,
        #[command(flatten)]
        one: One,
        /// Take these fields alone: name, company, role, phone, mobile, address, city, web, tax.
        #[arg(long, value_name = "FIELD", value_delimiter = ',', value_parser = detail)]
        only: Vec<Detail>,
        /// Show the differences and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Take back what was made of a mail, by its number.
    Undo {
        /// The number.
        number: i64,
        #[command(flatten)]
        by: As,
    },
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The mail: its number or its Message-ID.
    mail: String,
    #[command(flatten)]
    by: As,
}

#[derive(Debug, Args)]
pub(super) struct New {
    #[command(flatten)]
    one: One,
    /// Another value for a field, such as name="Jan Nowak"; may come several times.
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = assigned)]
    set: Vec<(Detail, String)>,
    /// Its addresses, in place of the sender's.
    #[arg(long)]
    emails: Option<String>,
    /// Its account, by number, external id or name; `none` for none.
    #[arg(long)]
    account: Option<String>,
    /// Login of whose it is to be; without it yours.
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Show what would be saved and save nothing.
    #[arg(long)]
    dry_run: bool,
}

fn detail(text: &str) -> Result<Detail, String> {
    let all = Detail::ALL.map(Detail::word).join(", ");
    Detail::from_word(text).ok_or_else(|| format!("it is one of {all}"))
}

fn assigned(text: &str) -> Result<(Detail, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as FIELD=VALUE")?;
    Ok((detail(key.trim())?, value.trim().to_owned()))
}

pub(super) async fn run(command: Command, place: &Place) -> Done {
    match command {
        Command::Show(one) => show(&one, place).await,
        Command::Contact(new) => create(new, Kind::Contact, place).await,
        Command::Lead(new) => create(new, Kind::Lead, place).await,
        Command::Opportunity(new) => create(new, Kind::Opportunity, place).await,
        Command::Update { record, one, only, dry_run } => update(&record, &one, &only, dry_run, place).await,
        Command::Undo { number, by } => undo(number, &by, place).await,
    }
}

fn refused(no: &No) -> Failure {
    Failure::input("nothing was changed", no.to_string())
}

async fn show(one: &One, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.read().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let mail = link::find(&mut tx, &one.mail).await?;
    let offer = from_mail::offer(&mut tx, &actor, mail, Kind::Contact, &config.house()).await?;
    let offer = offer.map_err(|no| refused(&no))?;
    drop(tx);
    db.close().await;
    print(&offer, one.by.json)
}

fn origin(origin: Option<&Origin>) -> String {
    match origin {
        Some(Origin::Mail(Where::Header)) => "header".to_owned(),
        Some(Origin::Mail(Where::Signature(line))) => format!("signature: {line}"),
        Some(Origin::Domain) => "the domain of the address".to_owned(),
        Some(Origin::Contact) => "a contact with the address".to_owned(),
        Some(Origin::Subject) => "subject".to_owned(),
        None => String::new(),
    }
}

fn print(offer: &Offer, as_json: bool) -> Done {
    let fields =
        offer.fields.iter().map(|(d, (value, from))| (d.word().to_owned(), value.clone(), origin(from.as_ref())));
    let email = [("emails".to_owned(), offer.email.clone(), "header".to_owned())];
    let account = offer
        .account
        .iter()
        .map(|(id, name, from)| ("account".to_owned(), format!("{name} (account:{id})"), origin(Some(from))));
    let all: Vec<(String, String, String)> = fields.chain(email).chain(account).collect();
    if as_json {
        let all = all.iter().map(|(field, value, from)| json!({ "field": field, "value": value, "from": from }));
        output::json(&all.collect::<Vec<_>>().into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |(field, value, from): &(String, String, String)| {
        vec![field.clone(), output::plain(value), output::plain(from)]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    output::table(&["field", "value", "found in"], &rows, "Nothing was found.")?;
    Ok(ExitCode::SUCCESS)
}

async fn create(new: New, kind: Kind, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    tx.alone().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = new.one.by.actor(&mut tx, &world, now).await?;
    let mail = link::find(&mut tx, &new.one.mail).await?;
    let house = config.house();
    let offer = from_mail::offer(&mut tx, &actor, mail, kind, &house).await?.map_err(|no| refused(&no))?;
    let draft = draft(&mut tx, &new, offer.clone()).await?;
    if new.dry_run {
        drop(tx);
        db.close().await;
        let fields = draft.fields.iter().map(|(d, v)| (*d, (v.clone(), None)));
        let offer = Offer { fields: fields.collect(), email: draft.emails, ..offer };
        return print(&offer, new.one.by.json);
    }
    let made = from_mail::create(&mut tx, &actor, mail, kind, &draft, &house).await?.map_err(|no| refused(&no))?;
    follow(&mut tx, &actor, &made, &config, now).await?;
    tx.commit().await?;
    db.close().await;
    match new.one.by.json {
        true => output::json(&json!({ "record": made.record, "change": made.change, "moved": made.moved }))?,
        false => {
            let left = if made.moved { "" } else { " The mail stays where it is: it is not yours to move." };
            let text = format!(
                "{} {} was made.{left} `standin from-mail undo {}` takes it back.",
                kind.word(),
                made.record,
                made.change
            );
            output::line(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn draft(tx: &mut Tx, new: &New, offer: Offer) -> Result<Draft, Failure> {
    let account = match (new.account.as_deref(), offer.account) {
        (Some("none"), _) => String::new(),
        (Some(typed), _) => typed.to_owned(),
        (None, Some((id, ..))) => format!("account:{id}"),
        (None, None) => String::new(),
    };
    let owner = match &new.owner {
        Some(login) => Some(user(tx, login).await?.person.id),
        None => None,
    };
    let mut fields: std::collections::BTreeMap<Detail, String> =
        offer.fields.into_iter().map(|(detail, (value, _))| (detail, value)).collect();
    fields.extend(new.set.iter().cloned());
    Ok(Draft { fields, emails: new.emails.clone().unwrap_or(offer.email), account, owner })
}

/// What a new record means for mail: erased people stay off it, mail is decided again, colleagues are
/// asked for what is merely claimed.
async fn follow(tx: &mut Tx, actor: &Actor<'_>, made: &Made, config: &Config, now: Timestamp) -> Result<(), Failure> {
    let keys = Keys::load(&config.data_dir).map_err(|error| Failure::failed("no instance key", error))?;
    let house = config.house();
    privacy::keep_off(tx, &keys, &[made.record]).await?;
    let ground = Ground { own_domains: &house, keys: &keys, now };
    let on = [made.record];
    let added = Added { vouched: &made.vouched, claimed_on: &on, domains: &[] };
    reconsider::added(tx, &added, actor.user, ground).await?;
    reconsider::corrected(tx, &made.again, &house, now).await?;
    consents::ask(tx, &keys, &on, now).await?;
    Ok(())
}

async fn update(reference: &str, one: &One, only: &[Detail], dry_run: bool, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = one.by.actor(&mut tx, &world, now).await?;
    let house = config.house();
    let entry = record(&mut tx, &actor, reference).await?;
    let mail: MailId = link::find(&mut tx, &one.mail).await?;
    let found = from_mail::differences(&mut tx, &actor, mail, entry.record.id, &house).await?;
    let (_, mut found) = found.map_err(|no| refused(&no))?;
    found.retain(|d| only.is_empty() || only.contains(&d.detail));
    let wanted: Vec<_> = found.iter().map(|d| (d.detail, d.now.clone(), d.then.clone())).collect();
    let mut change = None;
    if !dry_run && !wanted.is_empty() {
        let done = from_mail::update(&mut tx, &actor, mail, entry.record.id, &wanted, &house).await?;
        change = Some(done.map_err(|no| refused(&no))?);
        tx.commit().await?;
    } else {
        drop(tx);
    }
    db.close().await;
    if one.by.json {
        let row = |d: &from_mail::Difference| json!({ "field": d.detail.word(), "before": d.now, "after": d.then });
        output::json(&json!({ "change": change, "fields": found.iter().map(row).collect::<Vec<_>>() }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |d: &from_mail::Difference| {
        vec![d.detail.word().to_owned(), output::plain(d.now.as_deref().unwrap_or("")), output::plain(&d.then)]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    output::table(&["field", "before", "after"], &rows, "The mail says nothing new about them.")?;
    if let Some(change) = change {
        output::line(&format!("Changed. `standin from-mail undo {change}` takes it back."))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn undo(number: i64, by: &As, place: &Place) -> Done {
    let (config, db) = place.open().await?;
    let now = super::now();
    let mut tx = db.write().await?;
    tx.alone().await?;
    let world = world(&mut tx, &config, now).await?;
    let actor = by.actor(&mut tx, &world, now).await?;
    let change = from_mail::undo(&mut tx, &actor, number).await?.map_err(|no| refused(&no))?;
    tx.commit().await?;
    db.close().await;
    match by.json {
        true => output::json(&json!({ "record": change.record, "undone": change.id }))?,
        false => output::line("It was taken back.")?,
    }
    Ok(ExitCode::SUCCESS)
}
