//! Absence notices as if: what a client would get, what the last mails of a mailbox would have got, and what each rule
//! says of a mail that came. Nothing is written or sent.

use super::super::visit::Visit;
use super::asking::{Asking, At, Body};
use super::assigning::user;
use super::bearer::Reads;
use super::problem::Problem;
use super::shapes::{List, Who, octets};
use crate::access;
use crate::intake::context_of;
use crate::intake::notices::{self as trial, Concerned, Of, Sight, Tried, Unstored};
use crate::model::address::Address;
use crate::model::id::{AbsenceId, MailId, MsgId, UserId};
use crate::model::notice::{Language, Plan, Reason, Verdict};
use crate::model::notice_text::Spoken;
use crate::model::reach::Outcome;
use crate::model::time::Timestamp;
use crate::notice::{self, Asked, Policy};
use crate::store::mailboxes::{self, MailboxRow};
use crate::store::notice_log::Line;
use crate::store::{self, views};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Mails of a dry run at most.
const MOST: i64 = 500;

/// Whose notice to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticePreviewInput)]
pub(in super::super) struct PreviewInput {
    /// The client's address.
    client: String,
    /// Who is away: a user's id. Without it whose absence is named, else the owner of the token.
    user_id: Option<i64>,
    /// The absence; without it the one that runs, else the next, else one of a week.
    absence_id: Option<i64>,
}

/// Of whose mailbox.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeTryInput)]
pub(in super::super) struct TryInput {
    /// Whose: a user's id. Without it whose absence is named, else the owner of the token.
    user_id: Option<i64>,
    /// The absence; without it the one that runs, else the next, else one of a week.
    absence_id: Option<i64>,
    /// Of how many of the last mails.
    #[schema(minimum = 1, maximum = 500, default = 50)]
    last: Option<i64>,
}

/// A mail that is not stored: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoticeExplainInput)]
pub(in super::super) struct ExplainInput {
    /// Its Message-ID: then what was decided is told.
    message_id: Option<String>,
    /// The whole mail (.eml) in base64: then each rule is told, too.
    #[schema(format = Byte)]
    content: Option<String>,
}

/// What keeps a notice from going.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeReason)]
pub(in super::super) struct ReasonView {
    /// The rule.
    rule: &'static str,
    /// Which part of it; may be empty.
    part: &'static str,
    /// In words.
    text: &'static str,
}

/// What speaks of a client's language.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeLanguage)]
pub(in super::super) struct SpokenView {
    /// contact, last-mail, their-mail, default or foreign.
    source: String,
    /// Its tag.
    language: String,
    /// Whether notices can be written in it; else the next source is asked.
    has_words: bool,
}

/// A text of a notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticePart)]
pub(in super::super) struct PartView {
    /// Its language.
    language: String,
    /// Whose text it is: absence, person, team, company or shipped.
    source: String,
}

/// A notice as it would go.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticePlan)]
pub(in super::super) struct PlanView {
    /// Its author.
    from: String,
    /// Its recipient.
    to: String,
    /// Where answers go, if not to the author.
    reply_to: Option<String>,
    /// Its subject.
    subject: String,
    /// Its text.
    body: String,
    /// The texts of which it is made.
    texts: Vec<PartView>,
    /// Lines of people's own texts that it leaves out, because a variable in them has no value.
    left_out: Vec<String>,
    /// Why in these languages.
    because: String,
    /// Everything that speaks of the client's language, best first.
    languages: Vec<SpokenView>,
    /// Who is named in it.
    named: Option<Who>,
}

/// What a client would get.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticePreview)]
pub(in super::super) struct PreviewView {
    /// Who is away.
    user: Who,
    /// The absence that it speaks of; null for one that is made up.
    absence_id: Option<i64>,
    /// The mail of theirs to which it would be the answer; null: an ordinary one was assumed.
    message_id: Option<i64>,
    /// Whether a notice would go.
    goes: bool,
    /// What keeps it.
    withheld: Option<ReasonView>,
    /// What it says; where something keeps it, what it would say.
    notice: Option<PlanView>,
    /// The mail as it would go out, where one would.
    source: Option<String>,
}

/// One of the last mails of a dry run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeTried)]
pub(in super::super) struct TriedView {
    /// The mail, where it is stored and the token shows it.
    message_id: Option<i64>,
    /// When it arrived.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Whether a notice would have gone; null where nothing is known of it.
    goes: Option<bool>,
    /// What would have kept it.
    withheld: Option<ReasonView>,
    /// In which languages it would have been.
    languages: Vec<String>,
}

/// A dry run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeTrial)]
pub(in super::super) struct TrialView {
    /// Whose mailbox it is.
    user: Who,
    /// The absence that counted; null for one that is made up.
    absence_id: Option<i64>,
    /// How many would have been answered.
    notices: usize,
    /// Of how many nothing is known: they concern no record, so nothing of them is kept.
    unknown: usize,
    /// The mails, newest first.
    messages: Vec<TriedView>,
}

/// What was noted when a mail came.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeNoted)]
pub(in super::super) struct NotedView {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The absence.
    absence_id: i64,
    /// What kept it; null if a notice was to go.
    withheld: Option<ReasonView>,
    /// How far it is: queued, sending, sent, refused, gave-up or unclear.
    state: Option<String>,
    /// The number with which the server's last words begin, where it is not out.
    server_code: Option<String>,
    /// When it is tried next.
    #[schema(format = DateTime)]
    next_try: Option<String>,
    /// What a later report says became of it: hard, soft, policy, late, delivered, complaint, shown or deleted.
    came_back: Option<&'static str>,
}

/// What a rule says of a mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeRule)]
pub(in super::super) struct RuleView {
    /// The rule.
    rule: &'static str,
    /// Which part of it; may be empty.
    part: &'static str,
    /// Whether it forbids a notice.
    forbids: bool,
    /// What is true of the mail, in words.
    text: &'static str,
}

/// Somebody to whom a mail came.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeExplained)]
pub(in super::super) struct ConcernedView {
    /// Who; null for a shared mailbox, which never answers.
    user: Option<Who>,
    /// The mailbox.
    mailbox_id: i64,
    /// What was decided when it came; null where nothing was.
    decided: Option<NotedView>,
    /// Each rule; empty where they were not away, or only the Message-ID is known.
    rules: Vec<RuleView>,
    /// What speaks of the sender's language, best first.
    languages: Vec<SpokenView>,
}

fn reason(reason: Reason) -> ReasonView {
    ReasonView { rule: reason.rule(), part: reason.part(), text: notice::explain(reason, Language::En) }
}

fn spoken(all: &[Spoken]) -> Vec<SpokenView> {
    let one = |one: &Spoken| SpokenView {
        source: one.because.word().to_owned(),
        language: one.tag.clone(),
        has_words: one.has_words,
    };
    all.iter().map(one).collect()
}

fn planned(plan: &Plan, policy: &Policy, visit: &Visit) -> PlanView {
    let (subject, body) = notice::rendered(plan, policy);
    let texts = plan
        .texts
        .iter()
        .map(|text| PartView { language: text.language.tag().to_owned(), source: text.source.word().to_owned() });
    PlanView {
        from: plan.from.address.to_string(),
        to: plan.to.clone(),
        reply_to: plan.reply_to.as_ref().map(ToString::to_string),
        subject,
        body,
        texts: texts.collect(),
        left_out: notice::left_out(plan, policy),
        because: plan.because.word().to_owned(),
        languages: spoken(&plan.spoken),
        named: notice::named(plan, policy).map(|named| Who::of(named.user, visit)),
    }
}

/// Whose notices are meant, if they are the business of the token's owner; and the absence.
fn whose(visit: &Visit, user_id: Option<i64>, absence_id: Option<i64>) -> Result<(UserId, Of), Problem> {
    let absence = absence_id.map(AbsenceId);
    let wrong = || Problem::field("absence_id", "there is no such absence, or it is over, or not yours to ask about");
    let known = absence.map(|id| visit.world.absences.iter().find(|one| one.id == id).ok_or_else(wrong)).transpose()?;
    let whose = match (user_id, known) {
        (Some(id), _) => user("user_id", id, &visit.world)?,
        (None, Some(absence)) => absence.user,
        (None, None) => visit.person.user,
    };
    if !access::may_enter(Some(visit.person.user), whose, &visit.world) {
        // An absence of somebody else is no way to ask who is away.
        return Err(if user_id.is_some() { Problem::NotFound } else { wrong() });
    }
    if known.is_some_and(|absence| absence.user != whose) {
        return Err(wrong());
    }
    Ok((whose, absence.map_or(Of::Next, Of::Id)))
}

async fn mailbox(visit: &mut Visit, user: UserId) -> Result<MailboxRow, Problem> {
    let found = mailboxes::list(&mut visit.tx).await?.into_iter().find(|mailbox| mailbox.user == Some(user));
    let none = "No mailbox of theirs is read here; only who has one sends notices.";
    found.ok_or_else(|| Problem::Declined(none.to_owned()))
}

/// What a client would get if they wrote now: which text, in which language and why, who is named; or why nothing.
#[utoipa::path(
    post, path = "/api/v1/notices/preview", tag = "notices", request_body = PreviewInput,
    responses((status = 200, body = PreviewView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn preview(
    mut asking: Asking<Reads>,
    body: Body<PreviewInput>,
) -> Result<Json<PreviewView>, Problem> {
    let visit = &mut asking.visit;
    let PreviewInput { client, user_id, absence_id } = body.value;
    let client = Address::parse(&client).map_err(|error| Problem::field("client", error.to_string()))?;
    let (user, of) = whose(visit, user_id, absence_id)?;
    let (mailbox, state) = (mailbox(visit, user).await?, visit.app.state.clone());
    let context = context_of(&state.config, &state.keys, mailbox.id);
    // Of somebody else's mail nothing is told, so there an ordinary one is answered.
    let looks = (Sight(Some(&visit.scope)), user == visit.person.user);
    let found = trial::preview(&mut visit.tx, &context, of, &client, looks, visit.clock.now).await?;
    let found = found.ok_or(Problem::NotFound)?;
    if let Some(mail) = found.mail {
        visit.reads_mail(mail).await?;
    }
    let withheld = match &found.verdict {
        Verdict::Withhold(why) => Some(reason(*why)),
        Verdict::Send(_) => None,
    };
    Ok(Json(PreviewView {
        user: Who::of(user, visit),
        absence_id: found.absence.map(|id| id.0),
        message_id: found.mail.map(|mail| mail.0),
        goes: withheld.is_none(),
        withheld,
        notice: found.plan.as_ref().map(|plan| planned(plan, &found.policy, visit)),
        source: found.notice.map(|mail| String::from_utf8_lossy(&mail.bytes).into_owned()),
    }))
}

/// Who of the last senders to a mailbox would have got a notice had an absence run, and why others not.
#[utoipa::path(
    post, path = "/api/v1/notices/try", tag = "notices", request_body = TryInput,
    responses((status = 200, body = TrialView)), security(("token" = ["read"]))
)]
pub(in super::super) async fn try_last(
    mut asking: Asking<Reads>,
    body: Body<TryInput>,
) -> Result<Json<TrialView>, Problem> {
    let visit = &mut asking.visit;
    let TryInput { user_id, absence_id, last } = body.value;
    let last = last.unwrap_or(50);
    if !(1..=MOST).contains(&last) {
        return Err(Problem::field("last", format!("write a number from 1 to {MOST}")));
    }
    let (user, of) = whose(visit, user_id, absence_id)?;
    let (mailbox, state) = (mailbox(visit, user).await?, visit.app.state.clone());
    let context = context_of(&state.config, &state.keys, mailbox.id);
    let sight = Sight(Some(&visit.scope));
    let found = trial::try_last(&mut visit.tx, &context, of, sight, last, visit.clock.now).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let mails: Vec<MailId> = found.mails.iter().filter_map(|tried| tried.place.mail).collect();
    // The number of a mail only for whoever can look at it.
    let seen = views::subjects(&mut visit.tx, &visit.scope, &mails).await?;
    let item = |tried: &Tried| {
        let (goes, withheld, languages) = match &tried.verdict {
            Some(Verdict::Withhold(why)) => (Some(false), Some(reason(*why)), Vec::new()),
            Some(Verdict::Send(plan)) => {
                let languages = plan.texts.iter().map(|text| text.language.tag().to_owned());
                (Some(true), None, languages.collect())
            }
            None => (None, None, Vec::new()),
        };
        let mail = tried.place.mail.filter(|mail| seen.contains_key(mail));
        let at = tried.place.internal_at.map(Timestamp::rfc3339);
        TriedView { message_id: mail.map(|mail| mail.0), at, goes, withheld, languages }
    };
    let (notices, unknown) = found.counts();
    Ok(Json(TrialView {
        user: Who::of(user, visit),
        absence_id: found.absence.map(|id| id.0),
        notices,
        unknown,
        messages: found.mails.iter().map(item).collect(),
    }))
}

fn noted(line: &Line) -> NotedView {
    NotedView {
        at: line.at.rfc3339(),
        absence_id: line.absence.0,
        withheld: Reason::from_rule(&line.reason).map(reason),
        state: line.state.clone(),
        server_code: line.answer_code().map(str::to_owned),
        next_try: line.next_try.map(Timestamp::rfc3339),
        came_back: line.came_back.map(Outcome::word),
    }
}

/// What rules say of a mail, for those whose notices are the business of the token's owner.
fn explained(found: &[Concerned], visit: &Visit) -> Json<List<ConcernedView>> {
    let me = visit.person.user;
    let business = |one: &&Concerned| one.user.is_none_or(|user| access::may_enter(Some(me), user, &visit.world));
    let rule = |asked: &Asked| RuleView {
        rule: asked.reason.rule(),
        part: asked.reason.part(),
        forbids: asked.forbids,
        text: match asked.forbids {
            true => notice::explain(asked.reason, Language::En),
            false => notice::passed(asked, Language::En),
        },
    };
    let item = |one: &Concerned| ConcernedView {
        user: one.user.map(|user| Who::of(user, visit)),
        mailbox_id: one.mailbox.0,
        decided: one.noted.as_ref().map(noted),
        rules: one.rules.iter().map(rule).collect(),
        languages: spoken(&one.spoken),
    };
    Json(List { items: found.iter().filter(business).map(item).collect(), next: None })
}

async fn of_stored(visit: &mut Visit, mail: MailId) -> Result<Json<List<ConcernedView>>, Problem> {
    views::message(&mut visit.tx, &visit.scope, mail).await?.ok_or(Problem::NotFound)?;
    visit.reads_mail(mail).await?;
    let state = visit.app.state.clone();
    let context = |mailbox| context_of(&state.config, &state.keys, mailbox);
    let found = trial::explain(&mut visit.tx, context, Sight(Some(&visit.scope)), mail, visit.clock.now).await?;
    Ok(explained(&found, visit))
}

/// For everybody to whom a stored mail came whether a notice went, and what each rule says: as far as their notices are
/// the business of the token's owner.
#[utoipa::path(
    get, path = "/api/v1/messages/{id}/notices", tag = "notices", params(("id" = i64, Path)),
    responses((status = 200, body = List<ConcernedView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn of_mail(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
) -> Result<Json<List<ConcernedView>>, Problem> {
    of_stored(&mut asking.visit, MailId(id)).await
}

/// The same of a mail by its Message-ID or its octets, also where it concerns no record, so that nothing of it is kept
/// but keyed hashes.
#[utoipa::path(
    post, path = "/api/v1/notices/explain", tag = "notices", request_body = ExplainInput,
    responses((status = 200, body = List<ConcernedView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn explain(
    mut asking: Asking<Reads>,
    body: Body<ExplainInput>,
) -> Result<Json<List<ConcernedView>>, Problem> {
    let visit = &mut asking.visit;
    let (id, wanted) = match (body.value.message_id, body.value.content) {
        (Some(text), None) => {
            let bare = text.trim().trim_start_matches('<').trim_end_matches('>');
            let wrong = || Problem::field("message_id", "write it as it stands on the mail: <…@…>");
            let id = MsgId::new(bare).filter(|id| id.as_str().contains('@')).ok_or_else(wrong)?;
            (Some(id.clone()), Unstored::Id(id))
        }
        (None, Some(text)) => {
            let raw = octets("content", &text)?;
            (crate::parse::parse(&raw).message_id, Unstored::Bytes(raw))
        }
        _ => return Err(Problem::field("message_id", "name the mail by message_id or give it as content")),
    };
    let state = visit.app.state.clone();
    let context = |mailbox| context_of(&state.config, &state.keys, mailbox);
    let mut found = trial::unstored(&mut visit.tx, context, Sight(Some(&visit.scope)), wanted, visit.clock.now).await?;
    let me = visit.person.user;
    found.retain(|one| one.user.is_some_and(|user| access::may_enter(Some(me), user, &visit.world)));
    if !found.is_empty() {
        return Ok(explained(&found, visit));
    }
    let id = id.ok_or(Problem::NotFound)?;
    match stored_with(visit, &id).await? {
        Some(mail) => of_stored(visit, mail).await,
        None => Err(Problem::NotFound),
    }
}

/// The first stored mail with this Message-ID that the token shows.
async fn stored_with(visit: &mut Visit, id: &MsgId) -> Result<Option<MailId>, Problem> {
    let all = store::corrections::mails_named(&mut visit.tx, 0, id.as_str()).await?;
    let all: Vec<MailId> = all.into_iter().map(|one| one.id).collect();
    let seen = views::subjects(&mut visit.tx, &visit.scope, &all).await?;
    Ok(all.into_iter().find(|mail| seen.contains_key(mail)))
}
