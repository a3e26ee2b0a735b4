//! The brief of a cover and the report after an absence: as things are at this moment, and no more than the owner of the
//! token may read.

use super::super::visit::Visit;
use super::asking::{Asking, At};
use super::bearer::Reads;
use super::problem::Problem;
use super::shapes::{KindWord, RecordRef, Who};
use crate::model::absence::Absence;
use crate::model::colleagues::{Answered, Brief, Deed, LastWord, Report, Task, Waiting};
use crate::model::id::AbsenceId;
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::notify;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// At most so many of a list are told; each list comes with its count.
const SHOWN: usize = 200;

/// Some of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct FirstOf<T> {
    /// How many there are.
    count: usize,
    /// The first 200.
    items: Vec<T>,
}

impl<T> FirstOf<T> {
    fn of<R>(all: &[R], shape: impl Fn(&R) -> T) -> FirstOf<T> {
        FirstOf { count: all.len(), items: all.iter().take(SHOWN).map(shape).collect() }
    }
}

/// A client's mail that waits.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WaitingMail)]
pub(in super::super) struct WaitingView {
    /// The mail.
    message_id: i64,
    /// When it was written; it waits since then.
    #[schema(format = DateTime)]
    at: String,
    /// Who wrote it: a name, or an address.
    from: String,
    /// Its subject; may be empty.
    subject: String,
    /// The record that governs it.
    record: RecordRef,
}

/// A call, task or appointment that is not done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OpenTask)]
pub(in super::super) struct TaskView {
    /// The activity.
    activity_id: i64,
    /// call, task or appointment.
    kind: String,
    /// What is to be done.
    subject: String,
    /// By when.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// Who is to do it.
    responsible: Who,
    /// The record on which it hangs.
    record: RecordRef,
}

/// What the absent person wrote last, and nobody answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LastWord)]
pub(in super::super) struct LastWordView {
    /// The mail.
    message_id: i64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// To whom: a name, or an address.
    to: String,
    /// Its subject.
    subject: String,
    /// The record that governs it.
    record: RecordRef,
}

/// How many records of a kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = KindCount)]
pub(in super::super) struct CountView {
    /// Which kind.
    kind: KindWord,
    /// How many.
    count: i64,
}

/// What a substitute finds at the start of a cover.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Brief)]
pub(in super::super) struct BriefView {
    /// The absence.
    absence_id: i64,
    /// Who is away.
    user: Who,
    /// Since when.
    #[schema(format = DateTime)]
    starts_at: String,
    /// Until when; null for an open end.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// Records to answer for, by kind; kinds without any are left out.
    records: Vec<CountView>,
    /// Mails that wait, the longest first.
    waiting: FirstOf<WaitingView>,
    /// Open tasks, those due first on top.
    tasks: FirstOf<TaskView>,
    /// What the absent person wrote last.
    last_words: FirstOf<LastWordView>,
}

/// A mail that came in during an absence and was answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AnsweredMail)]
pub(in super::super) struct AnsweredView {
    /// The mail.
    mail: WaitingView,
    /// Who answered: a name.
    by: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// What somebody did in the absent person's place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Deed)]
pub(in super::super) struct DeedView {
    /// call, task, appointment or note.
    kind: String,
    /// What.
    subject: String,
    /// Who did it: a name.
    by: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// On which record.
    record: RecordRef,
}

/// How many mails somebody answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AnswerCount)]
pub(in super::super) struct AnswerCountView {
    /// Their name.
    by: String,
    /// How many.
    count: i64,
}

/// What happened while somebody was away.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AbsenceReport)]
pub(in super::super) struct ReportView {
    /// The absence.
    absence_id: i64,
    /// Who was away.
    user: Who,
    /// From when.
    #[schema(format = DateTime)]
    starts_at: String,
    /// Until when; the present moment while it runs.
    #[schema(format = DateTime)]
    ends_at: String,
    /// Whether it still runs.
    running: bool,
    /// How many mails of clients came.
    came: i64,
    /// How many clients were told of the absence.
    notices: i64,
    /// Who answered how many, most first.
    answers: Vec<AnswerCountView>,
    /// What was answered, the latest first.
    answered: FirstOf<AnsweredView>,
    /// What still waits.
    open: FirstOf<WaitingView>,
    /// Tasks that are still open.
    tasks: FirstOf<TaskView>,
    /// What others did.
    deeds: FirstOf<DeedView>,
}

fn record(record: &Record) -> RecordRef {
    RecordRef { id: record.id.0, kind: record.kind.into(), name: record.name.clone() }
}

fn waiting(mail: &Waiting) -> WaitingView {
    WaitingView {
        message_id: mail.mail.0,
        at: mail.at.rfc3339(),
        from: mail.from.clone(),
        subject: mail.subject.clone(),
        record: record(&mail.record),
    }
}

fn task(task: &Task, visit: &Visit) -> TaskView {
    TaskView {
        activity_id: task.id.0,
        kind: task.kind.clone(),
        subject: task.subject.clone(),
        due_at: task.due.map(Timestamp::rfc3339),
        responsible: Who::of(task.responsible, visit),
        record: record(&task.record),
    }
}

fn brief_view(brief: &Brief, absence: &Absence, visit: &Visit) -> BriefView {
    let word = |word: &LastWord| LastWordView {
        message_id: word.mail.0,
        at: word.at.rfc3339(),
        to: word.to.clone(),
        subject: word.subject.clone(),
        record: record(&word.record),
    };
    BriefView {
        absence_id: absence.id.0,
        user: Who::of(absence.user, visit),
        starts_at: brief.starts.rfc3339(),
        ends_at: brief.ends.map(Timestamp::rfc3339),
        records: brief.counts.iter().map(|(kind, count)| CountView { kind: (*kind).into(), count: *count }).collect(),
        waiting: FirstOf::of(&brief.waiting, waiting),
        tasks: FirstOf::of(&brief.tasks, |one| task(one, visit)),
        last_words: FirstOf::of(&brief.last_words, word),
    }
}

fn report_view(report: &Report, absence: &Absence, visit: &Visit) -> ReportView {
    let answered = |one: &Answered| AnsweredView { mail: waiting(&one.mail), by: one.by.clone(), at: one.at.rfc3339() };
    let deed = |deed: &Deed| DeedView {
        kind: deed.kind.clone(),
        subject: deed.subject.clone(),
        by: deed.by.clone(),
        at: deed.at.rfc3339(),
        record: record(&deed.record),
    };
    ReportView {
        absence_id: absence.id.0,
        user: Who::of(absence.user, visit),
        starts_at: report.starts.rfc3339(),
        ends_at: report.ends.rfc3339(),
        running: report.runs,
        came: report.came,
        notices: report.notices,
        answers: report.answers.iter().map(|(by, n)| AnswerCountView { by: by.clone(), count: *n }).collect(),
        answered: FirstOf::of(&report.answered, answered),
        open: FirstOf::of(&report.open, waiting),
        tasks: FirstOf::of(&report.tasks, |one| task(one, visit)),
        deeds: FirstOf::of(&report.deeds, deed),
    }
}

/// What whoever covers an absence finds at its start, and who is away before it begins: records, mail that waits, tasks,
/// what was said last.
#[utoipa::path(
    get, path = "/api/v1/absences/{id}/brief", tag = "absences", params(("id" = i64, Path)),
    responses((status = 200, body = BriefView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn brief(At(id): At<i64>, mut asking: Asking<Reads>) -> Result<Json<BriefView>, Problem> {
    let visit = &mut asking.visit;
    let (me, now) = (visit.person.user, visit.clock.now);
    let absence = notify::brief_for(&mut visit.tx, AbsenceId(id), me, &visit.world, now).await?;
    let absence = absence.ok_or(Problem::NotFound)?;
    let brief = notify::brief(&mut visit.tx, &visit.scope, &visit.world, &absence).await?;
    visit.reads_of(brief.records(SHOWN).cloned().collect()).await?;
    Ok(Json(brief_view(&brief, &absence, visit)))
}

/// What happened during an absence: who answered what, what still waits, what others did.
#[utoipa::path(
    get, path = "/api/v1/absences/{id}/report", tag = "absences", params(("id" = i64, Path)),
    responses((status = 200, body = ReportView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn report(At(id): At<i64>, mut asking: Asking<Reads>) -> Result<Json<ReportView>, Problem> {
    let visit = &mut asking.visit;
    let (me, now) = (visit.person.user, visit.clock.now);
    let absence = notify::report_for(&mut visit.tx, AbsenceId(id), me, &visit.world, now).await?;
    let absence = absence.ok_or(Problem::NotFound)?;
    let report = notify::report(&mut visit.tx, &visit.scope, &visit.world, &absence).await?;
    visit.reads_of(report.records(SHOWN).cloned().collect()).await?;
    Ok(Json(report_view(&report, &absence, visit)))
}
