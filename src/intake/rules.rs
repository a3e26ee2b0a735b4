//! The admins' rules on the way of a mail: the set that counts, compiled once for all, and what it
//! says about the mails of a batch.
//!
//! What rules say about a mail depends on the mail, and on where copies of it lie. So a copy in
//! another place has the mail looked at again, by the rules as they are then; nothing else does.

use super::assemble::Place;
use super::prepare::Prepared;
use crate::link::rules::{LOOKED_AT, Letter, Set};
use crate::model::id::{FolderId, MailId, RecordId};
use crate::model::mail::{Author, Channel};
use crate::model::rule::{Effect, Hit, Kept};
use crate::store::rules::{LetterRow, Wanted};
use crate::store::{self, Tx};
use anyhow::Result;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Sets that are kept in memory: one is in use, another may be on its way.
const KEPT: usize = 4;

/// Compiled sets by what tells them from each other (`store::rules::current`), the latest last.
/// Nothing else than the rules themselves decides what stands here, so whoever reads it, of
/// whatever installation, gets what compiling again would give.
static COMPILED: Mutex<Vec<(String, Arc<Set>)>> = Mutex::new(Vec::new());

/// A version of the set, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Its number; 0 where there never was a rule.
    pub version: i64,
    /// Its rules.
    pub set: Arc<Set>,
}

/// The set that counts now.
pub async fn current(tx: &mut Tx) -> Result<Rules> {
    let (version, digest) = store::rules::current(tx).await?;
    if version == 0 {
        return Ok(Rules::default());
    }
    let known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|(d, _)| *d == digest).cloned();
    if let Some((_, set)) = known {
        return Ok(Rules { version, set });
    }
    let set = Arc::new(compiled(&store::rules::at(tx, version).await?));
    let mut sets = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if sets.len() >= KEPT {
        sets.remove(0);
    }
    sets.push((digest, Arc::clone(&set)));
    Ok(Rules { version, set })
}

/// Rules that were saved, compiled. They were checked then; what a newer program refuses is left out,
/// and said in the log.
pub fn compiled(rules: &[Kept]) -> Set {
    Set::compile(rules).unwrap_or_else(|_| {
        let sound = |kept: &&Kept| match Set::compile(std::slice::from_ref(*kept)) {
            Ok(_) => true,
            Err(faults) => {
                let why = faults.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(rule = kept.id.0, why, "this rule is passed over: this version does not take it");
                false
            }
        };
        let sound: Vec<Kept> = rules.iter().filter(sound).cloned().collect();
        Set::compile(&sound).unwrap_or_default()
    })
}

/// All that a set may look at.
pub const ALL: Wanted = Wanted { body: true, headers: true, places: true };

/// What of stored mail a set needs to be asked.
pub fn wanted(set: &Set) -> Wanted {
    Wanted { body: set.looks_at_body(), headers: set.looks_at_headers(), places: set.looks_at_places() }
}

/// What is said about the mails of a batch.
#[derive(Debug, Default)]
pub struct Said {
    /// About each new message.
    pub new: Vec<Vec<Hit>>,
    /// About stored messages of which a copy came, where it is not what was said before.
    pub copies: HashMap<MailId, Vec<Hit>>,
}

/// Asks the rules about a batch.
pub async fn ask(tx: &mut Tx, rules: &Rules, batch: &[Prepared], places: &[Place], new: &[&Prepared]) -> Result<Said> {
    if rules.set.is_idle() {
        return Ok(Said { new: vec![Vec::new(); new.len()], ..Said::default() });
    }
    let mut folders = HashMap::new();
    if rules.set.looks_at_places() {
        let wanted: BTreeSet<FolderId> = batch.iter().map(|mail| mail.found.folder).collect();
        folders = store::rules::places_of(tx, &wanted.into_iter().collect::<Vec<_>>()).await?;
    }
    let mut lying: HashMap<Place, BTreeSet<&(String, String)>> = HashMap::new();
    for (place, mail) in places.iter().zip(batch) {
        lying.entry(*place).or_default().extend(folders.get(&mail.found.folder));
    }
    let said = Said { new: about_new(rules, new, &lying), copies: HashMap::new() };
    let copies: Vec<MailId> = lying.keys().filter_map(|place| place.stored()).collect();
    if copies.is_empty() || !rules.set.looks_at_places() {
        return Ok(said);
    }
    Ok(Said { copies: again(tx, rules, &copies, &lying).await?, ..said })
}

fn about_new(rules: &Rules, new: &[&Prepared], lying: &HashMap<Place, BTreeSet<&(String, String)>>) -> Vec<Vec<Hit>> {
    let nowhere = BTreeSet::new();
    let about = |(n, mail): (usize, &&Prepared)| {
        let places = lying.get(&Place::New(n)).unwrap_or(&nowhere);
        rules.set.evaluate(&letter(mail, places))
    };
    new.iter().enumerate().map(about).collect()
}

/// What is said about stored mails now that further copies of them came.
async fn again(
    tx: &mut Tx,
    rules: &Rules,
    mails: &[MailId],
    lying: &HashMap<Place, BTreeSet<&(String, String)>>,
) -> Result<HashMap<MailId, Vec<Hit>>> {
    let mut changed = HashMap::new();
    for row in store::rules::of_mails(tx, mails, wanted(&rules.set)).await? {
        let mut letter = stored_letter(&row);
        for (mailbox, folder) in lying.get(&Place::Copy(MailId(row.id))).into_iter().flatten() {
            letter.mailboxes.push(mailbox);
            letter.folders.push(folder);
        }
        let said = rules.set.evaluate(&letter);
        if !is_said(&row, &said) {
            changed.insert(MailId(row.id), said);
        }
    }
    Ok(changed)
}

/// A mail that came, as rules see it.
pub fn letter<'a>(mail: &'a Prepared, places: &BTreeSet<&'a (String, String)>) -> Letter<'a> {
    use crate::model::facts::Field;
    let row = &mail.row;
    let of = |wanted: &[Field]| -> Vec<&'a str> {
        row.parties
            .iter()
            .filter(|(field, ..)| wanted.contains(field))
            .map(|(_, address, _)| address.as_str())
            .collect()
    };
    let letter = Letter {
        senders: of(&[Field::From]),
        recipients: of(&[Field::To, Field::Cc, Field::Bcc]),
        subject: &row.subject,
        body: &row.visible,
        headers: Vec::new(),
        mailboxes: places.iter().map(|(mailbox, _)| mailbox.as_str()).collect(),
        folders: places.iter().map(|(_, folder)| folder.as_str()).collect(),
        size: i64::try_from(row.size).unwrap_or(i64::MAX),
        attachments: Vec::new(),
        author: row.author,
        channel: row.channel,
    };
    letter.with_headers(&mail.headers).with_attachments(&row.attachment_names)
}

/// A stored mail as rules see it.
pub fn stored_letter(row: &LetterRow) -> Letter<'_> {
    let (mut senders, mut recipients) = (Vec::new(), Vec::new());
    for (field, address) in row.parties.iter().flat_map(|p| p.split('\n')).filter_map(|line| line.split_once(' ')) {
        match field {
            "from" => senders.push(address),
            "to" | "cc" | "bcc" => recipients.push(address),
            _ => {}
        }
    }
    let places = || row.places.iter().flat_map(|p| p.split('\n')).filter_map(|line| line.split_once('\t'));
    let letter = Letter {
        senders,
        recipients,
        subject: &row.subject,
        body: &row.body,
        headers: Vec::new(),
        mailboxes: places().map(|(mailbox, _)| mailbox).collect(),
        folders: places().map(|(_, folder)| folder).collect(),
        size: row.size,
        attachments: Vec::new(),
        author: Author::from_word(&row.author).unwrap_or(Author::Notification),
        channel: Channel::from_word(&row.channel).unwrap_or_default(),
    };
    letter.with_headers(row.headers.as_deref().unwrap_or_default()).with_attachments(&row.attachment_names)
}

/// Whether a stored mail has it from before that the rules say this.
pub fn is_said(row: &LetterRow, hits: &[Hit]) -> bool {
    let before = row.said.as_deref().unwrap_or_default();
    if before.is_empty() || hits.is_empty() {
        return before.is_empty() == hits.is_empty();
    }
    let line = |hit: &Hit| {
        let effects = serde_json::to_string(&hit.effects).unwrap_or_default();
        format!("{} {} {} {effects}", hit.rule, hit.version, i32::from(hit.shadow))
    };
    hits.iter().map(line).eq(before.split('\n').map(str::to_owned))
}

/// What of all that is said names records.
pub fn naming<'h>(hits: impl Iterator<Item = &'h Hit>) -> BTreeSet<Effect> {
    let effects = hits.filter(|hit| !hit.shadow).flat_map(|hit| &hit.effects);
    effects.filter(|effect| effect.names().is_some()).cloned().collect()
}

/// The records that are named.
pub async fn named(tx: &mut Tx, effects: &BTreeSet<Effect>) -> Result<HashMap<Effect, Vec<RecordId>>> {
    if effects.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(store::rules::resolve(tx, effects).await?)
}

/// What is written beside the decisions: what the rules say now, as of which version.
#[derive(Debug, Default)]
pub struct Spoken {
    /// The version of the set that was asked.
    pub version: i64,
    /// The stored mails about which something else is said than before.
    pub changed: HashSet<MailId>,
}

const _: () = assert!(LOOKED_AT == 32_768, "`store::rules::letters` cuts the stored text at the same place");
