//! Rules in plain sentences.

use crate::model::rule::{Condition, Effect, Field, Rule, Switch};

/// What a rule does, in one sentence.
pub fn rule_text(rule: &Rule) -> String {
    let mut conditions: Vec<String> = rule.all.iter().map(condition_text).collect();
    if !rule.any.is_empty() {
        let any: Vec<String> = rule.any.iter().map(condition_text).collect();
        conditions.push(if any.len() == 1 { any.concat() } else { format!("({})", any.join(" or ")) });
    }
    conditions.extend(rule.none.iter().map(|c| format!("not ({})", condition_text(c))));
    let when = if conditions.is_empty() { "Always".to_owned() } else { format!("If {}", conditions.join(" and ")) };
    let mut then = Vec::new();
    then.extend(rule.then.regard.iter().map(|text| format!("the mail regards the record with the number {text}")));
    then.extend(rule.then.account.iter().map(|text| format!("it stands on the account {text}")));
    then.extend(rule.then.ignore.then(|| "what stands on the mail itself links it to nothing".to_owned()));
    then.extend(rule.then.private.then(|| "nothing but a person links it".to_owned()));
    let sealed = rule.then.confidential && rule.then.create.is_none();
    then.extend(sealed.then(|| "it is marked confidential".to_owned()));
    then.extend(rule.then.create.iter().map(|what| made_text(what, rule)));
    let stop = if rule.stop { "; the rules after it are passed over" } else { "" };
    let state = match rule.state {
        Switch::On => "",
        Switch::Shadow => " (in shadow: it only says so)",
        Switch::Off => " (off)",
    };
    format!("{when}: {}{stop}{state}.", then.join(" and "))
}

/// What is made, and for whom.
fn made_text(what: &str, rule: &Rule) -> String {
    let confidential = if rule.then.confidential { "a confidential" } else { "a" };
    let whose = match what {
        "lead" => format!("{confidential} lead is made for a sender who is on no record"),
        _ => format!("{confidential} new opportunity is made for a contact who has none open"),
    };
    format!("{whose}, and given in turn to {}, but to nobody who is away", rule.then.assign.join(", "))
}

/// A condition in words.
pub fn condition_text(condition: &Condition) -> String {
    let field = match (condition.field, &condition.header) {
        (Field::Sender, _) => "the sender".to_owned(),
        (Field::Recipient, _) => "a recipient".to_owned(),
        (Field::Domain, _) => "the sender's domain".to_owned(),
        (Field::RecipientDomain, _) => "a recipient's domain".to_owned(),
        (Field::Subject, _) => "the subject".to_owned(),
        (Field::Body, _) => "the text".to_owned(),
        (Field::Header, name) => format!("the header field {}", name.as_deref().unwrap_or("?")),
        (Field::Mailbox, _) => "the mailbox".to_owned(),
        (Field::Folder, _) => "the folder".to_owned(),
        (Field::Size, _) => "the size".to_owned(),
        (Field::Attachment, _) => "an attachment's name".to_owned(),
        (Field::Author, _) => "the author".to_owned(),
        (Field::Channel, _) => "the channel".to_owned(),
    };
    match condition {
        Condition { is: Some(text), .. } => format!("{field} is `{text}`"),
        Condition { contains: Some(text), .. } => format!("{field} contains `{text}`"),
        Condition { matches: Some(text), .. } => format!("{field} matches `{text}`"),
        Condition { over: Some(size), .. } => format!("{field} is over {size} octets"),
        Condition { under: Some(size), .. } => format!("{field} is under {size} octets"),
        _ => field,
    }
}

/// What a rule does to one mail, in words.
pub fn effect_text(effect: &Effect) -> String {
    match effect {
        Effect::Regard(number) => format!("it regards {number}"),
        Effect::Account(name) => format!("it stands on the account {name}"),
        Effect::Ignore => "what stands on it links it to nothing".to_owned(),
        Effect::Private => "only a person links it".to_owned(),
        Effect::Lead(address) => format!("it regards the lead made for {address}"),
        Effect::Opportunity => "an opportunity is made for its sender, if they have none open".to_owned(),
        Effect::Confidential => "it is marked confidential".to_owned(),
    }
}
