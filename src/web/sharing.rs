//! Who sees a record, and sharing it: a line on the record's page, and a page of its own for those
//! who may share it, and admins.

use super::doing::roll;
use super::entry::kind;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::when::Clock;
use super::words::{Words, fill};
use crate::access::{self, Path as By, Reason, day_start};
pub(super) use crate::actions::access::Subject;
use crate::actions::caller::Caller;
use crate::actions::shares::{self, Refused, Wanted, holder_name};
use crate::model::id::{RecordId, TeamId, UserId};
use crate::model::record::Record;
use crate::model::share::{Holder, Rights, Share, Source};
use crate::store::{self, Tx};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;

/// What a record's page says of sharing to somebody who may share it.
pub(super) fn line(record: &Record, shares: &[Share], visit: &Visit) -> Option<String> {
    let (world, now) = (&visit.world, visit.clock.now);
    let caller = Caller { by: Some(visit.person.user), world, now };
    let shares: Vec<&Share> = match access::may_share(visit.person.user, record, shares, world, now) {
        Some(_) => shares.iter().collect(),
        None => Some(taken(record, shares, &caller)).filter(|taken| !taken.is_empty())?,
    };
    let standing = shares.into_iter().filter(|s| s.stands(now));
    let names: Vec<String> = standing.map(|s| holder_name(s.holder, &caller)).collect();
    let w = visit.words().access();
    Some(if names.is_empty() {
        w.shared_nobody.to_owned()
    } else {
        fill(w.shared_with, &[("names", &names.join(", "))])
    })
}

/// Those of the shares on a record that the caller, who may not share it, may take back all the same:
/// a line manager of its owner.
fn taken<'s>(record: &Record, shares: &'s [Share], caller: &Caller<'_>) -> Vec<&'s Share> {
    let Some(user) = caller.by else { return Vec::new() };
    let (world, now) = (caller.world, caller.now);
    if access::may_read(user, record, shares, world, now).is_none() {
        return Vec::new();
    }
    let by_hand = |s: &&Share| matches!(s.source, Source::Share | Source::BreakGlass);
    let may = |s: &&Share| s.stands(now) && access::may_take(user, s, record, shares, world, now);
    shares.iter().filter(by_hand).filter(may).collect()
}

/// The record, if it is one on which the viewer may take something back, with that alone.
pub(super) async fn takeable(tx: &mut Tx, caller: &Caller<'_>, id: RecordId) -> Result<Option<Subject>, Refusal> {
    let Some(record) = store::records::standing(tx, id).await? else { return Ok(None) };
    let all = store::shares::on(tx, &[id]).await?;
    let shares: Vec<Share> = taken(&record, &all, caller).into_iter().cloned().collect();
    Ok((!shares.is_empty()).then_some(Subject { record, shares, named: true }))
}

pub(super) struct Seer {
    name: String,
    why: Vec<(String, String)>,
}

struct ShareView {
    name: String,
    rights: String,
    how: &'static str,
    until: Option<Timed>,
    reason: String,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "sharing.html")]
struct Page {
    shell: Shell,
    w: &'static Words,
    id: i64,
    name: String,
    kind: &'static str,
    confidential: bool,
    readable: bool,
    people: Vec<Seer>,
    shares: Vec<ShareView>,
    gives: bool,
    users: Vec<(i64, String)>,
    teams: Vec<(i64, String)>,
    mark: Option<String>,
}

/// `GET /records/{id}/access`.
pub(super) async fn page(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => view(&mut visit, RecordId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, id: RecordId) -> Result<Response, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let Some(subject) = crate::actions::access::of(&mut tx, &caller, id).await? else {
        // Who sees it is for those who may share it; what they may take back they find here.
        let subject = takeable(&mut tx, &caller, id).await?.ok_or(Refusal::NotFound)?;
        return Ok(Html(rendered(visit, &subject, &caller, Vec::new())).into_response());
    };
    let who = crate::actions::access::who(&mut tx, &caller, &subject).await?;
    tx.commit().await?;
    let people = who.iter().map(|(user, reasons)| seer(*user, reasons, &subject.record, visit)).collect();
    Ok(Html(rendered(visit, &subject, &caller, people)).into_response())
}

fn rendered(visit: &Visit, subject: &Subject, caller: &Caller<'_>, people: Vec<Seer>) -> Page {
    let (w, clock, record) = (visit.words(), &visit.clock, &subject.record);
    let (user, world, now) = (visit.person.user, caller.world, caller.now);
    let rights = access::rights(user, record, &subject.shares, world, now);
    let others = world.people.iter().filter(|p| p.active && p.id != user && p.id != record.owner);
    let users = roll(others, world);
    let standing = subject.shares.iter().filter(|s| s.stands(now));
    let name = if subject.named { record.name.clone() } else { w.access().secret_record.to_owned() };
    Page {
        shell: visit.shell().titled(&name).at(if rights.read { "records" } else { "access" }),
        w,
        id: record.id.0,
        kind: kind(record.kind, w),
        name,
        confidential: record.confidential,
        readable: rights.read,
        people,
        shares: standing
            .map(|s| {
                let may = access::may_take(user, s, record, &subject.shares, world, now);
                share_view(s, may, caller, clock)
            })
            .collect(),
        gives: rights.share,
        users: if rights.share { users } else { Vec::new() },
        teams: if rights.share { world.teams.iter().map(|t| (t.id.0, t.name.clone())).collect() } else { Vec::new() },
        mark: access::may_mark(user, record, world, now).then(|| mark_means(subject, caller, w)),
    }
}

/// What marking does, with the names of those who would lose sight by it.
fn mark_means(subject: &Subject, caller: &Caller<'_>, w: &'static Words) -> String {
    if subject.record.confidential {
        return w.access().mark_off_means.to_owned();
    }
    let marked = Record { confidential: true, ..subject.record.clone() };
    let reads = |user: UserId, record: &Record| {
        access::may_read(user, record, &subject.shares, caller.world, caller.now).is_some()
    };
    let loses = |user: &UserId| reads(*user, &subject.record) && !reads(*user, &marked);
    let names: Vec<String> =
        caller.world.people.iter().map(|p| p.id).filter(loses).map(|user| caller.name(user)).collect();
    let names = if names.is_empty() { w.nobody.to_owned() } else { names.join(", ") };
    fill(w.access().mark_on_means, &[("names", &names)])
}

fn share_view(share: &Share, may: bool, caller: &Caller<'_>, clock: &Clock) -> ShareView {
    let w = clock.words.access();
    let how = match share.source {
        Source::Share => w.source_share,
        Source::Manager => w.source_manager,
        Source::Step => w.source_step,
        Source::BreakGlass => w.source_glass,
    };
    let by_hand = matches!(share.source, Source::Share | Source::BreakGlass);
    ShareView {
        name: holder_name(share.holder, caller),
        rights: rights_text(share.rights(), clock.words),
        how,
        until: share.until.map(|until| Timed::exact(w.until_moment, &[], "time", &clock.ends_at(until))),
        reason: share.reason.clone(),
        back: (may && by_hand).then(|| holder_word(share.holder)),
    }
}

fn holder_word(holder: Holder) -> String {
    match holder {
        Holder::User(user) => format!("user:{user}"),
        Holder::Team(team) => format!("team:{team}"),
    }
}

fn holder_of(word: &str) -> Option<Holder> {
    let (kind, id) = word.split_once(':')?;
    let id = id.parse().ok()?;
    match kind {
        "user" => Some(Holder::User(UserId(id))),
        "team" => Some(Holder::Team(TeamId(id))),
        _ => None,
    }
}

/// A person with every path, in words.
pub(super) fn seer(user: UserId, reasons: &[Reason], record: &Record, visit: &Visit) -> Seer {
    let why = reasons.iter().map(|reason| {
        let text = path_text(reason, &visit.name(record.owner), visit);
        let until = reason.until.map(|until| {
            let time = visit.clock.until(until);
            format!(" ({})", fill(visit.words().access().until_moment, &[("time", &time)]))
        });
        (format!("{text}{}", until.unwrap_or_default()), rights_text(reason.rights, visit.words()))
    });
    Seer { name: visit.name(user), why: why.collect() }
}

/// Where a right comes from, in words; for counts without an owner.
pub(super) fn path_word(path: By, owner: &str, w: &'static Words) -> String {
    let w = w.access();
    let text = match path {
        By::Owner => w.by_owner,
        By::Cover => w.by_cover,
        By::Deputy => w.by_deputy,
        By::Fallback => w.by_fallback,
        By::Share => w.by_share,
        By::Manager => w.by_manager,
        By::Line => w.by_line,
        By::Transparent => w.by_transparent,
        By::Admin => w.by_admin,
        By::Step => w.by_step,
        By::BreakGlass => w.by_glass,
    };
    fill(text, &[("owner", owner)])
}

/// Where somebody's right comes from, with the team where it is one's.
pub(super) fn path_text(reason: &Reason, owner: &str, visit: &Visit) -> String {
    let w = visit.words();
    match reason.team.and_then(|id| visit.world.team(id)) {
        Some(team) => fill(w.access().by_team, &[("team", &team.name)]),
        None => path_word(reason.path, owner, w),
    }
}

fn rights_text(rights: Rights, w: &'static Words) -> String {
    let w = w.access();
    let all = [(rights.read, w.read), (rights.write, w.write), (rights.share, w.share), (rights.assign, w.assign)];
    all.into_iter().filter(|(given, _)| *given).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

/// What the form for sharing says.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    /// `user:ID` or `team:ID`.
    #[serde(rename = "with")]
    holder: String,
    #[serde(default)]
    write: String,
    #[serde(default)]
    share: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
    /// Set where it is taken back.
    #[serde(default)]
    revoke: String,
}

/// `POST /records/{id}/share`.
pub(super) async fn give(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Given>, FormRejection>,
) -> Response {
    let done = match (path, form) {
        (Ok(Path(id)), Ok(Form(given))) => given_now(&visit, RecordId(id), &given).await,
        (Ok(_), Err(_)) => Err(Refusal::Declined(visit.words().access().no_form.to_owned())),
        _ => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn given_now(visit: &Visit, id: RecordId, given: &Given) -> Result<Response, Refusal> {
    let wrong = || Refusal::Declined(visit.words().access().no_form.to_owned());
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    // Whoever may not know of the record is not told what is wrong with the form either.
    let takes = !given.revoke.is_empty() && takeable(&mut tx, &caller, id).await?.is_some();
    if !takes && shares::shareable(&mut tx, &caller, id).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    let holder = holder_of(&given.holder).ok_or_else(wrong)?;
    let done = if given.revoke.is_empty() {
        let day: Option<NaiveDate> = match given.until.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| wrong())?),
        };
        let until = day.and_then(|day| day.succ_opt()).map(|next| day_start(next, visit.clock.zone));
        let (write, share) = (!given.write.is_empty(), !given.share.is_empty());
        let wanted = Wanted { holder, write, share, until, reason: given.reason.clone() };
        shares::share(&mut tx, &caller, id, &wanted).await?.map(|_| ())
    } else {
        shares::revoke(&mut tx, &caller, id, holder).await?
    };
    done.map_err(|refused| declined(&refused, &visit.clock))?;
    tx.commit().await?;
    // With the last that they could take back the page is no longer theirs.
    let left = takes && takeable(&mut visit.app.state.db.read().await?, &caller, id).await?.is_none();
    let page = if left { format!("/records/{id}") } else { format!("/records/{id}/access") };
    Ok(Redirect::to(&page).into_response())
}

/// What the form for marking says.
#[derive(Debug, Deserialize)]
pub(super) struct Marked {
    on: bool,
}

/// `POST /records/{id}/confidential`.
pub(super) async fn mark(
    visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Marked>, FormRejection>,
) -> Response {
    let done = match (path, form) {
        (Ok(Path(id)), Ok(Form(marked))) => marked_now(&visit, RecordId(id), marked.on).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(done)
}

async fn marked_now(visit: &Visit, id: RecordId, on: bool) -> Result<Response, Refusal> {
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let done = shares::confidential(&mut tx, &caller, id, on).await?;
    done.map_err(|refused| declined(&refused, &visit.clock))?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/records/{id}")).into_response())
}

/// Why it was not done, for the person.
fn declined(refused: &Refused, clock: &Clock) -> Refusal {
    let w = clock.words.access();
    let name = |text: &str, name: &String| fill(text, &[("name", name)]);
    Refusal::Declined(match refused {
        Refused::NotThere => return Refusal::NotFound,
        Refused::NotYours => w.no_not_yours.to_owned(),
        Refused::NotGiven => w.no_not_given.to_owned(),
        Refused::Lacking(_) => w.no_lacking.to_owned(),
        Refused::Longer(end) => fill(w.no_longer, &[("time", &clock.when(*end).exact)]),
        Refused::Themselves => w.no_themselves.to_owned(),
        Refused::OwnTeam => w.no_own_team.to_owned(),
        Refused::Owner(who) => name(w.no_owner, who),
        Refused::Gone(who) => name(w.no_gone, who),
        Refused::Past => w.no_past.to_owned(),
        Refused::NotShared(who) => name(w.no_not_shared, who),
        // The rest is of breaking the glass, which has no form here.
        _ => w.no_already.to_owned(),
    })
}
