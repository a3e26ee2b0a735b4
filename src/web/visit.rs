//! One request of somebody who is signed in.

use super::App;
use super::answers::Answers;
use super::api;
use super::guard::{RequestId, words_for};
use super::live::fingerprint;
use super::refusal::{Refusal, broken, to_sign_in};
use super::shell::Shell;
use super::signin;
use super::when::Clock;
use super::words::{Language, Words};
use crate::access::{Scope, World, answers_now};
use crate::actions::reading::Reader;
use crate::config::Config;
use crate::model::id::{MailId, UserId};
use crate::model::record::Record;
use crate::model::time::{HOUR, Timestamp};
use crate::store::notice_switch::Stop;
use crate::store::people::User;
use crate::store::sessions::{self, Method, SignedIn};
use crate::store::views::{self, Lag, Named};
use crate::store::{self, Tx, people};
use axum::Extension;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;

/// Where a second factor is set up.
const ENROL: &str = "/me/sign-in";

/// Who asks, what they may read at this moment, and the one moment of the database that all of
/// the page is read from.
pub(super) struct Visit {
    /// The application.
    pub app: App,
    /// The unit of work of the whole page.
    pub tx: Tx,
    /// Who is signed in.
    pub person: SignedIn,
    /// What they may read.
    pub scope: Scope,
    /// The people of the company.
    pub world: World,
    /// Words, zone, and now.
    pub clock: Clock,
    /// The id of the request.
    pub request: Option<RequestId>,
    /// How many requests for consent wait for their answer.
    pub requests: i64,
    lags: Vec<Lag>,
    /// Notices are stopped; for admins alone.
    pub stopped: Option<Stop>,
}

impl Visit {
    /// The visit of whoever holds the session `token`; `None` if it does not stand (any more).
    pub async fn open(app: &App, token: &[u8; 32], fallback: &'static Words) -> anyhow::Result<Option<Visit>> {
        let now = app.now();
        let mut tx = app.state.db.read().await?;
        let Some(person) = sessions::find(&mut tx, token, now).await? else { return Ok(None) };
        let config = &app.state.config;
        let world = people::world(&mut tx, &config.rights(), now).await?;
        let scope = people::scope(&mut tx, person.user, &world, now).await?;
        let lags = views::lag(&mut tx, &scope).await?;
        let requests = store::consents::open_count(&mut tx, person.user).await?;
        let stopped = if person.admin { store::notice_switch::stopped(&mut tx, now).await? } else { None };
        let words = Language::from_tag(&person.language).map_or(fallback, Language::words);
        let zone: Tz = person.zone.parse().or_else(|_| config.zone.parse()).unwrap_or(Tz::UTC);
        // Often enough for a session that is used not to end as if it were not.
        if now.since(person.seen) > HOUR.min(person.idle / 10) {
            note_use(app.clone(), *token, now);
        }
        let clock = Clock { words, zone, now };
        Ok(Some(Visit { app: app.clone(), tx, person, scope, world, clock, request: None, requests, lags, stopped }))
    }

    /// The visit of a program that brought a token of this user's: no session stands behind it. `admin`: what
    /// admins do may be done with the token. `tx` is what all of it is read from, and written to.
    pub async fn of_program(app: &App, (user, admin): (&User, bool), mut tx: Tx) -> anyhow::Result<Visit> {
        let now = app.now();
        let config = &app.state.config;
        let mut world = people::world(&mut tx, &config.rights(), now).await?;
        if !admin {
            api::lowered(&mut world, user);
        }
        let scope = people::scope(&mut tx, user.person.id, &world, now).await?;
        let words = Language::English.words();
        let zone: Tz = user.zone.parse().or_else(|_| config.zone.parse()).unwrap_or(Tz::UTC);
        let person = SignedIn {
            user: user.person.id,
            name: user.person.name.clone(),
            admin,
            zone: user.zone.clone(),
            language: user.language.clone(),
            seen: now,
            method: Method::Provider,
            idle: i64::MAX,
            factor: true,
        };
        let clock = Clock { words, zone, now };
        let (lags, requests, stopped) = (Vec::new(), 0, None);
        Ok(Visit { app: app.clone(), tx, person, scope, world, clock, request: None, requests, lags, stopped })
    }

    /// Whether the settings ask the viewer for a second factor that they do not have: then they see the page
    /// on which to set one up, and no other. An identity provider asks for its own.
    pub fn must_enrol(&self) -> bool {
        let required = self.app.state.config.sign_in.second_factor.of(self.person.admin);
        required && !self.person.factor && self.person.method == Method::Password
    }

    /// The settings, with the mailboxes that were set up on a page among those of the file.
    pub async fn config(&mut self) -> anyhow::Result<Config> {
        let state = &self.app.state;
        let mailbox = store::mailbox_settings::accounts(&mut self.tx, &state.keys, &state.config).await?;
        Ok(Config { mailbox, ..(*state.config).clone() })
    }

    /// The viewer's texts.
    pub fn words(&self) -> &'static Words {
        self.clock.words
    }

    /// The name of a user.
    pub fn name(&self, id: UserId) -> String {
        self.world.person(id).map_or_else(String::new, |p| p.name.clone())
    }

    /// Who answers now for a record.
    pub fn answers(&self, record: &Named) -> Answers {
        self.answers_of(&record.record())
    }

    /// Who answers now for a record.
    pub fn answers_of(&self, record: &Record) -> Answers {
        let answering = answers_now(record, &self.world, self.clock.now);
        Answers {
            user: answering.user,
            name: answering.user.map(|id| self.name(id)),
            owner: self.name(record.owner),
            until: answering.until,
            path: answering.path,
            chain: answering.chain.iter().skip(1).map(|id| self.name(*id)).collect(),
        }
    }

    /// The mailboxes behind this viewer's pages that have not been read to their end for a while,
    /// or whose server refuses us.
    pub fn behind(&self) -> Vec<Lag> {
        let late = self.clock.now.plus(-crate::actions::status::patience(&self.app.state.config));
        let stands = |lag: &Lag| matches!(lag.state.as_str(), "refused" | "paused" | "waiting");
        let is_late = |lag: &&Lag| stands(lag) || lag.up_to.is_none_or(|at| at < late);
        self.lags.iter().filter(is_late).cloned().collect()
    }

    /// The mailboxes behind this viewer's pages.
    pub fn lags(&self) -> &[Lag] {
        &self.lags
    }

    /// What the frame around a page says of this moment: an open page is told when that changes, too (U15).
    pub fn frame(&self) -> u64 {
        let up_to = self.up_to().map(|at| self.clock.clock_time(at).short);
        fingerprint(&(self.behind(), up_to, &self.stopped, self.requests))
    }

    /// Up to when all of those mailboxes have been read.
    pub fn up_to(&self) -> Option<Timestamp> {
        self.lags.iter().map(|lag| lag.up_to).min().flatten()
    }

    /// A unit of work that writes, with the people as they are in it: what a form asks for is
    /// judged by rights that nobody changes meanwhile.
    pub async fn acting(&self) -> anyhow::Result<(Tx, World)> {
        let mut tx = self.app.state.db.write().await?;
        let world = people::world(&mut tx, &self.app.state.config.rights(), self.clock.now).await?;
        Ok((tx, world))
    }

    /// Notes in the audit that what stands on these records is read, where no right of the viewer's own
    /// shows it. Before the page is shown: if it cannot be noted, there is no page.
    pub async fn reads_of(&mut self, records: Vec<Record>) -> anyhow::Result<()> {
        let db = self.app.state.db.clone();
        let reader = Reader { db: &db, viewer: self.person.user, world: &self.world, now: self.clock.now };
        reader.shown(&mut self.tx, records).await
    }

    /// As [`Visit::reads_of`], for a mail or a part of it.
    pub async fn reads_mail(&mut self, mail: MailId) -> anyhow::Result<()> {
        let (own_copy, governing) = views::seen_by(&mut self.tx, &self.scope, mail).await?;
        let db = self.app.state.db.clone();
        let reader = Reader { db: &db, viewer: self.person.user, world: &self.world, now: self.clock.now };
        reader.mail(&mut self.tx, mail, own_copy, &governing).await
    }

    /// The frame of this viewer's pages.
    pub fn shell(&self) -> Shell {
        Shell::of(self)
    }

    /// The answer for what a page gave.
    pub fn answer(&self, page: Result<Response, Refusal>) -> Response {
        page.unwrap_or_else(|refusal| refusal.page(self.words(), Some(self.shell()), self.request.as_ref()))
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visit, Response> {
        let Some(token) = signin::token(app, &parts.headers) else { return Err(to_sign_in(&parts.uri)) };
        let id = parts.extensions.get::<RequestId>().cloned().unwrap_or(RequestId(String::new()));
        match Visit::open(app, &token, words_for(app, &parts.headers)).await {
            Ok(Some(visit)) if visit.must_enrol() && parts.uri.path() != ENROL => {
                Err(Redirect::to(ENROL).into_response())
            }
            Ok(Some(mut visit)) => {
                visit.request = Some(id);
                Ok(visit)
            }
            Ok(None) => Err(to_sign_in(&parts.uri)),
            Err(error) => Err(broken(State(app.clone()), &parts.headers, Extension(id), error)),
        }
    }
}

/// Notes beside the request that the session is in use: a page never waits for the writer.
fn note_use(app: App, token: [u8; 32], now: Timestamp) {
    tokio::spawn(async move {
        let noted: crate::store::Result<()> = async {
            let mut tx = app.state.db.write().await?;
            sessions::touch(&mut tx, &token, now).await?;
            tx.commit().await
        }
        .await;
        if let Err(error) = noted {
            tracing::warn!(%error, "noting the use of a session failed");
        }
    });
}
