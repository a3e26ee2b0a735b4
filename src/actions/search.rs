//! Searching: "who is this, and who answers?" Records by what stands on them, mails by their words, all under
//! the viewer's sight. The page and the command call this.
//!
//! The work is bounded whatever is asked, and what a bound cuts off is said. A rare word is read to its
//! end. Of a word that stands in very many mails, the viewer's own mails are read instead, newest first; for
//! somebody who sees more mails than that, the mails of week after week. So the answer to whoever sees few
//! mails is whole, and does not depend on what stands in mails of others; where many are seen, the one thing
//! that follows from others' mails is that a word is common (thousands of times).

mod plan;

pub use plan::{Plan, plan};

use crate::access::{Scope, World, answers_now};
use crate::model::id::{RecordId, UserId};
use crate::model::record::{Kind, Record};
use crate::model::time::Timestamp;
use crate::parse::query::Query;
use crate::store::text::{self, Indexed, Slice, Sought};
use crate::store::views::search::{self as views, Beside, FoundMail, FoundRecord, Key, Needs, Span};
use crate::store::{self, Db, Tx, details, record_words};
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Hits are counted exactly up to here (U6).
pub const COUNTED: usize = 1_000;
/// Hits of each kind of record where all kinds are shown.
pub const FEW: usize = 8;
/// Mails where all kinds are shown.
pub const MAILS: usize = 20;
/// Hits on a page of one kind.
pub const PAGE: usize = 50;

/// Records with one word that are looked at.
const WORDED: usize = 4_000;
/// Records of a viewer that are looked at where every word is more common than that.
const SIGHT: usize = 5_000;
/// Records that `about:` may name.
const ABOUT: usize = 200;
/// A word that stands in more mails is common.
const RARE: usize = 2_000;
/// Mails of a viewer that are gone through for a common word.
const OWN: usize = 20_000;
/// Of these the newest in which it is looked for.
const PROBED: usize = 5_000;
/// As many at a time.
const CHUNK: usize = 500;
/// Weeks that are gone through for somebody who sees more, and mails in them.
const WEEKS: i64 = 52;
const READ: usize = 5_000;
/// Records whose words are read anew before a search, where they changed a moment ago.
const FRESH: i64 = 500;

/// Who searches, and when.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// What they may read.
    pub scope: &'a Scope,
    /// What follows who answers.
    pub world: &'a World,
    /// The moment.
    pub now: Timestamp,
    /// In which days begin.
    pub zone: Tz,
    /// Whose phone numbers are written without a country's code.
    pub region: &'a str,
}

/// What kind of hits a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Records of one kind.
    Records(Kind),
    /// Mails.
    Mails,
}

impl Only {
    /// The word in the address of a page.
    pub fn word(self) -> &'static str {
        match self {
            Only::Records(kind) => kind.word(),
            Only::Mails => "message",
        }
    }

    /// What a word names.
    pub fn from_word(word: &str) -> Option<Only> {
        Kind::from_word(word).map(Only::Records).or((word == "message").then_some(Only::Mails))
    }
}

/// Where a page of one kind begins: after this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// The time of a mail; of a record nothing.
    pub at: i64,
    /// Its number.
    pub id: i64,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// How it was read.
    pub plan: Plan,
    /// Records, a group for each kind that has any: contacts, accounts, opportunities, leads.
    pub records: Vec<Group>,
    /// There may be more records: a longer word finds them.
    pub records_cut: bool,
    /// Mails.
    pub mails: Mails,
}

/// Records of one kind.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which.
    pub kind: Kind,
    /// How many, at most one more than [`COUNTED`].
    pub count: usize,
    /// Those of the page.
    pub hits: Vec<Hit>,
    /// Where the next page begins.
    pub next: Option<After>,
}

/// A record with what is shown of it.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The record.
    pub found: FoundRecord,
    /// Its account, and when it was last in touch.
    pub beside: Beside,
    /// The company that stands on it.
    pub company: Option<String>,
}

/// Mails that were found.
#[derive(Clone, Debug, Default)]
pub struct Mails {
    /// How many, at most one more than [`COUNTED`].
    pub count: usize,
    /// There may be more: the bound on the work cut the search off.
    pub cut: bool,
    /// Those of the page.
    pub hits: Vec<FoundMail>,
    /// Where the next page begins.
    pub next: Option<After>,
}

impl Mails {
    /// The records whose mail is shown by a right to them, and not by a copy of the viewer's own.
    pub fn shown(&self) -> Vec<Record> {
        let by_record = self.hits.iter().filter(|hit| !hit.own_copy);
        by_record.filter_map(|hit| Some(hit.record.as_ref()?.record())).collect()
    }
}

/// Reads the words of records anew that changed a moment ago, so that somebody finds what they just entered.
/// Gives whether there were any: then what was read before is old.
pub async fn freshen(db: &Db) -> store::Result<bool> {
    let mut tx = db.read().await?;
    let behind = record_words::is_behind(&mut tx).await?;
    drop(tx);
    if behind {
        let mut tx = db.write().await?;
        record_words::refresh(&mut tx, FRESH).await?;
        tx.commit().await?;
    }
    Ok(behind)
}

/// Searches. Without `only` it gives the first hits of each kind, else a page of one.
pub async fn search(
    tx: &mut Tx,
    viewer: &Viewer<'_>,
    query: &Query,
    only: Option<Only>,
    after: Option<After>,
) -> store::Result<Found> {
    let plan = plan(query, viewer.region);
    let mut found = Found { plan, ..Found::default() };
    if !query.names_mail() {
        let (records, cut) = records(tx, viewer, &found.plan.needs).await?;
        found.records_cut = cut;
        found.records = groups(tx, viewer, records, only, after).await?;
    }
    let sought = &found.plan.sought;
    let nothing = sought.is_empty() && !query.names_mail();
    if !nothing && matches!(only, None | Some(Only::Mails)) {
        let about = match found.plan.about.as_slice() {
            [] => None,
            texts => Some(named(tx, viewer, texts).await?),
        };
        let span = span(query, viewer);
        let limit = if only.is_some() { PAGE } else { MAILS };
        found.mails = mails(tx, viewer, sought, about.as_deref(), span, (limit, after)).await?;
    }
    Ok(found)
}

/// Records with all that is needed, best first; and whether there may be more.
async fn records(tx: &mut Tx, viewer: &Viewer<'_>, needs: &Needs) -> store::Result<(Vec<FoundRecord>, bool)> {
    let (candidates, cut) = candidates(tx, viewer.scope, needs).await?;
    let mut found = views::records(tx, viewer.scope, &candidates, needs).await?;
    let theirs =
        |record: &Record| record.owner == viewer.scope.viewer || answers(record, viewer) == Some(viewer.scope.viewer);
    found.sort_by_cached_key(|one| {
        (one.tier, !theirs(&one.record), std::cmp::Reverse(one.updated), one.key.clone(), one.record.id)
    });
    Ok((found, cut))
}

fn answers(record: &Record, viewer: &Viewer<'_>) -> Option<UserId> {
    answers_now(record, viewer.world, viewer.now).user
}

/// Records that may have what is needed: by its rarest part; where all parts are common, those in the
/// viewer's sight; where these are many, too, the first of them and their own.
async fn candidates(tx: &mut Tx, scope: &Scope, needs: &Needs) -> store::Result<(Vec<i64>, bool)> {
    let most = WORDED as i64 + 1;
    let (mut rarest, mut common): (Option<BTreeSet<i64>>, BTreeSet<i64>) = (None, BTreeSet::new());
    for group in &needs.groups {
        let (mut ids, mut whole) = (BTreeSet::new(), true);
        for word in group {
            let some = record_words::beginning(tx, word, most).await?;
            whole &= some.len() <= WORDED;
            ids.extend(some);
        }
        if whole && rarest.as_ref().is_none_or(|known| ids.len() < known.len()) {
            rarest = Some(ids);
        } else if !whole {
            common.extend(ids);
        }
    }
    if let Some(mut ids) = rarest {
        // A word may stand on the account of what is meant.
        let accounts: Vec<i64> = ids.iter().copied().collect();
        let below = if needs.groups.len() > 1 { views::below(tx, &accounts, most).await? } else { Vec::new() };
        let cut = below.len() > WORDED;
        ids.extend(below);
        return Ok((ids.into_iter().collect(), cut));
    }
    if needs.groups.is_empty() {
        return Ok((Vec::new(), false));
    }
    let seen = views::sight(tx, scope, SIGHT as i64 + 1).await?;
    if seen.len() <= SIGHT {
        return Ok((seen, false));
    }
    let mut ids: Vec<i64> = common.into_iter().take(WORDED).collect();
    ids.extend(views::owned(tx, scope.viewer, WORDED as i64).await?);
    Ok((ids, true))
}

/// The records that `about:` names.
async fn named(tx: &mut Tx, viewer: &Viewer<'_>, texts: &[String]) -> store::Result<Vec<RecordId>> {
    let mut all: Option<BTreeSet<RecordId>> = None;
    for text in texts {
        let query = Query { terms: vec![crate::parse::query::Term::Phrase(text.clone())], ..Query::default() };
        let (mut found, _) = records(tx, viewer, &plan(&query, viewer.region).needs).await?;
        // A number or an address means that one alone.
        if found.first().is_some_and(|best| best.tier == 0) {
            found.retain(|one| one.tier == 0);
        }
        let ids: BTreeSet<RecordId> = found.iter().take(ABOUT).map(|one| one.record.id).collect();
        all = Some(match all {
            None => ids,
            Some(before) => before.intersection(&ids).copied().collect(),
        });
    }
    Ok(all.unwrap_or_default().into_iter().collect())
}

/// The groups of a page.
async fn groups(
    tx: &mut Tx,
    viewer: &Viewer<'_>,
    found: Vec<FoundRecord>,
    only: Option<Only>,
    after: Option<After>,
) -> store::Result<Vec<Group>> {
    let mut by_kind: BTreeMap<usize, Vec<FoundRecord>> = BTreeMap::new();
    const ORDER: [Kind; 4] = [Kind::Contact, Kind::Account, Kind::Opportunity, Kind::Lead];
    for one in found {
        let place = ORDER.iter().position(|kind| *kind == one.record.kind).unwrap_or_default();
        by_kind.entry(place).or_default().push(one);
    }
    let mut groups = Vec::new();
    for (place, all) in by_kind {
        let Some(kind) = ORDER.get(place).copied() else { continue };
        if only.is_some_and(|only| only != Only::Records(kind)) {
            continue;
        }
        let limit = if only.is_some() { PAGE } else { FEW };
        let begin =
            after.and_then(|after| all.iter().position(|one| one.record.id.0 == after.id)).map_or(0, |at| at + 1);
        let count = all.len().min(COUNTED + 1);
        let shown: Vec<FoundRecord> = all.iter().take(COUNTED).skip(begin).take(limit).cloned().collect();
        let more = begin + shown.len() < count.min(COUNTED);
        let next = shown.last().filter(|_| more).map(|last| After { at: 0, id: last.record.id.0 });
        groups.push(Group { kind, count, hits: hits(tx, viewer, shown).await?, next });
    }
    Ok(groups)
}

async fn hits(tx: &mut Tx, viewer: &Viewer<'_>, shown: Vec<FoundRecord>) -> store::Result<Vec<Hit>> {
    let records: Vec<&Record> = shown.iter().map(|one| &one.record).collect();
    let mut beside = views::beside(tx, viewer.scope, &records).await?;
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let mut known = details::of(tx, &ids).await?;
    let hit = |found: FoundRecord| {
        let id = found.record.id;
        let mut details = known.remove(&id).unwrap_or_default();
        let company = details.remove(&crate::model::found::Detail::Company);
        let mobile = details.remove(&crate::model::found::Detail::Mobile);
        let phone = found.phone.clone().or(mobile);
        Hit { beside: beside.remove(&id).unwrap_or_default(), company, found: FoundRecord { phone, ..found } }
    };
    Ok(shown.into_iter().map(hit).collect())
}

/// Between which moments mail is meant: days begin in the viewer's zone.
fn span(query: &Query, viewer: &Viewer<'_>) -> Span {
    let begin = |day: NaiveDate| {
        let local = viewer.zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
        let utc = local.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |local| local.to_utc());
        Timestamp(utc.timestamp_millis())
    };
    Span {
        from: query.after.map_or(Timestamp(i64::MIN), begin),
        until: query.before.map_or(Timestamp(i64::MAX), begin),
    }
}

async fn mails(
    tx: &mut Tx,
    viewer: &Viewer<'_>,
    sought: &Sought,
    about: Option<&[RecordId]>,
    span: Span,
    (limit, after): (usize, Option<After>),
) -> store::Result<Mails> {
    let (all, whole) = keys(tx, viewer, sought, about, span).await?;
    let count = all.len().min(COUNTED + 1);
    let beyond = |keys: &[Key]| -> Vec<Key> {
        keys.iter()
            .filter(|key| after.is_none_or(|after| **key < (after.at, after.id)))
            .take(limit + 1)
            .copied()
            .collect()
    };
    let mut page = beyond(&all);
    let mut open = !whole || all.len() > COUNTED;
    if let Some(after) = after.filter(|_| open && page.len() <= limit) {
        // What the first search cut off is read from where this page begins.
        let until = Timestamp(after.at.saturating_add(1)).min(span.until);
        let (rest, whole) = keys(tx, viewer, sought, about, Span { until, ..span }).await?;
        page = beyond(&rest);
        open = !whole || rest.len() > COUNTED;
    }
    let more = page.len() > limit || (open && !page.is_empty());
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(at, id)| After { at: *at, id: *id });
    let hits = views::mails(tx, viewer.scope, &views::ids(&page)).await?;
    Ok(Mails { count, cut: !whole, hits, next })
}

/// Mails that the viewer may find, newest first, up to one more than are counted; and whether these are all,
/// or as many as are counted.
async fn keys(
    tx: &mut Tx,
    viewer: &Viewer<'_>,
    sought: &Sought,
    about: Option<&[RecordId]>,
    span: Span,
) -> store::Result<(Vec<Key>, bool)> {
    let own = match about {
        Some([]) => return Ok((Vec::new(), true)),
        Some(records) => views::on_records(tx, viewer.scope, records, span, OWN as i64 + 1).await?,
        None => {
            if !sought.words().is_empty() {
                let indexed = text::with_words(tx, sought, None, RARE as i64 + 1).await?;
                if indexed.mails.len() <= RARE {
                    return Ok((settled(tx, viewer, sought, span, indexed).await?, true));
                }
            }
            views::own(tx, viewer.scope, span, OWN as i64 + 1).await?
        }
    };
    if own.len() > OWN && about.is_none() {
        return by_weeks(tx, viewer, sought, span).await;
    }
    probe(tx, viewer, sought, span, &own).await
}

/// Those of what the index gives that the viewer may find, newest first.
async fn settled(
    tx: &mut Tx,
    viewer: &Viewer<'_>,
    sought: &Sought,
    span: Span,
    indexed: Indexed,
) -> store::Result<Vec<Key>> {
    let mut found = views::seen(tx, viewer.scope, &indexed.mails, span, sought.attachment).await?;
    if !indexed.exact {
        let with = text::among(tx, sought, &views::ids(&found)).await?;
        found.retain(|(_, id)| with.contains(id));
    }
    Ok(found)
}

/// Looks for the words in these mails, newest first.
async fn probe(
    tx: &mut Tx,
    viewer: &Viewer<'_>,
    sought: &Sought,
    span: Span,
    own: &[Key],
) -> store::Result<(Vec<Key>, bool)> {
    let mut found: Vec<Key> = Vec::new();
    let worded = !sought.words().is_empty();
    for chunk in own.chunks(CHUNK).take(PROBED / CHUNK) {
        let mut ids = views::ids(chunk);
        if worded {
            let with: HashSet<i64> = text::among(tx, sought, &ids).await?;
            ids.retain(|id| with.contains(id));
        }
        found.extend(views::seen(tx, viewer.scope, &ids, span, sought.attachment).await?);
        if found.len() > COUNTED {
            return Ok((found, true));
        }
    }
    Ok((found, own.len() <= PROBED))
}

/// Looks for the words week after week, from the last one back.
async fn by_weeks(tx: &mut Tx, viewer: &Viewer<'_>, sought: &Sought, span: Span) -> store::Result<(Vec<Key>, bool)> {
    let mut found: Vec<Key> = Vec::new();
    let last = text::week(span.until.plus(-1).min(viewer.now.plus(text::WEEK)));
    let first = text::week(span.from.max(Timestamp::EARLIEST));
    let (mut read, mut whole, most) = (0, true, RARE as i64 + 1);
    for week in (first..=last).rev().take(WEEKS as usize) {
        let indexed = text::with_words(tx, sought, Some(Slice::Week(week)), most).await?;
        if indexed.mails.len() <= RARE {
            read += indexed.mails.len();
            found.extend(settled(tx, viewer, sought, span, indexed).await?);
        } else {
            // So common that not all of a week can be looked at: the days, until there is enough.
            for day in (week * 7..week * 7 + 7).rev() {
                let indexed = text::with_words(tx, sought, Some(Slice::Day(day)), most).await?;
                whole &= indexed.mails.len() <= RARE;
                read += indexed.mails.len();
                found.extend(settled(tx, viewer, sought, span, indexed).await?);
                if found.len() > COUNTED || read > READ {
                    break;
                }
            }
        }
        if found.len() > COUNTED {
            return Ok((found, true));
        }
        if read > READ {
            return Ok((found, false));
        }
    }
    Ok((found, whole && last - first < WEEKS))
}
