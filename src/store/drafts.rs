//! Mail that people write in Standin: drafts, their files, and what became of them.
//!
//! A draft is its writer's alone: every function that gives one to a person takes who asks, and gives
//! nothing of anybody else's. Once its mail was taken in, its words and files go: they stand in the mail.

use super::{Result, StoreError, Tx};
use crate::model::delivery::Delivery;
use crate::model::draft::{Attached, Draft, DraftFile, DraftKind, Sending, SentCopy, Typed};
use crate::model::id::{DraftId, MailId, MailboxId, OutboxId, RecordId, UserId};
use crate::model::time::Timestamp;

/// What is known of a draft when it is begun.
#[derive(Clone, Debug)]
pub struct NewDraft {
    /// Who writes it.
    pub user: UserId,
    /// What kind of mail it is.
    pub kind: DraftKind,
    /// What it answers or hands on.
    pub mail: Option<MailId>,
    /// What it is about.
    pub record: Option<RecordId>,
    /// What stands in it already.
    pub typed: Typed,
    /// The line that says for whom.
    pub cover_line: Option<String>,
    /// The latest answer that its writer sees in the thread, as it is begun.
    pub known_answer: Option<MailId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    user_id: i64,
    kind: String,
    mail_id: Option<i64>,
    record_id: Option<i64>,
    mailbox: String,
    to_line: String,
    cc_line: String,
    bcc_line: String,
    subject: String,
    body: String,
    cover_line: Option<String>,
    known_answer: i64,
    version: i64,
    created_at: i64,
    saved_at: i64,
    outbox_id: Option<i64>,
    taken_at: Option<i64>,
    copy: String,
    copy_error: Option<String>,
    state: Option<String>,
    answer: Option<String>,
    next_try_at: Option<i64>,
    message_id: Option<String>,
}

/// Drafts with what became of sending them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select d.id, d.user_id, d.kind, d.mail_id, d.record_id, d.mailbox, d.to_line, d.cc_line, d.bcc_line, \
             d.subject, d.body, d.cover_line, d.known_answer, d.version, d.created_at, d.saved_at, d.outbox_id, d.taken_at, d.copy, \
             d.copy_error, o.state, o.answer, o.next_try_at, o.message_id \
             from drafts d left join outbox o on o.id = d.outbox_id ",
            $rest
        )
    };
}

fn draft(row: Row) -> Result<Draft> {
    let bad = |column| StoreError::BadRow { table: "drafts", id: row.id, column };
    let sending = match (row.outbox_id, row.state) {
        (Some(outbox), Some(state)) => Some(Sending {
            outbox: OutboxId(outbox),
            state: Delivery::from_word(&state).ok_or_else(|| bad("state"))?,
            answer: row.answer,
            next_try_at: Timestamp(row.next_try_at.unwrap_or_default()),
            message_id: row.message_id.unwrap_or_default(),
        }),
        _ => None,
    };
    let copy = match row.copy.as_str() {
        "none" => SentCopy::None,
        "due" => SentCopy::Due,
        "there" => SentCopy::There,
        "theirs" => SentCopy::Theirs,
        "failed" => SentCopy::Failed(row.copy_error.unwrap_or_default()),
        _ => return Err(bad("copy")),
    };
    Ok(Draft {
        id: DraftId(row.id),
        user: UserId(row.user_id),
        kind: DraftKind::from_word(&row.kind).ok_or_else(|| bad("kind"))?,
        mail: row.mail_id.map(MailId),
        record: row.record_id.map(RecordId),
        typed: Typed {
            mailbox: row.mailbox,
            to: row.to_line,
            cc: row.cc_line,
            bcc: row.bcc_line,
            subject: row.subject,
            body: row.body,
        },
        cover_line: row.cover_line,
        known_answer: MailId(row.known_answer),
        version: row.version,
        created_at: Timestamp(row.created_at),
        saved_at: Timestamp(row.saved_at),
        sending,
        taken_at: row.taken_at.map(Timestamp),
        copy,
    })
}

/// Begins a draft.
pub async fn insert(tx: &mut Tx, new: &NewDraft, now: Timestamp) -> Result<DraftId> {
    let (id,): (i64,) = one!(
        tx,
        "insert into drafts (user_id, kind, mail_id, record_id, mailbox, to_line, cc_line, bcc_line, subject, body, \
         cover_line, version, created_at, saved_at, known_answer) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12, $13) \
         returning id",
        new.user.0,
        new.kind.word(),
        new.mail.map(|m| m.0),
        new.record.map(|r| r.0),
        new.typed.mailbox.as_str(),
        new.typed.to.as_str(),
        new.typed.cc.as_str(),
        new.typed.bcc.as_str(),
        new.typed.subject.as_str(),
        new.typed.body.as_str(),
        new.cover_line.as_deref(),
        now.0,
        new.known_answer.map_or(0, |m| m.0)
    )?;
    Ok(DraftId(id))
}

/// A draft of this person; `None` if it is not there or not theirs.
pub async fn load(tx: &mut Tx, user: UserId, id: DraftId) -> Result<Option<Draft>> {
    let row: Option<Row> = maybe!(tx, select!("where d.id = $1 and d.user_id = $2"), id.0, user.0)?;
    row.map(draft).transpose()
}

/// The draft whose mail this is, whoever writes it: for sending it.
pub async fn of_outbox(tx: &mut Tx, outbox: OutboxId) -> Result<Option<Draft>> {
    let row: Option<Row> = maybe!(tx, select!("where d.outbox_id = $1"), outbox.0)?;
    row.map(draft).transpose()
}

/// A person's drafts, and what they sent since `since`, the latest saved first.
pub async fn of_user(tx: &mut Tx, user: UserId, since: Timestamp, limit: i64) -> Result<Vec<Draft>> {
    let rows: Vec<Row> = all!(
        tx,
        select!(
            "where d.user_id = $1 and (coalesce(o.state, '') <> 'sent' or d.saved_at >= $2) \
             order by d.saved_at desc, d.id desc limit $3"
        ),
        user.0,
        since.0,
        limit
    )?;
    rows.into_iter().map(draft).collect()
}

/// A person's draft of this kind about this mail, or record where there is no mail, that was not sent: the latest.
pub async fn begun(
    tx: &mut Tx,
    user: UserId,
    kind: DraftKind,
    mail: Option<MailId>,
    record: Option<RecordId>,
) -> Result<Option<DraftId>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "select d.id from drafts d left join outbox o on o.id = d.outbox_id where d.user_id = $1 and d.kind = $2 \
         and coalesce(d.mail_id, 0) = $3 and ($3 <> 0 or coalesce(d.record_id, 0) = $4) \
         and coalesce(o.state, 'refused') in ('refused', 'gave-up') order by d.saved_at desc, d.id desc limit 1",
        user.0,
        kind.word(),
        mail.map_or(0, |m| m.0),
        record.map_or(0, |r| r.0)
    )?;
    Ok(row.map(|(id,)| DraftId(id)))
}

/// Saves what was typed; `false` if another window saved since `version`, or it is on its way.
pub async fn save(tx: &mut Tx, user: UserId, id: DraftId, version: i64, typed: &Typed, now: Timestamp) -> Result<bool> {
    let changed = run!(
        tx,
        "update drafts set mailbox = $4, to_line = $5, cc_line = $6, bcc_line = $7, subject = $8, body = $9, \
         version = version + 1, saved_at = $10 where id = $1 and user_id = $2 and version = $3 \
         and (outbox_id is null or exists (select 1 from outbox o where o.id = drafts.outbox_id \
          and o.state in ('refused', 'gave-up')))",
        id.0,
        user.0,
        version,
        typed.mailbox.as_str(),
        typed.to.as_str(),
        typed.cc.as_str(),
        typed.bcc.as_str(),
        typed.subject.as_str(),
        typed.body.as_str(),
        now.0
    )?;
    Ok(changed > 0)
}

/// Puts a draft on its way: the mail in the outbox is its mail from here on. `false` if somebody else did, or
/// it changed since `version`.
pub async fn send(tx: &mut Tx, draft: &Draft, outbox: OutboxId, now: Timestamp) -> Result<bool> {
    let before = draft.sending.as_ref().map_or(0, |sending| sending.outbox.0);
    let changed = run!(
        tx,
        "update drafts set outbox_id = $3, version = version + 1, saved_at = $4, copy = 'none', copy_error = null \
         where id = $1 and version = $2 and coalesce(outbox_id, 0) = $5",
        draft.id.0,
        draft.version,
        outbox.0,
        now.0,
        before
    )?;
    Ok(changed > 0)
}

/// Takes a mail that still waits off its way; `false` if it does not wait any more.
pub async fn take_back(tx: &mut Tx, outbox: OutboxId, now: Timestamp) -> Result<bool> {
    let changed = run!(
        tx,
        "update outbox set state = 'gave-up', settled_at = $2, answer = 'taken-back' where id = $1 and state = 'queued'",
        outbox.0,
        now.0
    )?;
    Ok(changed > 0)
}

/// What its writer says of a mail of which nobody knows whether it went out: `sent`, or `gave-up`.
pub async fn settle_unclear(tx: &mut Tx, outbox: OutboxId, state: Delivery, now: Timestamp) -> Result<bool> {
    let changed = run!(
        tx,
        "update outbox set state = $2, settled_at = $3, answer = case when $2 = 'sent' then answer else 'taken-back' end \
         where id = $1 and state = 'unclear'",
        outbox.0,
        state.word(),
        now.0
    )?;
    Ok(changed > 0)
}

/// Throws a draft away with its files; `false` if it is not this person's, or went out.
pub async fn discard(tx: &mut Tx, user: UserId, id: DraftId) -> Result<bool> {
    const OPEN: &str = "select d.id from drafts d left join outbox o on o.id = d.outbox_id where d.id = $1 \
        and d.user_id = $2 and coalesce(o.state, 'refused') in ('refused', 'gave-up')";
    let found: Option<(i64,)> = maybe!(tx, OPEN, id.0, user.0)?;
    if found.is_none() {
        return Ok(false);
    }
    run!(tx, "delete from draft_files where draft_id = $1", id.0)?;
    run!(tx, "delete from drafts where id = $1", id.0)?;
    Ok(true)
}

/// The files of a draft.
pub async fn files(tx: &mut Tx, draft: DraftId) -> Result<Vec<DraftFile>> {
    let rows: Vec<(i64, String, String, i64)> =
        all!(tx, "select id, name, media_type, size from draft_files where draft_id = $1 order by id", draft.0)?;
    Ok(rows.into_iter().map(|(id, name, media_type, size)| DraftFile { id, name, media_type, size }).collect())
}

/// The files of a draft with what is in them.
pub async fn attached(tx: &mut Tx, draft: DraftId) -> Result<Vec<Attached>> {
    let rows: Vec<(String, String, Vec<u8>)> =
        all!(tx, "select name, media_type, bytes from draft_files where draft_id = $1 order by id", draft.0)?;
    Ok(rows.into_iter().map(|(name, media_type, bytes)| Attached { name, media_type, bytes }).collect())
}

/// Puts a file to a draft.
pub async fn attach(tx: &mut Tx, draft: DraftId, file: &Attached) -> Result<()> {
    run!(
        tx,
        "insert into draft_files (draft_id, name, media_type, size, bytes) values ($1, $2, $3, $4, $5)",
        draft.0,
        file.name.as_str(),
        file.media_type.as_str(),
        i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
        file.bytes.as_slice()
    )?;
    Ok(())
}

/// Takes a file off a draft.
pub async fn detach(tx: &mut Tx, draft: DraftId, file: i64) -> Result<()> {
    run!(tx, "delete from draft_files where id = $1 and draft_id = $2", file, draft.0)?;
    Ok(())
}

/// Which colleagues wrote since `since` at an answer in the thread of a mail that was not sent yet. The caller
/// knows that whoever asks sees that mail; of drafts that hand mail on, or stand elsewhere, nothing is told.
pub async fn writing(tx: &mut Tx, mail: MailId, except: UserId, since: Timestamp) -> Result<Vec<UserId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select distinct d.user_id from mails m join mails t on t.thread_id = m.thread_id join drafts d on d.mail_id = t.id \
         left join outbox o on o.id = d.outbox_id where m.id = $1 and d.user_id <> $2 and d.saved_at >= $3 \
         and d.kind in ('reply', 'reply-all') and coalesce(o.state, 'queued') in ('queued', 'sending') order by 1",
        mail.0,
        except.0,
        since.0
    )?;
    Ok(rows.into_iter().map(|(id,)| UserId(id)).collect())
}

/// Whether a mail that a person wrote is due to be sent.
pub async fn waiting(tx: &mut Tx, now: Timestamp) -> Result<bool> {
    let (found,): (bool,) = one!(
        tx,
        "select exists (select 1 from outbox o join drafts d on d.outbox_id = o.id \
         where o.state = 'queued' and o.next_try_at <= $1)",
        now.0
    )?;
    Ok(found)
}

/// A mail that went out and is to be taken in, or whose copy is to be put into its writer's folder.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Whose it is.
    pub draft: DraftId,
    /// The mailbox through which it went.
    pub mailbox: MailboxId,
    /// That mailbox's name.
    pub mailbox_name: String,
    /// Its Message-ID.
    pub message_id: String,
    /// What went out.
    pub bytes: Vec<u8>,
    /// Who got it unseen, as it was typed.
    pub bcc: String,
    /// When it went.
    pub at: Timestamp,
    /// How often the copy was tried.
    pub tries: i64,
}

#[derive(sqlx::FromRow)]
struct SentRow {
    id: i64,
    mailbox_id: i64,
    name: String,
    message_id: String,
    bytes: Vec<u8>,
    bcc_line: String,
    settled_at: Option<i64>,
    copy_tries: i64,
}

fn sent(row: SentRow) -> Sent {
    Sent {
        draft: DraftId(row.id),
        mailbox: MailboxId(row.mailbox_id),
        mailbox_name: row.name,
        message_id: row.message_id,
        bytes: row.bytes,
        bcc: row.bcc_line,
        at: Timestamp(row.settled_at.unwrap_or_default()),
        tries: row.copy_tries,
    }
}

/// The next mail that went out and was not taken in yet.
pub async fn to_take_in(tx: &mut Tx) -> Result<Option<Sent>> {
    let row: Option<SentRow> = maybe!(
        tx,
        "select d.id, o.mailbox_id, b.name, o.message_id, o.bytes, d.bcc_line, o.settled_at, d.copy_tries \
         from drafts d join outbox o on o.id = d.outbox_id join mailboxes b on b.id = o.mailbox_id \
         where d.taken_at is null and d.outbox_id is not null and o.state = 'sent' order by d.id limit 1"
    )?;
    Ok(row.map(sent))
}

/// Notes that a mail was taken in; its copy is due.
pub async fn taken_in(tx: &mut Tx, draft: DraftId, now: Timestamp, copy_at: Timestamp) -> Result<()> {
    run!(
        tx,
        "update drafts set taken_at = $2, copy = 'due', copy_next_at = $3 where id = $1 and taken_at is null",
        draft.0,
        now.0,
        copy_at.0
    )?;
    Ok(())
}

/// The next mail whose copy is due, by now and in one of these mailboxes.
pub async fn to_copy(tx: &mut Tx, now: Timestamp) -> Result<Option<Sent>> {
    let row: Option<SentRow> = maybe!(
        tx,
        "select d.id, o.mailbox_id, b.name, o.message_id, o.bytes, d.bcc_line, o.settled_at, d.copy_tries \
         from drafts d join outbox o on o.id = d.outbox_id join mailboxes b on b.id = o.mailbox_id \
         where d.copy = 'due' and d.copy_next_at <= $1 order by d.copy_next_at, d.id limit 1",
        now.0
    )?;
    Ok(row.map(sent))
}

/// Notes how a try to put the copy there ended; `Due` is tried again at `next`. Where it is over, the words and
/// files of the draft go: they stand in the mail by now. In the outbox the row stays, so that the mail is known.
pub async fn copied(tx: &mut Tx, draft: DraftId, copy: &SentCopy, error: Option<&str>, next: Timestamp) -> Result<()> {
    let word = match copy {
        SentCopy::None => "none",
        SentCopy::Due => "due",
        SentCopy::There => "there",
        SentCopy::Theirs => "theirs",
        SentCopy::Failed(_) => "failed",
    };
    run!(
        tx,
        "update drafts set copy = $2, copy_error = $3, copy_tries = copy_tries + 1, copy_next_at = $4 where id = $1",
        draft.0,
        word,
        error,
        next.0
    )?;
    if *copy == SentCopy::Due {
        return Ok(());
    }
    let empty: &[u8] = &[];
    run!(tx, "delete from draft_files where draft_id = $1", draft.0)?;
    run!(
        tx,
        "update outbox set bytes = $2, also_to = null where id in (select outbox_id from drafts where id = $1)",
        draft.0,
        empty
    )?;
    run!(
        tx,
        "update drafts set to_line = '', cc_line = '', bcc_line = '', subject = '', body = '' where id = $1",
        draft.0
    )?;
    Ok(())
}

/// Drafts of which nobody knows whether they went out, of which a copy lies in a mailbox by now: so they did.
pub async fn found_sent(tx: &mut Tx) -> Result<Vec<OutboxId>> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "select o.id from drafts d join outbox o on o.id = d.outbox_id where d.taken_at is null \
         and d.outbox_id is not null and o.state = 'unclear' \
         and exists (select 1 from mail_ids i where i.id_key = o.id_key and i.what = 'own')"
    )?;
    Ok(rows.into_iter().map(|(id,)| OutboxId(id)).collect())
}

/// The stored mail with this Message-ID, if there is one; the caller asks whether it may be seen.
pub async fn mail_of(tx: &mut Tx, outbox: OutboxId) -> Result<Option<MailId>> {
    let row: Option<(i64,)> = maybe!(
        tx,
        "select i.mail_id from outbox o join mail_ids i on i.id_key = o.id_key and i.what = 'own' where o.id = $1 \
         order by i.mail_id limit 1",
        outbox.0
    )?;
    Ok(row.map(|(id,)| MailId(id)))
}

/// What a person puts below what they write.
pub async fn signature(tx: &mut Tx, user: UserId) -> Result<String> {
    let row: Option<(String,)> = maybe!(tx, "select signature from users where id = $1", user.0)?;
    Ok(row.map(|(text,)| text).unwrap_or_default())
}

/// Keeps what a person puts below what they write.
pub async fn set_signature(tx: &mut Tx, user: UserId, text: &str) -> Result<()> {
    run!(tx, "update users set signature = $2 where id = $1", user.0, text)?;
    Ok(())
}

/// The fencing number of a mailbox as it is now: what was written in Standin is taken in beside whoever reads it.
pub async fn fence(tx: &mut Tx, mailbox: MailboxId) -> Result<i64> {
    let row: Option<(i64,)> = maybe!(tx, "select fence from mailboxes where id = $1", mailbox.0)?;
    Ok(row.map_or(0, |(fence,)| fence))
}
