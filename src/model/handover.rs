//! Hand-overs as stored: records of somebody absent that were assigned to others for a time, with a
//! journal that can return them (S10). What becomes of one is decided in `access` and `actions`.

use super::id::{AbsenceId, HandoverId, RecordId, UserId};
use super::time::{HOUR, Timestamp};
use serde::{Deserialize, Serialize};

/// For how long after it settled a run or a return can be undone.
pub const UNDO_FOR: i64 = 72 * HOUR;

/// Where a hand-over stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Records are on their way to those who receive them.
    Running,
    /// They are there.
    Done,
    /// They are on their way back.
    Returning,
    /// They are back, but for what was kept.
    Returned,
    /// A run or a return is being undone.
    Undoing,
    /// The run was undone.
    Undone,
    /// The run was stopped half-way, and what had moved went back.
    Cancelled,
}

impl State {
    /// All of them.
    pub const ALL: [State; 7] = [
        State::Running,
        State::Done,
        State::Returning,
        State::Returned,
        State::Undoing,
        State::Undone,
        State::Cancelled,
    ];

    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Done => "done",
            State::Returning => "returning",
            State::Returned => "returned",
            State::Undoing => "undoing",
            State::Undone => "undone",
            State::Cancelled => "cancelled",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Whether a worker has something to do.
    pub fn is_under_way(self) -> bool {
        matches!(self, State::Running | State::Returning | State::Undoing)
    }

    /// Whether new records of the absent person follow it.
    pub fn stands(self) -> bool {
        matches!(self, State::Running | State::Done)
    }
}

/// A hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Its id.
    pub id: HandoverId,
    /// The absence it belongs to: what that says of substitutes counts, and its end returns it.
    pub absence: Option<AbsenceId>,
    /// Whose records they are.
    pub from: UserId,
    /// Who receives all of them; `None`: as the absence says.
    pub to: Option<UserId>,
    /// Where it stands.
    pub state: State,
    /// Where what is under way leads: one of done, returned, undone, cancelled.
    pub goal: State,
    /// In the words of whoever began it.
    pub reason: String,
    /// Whether the journal holds every record that is to move.
    pub planned: bool,
    /// Whether the return takes what a person gave to somebody else, too.
    pub forced: bool,
    /// A person returned or undid it, so the clock leaves it alone.
    pub by_hand: bool,
    /// Records that what is under way, or was last, concerns.
    pub total: i64,
    /// Those of them that are dealt with.
    pub done: i64,
    /// Who began it; `None`: Standin itself, or the operator.
    pub by: Option<UserId>,
    /// Who asked for what is under way, or was last.
    pub acting: Option<UserId>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it returns by itself where it belongs to no absence.
    pub returns_at: Option<Timestamp>,
    /// When it reached the state it is in.
    pub settled_at: Option<Timestamp>,
}

impl Handover {
    /// Until when its last step can be undone; `None` if it cannot be.
    pub fn undo_until(&self) -> Option<Timestamp> {
        let settled = self.settled_at.filter(|_| matches!(self.state, State::Done | State::Returned))?;
        Some(settled.plus(UNDO_FOR))
    }

    /// The stages of what is still to be dealt with on the way it is on; none once it is settled.
    pub fn left(&self) -> &'static [Stage] {
        match (self.state, self.goal, self.forced) {
            (State::Running, ..) => &[Stage::Pending],
            (State::Undoing, State::Done, _) => &[Stage::Returned],
            (State::Undoing, ..) => &[Stage::Pending, Stage::Moved],
            (State::Returning, _, true) => &[Stage::Moved, Stage::Kept],
            (State::Returning, ..) => &[Stage::Moved],
            _ => &[],
        }
    }
}

/// What becomes of one record or activity of a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It is still where it was.
    Pending,
    /// It is with who received it.
    Moved,
    /// It is back.
    Returned,
    /// It stays where it was found; the note says why.
    Kept,
    /// Its move was undone.
    Undone,
}

impl Stage {
    /// The word in the database and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Pending => "pending",
            Stage::Moved => "moved",
            Stage::Returned => "returned",
            Stage::Kept => "kept",
            Stage::Undone => "undone",
        }
    }

    /// The stage that `word` names.
    pub fn from_word(word: &str) -> Option<Stage> {
        [Stage::Pending, Stage::Moved, Stage::Returned, Stage::Kept, Stage::Undone]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// Why a record or activity stays where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Kept {
    /// A person gave it to somebody meanwhile.
    Assigned {
        /// Who did; `None`: the operator, or an import.
        by: Option<UserId>,
        /// To whom.
        to: UserId,
        /// When.
        at: Timestamp,
    },
    /// It is with its owner again already.
    Back,
    /// Who should get it is deactivated.
    Deactivated {
        /// Who that is.
        user: UserId,
    },
    /// It was deleted or merged into another, or the activity is done.
    Gone,
}

/// A record in the journal of a hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The record.
    pub record: RecordId,
    /// Whose it was.
    pub from: UserId,
    /// Who receives it.
    pub to: UserId,
    /// What became of it.
    pub stage: Stage,
    /// From whom it was taken back, where that is not `to`.
    pub found: Option<UserId>,
    /// Why it was kept.
    pub kept: Option<Kept>,
}
