//! Opening a record without a right (break-glass, W22): with a reason, for some hours, told to its owner.
//!
//! What may not be opened is as if it were not there. Where nobody may, there is no such page.

use super::doing::Fields;
use super::refusal::Refusal;
use super::shell::{Html, Shell};
use super::timed::Timed;
use super::visit::Visit;
use super::words::{GroupWords, fill};
use crate::access::may_break_glass;
use crate::actions::caller::Caller;
use crate::actions::shares::{self, Refused};
use crate::model::id::{RecordId, UserId};
use crate::model::share::{Holder, Share};
use crate::model::time::DAY;
use crate::store::{self, records, views};
use askama::Template;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;

/// Owners are told for so long that somebody opened a record of theirs, also where it has ended.
const TOLD: i64 = 7 * DAY;

/// A record that somebody opened.
pub(super) struct OpenedView {
    /// Its id, where the viewer may follow it.
    pub id: Option<i64>,
    pub name: String,
    pub who: String,
    pub text: Timed,
}

#[derive(Template)]
#[template(path = "glass.html")]
struct Page {
    shell: Shell,
    g: &'static GroupWords,
    problem: Option<String>,
    record: String,
    reason: String,
    hours: String,
    most: u32,
    limit: String,
    mine: Vec<OpenedView>,
}

/// Whether the viewer may break the glass on anybody's record at all.
pub(super) fn may(visit: &Visit) -> bool {
    let (me, policy) = (visit.person.user, visit.app.state.config.break_glass);
    let mut others = visit.world.people.iter().filter(|p| p.id != me);
    others.any(|owner| may_break_glass(me, owner.id, policy, &visit.world))
}

/// `GET /glass`.
pub(super) async fn page(mut visit: Visit) -> Response {
    let page = match may(&visit) {
        true => view(&mut visit, &Fields::default(), None).await,
        false => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn view(visit: &mut Visit, fields: &Fields, problem: Option<String>) -> Result<Response, Refusal> {
    let g = GroupWords::of(visit.words().language);
    let (me, now) = (visit.person.user, visit.clock.now);
    let mut opened = store::shares::glass(&mut visit.tx, now.plus(-TOLD)).await?;
    opened.retain(|(share, _)| share.holder == Holder::User(me) && share.stands(now));
    let mine = shown(visit, &opened, false).await?;
    let most = visit.app.state.config.break_glass_hours;
    let typed = |name: &str, most: usize| fields.get(name).chars().take(most).collect::<String>();
    Ok(Html(Page {
        shell: visit.shell().titled(g.glass).at("records"),
        g,
        problem,
        record: typed("record", 200),
        reason: typed("reason", 500),
        hours: if fields.get("hours").is_empty() { most.to_string() } else { typed("hours", 5) },
        most,
        limit: g.count(&g.hours, i64::from(most)),
        mine,
    })
    .into_response())
}

/// Opened records as the viewer may know of them: named where they read them; else by number to an admin.
async fn shown(visit: &mut Visit, opened: &[(Share, UserId)], admin: bool) -> Result<Vec<OpenedView>, Refusal> {
    let g = GroupWords::of(visit.words().language);
    let ids: Vec<RecordId> = opened.iter().map(|(share, _)| share.record).collect();
    let names = views::names(&mut visit.tx, &visit.scope, ids).await?;
    let names: HashMap<RecordId, String> = names.into_iter().map(|(id, named)| (id, named.name)).collect();
    let view = |(share, _): &(Share, UserId)| {
        let known = names.get(&share.record).cloned();
        let until = share.until.map(|until| visit.clock.when(until));
        let text = match &until {
            Some(until) => Timed::exact(g.glass_until, &[("reason", &share.reason)], "time", until),
            None => Timed::plain(&share.reason),
        };
        OpenedView {
            id: (known.is_some() || admin).then_some(share.record.0),
            name: known.unwrap_or_else(|| fill(g.secret, &[("id", &share.record.to_string())])),
            who: who(share, visit),
            text,
        }
    };
    Ok(opened.iter().map(view).collect())
}

fn who(share: &Share, visit: &Visit) -> String {
    match share.holder {
        Holder::User(user) => visit.name(user),
        Holder::Team(_) => String::new(),
    }
}

/// What is open without a right at this moment, for admins.
pub(super) async fn open_now(visit: &mut Visit) -> Result<Vec<OpenedView>, Refusal> {
    let now = visit.clock.now;
    let longest = i64::from(visit.app.state.config.break_glass_hours.max(24 * 31)) * crate::model::time::HOUR;
    let mut opened = store::shares::glass(&mut visit.tx, now.plus(-longest)).await?;
    opened.retain(|(share, _)| share.stands(now));
    shown(visit, &opened, true).await
}

/// Who opened records of the viewer's in the last days: they are told on Today. With each what the record is called.
pub(super) async fn told(visit: &mut Visit) -> Result<Vec<(Share, String)>, Refusal> {
    let (me, since) = (visit.person.user, visit.clock.now.plus(-TOLD));
    let opened = store::shares::glass(&mut visit.tx, since).await?;
    let mine = opened.into_iter().filter(|(share, owner)| *owner == me && share.holder != Holder::User(me));
    let mine: Vec<Share> = mine.map(|(share, _)| share).collect();
    let names = views::names(&mut visit.tx, &visit.scope, mine.iter().map(|share| share.record)).await?;
    let named = |share: Share| {
        let name = names.get(&share.record).map_or_else(|| share.record.to_string(), |named| named.name.clone());
        (share, name)
    };
    Ok(mine.into_iter().map(named).collect())
}

/// What an owner is told of a record that was opened: its id, and a sentence.
pub(super) fn sentence(share: &Share, name: &str, visit: &Visit) -> (i64, Timed) {
    let g = GroupWords::of(visit.words().language);
    let (since, until) = (visit.clock.when(share.at), visit.clock.when(share.until.unwrap_or(share.at)));
    let values = [("name", &*who(share, visit)), ("record", name), ("reason", &share.reason)];
    let moments = [("since", &since, since.exact.as_str()), ("until", &until, until.exact.as_str())];
    (share.record.0, Timed::with(g.glass_told, &values, &moments))
}

/// `POST /glass`: opens one, or closes what the viewer opened.
pub(super) async fn act(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = match Fields::of(form) {
        Ok(fields) if may(&visit) => acted(&mut visit, &fields).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn acted(visit: &mut Visit, fields: &Fields) -> Result<Response, Refusal> {
    let me = visit.person.user;
    let (mut tx, world) = visit.acting().await?;
    let caller = Caller { by: Some(me), world: &world, now: visit.clock.now };
    if fields.get("do") == "close" {
        let record = RecordId(fields.number("record").unwrap_or(0));
        shares::close_glass(&mut tx, &caller, record).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/glass").into_response());
    }
    let config = &visit.app.state.config;
    let policy = (config.break_glass, config.break_glass_hours);
    let hours = fields.get("hours").parse().unwrap_or(0);
    let reason = fields.get("reason").replace('\0', "");
    // What they may not open is as if it were not there.
    let (mut opened, mut said) = (Vec::new(), Refused::NotThere);
    let reference: String = fields.get("record").chars().filter(|c| *c != '\0').take(200).collect();
    for record in records::find_any(&mut tx, &reference).await? {
        match shares::break_glass(&mut tx, (me, &caller), record.id, &reason, hours, policy).await? {
            Ok(_) => opened.push(record.id),
            Err(Refused::NotThere) => {}
            Err(refused) => said = refused,
        }
    }
    let g = GroupWords::of(visit.words().language);
    let problem = match opened.as_slice() {
        [record] => {
            tx.commit().await?;
            return Ok(Redirect::to(&format!("/records/{record}")).into_response());
        }
        [] => g.no_glass(&said),
        _ => g.glass_several.to_owned(),
    };
    drop(tx);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, view(visit, fields, Some(problem)).await?).into_response())
}
