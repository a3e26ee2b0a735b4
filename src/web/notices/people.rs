//! Whose notices a page is about, and the list of those whose notices are somebody's business: of line managers
//! those below them, of admins everybody's (W24).

use super::Shell;
use crate::access;
use crate::model::absence::{Absence, Phase};
use crate::model::id::{MailId, TeamId, UserId};
use crate::model::notice::Language;
use crate::model::notice_text::{Holder, Readers, Source};
use crate::store::notice_log::Line;
use crate::store::notice_texts::Saved;
use crate::store::{self, mailboxes, notice_texts, views};
use crate::web::doing::called;
use crate::web::refusal::Refusal;
use crate::web::shell::Html;
use crate::web::visit::Visit;
use crate::web::words::{NoticeWords, fill};
use askama::Template;
use axum::response::{IntoResponse, Response};
use std::collections::{BTreeSet, HashMap};

/// Whether somebody's notices are the viewer's business: their own, or those of somebody below them.
pub(in crate::web) fn concerns(visit: &Visit, of: UserId) -> bool {
    visit.world.person(of).is_some() && access::may_enter(Some(visit.person.user), of, &visit.world)
}

/// Where somebody's notices are looked after.
pub(in crate::web) fn address(viewer: UserId, of: UserId) -> String {
    if viewer == of { "/me/notice".to_owned() } else { format!("/notices/{of}") }
}

/// How a page speaks of the person whose notices it is about.
pub(super) struct People {
    pub action: String,
    pub title: String,
    pub means: String,
    pub nearest: &'static str,
    pub author_means: String,
    pub name: &'static str,
    pub client_means: String,
    pub no_mailbox: &'static str,
    pub own: bool,
    /// Whether there are others to look after.
    pub others: bool,
}

impl People {
    pub fn of(visit: &Visit, user: UserId) -> People {
        let t = NoticeWords::of(visit.words().language);
        let (me, name) = (visit.person.user, visit.name(user));
        let own = user == me;
        let said = |mine: &str, theirs: &str| {
            if own { mine.to_owned() } else { fill(theirs, &[("name", &name)]) }
        };
        People {
            action: address(me, user),
            title: said(t.title, t.title_of),
            means: said(t.means, t.means_of),
            nearest: if own { t.nearest } else { t.nearest_of },
            author_means: said(t.author_means, t.author_means_of),
            name: if own { t.name } else { t.name_of },
            client_means: said(t.client_means, t.client_means_of),
            no_mailbox: if own { t.no_mailbox } else { t.no_mailbox_of },
            own,
            others: has_others(visit),
        }
    }
}

/// The lines of a log as far as the viewer may know of the mail: the person and admins of all, a line manager of mail
/// that they read themselves (P5).
pub(in crate::web) async fn told(visit: &mut Visit, of: UserId, lines: Vec<Line>) -> Result<Vec<Line>, Refusal> {
    if of == visit.person.user || visit.person.admin {
        return Ok(lines);
    }
    let mails: Vec<MailId> = lines.iter().filter_map(|line| line.mail).collect();
    let read = views::subjects(&mut visit.tx, &visit.scope, &mails).await?;
    Ok(lines.into_iter().filter(|line| line.mail.is_some_and(|mail| read.contains_key(&mail))).collect())
}

/// Whether the notices of anybody else are the viewer's business.
fn has_others(visit: &Visit) -> bool {
    visit
        .world
        .people
        .iter()
        .any(|person| person.id != visit.person.user && person.active && concerns(visit, person.id))
}

/// Somebody in the list.
struct PersonView {
    href: String,
    name: String,
    absence: String,
    notice: &'static str,
    texts: Vec<String>,
}

#[derive(Template)]
#[template(path = "notice_people.html")]
struct Page {
    shell: Shell,
    t: &'static NoticeWords,
    people: Vec<PersonView>,
}

/// `GET /notices`.
pub(in crate::web) async fn list(mut visit: Visit) -> Response {
    let page = view(&mut visit).await;
    visit.answer(page)
}

async fn view(visit: &mut Visit) -> Result<Response, Refusal> {
    let t = NoticeWords::of(visit.words().language);
    let (me, now) = (visit.person.user, visit.clock.now);
    let all = visit.world.people.iter().filter(|person| person.id != me && person.active);
    let users: Vec<UserId> = all.map(|person| person.id).filter(|user| concerns(visit, *user)).collect();
    let texts = notice_texts::every(&mut visit.tx).await?;
    let read: BTreeSet<UserId> =
        mailboxes::list(&mut visit.tx).await?.into_iter().filter_map(|mailbox| mailbox.user).collect();
    let team_of: HashMap<UserId, Option<TeamId>> =
        store::people::every(&mut visit.tx).await?.into_iter().map(|user| (user.person.id, user.team)).collect();
    let next = |user: UserId| {
        let theirs = visit.world.absences.iter().filter(|absence| absence.user == user);
        theirs.min_by_key(|absence| (absence.phase(now) != Phase::Running, absence.starts))
    };
    let mut people: Vec<(bool, bool, PersonView)> = Vec::new();
    for user in users {
        let absence = next(user);
        let away = absence.is_some_and(|absence| absence.phase(now) == Phase::Running);
        let person = PersonView {
            href: address(me, user),
            name: visit.world.person(user).map_or_else(|| visit.name(user), |person| called(person, &visit.world)),
            absence: absence.map_or_else(|| t.not_away.to_owned(), |absence| days(visit, absence)),
            notice: match absence {
                _ if !read.contains(&user) => t.no_mailbox_short,
                Some(absence) if absence.notice => t.on,
                Some(_) => t.off,
                None => "",
            },
            texts: whose(visit, Holder::Person(user), team_of.get(&user).copied().flatten(), absence, &texts),
        };
        people.push((!away, absence.is_none(), person));
    }
    people.sort_by_cached_key(|(here, none, person)| (*here, *none, store::sort_key(&person.name)));
    let people = people.into_iter().map(|(_, _, person)| person).collect();
    let shell = visit.shell().titled(t.people_title).at("notices");
    Ok(Html(Page { shell, t, people }).into_response())
}

fn days(visit: &Visit, absence: &Absence) -> String {
    let t = NoticeWords::of(visit.words().language);
    let running = absence.phase(visit.clock.now) == Phase::Running;
    match (running, absence.last_day) {
        (true, Some(last)) => fill(t.away_until, &[("day", &visit.clock.date(last))]),
        (true, None) => t.away_open.to_owned(),
        (false, _) => fill(t.away_from, &[("day", &visit.clock.date(absence.first_day))]),
    }
}

/// In each language whose words people outside will read, the nearest first (`notice::language`).
fn whose(
    visit: &Visit,
    person: Holder,
    team: Option<TeamId>,
    absence: Option<&Absence>,
    texts: &[Saved],
) -> Vec<String> {
    let t = NoticeWords::of(visit.words().language);
    let book = &visit.app.state.config.notice.phrases;
    let source = |language: Language| {
        let own = absence.iter().flat_map(|absence| &absence.notice_texts);
        let mut own = own.filter(|(tag, text)| Language::from_tag(tag) == Some(language) && !text.trim().is_empty());
        if own.next().is_some() {
            return Source::Absence;
        }
        let fits = |saved: &&Saved| saved.written.readers == Readers::Outside && saved.written.language == language;
        let held = |holder: Holder| texts.iter().filter(fits).any(|saved| saved.written.holder == holder);
        if held(person) {
            return Source::Person;
        }
        match team {
            Some(team) if held(Holder::Team(team)) => Source::Team,
            _ if held(Holder::Company) => Source::Company,
            _ => Source::Shipped,
        }
    };
    book.iter().map(|phrases| format!("{}: {}", phrases.name(), t.source(source(phrases.language())))).collect()
}
