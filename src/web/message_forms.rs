//! Correcting where a mail belongs, on its page (W5): each word is a person's, and is undone from the page
//! that says it was noted, or from what people said of the mail.

use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::review::{begin, named, own_domains};
use super::visit::Visit;
use super::when::When;
use super::words::{ReviewWords, fill};
use crate::actions::actor::Actor;
use crate::actions::corrections::{self, Always, Done, Listed, No, Said};
use crate::actions::review::Reviewer;
use crate::intake::reconsider;
use crate::model::address::Address;
use crate::model::correction::{Reach, Whom};
use crate::model::id::{MailId, RecordId};
use crate::store::{self, Tx, views};
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::Response;

/// A line of what people said of a mail.
pub(super) struct SaidView {
    pub text: String,
    pub of: String,
    pub who: String,
    pub when: When,
    pub stands: bool,
    pub undo: String,
}

/// What the page shows beside the mail.
pub(super) struct Corrections {
    /// What people said, the latest first.
    pub history: Vec<SaidView>,
    /// Whether the viewer is asked about it in review.
    pub asked: bool,
    /// Its sender, for "all mail of".
    pub sender: Option<String>,
    /// The sender's domain, where something may be said of all its mail.
    pub domain: Option<String>,
    /// What is asked before a word on a domain is written down.
    pub asking: Option<Asking>,
}

/// A word on a domain that is still to be agreed to.
pub(super) struct Asking {
    pub text: String,
    pub record: i64,
}

/// Loads it; the caller knows that the viewer sees the mail.
/// `domain` is the record that all mail of the sender's domain is to be about, where that was asked.
pub(super) async fn load(
    visit: &mut Visit,
    mail: MailId,
    sender: &str,
    domain: Option<RecordId>,
) -> Result<Corrections, Refusal> {
    let (world, now, user) = (visit.world.clone(), visit.clock.now, visit.person.user);
    let actor = Actor::load(&mut visit.tx, Some(user), &world, now).await?;
    let asked = Reviewer::of(&actor).one(&mut visit.tx, mail).await?.is_some();
    let listed = corrections::list(&mut visit.tx, &actor, mail).await?.unwrap_or_default();
    let ours = sender.is_empty() || store::mailboxes::is_ours(&mut visit.tx, sender).await?;
    let whom = Address::parse(sender).ok().filter(|_| !ours).map(|a| Whom::Domain(a.domain().to_owned()));
    let house = own_domains(visit);
    let whom = whom.filter(|w| corrections::sayable(w, corrections::is_of_us(w.domain(), &house)).is_ok());
    let asking = match (&whom, domain) {
        (Some(whom), Some(record)) => asking(visit, &actor, whom, record).await?,
        _ => None,
    };
    Ok(Corrections {
        history: listed.iter().map(|l| said_view(l, visit)).collect(),
        asked,
        sender: (!ours).then(|| sender.to_owned()),
        domain: whom.map(|whom| whom.to_string()),
        asking,
    })
}

/// What is asked before all mail of a domain is said to be about a record.
async fn asking(
    visit: &mut Visit,
    actor: &Actor<'_>,
    whom: &Whom,
    record: RecordId,
) -> Result<Option<Asking>, Refusal> {
    let names = views::names(&mut visit.tx, &actor.reach, [record]).await?;
    let Some(named) = names.get(&record) else { return Ok(None) };
    let mails = corrections::of_domain(&mut visit.tx, actor, whom.domain()).await?;
    let w = visit.words();
    let r = ReviewWords::of(w.language);
    let mails = w.count(&w.rules().mails, mails);
    let text = fill(r.domain_asks, &[("domain", &whom.to_string()), ("name", &named.name), ("mails", &mails)]);
    Ok(Some(Asking { text, record: record.0 }))
}

fn said_view(listed: &Listed, visit: &Visit) -> SaidView {
    let r = ReviewWords::of(visit.words().language);
    let correction = &listed.correction;
    let record = listed.record.clone().unwrap_or_default();
    let of = match correction.reach {
        Reach::Mail => String::new(),
        Reach::Thread => r.of_thread.to_owned(),
        Reach::Sender => fill(r.of_sender, &[("sender", correction.address.as_deref().unwrap_or_default())]),
    };
    let what = match correction.is_none() {
        true => r.said_none,
        false => r.said(correction.what, correction.record.is_some()),
    };
    SaidView {
        text: fill(what, &[("record", &record)]),
        of,
        who: correction.by.map_or(r.operator.to_owned(), |user| visit.name(user)),
        when: visit.clock.when(correction.at),
        stands: listed.stands,
        undo: format!("/corrections/{}/undo", correction.id),
    }
}

/// `POST /messages/{id}/correct`.
pub(super) async fn correct(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let done = match path {
        Ok(Path(id)) => corrected(&visit, MailId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn corrected(
    visit: &Visit,
    mail: MailId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let (mut tx, world) = begin(visit).await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let message = views::message(&mut tx, &visit.scope, mail).await?.ok_or(Refusal::NotFound)?;
    let done = match fields.get("act") {
        "always" => always(visit, &mut tx, &actor, &fields, &message.mail.from.address).await?,
        "domain" if fields.get("agreed") != "1" => {
            let record = named(visit, &mut tx, &actor, fields.get("record")).await?.record.id;
            return Ok(go(&format!("/messages/{mail}?domain={record}")));
        }
        "domain" => of_domain(visit, &mut tx, &actor, &fields, &message.mail.from.address).await?,
        act => {
            let said = said(visit, &mut tx, &actor, act, &fields).await?;
            corrections::say(&mut tx, &actor, mail, &said).await?
        }
    };
    let done = done.map_err(|no| refused(&no, visit))?;
    let stays = settle(visit, &mut tx, &done, Some(mail)).await?;
    tx.commit().await?;
    // Whoever took it off their record may not see it any more.
    let page = if stays { format!("/messages/{mail}") } else { "/review".to_owned() };
    Ok(go(&format!("{page}?said={}", done.correction)))
}

async fn said(visit: &Visit, tx: &mut Tx, actor: &Actor<'_>, act: &str, fields: &Fields) -> Result<Said, Refusal> {
    let thread = fields.get("thread") == "1";
    let r = ReviewWords::of(visit.words().language);
    if let Some(record) = act.strip_prefix("remove-").and_then(|id| id.parse().ok()) {
        return Ok(Said::Remove(RecordId(record)));
    }
    Ok(match act {
        "move" => Said::Move { to: Some(named(visit, tx, actor, fields.get("record")).await?.record.id), thread },
        "none" => Said::Move { to: None, thread },
        "add" => Said::Add(named(visit, tx, actor, fields.get("record")).await?.record.id),
        "private" => Said::Private { thread },
        "automatic" => Said::Automatic,
        "confidential" => Said::Confidential(true),
        "open" => Said::Confidential(false),
        "split" => Said::Split,
        "join" => {
            let other = fields.get("other").rsplit(['/', '#', ' ']).next().and_then(|n| n.parse().ok());
            Said::Join(MailId(other.ok_or_else(|| Refusal::Declined(r.no_mail.to_owned()))?))
        }
        _ => return Err(Refusal::Declined(r.no_choice.to_owned())),
    })
}

async fn always(
    visit: &Visit,
    tx: &mut Tx,
    actor: &Actor<'_>,
    fields: &Fields,
    sender: &str,
) -> Result<Result<Done, No>, Refusal> {
    let r = ReviewWords::of(visit.words().language);
    let sender = Address::parse(sender).map_err(|_| Refusal::Declined(r.no_sender.to_owned()))?;
    let record = named(visit, tx, actor, fields.get("record")).await?.record.id;
    let ours = store::mailboxes::is_ours(tx, sender.as_str()).await? || own_domains(visit).contains(sender.domain());
    Ok(corrections::always(tx, actor, &Whom::Sender(sender), Always::Regard(record), ours).await?)
}

/// All mail of the sender's domain, after it was asked about with how much that is.
async fn of_domain(
    visit: &Visit,
    tx: &mut Tx,
    actor: &Actor<'_>,
    fields: &Fields,
    sender: &str,
) -> Result<Result<Done, No>, Refusal> {
    let r = ReviewWords::of(visit.words().language);
    let sender = Address::parse(sender).map_err(|_| Refusal::Declined(r.no_sender.to_owned()))?;
    let record = fields.number("of").map(RecordId).ok_or_else(|| Refusal::Declined(r.no_choice.to_owned()))?;
    let whom = Whom::Domain(sender.domain().to_owned());
    let ours = corrections::is_of_us(sender.domain(), &own_domains(visit));
    Ok(corrections::always(tx, actor, &whom, Always::Regard(record), ours).await?)
}

/// Decides again what a word changed; whether the viewer still sees the mail.
async fn settle(visit: &Visit, tx: &mut Tx, done: &Done, mail: Option<MailId>) -> Result<bool, Refusal> {
    let (own, now) = (own_domains(visit), visit.clock.now);
    reconsider::corrected(tx, &done.again, &own, now).await?;
    if let Some((whom, holder)) = &done.sender {
        reconsider::whom(tx, (whom, *holder), &own, &visit.app.state.keys, now).await?;
    }
    match mail {
        Some(mail) => Ok(views::message(tx, &visit.scope, mail).await?.is_some()),
        None => Ok(false),
    }
}

fn refused(no: &No, visit: &Visit) -> Refusal {
    match no {
        No::NoMail | No::NoCorrection => Refusal::NotFound,
        other => Refusal::Declined(ReviewWords::of(visit.words().language).no(other).to_owned()),
    }
}

/// `POST /corrections/{number}/undo`.
pub(super) async fn undo(visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let done = match path {
        Ok(Path(number)) => undone(&visit, number).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn undone(visit: &Visit, number: i64) -> Result<Response, Refusal> {
    let (mut tx, world) = begin(visit).await?;
    let actor = Actor::load(&mut tx, Some(visit.person.user), &world, visit.clock.now).await?;
    let mail = store::corrections::mail_of(&mut tx, number).await?;
    let done = corrections::undo(&mut tx, &actor, number).await?.map_err(|no| refused(&no, visit))?;
    let stays = settle(visit, &mut tx, &done, mail).await?;
    tx.commit().await?;
    Ok(match mail {
        Some(mail) if stays => go(&format!("/messages/{mail}?undone=1")),
        _ => go("/review"),
    })
}
