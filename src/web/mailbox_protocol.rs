//! What was said with a mailbox's server (W17), for its owner and for admins.

use super::refusal::Refusal;
use super::visit::Visit;
use super::when::When;
use super::words::RunningWords;
use crate::model::id::MailboxId;
use crate::model::protocol::{Line, Side};
use crate::store::mailbox_settings::Standing;
use crate::store::protocols;

/// A line as it is shown.
pub(super) struct LineView {
    /// The class that tells who said it.
    pub class: &'static str,
    /// The same in a word.
    pub side: &'static str,
    /// Which connection, where there are several.
    pub connection: String,
    /// What was said.
    pub text: String,
    /// "× 40" where several such lines came.
    pub times: String,
    /// When, to the second.
    pub at: When,
}

/// The conversation with a mailbox's server.
pub(super) struct ProtocolView {
    /// Its lines, the newest first.
    pub lines: Vec<LineView>,
    /// Since when somebody waits for it to be read.
    pub asked: Option<When>,
    /// The texts.
    pub o: &'static RunningWords,
}

/// What is kept of it. The caller has looked whether the viewer may see it.
pub(super) async fn load(visit: &mut Visit, mailbox: MailboxId) -> Result<Vec<Line>, Refusal> {
    Ok(protocols::of(&mut visit.tx, mailbox).await?.map(|(lines, _)| lines).unwrap_or_default())
}

/// The view of it.
pub(super) fn view(lines: &[Line], one: &Standing, visit: &Visit) -> ProtocolView {
    let o = RunningWords::of(visit.words().language);
    let several = lines.iter().filter(|line| line.side != Side::Note).any(|line| line.connection > 1);
    let line = |line: &Line| {
        let (class, side) = match line.side {
            Side::We => ("we", o.side_we),
            Side::Server => ("server", o.side_server),
            Side::Note => ("note", o.side_note),
        };
        LineView {
            class,
            side,
            connection: if several && line.connection > 0 { line.connection.to_string() } else { String::new() },
            text: line.text.clone(),
            times: if line.times > 1 {
                format!("× {}", visit.words().number(i64::from(line.times)))
            } else {
                String::new()
            },
            at: visit.clock.with_seconds(line.at),
        }
    };
    let open = one.sync_asked.filter(|at| one.is_read() && one.up_to.is_none_or(|up_to| up_to < *at));
    ProtocolView { lines: lines.iter().rev().map(line).collect(), asked: open.map(|at| visit.clock.when(at)), o }
}
