//! The frame around every page: head, navigation, freshness.

use super::assets;
use super::timed::Timed;
use super::visit::Visit;
use super::when::When;
use super::words::{
    AnsweringWords, ImportWords, NoticeWords, PeopleWords, ReviewWords, RunningWords, SearchWords, TellingWords, Words,
};
use crate::store::notice_switch::By;
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What the frame shows.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    /// The texts.
    pub w: &'static Words,
    /// The page's title.
    pub title: String,
    /// URL of the style sheet.
    pub css: &'static str,
    /// URL of the script.
    pub js: &'static str,
    /// URL of the icon.
    pub icon: &'static str,
    /// What the link to their settings says.
    pub settings: &'static str,
    /// Who is signed in.
    pub user: Option<String>,
    /// Whether they are an admin: they have more in the navigation.
    pub admin: bool,
    /// How many requests wait for their answer.
    pub requests: i64,
    /// How many mails are to be reviewed, where the page counted them.
    pub asked: i64,
    /// What the link to drafts says.
    pub drafts: &'static str,
    /// What the link to review says.
    pub review: &'static str,
    /// What the link to the autoresponder says.
    pub autoresponder: &'static str,
    /// What the link to users says.
    pub users: &'static str,
    /// What the link to imports says.
    pub import: &'static str,
    /// Which item of the navigation this is.
    pub place: &'static str,
    /// What this page is to the stream of changes: its address, and its fingerprint and that of its frame.
    pub live: Option<(String, String)>,
    /// The fingerprint of what the frame says.
    frame: u64,
    /// The texts of the administration.
    pub o: &'static RunningWords,
    /// Up to when the mail behind it has been read.
    pub up_to: Option<When>,
    /// A sentence for each mailbox that is behind.
    pub behind: Vec<Timed>,
    /// The texts of the search box.
    pub seek: &'static SearchWords,
    /// What stands in it.
    pub sought: String,
    /// How many complaints about it the page holds.
    pub wrong: usize,
}

impl Shell {
    /// The frame for somebody who is not signed in.
    pub fn bare(w: &'static Words) -> Shell {
        Shell {
            w,
            title: String::new(),
            css: assets::css(),
            js: assets::js(),
            icon: assets::icon_url(),
            settings: TellingWords::of(w.language).settings,
            user: None,
            admin: false,
            requests: 0,
            asked: 0,
            drafts: AnsweringWords::of(w.language).drafts,
            review: ReviewWords::of(w.language).nav,
            autoresponder: NoticeWords::of(w.language).nav,
            users: PeopleWords::of(w.language).nav,
            import: ImportWords::of(w.language).nav,
            place: "",
            live: None,
            frame: 0,
            o: RunningWords::of(w.language),
            up_to: None,
            behind: Vec::new(),
            seek: SearchWords::of(w.language),
            sought: String::new(),
            wrong: 0,
        }
    }

    /// The frame of a visit.
    pub fn of(visit: &Visit) -> Shell {
        let (w, clock) = (visit.words(), &visit.clock);
        let o = RunningWords::of(w.language);
        let sentence = |lag: crate::store::views::Lag| match (lag.state.as_str(), lag.up_to) {
            ("refused", _) => Timed::with(w.refused, &[("name", &lag.mailbox)], &[]),
            ("paused", _) => Timed::with(o.behind_paused, &[("name", &lag.mailbox)], &[]),
            ("waiting", _) => Timed::with(o.behind_waiting, &[("name", &lag.mailbox)], &[]),
            (_, Some(at)) => {
                let at = clock.clock_time(at);
                Timed::with(w.behind, &[("name", &lag.mailbox)], &[("time", &at, &at.short)])
            }
            (_, None) => Timed::with(w.behind_never, &[("name", &lag.mailbox)], &[]),
        };
        let stopped = visit.stopped.as_ref().map(|stop| {
            let (text, at) = match stop.by {
                By::Person(_) => (w.notices_stopped, clock.clock_time(stop.at)),
                By::Breaker(until) => (w.notices_broken, clock.clock_time(until)),
            };
            Timed::with(text, &[], &[("time", &at, &at.short)])
        });
        Shell {
            user: Some(visit.person.name.clone()),
            admin: visit.person.admin,
            requests: visit.requests,
            frame: visit.frame(),
            up_to: visit.up_to().map(|at| clock.clock_time(at)),
            behind: visit.behind().into_iter().map(sentence).chain(stopped).collect(),
            ..Shell::bare(w)
        }
    }

    /// With a title.
    pub fn titled(mut self, title: &str) -> Shell {
        self.title = title.to_owned();
        self
    }

    /// With what was searched for.
    pub fn seeking(mut self, typed: &str) -> Shell {
        self.sought = typed.to_owned();
        self
    }

    /// With so many complaints about what was searched for.
    pub fn wrong(mut self, count: usize) -> Shell {
        self.wrong = count;
        self
    }

    /// With its place in the navigation.
    pub fn at(mut self, place: &'static str) -> Shell {
        self.place = place;
        self
    }

    /// As a page that is told when it changes.
    pub fn live(mut self, path: &str, fingerprint: u64) -> Shell {
        self.live = Some((path.to_owned(), print(fingerprint, self.frame)));
        self
    }

    /// Whether the page belongs to the administration, which has a navigation of its own.
    pub fn administers(&self) -> bool {
        self.admin && ADMIN.contains(&self.place)
    }
}

/// The places of the administration.
const ADMIN: [&str; 9] =
    ["status", "mailboxes", "rules", "autoresponder", "access", "users", "import", "jobs", "audit"];

/// What a page and its frame are known by.
pub(super) fn print(page: u64, frame: u64) -> String {
    format!("{page:016x}.{frame:016x}")
}

/// A rendered template as an answer.
pub(super) struct Html<T: Template>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
            Err(error) => {
                // Rendering fails only if formatting does, which no value here does.
                tracing::error!(%error, "a template failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
