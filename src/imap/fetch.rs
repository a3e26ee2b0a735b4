//! Reading mail: what is in a window, bodies, headers, flags.
//!
//! Answers are taken by UID alone. Those without a UID, or for a UID that was not asked for,
//! are news about other mails and are passed over. Bodies are handed on as they come and are
//! never copied: the parser's buffer becomes the mail's.

use super::exchange::{Next, ResponseData, Tag};
use super::repair::NO_DATE;
use super::session::Session;
use super::trouble::{Trouble, What, turned_down};
use crate::model::cursor::Seen;
use crate::model::time::Timestamp;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response};
use bytes::Buf as _;
use chrono::{DateTime, Days, NaiveDate};
use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;

/// A sequence set in a command stays below this: servers limit the length of a line.
const SET: usize = 1_000;
/// Octets in one slice of a large mail.
const SLICE: u64 = 1 << 20;
/// Messages in one SEARCH, so that its answer stays a few dozen KiB.
const SEARCHED: u32 = 5_000;
/// Rows taken from one command; more than a window can hold, less than fills the memory.
const ROWS: usize = 1_000_000;
/// Flags kept of one mail.
const FLAGS: usize = 64;

/// What changed since a MODSEQ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// UID, flags and MODSEQ of each changed or new mail, by UID.
    pub flags: Vec<(u32, Vec<String>, Option<u64>)>,
    /// UIDs that went away, with QRESYNC; may name some that never were. `None` without it: find
    /// them with [`Session::uids`].
    pub vanished: Option<Vec<RangeInclusive<u32>>>,
}

/// One row of a survey, as far as it came.
#[derive(Default)]
struct Row {
    size: Option<u64>,
    internal_date: Option<Timestamp>,
    flags: Option<Vec<String>>,
    modseq: Option<u64>,
}

impl Session {
    /// Every mail with a UID from `from` to `to`, without its body, by UID. `to` of `u32::MAX`
    /// means all there are. Given only after the server's OK, so a cursor may move past `to`.
    pub async fn survey(&mut self, from: u32, to: u32) -> Result<Vec<Seen>, Trouble> {
        let modseq = if self.capabilities.condstore { " MODSEQ" } else { "" };
        let rows =
            self.rows(&set(from, to), &format!("(UID FLAGS INTERNALDATE RFC822.SIZE{modseq})"), from..=to).await?;
        Ok(rows
            .into_iter()
            .map(|(uid, row)| Seen {
                uid,
                size: row.size.unwrap_or(0),
                internal_date: row.internal_date,
                flags: row.flags.unwrap_or_default(),
                modseq: row.modseq,
            })
            .collect())
    }

    /// The UIDs from `from` to `to` that are there.
    pub async fn uids(&mut self, from: u32, to: u32) -> Result<Vec<u32>, Trouble> {
        Ok(self.rows(&set(from, to), "(UID)", from..=to).await?.into_keys().collect())
    }

    /// Flags from `from` to `to`: the way to learn of changes without CONDSTORE.
    pub async fn flags(&mut self, from: u32, to: u32) -> Result<Vec<(u32, Vec<String>, Option<u64>)>, Trouble> {
        Ok(flagged(self.rows(&set(from, to), "(UID FLAGS)", from..=to).await?))
    }

    /// What changed in the open folder since `modseq` (CONDSTORE), and what went (QRESYNC).
    pub async fn changed(&mut self, modseq: u64) -> Result<Changes, Trouble> {
        if !self.capabilities.condstore {
            return Err(Trouble::later(What::NotSupported, "CONDSTORE"));
        }
        let vanished = if self.capabilities.qresync { " VANISHED" } else { "" };
        let command = format!("UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE {}{vanished})", modseq.max(1));
        let mut rows = BTreeMap::new();
        let mut gone = Vec::new();
        self.exchange
            .run(&command, |answer| match answer {
                Response::Fetch(_, items) => merge(&mut rows, items, &(1..=u32::MAX)),
                Response::Vanished { uids, .. } if gone.len() + uids.len() <= ROWS => gone.extend(uids.iter().cloned()),
                _ => {}
            })
            .await?;
        // What goes while we ask is told twice.
        gone.sort_unstable_by_key(|range| (*range.start(), *range.end()));
        gone.dedup();
        Ok(Changes { flags: flagged(rows), vanished: self.capabilities.qresync.then_some(gone) })
    }

    async fn rows(
        &mut self,
        set: &str,
        items: &str,
        asked: RangeInclusive<u32>,
    ) -> Result<BTreeMap<u32, Row>, Trouble> {
        let mut rows = BTreeMap::new();
        self.exchange
            .run(&format!("UID FETCH {set} {items}"), |answer| {
                if let Response::Fetch(_, items) = answer {
                    merge(&mut rows, items, &asked);
                }
            })
            .await?;
        match rows.len() {
            ROWS.. => Err(Trouble::later(What::Protocol, format!("more than {ROWS} mails in one window"))),
            _ => Ok(rows),
        }
    }

    /// The lowest UID whose INTERNALDATE is on `day` or later, less one day, since servers count
    /// days in their own zone; `None` if there is none. Searched in windows of messages from the
    /// oldest up, so no answer grows with the folder.
    pub async fn since_uid(&mut self, day: NaiveDate) -> Result<Option<u32>, Trouble> {
        // Years that IMAP cannot write (it has four digits) mean "everything".
        let day = day.checked_sub_days(Days::new(1)).unwrap_or(day).max(NaiveDate::default());
        let day = day.format("%-d-%b-%Y").to_string();
        // Messages that go away shift the numbers of those above them, so that one may slip from
        // one window into the one before. Then it is done again; after that it does not matter.
        for _ in 0..3 {
            self.exchange.shifted = false;
            let lowest = self.search_since(&day).await?;
            if !self.exchange.shifted {
                return Ok(lowest);
            }
        }
        self.search_since(&day).await
    }

    async fn search_since(&mut self, day: &str) -> Result<Option<u32>, Trouble> {
        let mut from = 1u32;
        while from <= self.exchange.exists {
            let to = from.saturating_add(SEARCHED - 1).min(self.exchange.exists);
            let mut lowest: Option<u32> = None;
            self.exchange
                .run(&format!("UID SEARCH {from}:{to} SINCE {day}"), |answer| {
                    if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                        lowest = uids.iter().copied().filter(|uid| *uid > 0).chain(lowest).min();
                    }
                })
                .await?;
            if lowest.is_some() {
                return Ok(lowest);
            }
            from = to.saturating_add(1);
        }
        Ok(None)
    }

    /// Whole mails, to be taken one by one with [`Bodies::next`].
    pub fn fetch(&mut self, uids: &[u32]) -> Bodies<'_> {
        let mut pieces = sets(uids);
        pieces.reverse();
        Bodies { session: self, wanted: uids.iter().copied().filter(|uid| *uid > 0).collect(), pieces, running: None }
    }

    /// The headers of these mails, by UID; of what is not there any more, none.
    pub async fn headers(&mut self, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, Trouble> {
        let wanted: HashSet<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
        let mut headers = BTreeMap::new();
        for set in sets(uids) {
            self.exchange
                .run(&format!("UID FETCH {set} (UID BODY.PEEK[HEADER])"), |answer| {
                    if let Some((Some(uid), _, Some(data))) = section(answer)
                        && wanted.contains(&uid)
                    {
                        headers.entry(uid).or_insert_with(|| data.to_vec());
                    }
                })
                .await?;
        }
        Ok(headers.into_iter().collect())
    }

    /// Which mails of the open folder carry this keyword. Searched in windows of messages, so no answer
    /// grows with the folder.
    pub async fn with_keyword(&mut self, keyword: &str) -> Result<Vec<u32>, Trouble> {
        let mut found = std::collections::BTreeSet::new();
        let mut from = 1u32;
        while from <= self.exchange.exists {
            let to = from.saturating_add(SEARCHED - 1).min(self.exchange.exists);
            self.exchange
                .run(&format!("UID SEARCH {from}:{to} KEYWORD {keyword}"), |answer| {
                    if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                        found.extend(uids.iter().copied().filter(|uid| *uid > 0));
                    }
                })
                .await?;
            from = to.saturating_add(1);
        }
        Ok(found.into_iter().collect())
    }

    /// One mail in slices of 1 MiB, cut off after `limit` octets; `None` if it is not there. What
    /// the server says of its size is not believed: it ends where a slice is empty.
    pub async fn large_body(&mut self, uid: u32, limit: u64) -> Result<Option<Vec<u8>>, Trouble> {
        let mut whole = Vec::new();
        while (whole.len() as u64) < limit {
            let offset = whole.len() as u64;
            let size = SLICE.min(limit - offset);
            let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{size}>)");
            let mut slice = None;
            self.exchange
                .run(&command, |answer| {
                    if let Some((Some(theirs), origin, data)) = section(answer)
                        && theirs == uid
                        && slice.is_none()
                    {
                        slice = Some((origin, data.unwrap_or_default().to_vec()));
                    }
                })
                .await?;
            match slice {
                None => return Ok(None),
                Some((_, part)) if part.is_empty() => break,
                Some((Some(origin), part)) if u64::from(origin) == offset => whole.extend_from_slice(&part),
                // A server without partial fetch sends the whole mail.
                Some((None, mut part)) if offset == 0 => {
                    part.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                    return Ok(Some(part));
                }
                Some(_) => return Err(Trouble::later(What::Protocol, "a slice that was not asked for")),
            }
        }
        Ok(Some(whole))
    }

    /// The header of one mail, or `None` if it is not there.
    pub async fn header(&mut self, uid: u32) -> Result<Option<Vec<u8>>, Trouble> {
        let mut header = None;
        self.exchange
            .run(&format!("UID FETCH {uid} (UID BODY.PEEK[HEADER])"), |answer| {
                if let Some((Some(theirs), _, Some(data))) = section(answer)
                    && theirs == uid
                {
                    header = Some(data.to_vec());
                }
            })
            .await?;
        Ok(header)
    }

    /// UID, size and the fields Message-ID, Date and From of each mail from `from` to `to`: what
    /// a renumbered folder's mails are recognised by.
    pub async fn keys(&mut self, from: u32, to: u32) -> Result<Vec<(u32, u64, Vec<u8>)>, Trouble> {
        let items = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM)])";
        let mut keys = BTreeMap::new();
        self.exchange
            .run(&format!("UID FETCH {} {items}", set(from, to)), |answer| {
                let Some((Some(uid), _, Some(data))) = section(answer) else { return };
                if (from..=to).contains(&uid) && keys.len() < ROWS {
                    keys.insert(uid, (size_of_mail(answer), data.to_vec()));
                }
            })
            .await?;
        Ok(keys.into_iter().map(|(uid, (size, fields))| (uid, size, fields)).collect())
    }
}

/// A fetch of whole mails under way. Dropped before its end, it leaves the session dead.
#[derive(Debug)]
pub struct Bodies<'a> {
    session: &'a mut Session,
    wanted: HashSet<u32>,
    /// Sequence sets still to be asked for, last first.
    pieces: Vec<String>,
    running: Option<Tag>,
}

impl Bodies<'_> {
    /// The next mail, in the server's order, each UID once. `None` after the server's OK: what
    /// was not given by then is not there any more. What was given before a failure counts.
    pub async fn next(&mut self) -> Result<Option<(u32, Vec<u8>)>, Trouble> {
        loop {
            let Some(tag) = &self.running else {
                let Some(piece) = self.pieces.pop() else { return Ok(None) };
                self.running =
                    Some(self.session.exchange.start(&format!("UID FETCH {piece} (UID BODY.PEEK[])")).await?);
                continue;
            };
            match self.session.exchange.next(tag).await? {
                Next::Data(answer) => {
                    if let Some((uid, place)) = body_place(&answer).filter(|(uid, _)| self.wanted.contains(uid)) {
                        self.wanted.remove(&uid);
                        return Ok(Some((uid, cut(answer, place))));
                    }
                }
                Next::Done(_) => self.running = None,
                Next::Down(answer, words) => {
                    self.running = None;
                    self.pieces.clear();
                    return Err(Trouble::Later(turned_down(answer, &words)));
                }
                Next::Continue(_) => return Err(Trouble::later(What::Protocol, "asked for more of a whole command")),
            }
        }
    }
}

/// `a:b`, with `*` for no upper end.
fn set(from: u32, to: u32) -> String {
    match to {
        u32::MAX => format!("{}:*", from.max(1)),
        _ => format!("{}:{to}", from.max(1)),
    }
}

/// The UIDs as sequence sets of at most [`SET`] characters, neighbours as ranges.
fn sets(uids: &[u32]) -> Vec<String> {
    let mut sorted: Vec<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for run in sorted.chunk_by(|a, b| a.saturating_add(1) == *b) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let text = if first == last { first.to_string() } else { format!("{first}:{last}") };
        if !piece.is_empty() && piece.len() + 1 + text.len() > SET {
            pieces.push(std::mem::take(&mut piece));
        }
        if !piece.is_empty() {
            piece.push(',');
        }
        piece.push_str(&text);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// Adds what an answer tells to its row. Several may come for one mail: a change of flags by
/// somebody else is reported in between.
fn merge(rows: &mut BTreeMap<u32, Row>, items: &[AttributeValue<'_>], asked: &RangeInclusive<u32>) {
    let Some(uid) = uid_of(items).filter(|uid| asked.contains(uid)) else { return };
    if rows.len() >= ROWS {
        return;
    }
    let row = rows.entry(uid).or_default();
    for item in items {
        match item {
            AttributeValue::Flags(flags) => {
                row.flags = Some(flags.iter().take(FLAGS).map(|flag| flag.to_string()).collect());
            }
            AttributeValue::InternalDate(date) => row.internal_date = internal_date(date),
            AttributeValue::Rfc822Size(size) => row.size = Some(u64::from(*size)),
            AttributeValue::ModSeq(modseq) => row.modseq = Some(*modseq),
            _ => {}
        }
    }
}

fn flagged(rows: BTreeMap<u32, Row>) -> Vec<(u32, Vec<String>, Option<u64>)> {
    rows.into_iter().filter_map(|(uid, row)| row.flags.map(|flags| (uid, flags, row.modseq))).collect()
}

fn uid_of(items: &[AttributeValue<'_>]) -> Option<u32> {
    items.iter().find_map(|item| match item {
        AttributeValue::Uid(uid) if *uid > 0 => Some(*uid),
        _ => None,
    })
}

fn size_of_mail(answer: &Response<'_>) -> u64 {
    let Response::Fetch(_, items) = answer else { return 0 };
    let size = items.iter().find_map(|item| match item {
        AttributeValue::Rfc822Size(size) => Some(u64::from(*size)),
        _ => None,
    });
    size.unwrap_or(0)
}

/// `17-Jul-1996 02:44:25 -0700` (RFC 3501 date-time); the day may have a leading space.
fn internal_date(text: &str) -> Option<Timestamp> {
    if text == NO_DATE {
        return None;
    }
    let moment = DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z").ok()?;
    Some(Timestamp::from_utc(moment.to_utc()))
}

/// The UID, origin octet and data of the body section in a FETCH.
#[allow(clippy::type_complexity)]
fn section<'a>(answer: &'a Response<'_>) -> Option<(Option<u32>, Option<u32>, Option<&'a [u8]>)> {
    let Response::Fetch(_, items) = answer else { return None };
    items.iter().find_map(|item| match item {
        AttributeValue::BodySection { index, data, .. } => Some((uid_of(items), *index, data.as_deref())),
        _ => None,
    })
}

/// The UID of a whole body and where it lies in the answer's buffer.
fn body_place(answer: &ResponseData) -> Option<(u32, Place)> {
    let Response::Fetch(_, items) = answer.parsed() else { return None };
    let uid = uid_of(items)?;
    let data = items.iter().find_map(|item| match item {
        AttributeValue::BodySection { section: None, index: None, data } => data.as_ref(),
        _ => None,
    })?;
    Some((uid, place_in(data, answer)))
}

/// Where bytes lie: within the buffer of an answer, or apart from it.
enum Place {
    Within(usize, usize),
    Apart(Vec<u8>),
}

fn place_in(part: &[u8], answer: &ResponseData) -> Place {
    let whole = answer.borrow_owner();
    // Addresses as numbers: no pointer is followed, and the result is checked against the buffer.
    let offset = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    match offset.checked_add(part.len()) {
        Some(end) if end <= whole.len() => Place::Within(offset, part.len()),
        _ => Place::Apart(part.to_vec()),
    }
}

/// The bytes themselves, in the buffer they were read into.
fn cut(answer: ResponseData, place: Place) -> Vec<u8> {
    match place {
        Place::Apart(bytes) => bytes,
        Place::Within(offset, length) => {
            let mut buffer = answer.into_owner();
            buffer.advance(offset);
            buffer.truncate(length);
            Vec::from(buffer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_ranges_and_pieces_stay_short() {
        assert_eq!(sets(&[5, 1, 2, 3, 9, 9]), ["1:3,5,9"]);
        assert_eq!(sets(&[]), Vec::<String>::new());
        assert_eq!(sets(&[0, u32::MAX]), ["4294967295"]);
        let odd: Vec<u32> = (0..2_000).map(|n| n * 2 + 1_000_001).collect();
        let pieces = sets(&odd);
        assert!(pieces.iter().all(|piece| piece.len() <= SET));
        let numbers: Vec<u32> = pieces.iter().flat_map(|p| p.split(',')).map(|n| n.parse().unwrap()).collect();
        assert_eq!(numbers, odd);
    }

    #[test]
    fn internal_dates_are_read_in_every_common_form() {
        let moment = Timestamp(837_596_665_000);
        assert_eq!(internal_date("17-Jul-1996 02:44:25 -0700"), Some(moment));
        assert_eq!(internal_date(" 7-Jul-1996 02:44:25 -0700"), Some(moment.plus(-10 * crate::model::time::DAY)));
        assert_eq!(internal_date(NO_DATE), None);
        assert_eq!(internal_date("yesterday"), None);
    }
}
