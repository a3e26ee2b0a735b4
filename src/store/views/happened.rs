//! All that happened on a record, in one order: mail, activities, changes of owner.
//!
//! Each of the three is read in pages of its own; here they are laid together. Newest first; what
//! has the same moment stands as mail, activity, change of owner, each by its id.

use super::super::{Result, Tx};
use super::activities::{Below, OwnerChange, Shown, activities, owner_changes};
use super::timeline::{Before, Entry, timeline};
use crate::access::Scope;
use crate::model::id::{MailId, RecordId};
use crate::model::record::Record;
use crate::model::time::Timestamp;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// A mail.
    Mail(Box<Entry>),
    /// A call, task, appointment or note.
    Activity(Box<Shown>),
    /// The record got another owner.
    Owner(OwnerChange),
}

impl Happened {
    /// The record by which the viewer sees it; none for a change of owner, which stands on the
    /// record's own timeline only.
    pub fn governing(&self) -> Option<Record> {
        match self {
            Happened::Mail(entry) => Some(entry.governing.record()),
            Happened::Activity(shown) => Some(shown.governing.record()),
            Happened::Owner(_) => None,
        }
    }
}

/// Where a page begins: below what stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its moment.
    pub at: Timestamp,
    /// 0 mail, 1 activity, 2 change of owner.
    rank: u8,
    id: i64,
}

impl Place {
    /// The top of the timeline.
    pub const TOP: Place = Place { at: Timestamp(i64::MAX), rank: 0, id: i64::MAX };

    /// As addresses of pages have it: `TIME.MAIL`, `TIME.aACTIVITY`, `TIME.oCHANGE`.
    pub fn text(self) -> String {
        let letter = match self.rank {
            0 => "",
            1 => "a",
            _ => "o",
        };
        format!("{}.{letter}{}", self.at.0, self.id)
    }

    /// The place that such a text names.
    pub fn parse(text: &str) -> Option<Place> {
        let (at, rest) = text.split_once('.')?;
        let (rank, id) = match (rest.strip_prefix('a'), rest.strip_prefix('o')) {
            (Some(id), _) => (1, id),
            (_, Some(id)) => (2, id),
            _ => (0, rest),
        };
        Some(Place { at: Timestamp(at.parse().ok()?), rank, id: id.parse().ok()? })
    }

    /// Where the page of the kind with this rank begins.
    fn below(self, rank: u8) -> Below {
        let id = match rank.cmp(&self.rank) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => self.id,
            std::cmp::Ordering::Greater => i64::MAX,
        };
        Below { at: self.at, id }
    }
}

impl Happened {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Happened::Mail(entry) => Place { at: entry.mail.at, rank: 0, id: entry.mail.id.0 },
            Happened::Activity(shown) => Place { at: shown.activity.at, rank: 1, id: shown.activity.id.0 },
            Happened::Owner(change) => Place { at: Timestamp(change.change.at), rank: 2, id: change.id },
        }
    }
}

/// What happened on `record` below `place`, newest first, at most `limit`. Nothing if the viewer may
/// not read the record.
pub async fn happened(tx: &mut Tx, scope: &Scope, record: RecordId, place: Place, limit: i64) -> Result<Vec<Happened>> {
    let mail = place.below(0);
    let before = Before { at: mail.at, mail: MailId(mail.id) };
    let mails = timeline(tx, scope, record, before, limit).await?;
    let activities = activities(tx, scope, record, place.below(1), limit).await?;
    let owners = owner_changes(tx, scope, record, place.below(2), limit).await?;
    let mut all: Vec<Happened> = mails.into_iter().map(|entry| Happened::Mail(Box::new(entry))).collect();
    all.extend(activities.into_iter().map(|shown| Happened::Activity(Box::new(shown))));
    all.extend(owners.into_iter().map(Happened::Owner));
    let order = |one: &Happened| {
        let Place { at, rank, id } = one.place();
        (std::cmp::Reverse(at), rank, std::cmp::Reverse(id))
    };
    all.sort_by_key(order);
    all.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_and_read() {
        for text in ["17.4", "17.a4", "17.o4"] {
            assert_eq!(Place::parse(text).unwrap().text(), text);
        }
        for bad in ["", "17", "x.4", "17.b4", "17.a"] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn at_one_moment_mail_stands_above_activities_and_those_above_owners() {
        let place = Place::parse("17.a4").unwrap();
        assert_eq!((place.below(0).id, place.below(1).id, place.below(2).id), (0, 4, i64::MAX));
    }
}
