//! An activity as lists show it, and a change of owner as a line.

use super::entry::NoticeLine;
use super::meeting;
use super::visit::Visit;
use super::when::When;
use super::words::{Words, fill};
use crate::model::activity::{ActivityKind, Progress};
use crate::model::id::UserId;
use crate::model::time::Timestamp;
use crate::store::owners::Change;
use crate::store::views::Shown;

/// An activity on a list.
pub(super) struct ActivityCard {
    /// Its id.
    pub id: i64,
    /// The word of its kind, for style.
    pub kind: &'static str,
    /// The same for people.
    pub kind_word: &'static str,
    /// In a line.
    pub subject: String,
    /// More of it.
    pub body: String,
    /// Who is to do it, or did it.
    pub who: String,
    /// "for Anna Kowalska".
    pub on_behalf_of: Option<String>,
    /// "due 21 Nov 2026, 13:00", and whether that has passed.
    pub due: Option<(String, When, bool)>,
    /// Its state, where it is not open.
    pub ended: Option<String>,
    /// Whether it is open.
    pub open: bool,
    /// Whether the viewer may do it or call it off.
    pub may_change: bool,
    /// The record that governs it.
    pub governing: Option<(i64, String)>,
    /// Where it stands.
    pub when: When,
    /// When it last changed.
    pub updated: When,
    /// When, where and with whom, of a meeting that came by mail.
    pub meeting: Vec<String>,
}

impl ActivityCard {
    /// The card of an activity.
    pub fn of(shown: &Shown, visit: &Visit) -> ActivityCard {
        let (activity, w, clock) = (&shown.activity, visit.words(), &visit.clock);
        let open = activity.progress == Progress::Open;
        let doer = activity.ended.and_then(|(_, by)| by).filter(|_| activity.kind != ActivityKind::Note);
        let ended = match (activity.progress, doer) {
            (Progress::Open, _) => None,
            _ if activity.kind == ActivityKind::Note => None,
            (Progress::Done, Some(by)) => Some(fill(w.done_by, &[("name", &visit.name(by))])),
            (Progress::Done, None) => Some(w.done.to_owned()),
            (Progress::Cancelled, _) => Some(w.cancelled.to_owned()),
        };
        let due = |at: Timestamp| (w.due.to_owned(), clock.when(at), activity.is_due(clock.now));
        ActivityCard {
            id: activity.id.0,
            kind: activity.kind.word(),
            kind_word: kind(activity.kind, w),
            subject: activity.subject.clone(),
            body: activity.body.clone(),
            who: visit.name(if activity.kind == ActivityKind::Note { activity.author } else { activity.responsible }),
            on_behalf_of: activity.on_behalf_of.map(|user| fill(w.for_name, &[("name", &visit.name(user))])),
            due: activity.due.map(due),
            ended,
            open,
            may_change: false,
            governing: Some((shown.governing.id.0, shown.governing.name.clone())),
            when: clock.when(activity.at),
            updated: clock.when(activity.updated),
            meeting: shown.meeting.as_ref().map(|m| meeting::lines(m, clock)).unwrap_or_default(),
        }
    }
}

/// The word for a kind of activity.
pub(super) fn kind(kind: ActivityKind, w: &'static Words) -> &'static str {
    match kind {
        ActivityKind::Call => w.call,
        ActivityKind::Task => w.task,
        ActivityKind::Appointment => w.appointment,
        ActivityKind::Note => w.note,
    }
}

/// A change of owner as a line on the timeline.
pub(super) fn owner_line(change: &Change, visit: &Visit) -> NoticeLine {
    let w = visit.words();
    let name = |id: i64| visit.name(UserId(id));
    let by = change.by_user_id.map_or(w.standin.to_owned(), name);
    let values = [
        ("from", change.from_user_id.map_or(String::new(), name)),
        ("to", name(change.to_user_id)),
        ("by", by),
        ("what", change.reason.clone()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let merged = change.how == "merge";
    let text = match (change.how.as_str(), change.from_user_id) {
        ("merge", _) => w.owner_merged,
        (_, None) => w.owner_first,
        ("step", _) => w.owner_step,
        ("step-back", _) => w.owner_step_back,
        ("leaver", _) => w.owner_leaver,
        ("hand-over" | "incoming", _) => w.owner_handed_over,
        ("return" | "undo", _) => w.owner_returned,
        _ => w.owner_assigned,
    };
    let mut text = fill(text, &values);
    if let Some(absent) = change.for_user_id {
        text.push_str(", ");
        text.push_str(&fill(w.for_name, &[("name", &visit.name(UserId(absent)))]));
    }
    // The first owner's reason is the program's own word for how the record came.
    if !change.reason.is_empty() && !merged && change.from_user_id.is_some() {
        text.push_str(": ");
        text.push_str(&change.reason);
    }
    NoticeLine { text, bad: false, when: visit.clock.when(Timestamp(change.at)) }
}
