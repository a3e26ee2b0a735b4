//! The frame around every page: head, navigation, freshness.

use super::assets;
use super::visit::Visit;
use super::when::When;
use super::words::{NoticeWords, ReviewWords, SearchWords, TellingWords, Words, fill};
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
    /// What the link to review says.
    pub review: &'static str,
    /// What the link to the autoresponder says.
    pub autoresponder: &'static str,
    /// Which item of the navigation this is.
    pub place: &'static str,
    /// What this page is to the stream of changes: its address and fingerprint.
    pub live: Option<(String, String)>,
    /// Up to when the mail behind it has been read.
    pub up_to: Option<When>,
    /// A sentence for each mailbox that is behind.
    pub behind: Vec<String>,
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
            review: ReviewWords::of(w.language).nav,
            autoresponder: NoticeWords::of(w.language).nav,
            place: "",
            live: None,
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
        let sentence = |lag: crate::store::views::Lag| match (lag.state.as_str(), lag.up_to) {
            ("refused", _) => fill(w.refused, &[("name", &lag.mailbox)]),
            (_, Some(at)) => fill(w.behind, &[("name", &lag.mailbox), ("time", &clock.clock_time(at).short)]),
            (_, None) => fill(w.behind_never, &[("name", &lag.mailbox)]),
        };
        let stopped = visit.stopped.as_ref().map(|stop| match stop.by {
            By::Person(_) => fill(w.notices_stopped, &[("time", &clock.clock_time(stop.at).short)]),
            By::Breaker(until) => fill(w.notices_broken, &[("time", &clock.clock_time(until).short)]),
        });
        Shell {
            user: Some(visit.person.name.clone()),
            admin: visit.person.admin,
            requests: visit.requests,
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
        self.live = Some((path.to_owned(), format!("{fingerprint:016x}")));
        self
    }
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
