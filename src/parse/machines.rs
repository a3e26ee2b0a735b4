//! The table of what machines write: fields, senders, subjects (`data/machines.txt`).

use super::phrases::pairs;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What an entry of the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Field of an automatic answer.
    Responder,
    /// Field of generated mail.
    Generated,
    /// Field of a mailing list.
    List,
    /// Field of a mass mailing.
    Bulk,
    /// A mail server's own sender.
    Daemon,
    /// A sender that reads no answers.
    Silent,
    /// A list's own sender.
    Lister,
    /// A program's sender, such as an issue tracker's.
    Robot,
    /// Subject of an abuse report.
    Complaint,
    /// Subject of a report: not delivered.
    Failed,
    /// Subject of a report: late.
    Delayed,
    /// Subject of a report: delivered.
    Delivered,
    /// Subject of a read or recall report.
    Receipt,
}

#[derive(Default)]
struct Table {
    fields: HashMap<&'static str, Kind>,
    senders: HashMap<&'static str, Kind>,
    sender_starts: Vec<(&'static str, Kind)>,
    sender_ends: Vec<(&'static str, Kind)>,
    subjects: Vec<(&'static str, Kind)>,
    acknowledged: Vec<&'static str>,
    programs: Vec<&'static str>,
    agents: Vec<&'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for (kind, text) in pairs(include_str!("data/machines.txt")) {
        match kind {
            "responder" => drop(table.fields.insert(text, Kind::Responder)),
            "generated" => drop(table.fields.insert(text, Kind::Generated)),
            "list" => drop(table.fields.insert(text, Kind::List)),
            "bulk" => drop(table.fields.insert(text, Kind::Bulk)),
            "daemon" => drop(table.senders.insert(text, Kind::Daemon)),
            "silent" => drop(table.senders.insert(text, Kind::Silent)),
            "daemon-start" => table.sender_starts.push((text, Kind::Daemon)),
            "silent-start" => table.sender_starts.push((text, Kind::Silent)),
            "lister-start" => table.sender_starts.push((text, Kind::Lister)),
            "robot-end" => table.sender_ends.push((text, Kind::Robot)),
            "complaint" => table.subjects.push((text, Kind::Complaint)),
            "lister-end" => table.sender_ends.push((text, Kind::Lister)),
            "failed" => table.subjects.push((text, Kind::Failed)),
            "delayed" => table.subjects.push((text, Kind::Delayed)),
            "delivered" => table.subjects.push((text, Kind::Delivered)),
            "receipt" => table.subjects.push((text, Kind::Receipt)),
            "acknowledged" => table.acknowledged.push(text),
            "person" => table.programs.push(text),
            "agent" => table.agents.push(text),
            _ => {}
        }
    }
    // Delays and successes are named more exactly than failures, so they are asked first.
    table.subjects.sort_by_key(|(_, kind)| match kind {
        Kind::Delayed => 0,
        Kind::Delivered => 1,
        Kind::Receipt => 2,
        _ => 3,
    });
    table
});

/// What the presence of a field says; `name` in lower case.
pub(super) fn field(name: &str) -> Option<Kind> {
    TABLE.fields.get(name).copied()
}

/// What a sender's local part (lower case) says, `+tag` ignored (R30).
pub(super) fn sender(local: &str) -> Option<Kind> {
    let bare = local.split('+').next().unwrap_or(local);
    let starts = || TABLE.sender_starts.iter().find(|(start, _)| local.starts_with(start)).map(|(_, kind)| *kind);
    let ends = || TABLE.sender_ends.iter().find(|(end, _)| bare.ends_with(end)).map(|(_, kind)| *kind);
    TABLE.senders.get(bare).copied().or_else(starts).or_else(ends)
}

/// Which report a subject (lower case) speaks of. Failures must begin it; delays and successes
/// may stand anywhere in it.
pub(super) fn report(subject: &str) -> Option<Kind> {
    let subject = subject.trim_start_matches(['*', '[', ' ', '"', '!', '{']);
    let hit = |(text, kind): &&(&str, Kind)| match kind {
        Kind::Delayed | Kind::Delivered => subject.contains(text),
        _ => subject.starts_with(text),
    };
    TABLE.subjects.iter().find(hit).map(|(_, kind)| *kind)
}

/// Whether a subject (lower case) acknowledges receipt.
pub(super) fn acknowledges(subject: &str) -> bool {
    TABLE.acknowledged.iter().any(|text| subject.contains(text))
}

/// Whether a sender is named as a mail system's own (R30), whatever its address.
pub(super) fn is_agent(name: &str) -> bool {
    let name = name.to_lowercase();
    TABLE.agents.iter().any(|agent| name.contains(agent))
}

/// Whether a program's name (lower case) is one with which people write.
pub(super) fn by_person(program: &str) -> bool {
    TABLE.programs.iter().any(|name| program.contains(name))
}
