//! What several views share: excerpts of mails, who wrote to whom, answers, notices, names.

use super::super::{Result, Tx, list};
use crate::access::Scope;
use crate::model::id::{MailId, RecordId, TeamId, UserId};
use crate::model::mail::Attachment;
use crate::model::record::{Class, Kind, Record, Status};
use crate::model::time::Timestamp;
use std::collections::HashMap;
use std::fmt;

/// A record with what is needed to name it and to say who answers for it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Named {
    /// The record.
    pub id: RecordId,
    /// Which of the four.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: UserId,
    /// Its team.
    pub team: Option<TeamId>,
    /// Whether it is confidential.
    pub confidential: bool,
    /// The account it belongs to.
    pub account: Option<RecordId>,
    /// Its class, or its account's.
    pub class: Option<Class>,
}

impl Named {
    /// As the record that governs a mail: one that is marked confidential is seen as if the record were.
    pub(super) fn beside(self, sealed: bool) -> Named {
        Named { confidential: self.confidential || sealed, ..self }
    }

    /// The record, as far as rights and who answers need it; its name is left out.
    pub fn record(&self) -> Record {
        Record {
            id: self.id,
            kind: self.kind,
            name: String::new(),
            owner: self.owner,
            team: self.team,
            confidential: self.confidential,
            status: Status::Open,
            account: self.account,
            class: self.class,
            end_account: None,
            end_contact: None,
        }
    }
}

/// Without the class: that of an account which the viewer may not see decides who answers, and is
/// nothing to be told apart by. Pages know by this form whether they changed.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.id, self.kind, &self.name, self.owner, self.team, self.confidential, self.account).fmt(f)
    }
}

/// A display name with an address, as it stood on the mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Written {
    /// The field: `from`, `to`, `cc` ….
    pub field: String,
    /// The display name, if there was one.
    pub name: Option<String>,
    /// The address; empty if none could be read.
    pub address: String,
}

/// What a list shows of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Excerpt {
    /// The mail.
    pub id: MailId,
    /// When it was written (R133).
    pub at: Timestamp,
    /// `in`, `out` or `internal`.
    pub direction: String,
    /// The word of `model::mail::Author`.
    pub author: String,
    /// The word of `model::mail::Channel`.
    pub channel: String,
    /// Who wrote it.
    pub from: Written,
    /// To whom it went, `To` before `Cc`.
    pub to: Vec<Written>,
    /// Its subject.
    pub subject: String,
    /// The first lines of its new text.
    pub text: String,
    /// JSON, see [`Excerpt::attachments`].
    pub attachments: String,
    /// Hands somebody else's mail on.
    pub forward: bool,
    /// Our own server says that the sender is not who it claims (R36).
    pub doubted: bool,
    /// A client's mail, by a person, that nobody answered.
    pub waits: bool,
    /// Who answered it and when.
    pub answer: Option<Answer>,
    /// When a call was made that ended its wait.
    pub called: Option<Timestamp>,
    /// A question of ours that nobody answered.
    pub awaits: bool,
    /// When somebody wants to be reminded of it; none: as configured.
    pub follow_up: Option<Timestamp>,
    /// It is marked confidential. Told only to whoever sees it on a record.
    pub sealed: bool,
}

/// The first answer to a mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    /// When.
    pub at: Timestamp,
    /// The answering mail and its author; `None` if the viewer may not see that mail.
    pub by: Option<(MailId, String)>,
}

/// An absence notice that a mail set off.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notice {
    /// When it was decided.
    pub at: Timestamp,
    /// The word of `model::delivery::Delivery`.
    pub state: String,
    /// To whom.
    pub to: String,
    /// For whom it was sent.
    pub away: String,
    /// Whom it names.
    pub substitute: Option<String>,
    /// The submission server's last words, where it was not simply taken.
    pub answer: Option<String>,
    /// The reverse path of the last try, empty for the null one; `None` before there was one (R62).
    pub sent_from: Option<String>,
}

impl Excerpt {
    /// The attachments as stored; none where the row holds something else.
    pub fn attachments(&self) -> Vec<Attachment> {
        serde_json::from_str(&self.attachments).unwrap_or_default()
    }
}

/// The columns of [`MailRow`], of a mail aliased `m`.
macro_rules! mail_columns {
    () => {
        "m.id, m.at, m.direction, m.author, m.channel, m.from_name, m.from_address, m.subject, \
         substr(m.visible, 1, 700) as text, m.attachments, m.forward, m.auth_failed, m.waits, m.answered_at, m.answered_by, \
         m.called_at, m.awaits, m.follow_up_at, m.sealed"
    };
}
pub(super) use mail_columns;

/// A mail's row, before what hangs on it is known.
#[derive(sqlx::FromRow)]
pub(super) struct MailRow {
    pub id: i64,
    at: i64,
    direction: String,
    author: String,
    channel: String,
    from_name: Option<String>,
    from_address: String,
    subject: String,
    text: String,
    attachments: String,
    forward: bool,
    auth_failed: bool,
    waits: bool,
    answered_at: Option<i64>,
    pub answered_by: Option<i64>,
    called_at: Option<i64>,
    awaits: bool,
    follow_up_at: Option<i64>,
    pub sealed: bool,
}

impl MailRow {
    /// Whether a client waits for an answer to it.
    pub fn waits(&self) -> bool {
        self.waits
    }
}

/// What hangs on the mails of one page.
pub(super) struct Hung {
    to: HashMap<i64, Vec<Written>>,
    answers: HashMap<i64, String>,
}

impl Hung {
    /// Loads it for `rows`, which the caller selected under the same scope.
    pub async fn load(tx: &mut Tx, scope: &Scope, rows: &[&MailRow]) -> Result<Hung> {
        let to = addressees(tx, rows.iter().map(|row| row.id)).await?;
        let answers = writers(tx, scope, rows.iter().filter_map(|row| row.answered_by)).await?;
        Ok(Hung { to, answers })
    }

    /// The excerpt of a row.
    pub fn excerpt(&self, row: MailRow) -> Excerpt {
        let answer = row.answered_at.map(|at| Answer {
            at: Timestamp(at),
            by: row.answered_by.and_then(|id| self.answers.get(&id).map(|name| (MailId(id), name.clone()))),
        });
        Excerpt {
            id: MailId(row.id),
            at: Timestamp(row.at),
            direction: row.direction,
            author: row.author,
            channel: row.channel,
            from: Written { field: "from".into(), name: row.from_name, address: row.from_address },
            // A mail may stand on several lists of one page.
            to: self.to.get(&row.id).cloned().unwrap_or_default(),
            subject: row.subject,
            text: row.text,
            attachments: row.attachments,
            forward: row.forward,
            doubted: row.auth_failed,
            waits: row.waits,
            answer,
            called: row.called_at.map(Timestamp),
            awaits: row.awaits,
            follow_up: row.follow_up_at.map(Timestamp),
            sealed: row.sealed,
        }
    }
}

async fn addressees(tx: &mut Tx, mails: impl Iterator<Item = i64>) -> Result<HashMap<i64, Vec<Written>>> {
    // The first few are enough for a list, and a mail to a thousand people must not swell a page.
    let rows: Vec<(i64, String, String, Option<String>)> = all!(
        tx,
        "select mail_id, field, address, name from mail_parties
         where mail_id in (select cast(value as bigint) from json_each($1))
           and field in ('to', 'cc') and position < 40
         order by mail_id, position",
        list(mails)
    )?;
    let mut found: HashMap<i64, Vec<Written>> = HashMap::new();
    for (mail, field, address, name) in rows {
        found.entry(mail).or_default().push(Written { field, name, address });
    }
    found.values_mut().for_each(|parties| parties.sort_by_key(|party| party.field != "to"));
    Ok(found)
}

/// Names of the authors of those of `mails` that the viewer may see on some record.
async fn writers(tx: &mut Tx, scope: &Scope, mails: impl Iterator<Item = i64>) -> Result<HashMap<i64, String>> {
    let mails = list(mails);
    if mails == "[]" {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, Option<String>, String)> = all_seen!(
        tx,
        concat!(
            "select m.id, m.from_name, m.from_address from mails m
             where m.id in (select cast(value as bigint) from json_each($8))
               and exists (select 1 from links l join records g on g.id = l.governing_id where l.mail_id = m.id and ",
            entry!("g", "l.sealed"),
            ")"
        ),
        scope,
        mails
    )?;
    Ok(rows
        .into_iter()
        .map(|(id, name, address)| (id, name.filter(|n| !n.trim().is_empty()).unwrap_or(address)))
        .collect())
}

type NoticeRow = (i64, i64, String, String, String, Option<String>, Option<String>, Option<String>);

/// The notices that `mails` set off; the caller selected them under a scope.
pub(super) async fn notices(tx: &mut Tx, mails: impl Iterator<Item = i64>) -> Result<HashMap<i64, Vec<Notice>>> {
    let rows: Vec<NoticeRow> = all!(
        tx,
        "select d.mail_id, coalesce(o.settled_at, d.at), o.state, o.envelope_to, u.name, s.name,
           case when o.state in ('sent', 'sending') then null else o.answer end, o.sent_from
         from notice_decisions d
         join outbox o on o.id = d.outbox_id
         join users u on u.id = d.user_id
         left join users s on s.id = d.substitute_id
         where d.verdict = 'send' and d.mail_id in (select cast(value as bigint) from json_each($1))
         order by d.mail_id, d.at, d.user_id",
        list(mails)
    )?;
    let mut found: HashMap<i64, Vec<Notice>> = HashMap::new();
    for (mail, at, state, to, away, substitute, answer, sent_from) in rows {
        found.entry(mail).or_default().push(Notice {
            at: Timestamp(at),
            state,
            to,
            away,
            substitute,
            answer,
            sent_from,
        });
    }
    Ok(found)
}

/// Names of those of `ids` that the viewer may read; the others are absent from the answer.
pub async fn names(
    tx: &mut Tx,
    scope: &Scope,
    ids: impl IntoIterator<Item = RecordId>,
) -> Result<HashMap<RecordId, Named>> {
    type Row = (i64, String, String, i64, Option<i64>, bool, Option<i64>, Option<String>);
    let ids = list(ids.into_iter().map(|id| id.0));
    if ids == "[]" {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = all_seen!(
        tx,
        concat!(
            "select r.id, r.kind, r.name, r.owner_id, r.team_id, r.confidential, r.account_id,
               coalesce(r.class, (select a.class from records a where a.id = r.account_id)) from records r
             where r.id in (select cast(value as bigint) from json_each($8)) and ",
            visible!("r")
        ),
        scope,
        ids
    )?;
    rows.into_iter()
        .map(|(id, kind, name, owner, team, confidential, account, class)| {
            let kind = kind_of(id, &kind)?;
            let named = Named {
                id: RecordId(id),
                kind,
                name,
                owner: UserId(owner),
                team: team.map(TeamId),
                confidential,
                account: account.map(RecordId),
                class: class.as_deref().and_then(Class::from_word),
            };
            Ok((named.id, named))
        })
        .collect()
}

/// Those of `ids` that the viewer would read also if they were confidential.
pub(super) async fn confided(tx: &mut Tx, scope: &Scope, ids: Vec<RecordId>) -> Result<Vec<RecordId>> {
    let rows: Vec<(i64,)> = all_seen!(
        tx,
        concat!(
            "select r.id from records r where r.id in (select cast(value as bigint) from json_each($8)) and ",
            entry!("r", "true")
        ),
        scope,
        list(ids.into_iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id,)| RecordId(id)).collect())
}

/// A record's kind from its column.
pub(super) fn kind_of(id: i64, word: &str) -> Result<Kind> {
    Kind::from_word(word).ok_or(super::super::StoreError::BadRow { table: "records", id, column: "kind" })
}
