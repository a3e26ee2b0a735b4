//! Absent and forbidden look the same (P5, U19): whatever a viewer asks, they get byte for byte what
//! they would get if all that they may not see did not exist. Only the request's id and its date
//! differ.
//!
//! Two companies are asked the same: one whole, and one from which everything was taken that the
//! viewer may not see. So lists, counts, work lists, pages, fingerprints and streams are compared as
//! wholes, not searched for traces; and on the whole company each address that names something is
//! asked once with what is forbidden and once with what is not there.
//!
//! **A new page** goes into [`ROUTES`], a new command into [`VERBS`]; until then the tests at the end
//! fail and name it. Say for a route which of its ids mean what ([`Names`]), with which queries it is
//! to be asked, and for a form what is posted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::support::company::Kind;
use crate::support::postgres::Database;
use crate::support::process::standin;
use crate::support::tag;
use crate::views_seed::*;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use regex::Regex;
use sha2::{Digest, Sha256};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnectOptions;
use standin::config::Config;
use standin::model::api::{self, ApiScope};
use standin::model::id::{TokenId, UserId};
use standin::model::time::{DAY, Timestamp};
use standin::store::Db;
use standin::store::api_tokens::{self, Token};
use standin::store::keys::Keys;
use standin::store::sessions;
use standin::web::{State, router};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;

/// What the `{…}` of a route name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Nothing that has rights.
    Nothing,
    /// A record.
    Record,
    /// A message; further places are tried with 0.
    Message,
    /// An absence: colleagues know of each other's.
    Absence,
    /// An activity: a record's number plus [`ACTIVITY`].
    Activity,
}

/// A page, as the router knows it.
pub struct Route {
    pub path: &'static str,
    /// `GET`, `POST`.
    pub methods: &'static [&'static str],
    pub names: Names,
    /// Queries it is asked with besides none; `{id}` is each record in turn.
    pub queries: &'static [&'static str],
    /// What is posted to it.
    pub forms: &'static [&'static str],
}

const fn page(path: &'static str, names: Names, queries: &'static [&'static str]) -> Route {
    Route { path, methods: &["GET"], names, queries, forms: &[] }
}

const fn posted(path: &'static str, names: Names, forms: &'static [&'static str]) -> Route {
    Route { path, methods: &["POST"], names, queries: &[], forms }
}

/// Pages on which an admin sees the structure of what they may not read: who has which right. Those
/// are compared for everybody else.
pub const STRUCTURE: &[&str] = &[
    "/admin",
    "/absences/",
    "/notices",
    "/bulk",
    "/records/{id}/access",
    "/records/{id}/share",
    "/records/{id}/confidential",
    "/records/{id}/merge",
    "/records/{id}/delete",
];

/// Every page there is.
pub const ROUTES: &[Route] = &[
    page("/", Names::Nothing, &[]),
    page(
        "/records",
        Names::Nothing,
        &[
            "kind=account",
            "kind=contact",
            "kind=lead",
            "kind=opportunity",
            "kind=opportunity&after=acme&id=0",
            "kind=account&after=beta&id={id}",
            "kind=nonsense",
            "kind=opportunity&lack=unanswered",
            "kind=opportunity&lack=neglected",
            "kind=contact&lack=unanswered&whose=people",
            "kind=account&whose=teams",
            "kind=opportunity&whose=mine&status=open",
        ],
    ),
    page(
        "/records/list.csv",
        Names::Nothing,
        &["kind=contact", "kind=lead&lack=neglected", "whose=covered", "kind=nonsense"],
    ),
    posted("/records/ask", Names::Nothing, &["ask={id}"]),
    page("/records/{id}", Names::Record, &["before=1795262400000.100", "before=x"]),
    page(
        "/search",
        Names::Nothing,
        &[
            "q=acme",
            "q=a",
            "q=pumps",
            "q=quiet",
            "q=jan@acme.example",
            "q=wiadomosci",
            "q=Pompy",
            "q=poufne",
            "q=kopia",
            "q=from:jan",
            "q=about:acme",
            "q=kopia+about:pumps",
            "q=has:attachment",
            "q=after:2026-01-01",
            "q=starsze&in=message",
            "q=lis&in=contact",
            "q=acme&in=opportunity&after=12",
        ],
    ),
    // Names nothing: what is entered is one's own.
    Route {
        path: "/records/new/{kind}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["name=x"],
        forms: &["phone=221234567", ""],
    },
    page("/records/{id}/access", Names::Record, &[]),
    page("/records/{id}/owners", Names::Record, &[]),
    posted("/records/{id}/share", Names::Record, &["holder=u3&write=1&reason=x", "holder=3&revoke=1", ""]),
    posted("/records/{id}/confidential", Names::Record, &["on=true", "on=false", ""]),
    posted("/records/{id}/from-mail", Names::Record, &["change=1", ""]),
    posted(
        "/records/{id}/reach",
        Names::Record,
        &["what=away&until=2027-01-01", "what=back", "what=left&address=x@y.test", "what=take&address=x@y.test", ""],
    ),
    posted("/messages/{id}/answer", Names::Message, &["kind=reply", "kind=reply-all", "kind=forward", "kind=new", ""]),
    posted("/records/{id}/write", Names::Record, &[""]),
    page("/drafts", Names::Nothing, &[]),
    // Names nothing: a draft is its writer's alone; answering.rs shows it.
    Route {
        path: "/drafts/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["act=save&version=1&to=x@y.test", "act=send", "act=back", "act=discard", ""],
    },
    Route {
        path: "/me/signature",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["signature=x"],
    },
    posted(
        "/messages/{id}/wait",
        Names::Message,
        &["what=no-answer", "what=follow-up&day=2027-01-01", "what=undo&word=1", ""],
    ),
    Route {
        path: "/messages/{id}/new/{kind}",
        methods: &["GET", "POST"],
        names: Names::Message,
        queries: &[],
        forms: &["name=x&emails=x@y.test", ""],
    },
    Route {
        path: "/messages/{id}/update/{record}",
        methods: &["GET", "POST"],
        names: Names::Message,
        queries: &[],
        forms: &["take=phone&then-phone=221234567", ""],
    },
    posted("/records/{id}/step", Names::Record, &["step=back", "step=close", ""]),
    Route {
        path: "/records/{id}/merge",
        methods: &["GET", "POST"],
        names: Names::Record,
        queries: &["other=acme", "other=12", "other=21"],
        forms: &["other=20", "other=424242", ""],
    },
    posted("/records/{id}/unmerge", Names::Record, &[""]),
    Route {
        path: "/records/{id}/delete",
        methods: &["GET", "POST"],
        names: Names::Record,
        queries: &[],
        forms: &["reason=x", ""],
    },
    page("/records/{id}/deleted", Names::Record, &[]),
    posted("/records/{id}/restore", Names::Record, &[""]),
    Route {
        path: "/records/{id}/activity",
        methods: &["GET", "POST"],
        names: Names::Record,
        queries: &[],
        forms: &["kind=task&subject=call&responsible=3", "kind=note&text=x", ""],
    },
    page(
        "/activities",
        Names::Nothing,
        &["kind=task", "kind=e-mail", "original=1", "responsible=1&status=open", "record={id}", "kind=call&original=3"],
    ),
    posted("/activities/{id}", Names::Activity, &["step=done&next=/", "step=cancel&next=/", ""]),
    posted("/activities/give", Names::Nothing, &["id={activity}&to=2&next=/"]),
    Route {
        path: "/bulk",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["id={id}"],
        forms: &[
            "id={id}&what=assign&to=2&reason=x",
            "id={id}&what=append&role=sales&to=2",
            "all=1&owner=1&what=assign&to=2",
        ],
    },
    Route { path: "/bulk/{number}", methods: &["GET", "POST"], names: Names::Nothing, queries: &[], forms: &[""] },
    page("/absences", Names::Nothing, &["month=2026-11", "month=x"]),
    Route {
        path: "/absences/new",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["user=1"],
        forms: &["user=anna&from=2026-12-01&until=2026-12-02&substitute=kamil&except=record:{id}=kamil"],
    },
    Route { path: "/absences/{id}", methods: &["GET", "POST"], names: Names::Absence, queries: &[], forms: &[""] },
    posted("/absences/{id}/end", Names::Absence, &[""]),
    page("/absences/{id}/brief", Names::Absence, &[]),
    page("/absences/{id}/report", Names::Absence, &[]),
    // That the pages of one hand-over answer strangers as if it were not there is shown in handover.rs.
    Route { path: "/handovers", methods: &["GET", "POST"], names: Names::Nothing, queries: &[], forms: &["user=anna"] },
    page("/handovers/preview", Names::Nothing, &["user=anna&to=kamil", "user=kamil&to=piotr", "user=none&to=kamil"]),
    page("/handovers/{id}", Names::Nothing, &[]),
    posted("/handovers/{id}/return", Names::Nothing, &["force=yes"]),
    posted("/handovers/{id}/undo", Names::Nothing, &[""]),
    posted("/handovers/{id}/cancel", Names::Nothing, &[""]),
    page("/consents", Names::Nothing, &[]),
    posted(
        "/messages/{id}/correct",
        Names::Message,
        &[
            "act=private",
            "act=move&record=x",
            "act=remove-3",
            "act=always&record=x",
            "act=domain&record=x",
            "act=domain&of=3&agreed=1",
            "act=join&other=1",
            "act=confidential",
            "act=open",
            "",
        ],
    ),
    posted("/corrections/{number}/undo", Names::Nothing, &[""]),
    page(
        "/review",
        Names::Nothing,
        &[
            "after=1795262400000.100&n=2",
            "after=x",
            "n=x",
            "done=1",
            "said=1",
            "mail=424242",
            "suggestion=12-1-left",
            "suggested=1",
        ],
    ),
    posted("/review/{mail}", Names::Nothing, &["choice=r{id}", "choice=other&record={id}", "choice=none", ""]),
    Route {
        path: "/review/decisions/{number}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["n=1"],
        forms: &["n=1"],
    },
    posted("/review/decisions/{number}/undo", Names::Nothing, &[""]),
    posted("/review/suggestions/{key}", Names::Nothing, &["choice=yes", "choice=no", ""]),
    posted("/review/suggestions/{key}/undo", Names::Nothing, &[""]),
    posted("/consents/{id}", Names::Nothing, &["decision=give"]),
    page("/admin/access", Names::Nothing, &["record={id}", "user=anna", "record=Acme"]),
    page("/admin/audit", Names::Nothing, &["record={id}", "actor=anna"]),
    page("/admin/users", Names::Nothing, &["q=anna&which=all", "from=100"]),
    Route {
        path: "/admin/users/new",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["login=x&name=X&role=staff", ""],
    },
    Route {
        path: "/admin/users/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["saved=1"],
        // The third could be saved as it stands.
        forms: &[
            "do=link",
            "do=save&name=X&role=admin",
            "do=save&name=X&role=admin&zone=Europe/Warsaw&language=en&manager=&team=",
            "",
        ],
    },
    Route {
        path: "/admin/users/{id}/leave",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["look=1&to=1"],
        forms: &["to=1&seen=x", ""],
    },
    posted("/admin/teams", Names::Nothing, &["name=X", ""]),
    Route {
        path: "/admin/teams/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["saved=1"],
        forms: &["do=add&user=1", ""],
    },
    Route { path: "/admin/import", methods: &["GET", "POST"], names: Names::Nothing, queries: &[], forms: &[""] },
    Route {
        path: "/admin/import/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=run&seen=x", ""],
    },
    page("/admin/import/{id}/refused.csv", Names::Nothing, &[]),
    // What it may open it opens, and tells its owner: so it is not asked for what the viewer may open.
    Route {
        path: "/glass",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=open&record=424242&reason=x&hours=1", "do=close&record={id}", ""],
    },
    Route {
        path: "/invitation/{token}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["password=correct-horse&again=correct-horse", ""],
    },
    Route {
        path: "/admin/blocks",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["saved=1"],
        forms: &["do=look&pattern=x.test", ""],
    },
    Route {
        path: "/admin/privacy",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=show&address=jan@acme.example", "do=erase&address=jan@acme.example", ""],
    },
    Route {
        path: "/me/blocks",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["saved=1"],
        forms: &[
            "do=look&pattern=jan@acme.example",
            "do=block&pattern=nobody.test",
            "do=unblock&pattern=nobody.test",
            "",
        ],
    },
    page("/admin/rules/{id}/shadow", Names::Nothing, &[]),
    Route {
        path: "/admin/rules",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=apply", "do=delete&rule=1", "do=import&toml=", ""],
    },
    page("/admin/rules/export", Names::Nothing, &[]),
    Route {
        path: "/admin/rules/history",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["to=1"],
        forms: &["version=1"],
    },
    Route {
        path: "/admin/rules/new",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["copy=1", "trial=1"],
        forms: &["do=try&name=x&state=on&ignore=1", "do=count&name=x&state=on&ignore=1", ""],
    },
    Route {
        path: "/admin/rules/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=try&name=x", ""],
    },
    Route {
        path: "/admin/rules/runs/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=cancel", "do=undo"],
    },
    Route {
        path: "/admin/rules/trials/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=save&seen=x", "do=cancel", "do=again"],
    },
    page("/admin/rules/trials/{id}/changes.csv", Names::Nothing, &[]),
    Route {
        path: "/admin/trace",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["mail=101", "mail=424242"],
        forms: &[""],
    },
    posted("/admin/audit/export", Names::Nothing, &["record={id}"]),
    Route { path: "/me", methods: &["GET", "POST"], names: Names::Nothing, queries: &[], forms: &["language=en"] },
    Route {
        path: "/me/filing",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["record={id}"],
        forms: &["what=on&mailbox=anna", "what=off&mailbox=anna", "what=folder&record={id}", "what=renew", ""],
    },
    Route {
        path: "/me/notice",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["for=jan@acme.example", "for=nobody@nowhere.test", "try=1", "not_sent=1"],
        forms: &["do=show&text-external-en=x", "do=author&from=x", "do=save&text-external-en={amount}"],
    },
    page("/notices", Names::Nothing, &[]),
    Route {
        path: "/notices/{number}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["for=jan@acme.example", "for=nobody@nowhere.test", "try=1", "not_sent=1"],
        forms: &["do=show&text-external-en=x", "do=author&from=x", "do=save&text-external-en={amount}"],
    },
    Route {
        path: "/admin/autoresponder",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["team=1", "team=424242", "switch=look"],
        forms: &["do=save&text-external-en=x", ""],
    },
    posted("/admin/autoresponder/switch", Names::Nothing, &["do=stop&token=x", "do=start", ""]),
    posted("/me/sessions", Names::Nothing, &["session=00"]),
    page("/messages/{id}", Names::Message, &["domain=3"]),
    page("/messages/{id}/body", Names::Message, &[]),
    page("/messages/{id}/attachments/{index}", Names::Message, &[]),
    page(
        "/live",
        Names::Nothing,
        &[
            "page=/",
            "page=/records",
            "page=/records?kind=account",
            "page=/records/{id}",
            "page=/messages/{id}",
            "page=/search?q=acme",
            "page=/messages/101",
            "page=/messages/105",
            "page=/messages/106",
            "page=/nowhere",
            "page=/status",
            "page=/admin",
            "page=/admin/jobs",
            "page=/admin/mailboxes",
            "page=/admin/mailboxes/1",
        ],
    ),
    Route {
        path: "/login",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["next=/records/{id}"],
        // Wrong passwords: a name that there is, and one that there is not.
        forms: &["login=anna&password=wrong-password"],
    },
    Route {
        path: "/login/code",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["code=123456"],
    },
    page("/login/oidc", Names::Nothing, &["next=/records/{id}"]),
    page("/login/oidc/back", Names::Nothing, &["code=x&state=y", "error=access_denied"]),
    page("/logout/oidc", Names::Nothing, &[]),
    Route { path: "/setup", methods: &["GET", "POST"], names: Names::Nothing, queries: &[], forms: &["token=x", ""] },
    Route {
        path: "/me/sign-in",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["saved=off"],
        forms: &["do=confirm&code=123456", "do=cancel", "do=password&current=wrong-password", ""],
    },
    Route {
        path: "/me/tokens",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["saved=1"],
        forms: &["do=revoke&token=1", "do=make&name=&scope=read&days=30", ""],
    },
    page("/api/docs", Names::Nothing, &[]),
    page("/api/v1/openapi.json", Names::Nothing, &[]),
    Route {
        path: "/api/v1/me",
        methods: &["GET", "PATCH"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"language": "en"}"#],
    },
    Route {
        path: "/api/v1/me/wishes",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[
            r#"{"digest": null, "covers": false, "urgent_a_day": 5, "urgent": [{"account_id": {id}}]}"#,
            r#"{"digest": null, "covers": false, "urgent_a_day": 5, "urgent": [{"contact_id": {id}}]}"#,
        ],
    },
    page("/api/v1/me/filing", Names::Nothing, &[]),
    posted("/api/v1/me/filing/folders", Names::Nothing, &[r#"{"mailbox": "anna", "on": true}"#]),
    posted("/api/v1/me/filing/secret", Names::Nothing, &[""]),
    page("/api/v1/records/{id}/filing", Names::Record, &[]),
    posted("/api/v1/records/{id}/filing/folder", Names::Record, &[""]),
    page("/api/v1/status", Names::Nothing, &[]),
    page("/metrics", Names::Nothing, &[]),
    page("/status", Names::Nothing, &[]),
    page("/admin", Names::Nothing, &[]),
    page("/admin/jobs", Names::Nothing, &["kind=hand-over", "kind=nonsense"]),
    page("/admin/mailboxes", Names::Nothing, &[]),
    Route {
        path: "/admin/mailboxes/new",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=save&name=&address=x", ""],
    },
    Route {
        path: "/admin/mailboxes/{id}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["remove=look", "done=paused"],
        forms: &["do=pause", "do=resume", "do=history&days=0", ""],
    },
    Route {
        path: "/admin/mailboxes/{id}/edit",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &["do=save&address=x", ""],
    },
    Route {
        path: "/me/mailboxes",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["done=agreed"],
        forms: &["do=agree&mailbox=1&seen=x", "do=withdraw&mailbox=1", ""],
    },
    Route {
        path: "/api/v1/{kind}",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[
            "limit=1",
            "cursor=0.11",
            "updated_since=2026-01-01T00:00:00Z",
            "account={id}",
            "owner=1&status=open",
        ],
        forms: &[r#"{"name": "x", "account_id": {id}}"#, r#"{"name": "x", "end_contact_id": {id}}"#, ""],
    },
    Route {
        path: "/api/v1/{kind}/by-external-id/{system}/{external_id}",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"name": "x"}"#],
    },
    Route {
        path: "/api/v1/records/{id}",
        methods: &["GET", "PATCH"],
        names: Names::Record,
        queries: &[],
        forms: &[r#"{"name": "x"}"#],
    },
    page("/api/v1/records/{id}/timeline", Names::Record, &["limit=1", "cursor=1795262400000.100"]),
    page(
        "/api/v1/search",
        Names::Nothing,
        &["q=acme", "q=jan@acme.example", "q=kopia", "q=about:acme", "q=starsze&in=message", "q=lis&in=contact"],
    ),
    page("/api/v1/users", Names::Nothing, &["limit=1", "login=anna"]),
    page("/api/v1/users/{id}", Names::Nothing, &[]),
    page("/api/v1/users/{id}/notices", Names::Nothing, &["not_sent=true"]),
    Route {
        path: "/api/v1/users/{id}/notice-texts",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"for": "external", "language": "en", "text": "x"}"#],
    },
    Route {
        path: "/api/v1/users/{id}/notice-author",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"from": null, "name": "x", "reply_to": null}"#],
    },
    Route {
        path: "/api/v1/me/notice-author",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"from": null, "name": "x", "reply_to": null}"#],
    },
    posted("/api/v1/privacy/show", Names::Nothing, &[r#"{"address": "jan@acme.example"}"#]),
    posted("/api/v1/privacy/erase", Names::Nothing, &[r#"{"address": "jan@acme.example", "agreed": true}"#]),
    Route {
        path: "/api/v1/imports",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"what": "account", "content": "bmFtZQp4Cg=="}"#],
    },
    page("/api/v1/imports/{id}", Names::Nothing, &[]),
    posted("/api/v1/imports/{id}/step", Names::Nothing, &[r#"{"do": "back"}"#]),
    page("/api/v1/absences/{id}/brief", Names::Absence, &[]),
    page("/api/v1/absences/{id}/report", Names::Absence, &[]),
    page("/api/v1/rules/{id}/shadow", Names::Nothing, &[]),
    page("/api/v1/rules/trials/{id}/changes", Names::Nothing, &[]),
    posted("/api/v1/mailboxes/{id}/test", Names::Nothing, &[""]),
    Route {
        path: "/api/v1/users/by-external-id/{system}/{external_id}",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"login": "x", "name": "x"}"#],
    },
    Route {
        path: "/api/v1/activities",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["limit=1", "kind=task&status=open", "responsible=1", "original_owner=3"],
        forms: &[r#"{"record_id": {id}, "kind": "task", "subject": "x"}"#, ""],
    },
    Route {
        path: "/api/v1/activities/{id}",
        methods: &["GET", "PATCH"],
        names: Names::Activity,
        queries: &[],
        forms: &[r#"{"status": "done"}"#],
    },
    Route {
        path: "/api/v1/activities/by-external-id/{system}/{external_id}",
        methods: &["PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"record_id": 0, "kind": "task", "subject": "x"}"#],
    },
    page("/api/v1/messages/{id}", Names::Message, &[]),
    page("/api/v1/messages/{id}/attachments/{index}", Names::Message, &[]),
    Route {
        path: "/api/v1/messages/{id}/corrections",
        methods: &["GET", "POST"],
        names: Names::Message,
        queries: &[],
        forms: &[r#"{"say": "private"}"#, r#"{"say": "move", "record_id": 12}"#, r#"{"say": "no-answer"}"#, ""],
    },
    posted("/api/v1/corrections/{id}/undo", Names::Nothing, &[""]),
    posted(
        "/api/v1/review/{id}/decision",
        Names::Message,
        &[r#"{"choose": "none"}"#, r#"{"choose": "record", "record_id": 12}"#],
    ),
    posted("/api/v1/review/decisions/{id}/undo", Names::Nothing, &[""]),
    page("/api/v1/review", Names::Nothing, &["limit=1"]),
    page("/api/v1/today", Names::Nothing, &[]),
    page(
        "/api/v1/lacking",
        Names::Nothing,
        &[
            "kind=opportunity&lack=unanswered",
            "kind=lead&lack=neglected&whose=people",
            "kind=contact&lack=unanswered&owner=1",
        ],
    ),
    page("/api/v1/mailboxes", Names::Nothing, &[]),
    page("/api/v1/events", Names::Nothing, &["after=0", "after=now", "limit=1"]),
    posted("/api/v1/records/{id}/assign", Names::Record, &[r#"{"to_id": 3}"#, r#"{"to_id": 3, "step": true}"#]),
    posted("/api/v1/records/{id}/step", Names::Record, &[r#"{"do": "back"}"#, r#"{"do": "close"}"#]),
    page("/api/v1/records/{id}/owners", Names::Record, &[]),
    page("/api/v1/records/{id}/access", Names::Record, &[]),
    posted("/api/v1/records/{id}/shares", Names::Record, &[r#"{"user_id": 3}"#, r#"{"user_id": 3, "write": true}"#]),
    posted("/api/v1/records/{id}/shares/revoke", Names::Record, &[r#"{"user_id": 3}"#]),
    posted(
        "/api/v1/records/{id}/merge",
        Names::Record,
        &[r#"{"other_id": 12, "dry_run": true}"#, r#"{"other_id": 10}"#],
    ),
    posted("/api/v1/records/{id}/unmerge", Names::Record, &[""]),
    posted("/api/v1/records/{id}/delete", Names::Record, &[r#"{"dry_run": true}"#, "{}"]),
    posted("/api/v1/records/{id}/restore", Names::Record, &[""]),
    posted(
        "/api/v1/bulk",
        Names::Nothing,
        &[
            r#"{"record_ids": [{id}], "assign": {"to_id": 2}}"#,
            r#"{"matching": {"account_id": {id}}, "assign": {"to_id": 2}}"#,
            r#"{"record_ids": [{id}], "append_manager": {"user_id": 2, "role": "sales"}}"#,
            "",
        ],
    ),
    page("/api/v1/bulk/{id}", Names::Nothing, &[]),
    posted("/api/v1/bulk/{id}/run", Names::Nothing, &[""]),
    posted(
        "/api/v1/messages/{id}/drafts",
        Names::Message,
        &[r#"{"kind": "reply"}"#, r#"{"kind": "reply-all"}"#, r#"{"kind": "forward"}"#],
    ),
    posted("/api/v1/records/{id}/drafts", Names::Record, &[""]),
    page("/api/v1/drafts", Names::Nothing, &[]),
    Route {
        path: "/api/v1/drafts/{id}",
        methods: &["GET", "PATCH", "DELETE"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"text": "x"}"#],
    },
    posted("/api/v1/drafts/{id}/send", Names::Nothing, &["{}"]),
    posted("/api/v1/drafts/{id}/decision", Names::Nothing, &[r#"{"decide": "back"}"#]),
    posted("/api/v1/drafts/{id}/files", Names::Nothing, &[r#"{"name": "x", "content": ""}"#]),
    Route {
        path: "/api/v1/drafts/{id}/files/{file}",
        methods: &["DELETE"],
        names: Names::Nothing,
        queries: &[],
        forms: &[""],
    },
    Route {
        path: "/api/v1/me/signature",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"text": "x"}"#],
    },
    page("/api/v1/rules", Names::Nothing, &[]),
    page("/api/v1/rules/{id}", Names::Nothing, &[]),
    posted("/api/v1/rules/check", Names::Nothing, &[r#"{"do": "apply"}"#]),
    page("/api/v1/rules/export", Names::Nothing, &[]),
    page("/api/v1/rules/versions", Names::Nothing, &[]),
    page("/api/v1/rules/versions/{id}", Names::Nothing, &[]),
    posted("/api/v1/rules/trials", Names::Nothing, &[r#"{"do": "apply"}"#]),
    page("/api/v1/rules/trials/{id}", Names::Nothing, &[]),
    posted("/api/v1/rules/trials/{id}/save", Names::Nothing, &[r#"{"seen": "x"}"#]),
    posted("/api/v1/rules/trials/{id}/cancel", Names::Nothing, &[""]),
    posted("/api/v1/rules/trials/{id}/again", Names::Nothing, &[""]),
    page("/api/v1/rules/runs", Names::Nothing, &[]),
    page("/api/v1/rules/runs/{id}", Names::Nothing, &[]),
    posted("/api/v1/rules/runs/{id}/cancel", Names::Nothing, &[""]),
    posted("/api/v1/rules/runs/{id}/undo", Names::Nothing, &[""]),
    Route {
        path: "/api/v1/handovers",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"user_id": 1, "to_id": 2, "seen": "x"}"#],
    },
    posted("/api/v1/handovers/preview", Names::Nothing, &[r#"{"user_id": 1, "to_id": 2}"#, r#"{"user_id": 3}"#]),
    page("/api/v1/handovers/{id}", Names::Nothing, &[]),
    posted("/api/v1/handovers/{id}/return", Names::Nothing, &["{}"]),
    posted("/api/v1/handovers/{id}/undo", Names::Nothing, &[""]),
    posted("/api/v1/handovers/{id}/cancel", Names::Nothing, &[""]),
    Route {
        path: "/api/v1/me/blocks",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"pattern": "jan@acme.example", "dry_run": true}"#],
    },
    posted("/api/v1/me/blocks/remove", Names::Nothing, &[r#"{"pattern": "jan@acme.example"}"#]),
    Route {
        path: "/api/v1/blocks",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"pattern": "jan@acme.example", "dry_run": true}"#],
    },
    posted("/api/v1/blocks/remove", Names::Nothing, &[r#"{"pattern": "jan@acme.example"}"#]),
    page("/api/v1/me/notices", Names::Nothing, &["not_sent=true"]),
    Route {
        path: "/api/v1/me/notice-texts",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"for": "external", "language": "en", "text": "x"}"#],
    },
    page("/api/v1/notices", Names::Nothing, &["not_sent=true"]),
    Route {
        path: "/api/v1/notices/texts",
        methods: &["GET", "PUT"],
        names: Names::Nothing,
        queries: &["team=1"],
        forms: &[r#"{"for": "external", "language": "en", "text": "x"}"#],
    },
    Route {
        path: "/api/v1/notices/switch",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"do": "stop"}"#],
    },
    page("/api/v1/jobs", Names::Nothing, &["kind=hand-over"]),
    Route {
        path: "/api/v1/absences",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["running=true", "user=1"],
        forms: &[r#"{"user": "anna", "from": "2026-12-01", "until": "2026-12-02", "substitute": "kamil",
                "exceptions": [{"what": "record:{id}", "substitute": "kamil"}]}"#],
    },
    Route {
        path: "/api/v1/absences/{id}",
        methods: &["GET", "PATCH"],
        names: Names::Absence,
        queries: &[],
        forms: &[r#"{"until": "2026-12-01"}"#],
    },
    posted("/api/v1/absences/{id}/end", Names::Absence, &[""]),
    Route {
        path: "/api/v1/absences/by-external-id/{system}/{external_id}",
        methods: &["PUT"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"user": "anna", "from": "2026-12-01"}"#],
    },
    page("/api/v1/suggestions", Names::Nothing, &[]),
    posted("/api/v1/suggestions/{key}/decision", Names::Nothing, &[r#"{"choose": "accept"}"#]),
    posted("/api/v1/suggestions/decisions/{id}/undo", Names::Nothing, &[""]),
    page("/api/v1/messages/{id}/offer", Names::Message, &["kind=contact", "kind=opportunity"]),
    posted("/api/v1/messages/{id}/records", Names::Message, &[r#"{"kind": "lead", "name": "x"}"#]),
    Route {
        path: "/api/v1/messages/{id}/differences",
        methods: &["GET", "POST"],
        names: Names::Message,
        queries: &["record_id={id}"],
        forms: &[r#"{"record_id": 11, "changes": [{"field": "city", "then": "x"}]}"#],
    },
    posted("/api/v1/records/{id}/from-mail/undo", Names::Record, &[r#"{"change_id": 1}"#]),
    Route {
        path: "/api/v1/records/{id}/reach",
        methods: &["GET", "POST"],
        names: Names::Record,
        queries: &[],
        forms: &[r#"{"say": "away"}"#, r#"{"say": "language", "language": "de"}"#],
    },
    posted("/api/v1/records/{id}/reach/take", Names::Record, &[r#"{"address": "x@y.example"}"#]),
    Route {
        path: "/api/v1/trace",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &["message=101"],
        forms: &[r#"{"content": ""}"#],
    },
    page("/api/v1/messages/{id}/notices", Names::Message, &[]),
    posted(
        "/api/v1/notices/preview",
        Names::Nothing,
        &[r#"{"client": "jan@acme.example"}"#, r#"{"client": "nobody@nowhere.test", "user_id": 1}"#],
    ),
    posted("/api/v1/notices/try", Names::Nothing, &["{}", r#"{"user_id": 1}"#]),
    posted("/api/v1/notices/explain", Names::Nothing, &[r#"{"message_id": "101@x.example"}"#]),
    Route {
        path: "/api/v1/teams",
        methods: &["GET", "POST"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"name": "x"}"#],
    },
    Route {
        path: "/api/v1/teams/{id}",
        methods: &["GET", "PATCH"],
        names: Names::Nothing,
        queries: &[],
        forms: &[r#"{"name": "x"}"#],
    },
    posted("/api/v1/users/{id}/leave", Names::Nothing, &["{}"]),
    posted("/api/v1/users/{id}/activate", Names::Nothing, &[""]),
    page("/api/v1/users/{id}/sees", Names::Nothing, &[]),
    page("/api/v1/audit", Names::Nothing, &["record={id}"]),
    page("/api/v1/consents", Names::Nothing, &[]),
    posted("/api/v1/consents/{id}/decision", Names::Nothing, &[r#"{"choose": "give"}"#]),
    page("/api/v1/mailboxes/standing", Names::Nothing, &[]),
    posted("/api/v1/mailboxes/{id}/sync", Names::Nothing, &[""]),
    posted("/api/v1/mailboxes/{id}/step", Names::Nothing, &[r#"{"do": "pause"}"#]),
    Route { path: "/logout", methods: &["POST"], names: Names::Nothing, queries: &[], forms: &[""] },
    page("/assets/{name}", Names::Nothing, &[]),
    page("/favicon.ico", Names::Nothing, &[]),
    page("/favicon.svg", Names::Nothing, &[]),
    page("/livez", Names::Nothing, &[]),
    page("/readyz", Names::Nothing, &[]),
];

/// An activity stands on each record, with this much more than its number.
pub const ACTIVITY: i64 = 500;
/// What is not there.
const ABSENT: i64 = 424_242;
pub const RECORDS: [i64; 6] = [ACME, JAN, PUMPS, SECRET, BETA, VALVES];
pub const MESSAGES: [i64; 8] = [OFFER, REPLY, ON_VALVES, QUESTION, ANSWER, WHISPER, COPIED, OLD];

/// What a viewer may see in the seeded company, by hand.
pub struct Sees {
    pub viewer: i64,
    pub records: &'static [i64],
    /// By a record, and by a copy in their own mailbox.
    pub messages: &'static [i64],
    pub copies: &'static [i64],
}

const VIEWERS: [Sees; 5] = [
    Sees { viewer: KAMIL, records: &[BETA, VALVES], messages: &[ON_VALVES], copies: &[COPIED] },
    Sees {
        viewer: PIOTR,
        records: &[ACME, JAN, PUMPS],
        messages: &[OFFER, REPLY, QUESTION, ANSWER, COPIED, OLD],
        copies: &[],
    },
    Sees {
        viewer: MARIA,
        records: &[ACME, JAN, PUMPS],
        messages: &[OFFER, REPLY, QUESTION, ANSWER, COPIED, OLD],
        copies: &[],
    },
    Sees {
        viewer: ANNA,
        records: &[ACME, JAN, PUMPS, SECRET],
        messages: &[OFFER, REPLY, QUESTION, ANSWER, WHISPER, COPIED, OLD],
        copies: &[],
    },
    Sees { viewer: ADAM, records: &[], messages: &[], copies: &[] },
];

/// A database of a test's own.
enum Home {
    Sqlite(Folder),
    Postgres(Database),
}

impl Home {
    /// Runs SQL beside the program, in which references may point at what is gone: that is what absent
    /// means here.
    async fn run(&self, statements: &[String]) {
        match self {
            Home::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.0.join("t.db")).foreign_keys(false);
                let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                for statement in statements {
                    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap();
                }
                connection.close().await.unwrap();
            }
            Home::Postgres(database) => {
                let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
                sqlx::raw_sql("set session_replication_role = replica").execute(&mut connection).await.unwrap();
                for statement in statements {
                    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap();
                }
                connection.close().await.unwrap();
            }
        }
    }
}

/// The pages over one database.
pub struct Site {
    pub db: Db,
    router: Router,
    viewer: i64,
    cookie: String,
    token: String,
    _changes: watch::Sender<u64>,
    _stop: watch::Sender<bool>,
    home: Home,
}

pub type Answer = (StatusCode, HeaderMap, String);

impl Site {
    /// The whole company, or what is left of it for a viewer.
    async fn open(kind: Kind, name: &str, viewer: i64, only: Option<&Sees>) -> Site {
        let more = only.map(without_the_rest).unwrap_or_default();
        Site::with(kind, &format!("differential-{name}-{viewer}"), viewer, &Config::default(), &more).await
    }

    /// The company after these statements, as a viewer sees it.
    pub async fn with(kind: Kind, name: &str, viewer: i64, config: &Config, statements: &[String]) -> Site {
        let (db, home) = match kind {
            Kind::Sqlite => {
                let (db, folder) = sqlite(name).await;
                (db, Home::Sqlite(folder))
            }
            Kind::Postgres => {
                let database = Database::fresh();
                let db = Db::open(&database.url).await.unwrap();
                db.migrate().await.unwrap();
                seed(&db).await;
                // The seed names its own ids, and sequences do not look at rows.
                let restart = |table| format!("alter table {table} alter column id restart with 10000");
                let home = Home::Postgres(database);
                home.run(&["records", "mails", "threads", "absences", "outbox"].map(restart)).await;
                (db, home)
            }
        };
        // A class of an account that must not show through its contacts and deals.
        home.run(&[format!("update records set class = 'A' where id = {ACME}")]).await;
        let activity = |record: &i64| {
            format!(
                "insert into activities (id, record_id, kind, subject, body, status, responsible_id, author_id, at, \
                 created_at, updated_at) select id + {ACTIVITY}, id, 'task', 'Call about ' || name, '', 'open', owner_id, \
                 owner_id, {0}, {0}, {0} from records where id = {record}",
                NOW.0 - 1_000
            )
        };
        home.run(&RECORDS.iter().map(activity).collect::<Vec<_>>()).await;
        // What is asked: about a mail between what the viewer reads and what they do not, and so on.
        let asked = [
            (COPIED, "several", format!("[{VALVES}]")),
            (COPIED, "filing", format!("[{PUMPS}]")),
            (REPLY, "several", format!("[{PUMPS},{SECRET}]")),
            (QUESTION, "shared-address", format!("[{JAN},{ACME}]")),
            (WHISPER, "suggested", format!("[{SECRET}]")),
            (ON_VALVES, "several", format!("[{VALVES},{BETA}]")),
            (OFFER, "unknown-sender", "[]".to_owned()),
        ];
        let question = |(mail, reason, records): &(i64, &str, String)| {
            format!(
                "insert into reviews (mail_id, reason, at, records, asked_at) select id, '{reason}', at, '{records}', {} \
                 from mails where id = {mail}",
                NOW.0
            )
        };
        // An admin is asked what others are, audited; what they are not shown stands in review.rs.
        if viewer != ADAM {
            home.run(&asked.iter().map(question).collect::<Vec<_>>()).await;
        }
        home.run(statements).await;
        standin::intake::index::catch_up(&db).await.unwrap();
        let token = [viewer as u8; 32];
        let mut tx = db.write().await.unwrap();
        sessions::begin(&mut tx, &Sha256::digest(token), UserId(viewer), "test", NOW).await.unwrap();
        api_tokens::add(&mut tx, &of_program(viewer), &Sha256::digest(token)).await.unwrap();
        tx.commit().await.unwrap();
        // The clock stands still, so an allowance would never be there again.
        let mut config = config.clone();
        config.api.requests_per_minute = 0;
        let (changes, changed) = watch::channel(0);
        let (stop, stopping) = watch::channel(false);
        let state = State {
            db: db.clone(),
            keys: Keys::derive(&[7; 32]),
            config: Arc::new(config),
            changes: changed,
            clock: Arc::new(|| -> Timestamp { NOW }),
        };
        let cookie = format!("standin={}", hex::encode(token));
        let token = format!("Bearer {}", api::written(&token));
        Site { db, router: router(state, stopping), viewer, cookie, token, _changes: changes, _stop: stop, home }
    }

    /// The database's address.
    pub fn url(&self) -> String {
        match &self.home {
            Home::Sqlite(folder) => format!("sqlite:{}", folder.0.join("t.db").display()),
            Home::Postgres(database) => database.url.clone(),
        }
    }

    /// Signs the viewer in, whatever they did to their session.
    pub async fn sign_in(&self) {
        let hash = Sha256::digest([self.viewer as u8; 32]);
        let mut tx = self.db.write().await.unwrap();
        sessions::end(&mut tx, &hash).await.unwrap();
        sessions::begin(&mut tx, &hash, UserId(self.viewer), "test", NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs SQL beside the program.
    pub async fn run(&self, statements: &[String]) {
        self.home.run(statements).await;
    }

    /// The answer, but for what differs from request to request. Of a stream that is what comes at
    /// once.
    pub async fn ask(&self, method: &str, path: &str, form: &str) -> Answer {
        let request = self.request(method, path);
        let request = match path.starts_with("/api/v1/") {
            true => request.header(header::CONTENT_TYPE, "application/json"),
            false => request
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        };
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// A request by the viewer: with their token where it is one for programs, else with their cookie.
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        match path.starts_with("/api/v1/") {
            true => request.header(header::AUTHORIZATION, &self.token),
            false => request.header(header::COOKIE, &self.cookie),
        }
    }

    /// What is answered to a request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let streams = parts.headers.get(header::CONTENT_TYPE).is_some_and(|t| t == "text/event-stream");
        let bytes = if streams { first(body).await } else { body.collect().await.unwrap().to_bytes() };
        let mut headers = parts.headers;
        headers.remove(header::DATE);
        let id = headers.remove("x-request-id").map_or(String::new(), |id| id.to_str().unwrap().to_owned());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (parts.status, headers, if id.is_empty() { text } else { text.replace(&id, "ID") })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }
}

/// A token for programs. An admin's with the scope `admin` names what others own, as the pages of the structure
/// do: it is asked in api.rs.
fn of_program(viewer: i64) -> Token {
    Token {
        id: TokenId(0),
        user: UserId(viewer),
        name: "test".into(),
        scope: ApiScope::Write,
        created: NOW,
        expires: NOW.plus(DAY),
        used: Some(NOW),
    }
}

/// What a stream says before it waits.
async fn first(mut body: Body) -> Bytes {
    match tokio::time::timeout(Duration::from_millis(100), body.frame()).await {
        Ok(Some(frame)) => frame.unwrap().into_data().unwrap_or_default(),
        _ => Bytes::new(),
    }
}

/// Takes away what the viewer may not see. Of a mail of which they have only a copy, everything goes
/// that follows from records.
pub fn without_the_rest(sees: &Sees) -> Vec<String> {
    // Never empty: PostgreSQL knows no empty list.
    let list = |ids: &[i64]| ids.iter().chain([&-1]).map(i64::to_string).collect::<Vec<_>>().join(", ");
    let mut mails = [sees.messages, sees.copies].concat();
    if mails.contains(&OLD) {
        mails.extend(OLD..OLD + OLD_COUNT);
    }
    let (records, mails, copies) = (list(sees.records), list(&mails), list(sees.copies));
    let mut all = vec![
        format!("delete from links where record_id not in ({records}) or governing_id not in ({records})"),
        format!("delete from mails where id not in ({mails})"),
        format!("update mails set waits = false, answered_at = null, answered_by = null where id in ({copies})"),
        // What was decided in one's own name is told by a copy too.
        format!(
            "delete from notice_decisions where mail_id not in ({mails}) or (mail_id in ({copies}) and user_id <> {})",
            sees.viewer
        ),
        format!("delete from records where id not in ({records})"),
    ];
    for table in ["raws", "mail_parties", "locations", "reviews"] {
        all.push(format!("delete from {table} where mail_id not in ({mails})"));
    }
    for table in ["record_addresses", "account_domains", "record_owners", "shares", "activities"] {
        all.push(format!("delete from {table} where record_id not in ({records})"));
    }
    all
}

/// The addresses of a route: with each of these ids, and each query.
pub fn addresses(route: &Route, records: &[i64], messages: &[i64]) -> Vec<String> {
    let activities: Vec<i64> = records.iter().map(|record| record + ACTIVITY).collect();
    let ids = match route.names {
        Names::Nothing => &[0][..],
        Names::Record => records,
        Names::Message => messages,
        Names::Absence => &[1, ABSENT],
        Names::Activity => activities.as_slice(),
    };
    let mut found = Vec::new();
    for id in ids {
        let path = route.path.replace("{id}", &id.to_string()).replace("{index}", "0").replace("{name}", "none.css");
        let path = path.replace("{number}", "1").replace("{key}", "1").replace("{mail}", &COPIED.to_string());
        let kind = if path.starts_with("/api/") { "opportunities" } else { "lead" };
        let path = path.replace("{kind}", kind).replace("{record}", "1").replace("{token}", "0");
        let path = path.replace("{system}", "import").replace("{external_id}", "O-1").replace("{file}", "1");
        found.push(path.clone());
        for query in route.queries {
            let each = if query.contains("{id}") { records } else { &[0][..] };
            found.extend(each.iter().map(|id| format!("{path}?{}", query.replace("{id}", &id.to_string()))));
        }
    }
    found
}

pub fn route(method: &str) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| route.methods.contains(&method))
}

/// On PostgreSQL a page takes ten times as long as on SQLite, most of it for working out plans: there a
/// stranger, a substitute and an admin look, and everybody in the full run.
fn viewers(kind: Kind) -> impl Iterator<Item = &'static Sees> {
    static ALL: [Sees; 5] = VIEWERS;
    let all = kind == Kind::Sqlite || crate::support::firm::full();
    ALL.iter().filter(move |sees| all || [KAMIL, PIOTR, ADAM].contains(&sees.viewer))
}

async fn every_page_is_what_it_would_be_if_nothing_else_existed(kind: Kind) {
    let records = [RECORDS.as_slice(), &[ABSENT]].concat();
    let messages = [MESSAGES.as_slice(), &[ABSENT]].concat();
    let mut shown = BTreeSet::new();
    for sees in viewers(kind) {
        let whole = Site::open(kind, "whole", sees.viewer, None).await;
        let rest = Site::open(kind, "rest", sees.viewer, Some(sees)).await;
        let theirs = |route: &&Route| sees.viewer != ADAM || !STRUCTURE.iter().any(|path| route.path.starts_with(path));
        for address in route("GET").filter(theirs).flat_map(|route| addresses(route, &records, &messages)) {
            let (one, other) = (whole.get(&address).await, rest.get(&address).await);
            assert_eq!(one, other, "user {}, {address}", sees.viewer);
            if one.0 == StatusCode::OK {
                shown.insert((sees.viewer, address));
            }
        }
    }
    // Comparing refusals alone would prove nothing.
    for (viewer, address) in [
        (KAMIL, format!("/records/{VALVES}")),
        (KAMIL, format!("/messages/{COPIED}")),
        (PIOTR, format!("/records/{PUMPS}")),
        (PIOTR, format!("/messages/{REPLY}/attachments/0")),
        (PIOTR, format!("/live?page=/records/{ACME}")),
        (ANNA, format!("/messages/{WHISPER}")),
        (ADAM, "/".to_owned()),
    ] {
        let looked = viewers(kind).any(|sees| sees.viewer == viewer);
        assert!(!looked || shown.contains(&(viewer, address.clone())), "user {viewer}, {address}");
    }
}

#[tokio::test]
async fn every_page_is_what_it_would_be_if_nothing_else_existed_on_sqlite() {
    every_page_is_what_it_would_be_if_nothing_else_existed(Kind::Sqlite).await;
}

#[tokio::test]
async fn every_page_is_what_it_would_be_if_nothing_else_existed_on_postgresql() {
    every_page_is_what_it_would_be_if_nothing_else_existed(Kind::Postgres).await;
}

async fn what_is_forbidden_answers_as_what_is_not_there(kind: Kind) {
    for sees in &VIEWERS {
        let site = Site::open(kind, "forbidden", sees.viewer, None).await;
        let hidden = |all: &[i64], seen: &[&[i64]]| -> Vec<i64> {
            all.iter().filter(|id| !seen.concat().contains(id)).copied().collect()
        };
        let records = hidden(&RECORDS, &[sees.records]);
        let messages = hidden(&MESSAGES, &[sees.messages, sees.copies]);
        let theirs = |route: &&Route| sees.viewer != ADAM || !STRUCTURE.iter().any(|path| route.path.starts_with(path));
        let named = |route: &&Route| !matches!(route.names, Names::Nothing | Names::Absence);
        posted_with(&site, sees, &records).await;
        for route in ROUTES.iter().filter(named).filter(theirs) {
            for method in route.methods {
                let forms: &[&str] = if *method == "GET" { &[""] } else { route.forms };
                for form in forms {
                    let of = if matches!(route.names, Names::Message) { records.as_slice() } else { &[ABSENT][..] };
                    let absent = addresses(route, of, &[ABSENT]);
                    for address in addresses(route, &records, &messages) {
                        // The same query of the same route, with what is not there.
                        let query = address.split_once('?').map(|(_, query)| query);
                        let twin = absent.iter().find(|a| a.split_once('?').map(|(_, q)| q) == query).unwrap();
                        let (one, other) = (site.ask(method, &address, form).await, site.ask(method, twin, form).await);
                        assert_eq!(one, other, "user {}, {method} {address}", sees.viewer);
                        // A form that cannot be read is turned away before anything is looked up.
                        let unread = *method == "POST" && one.0.is_client_error();
                        // Nor is a query looked at that lacks what it needs.
                        let lacks = query.is_none() && !route.queries.is_empty();
                        let unread = unread || (lacks && one.0 == StatusCode::BAD_REQUEST);
                        let refused = one.0 == StatusCode::NOT_FOUND || unread;
                        assert!(refused, "user {}, {method} {address}: {}", sees.viewer, one.0);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_forbidden_answers_as_what_is_not_there_on_sqlite() {
    what_is_forbidden_answers_as_what_is_not_there(Kind::Sqlite).await;
}

#[tokio::test]
async fn what_is_forbidden_answers_as_what_is_not_there_on_postgresql() {
    what_is_forbidden_answers_as_what_is_not_there(Kind::Postgres).await;
}

/// Forms that name records among their fields: with what is forbidden as with what is not there, but
/// for the number itself and the number that a new page gets.
async fn posted_with(site: &Site, sees: &Sees, hidden: &[i64]) {
    let theirs = |route: &&Route| sees.viewer != ADAM || !STRUCTURE.iter().any(|path| route.path.starts_with(path));
    let number = Regex::new(r#"/bulk/\d+|\{"id":\d+,"done""#).unwrap();
    for route in
        ROUTES.iter().filter(|route| route.names == Names::Nothing && route.methods.contains(&"POST")).filter(theirs)
    {
        for form in route.forms.iter().filter(|form| form.contains("{id}") || form.contains("{activity}")) {
            for id in hidden {
                let mut told = Vec::new();
                for id in [*id, ABSENT] {
                    let (record, activity) = (id.to_string(), (id + ACTIVITY).to_string());
                    let form = form.replace("{id}", &record).replace("{activity}", &activity);
                    let mut answer = site
                        .ask(
                            "POST",
                            &route
                                .path
                                .replace("{id}", "0")
                                .replace("{mail}", "1")
                                .replace("{key}", "1")
                                .replace("{kind}", "opportunities"),
                            &form,
                        )
                        .await;
                    let shown = answer.1.remove(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
                    answer.1.remove(header::CONTENT_LENGTH);
                    if let Some(address) = &shown {
                        answer.2.push_str(&site.get(address).await.2);
                    }
                    let text = number.replace_all(&answer.2, "/bulk/N").replace(&activity, "IT");
                    let places = [
                        (r#"value=""#, r#"""#),
                        ("id=", "&"),
                        ("/records/", ""),
                        ("№ ", " "),
                        (r#""record_id":"#, ","),
                        ("record:", "`"),
                        ("`", "`"),
                        ("(", ")"),
                    ];
                    let text = places
                        .iter()
                        .fold(text, |text, (before, after)| text.replace(&format!("{before}{record}{after}"), "IT"));
                    told.push((answer.0, answer.1, shown.map(|to| number.replace(&to, "/bulk/N").into_owned()), text));
                }
                assert_eq!(told[0], told[1], "user {}, {}: {form} with {id}", sees.viewer, route.path);
            }
        }
    }
}

async fn signing_in_does_not_tell_who_there_is(kind: Kind) {
    let site = Site::open(kind, "login", KAMIL, None).await;
    let known = site.ask("POST", "/login", "login=anna&password=wrong-password").await;
    let unknown = site.ask("POST", "/login", "login=none&password=wrong-password").await;
    assert_eq!((known.0, known.1), (unknown.0, unknown.1));
    assert_eq!(known.2.replace("anna", "none"), unknown.2);
}

#[tokio::test]
async fn signing_in_does_not_tell_who_there_is_on_sqlite() {
    signing_in_does_not_tell_who_there_is(Kind::Sqlite).await;
}

#[tokio::test]
async fn signing_in_does_not_tell_who_there_is_on_postgresql() {
    signing_in_does_not_tell_who_there_is(Kind::Postgres).await;
}

#[test]
fn every_route_of_the_router_is_compared_here() {
    let source = concat!(include_str!("../../src/web/mod.rs"), include_str!("../../src/web/api/routes.rs"));
    let pattern =
        Regex::new(r#"(?s)\.route\(\s*"([^"]+)",(.*?)\)\s*(?:\.(?:route|fallback|layer|with_state|merge)|\})"#)
            .unwrap();
    let method = Regex::new(r"\b(get|post|put|delete|patch|any)\(").unwrap();
    let (mut at, mut found) = (0, BTreeSet::new());
    while let Some(one) = pattern.captures_at(source, at) {
        // The next route begins where the pattern looked ahead.
        at = one.get(2).unwrap().end();
        let methods: BTreeSet<String> = method.captures_iter(&one[2]).map(|m| m[1].to_uppercase()).collect();
        found.insert((one[1].to_owned(), methods));
    }
    assert_eq!(found.len(), source.matches(".route(").count(), "the pattern reads every route");
    assert!(!source.contains(".nest("), "pages below a common path are not read by this test");
    let listed: BTreeSet<(String, BTreeSet<String>)> = ROUTES
        .iter()
        .map(|route| (route.path.to_owned(), route.methods.iter().map(|m| (*m).to_owned()).collect()))
        .collect();
    let missing: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty(), "put into ROUTES of tests/it/differential.rs: {missing:?}");
    assert!(gone.is_empty(), "no such route any more, or other methods: {gone:?}");
}

/// A command line's verb.
pub enum Verb {
    /// For whoever runs the machine: it names no user as whom to look, or shows no record. Why.
    Operator(&'static str),
    /// Looks as a user: lines in which `{}` is what they ask for.
    Scoped(&'static [&'static str]),
}

use Verb::{Operator, Scoped};

/// Every verb of the command line.
pub const VERBS: &[(&str, Verb)] = &[
    ("serve", Operator("serves the pages")),
    ("sync", Operator("reads mailboxes")),
    ("config", Operator("shows settings")),
    ("check", Operator("looks at settings and servers")),
    ("migrate", Operator("changes the schema")),
    ("status", Operator("counts, and names mailboxes")),
    ("jobs", Operator("is for admins; of hand-overs it counts what they may know of, as their page does")),
    ("import", Operator("its limited form, --by, is compared in access_store.rs")),
    ("absence", Operator("names users, no records")),
    ("timeline", Scoped(&["timeline {} --as kamil", "timeline {} --as kamil --json"])),
    ("search", Scoped(&["search {} --as kamil", "search {} --as kamil --json", "search about:{} --as kamil"])),
    ("mailbox", Operator("looks at mailboxes")),
    ("user", Operator("looks after users")),
    ("admin", Operator("makes admins and helps who cannot sign in")),
    ("token", Operator("names users and their tokens, no records")),
    ("inspect", Operator("reads files")),
    ("thread", Operator("reads files")),
    ("help", Operator("prints help")),
    (
        "access",
        Scoped(&["access who {} --as kamil", "access why kamil {} --as kamil", "access confidential {} on --as kamil"]),
    ),
    ("activity", Scoped(&["activity add {} --kind task --subject x --as kamil", "activity list --as kamil"])),
    ("assign", Scoped(&["assign {} --to kamil --as kamil", "assign {} --to kamil --as kamil --json"])),
    ("audit", Scoped(&["audit --record {} --as kamil"])),
    ("consent", Operator("names requests; sharing.rs and sight.rs show that they answer to whom they are put")),
    ("handover", Operator("names users and hand-overs; the person, their line and admins see them, see handover.rs")),
    ("manager", Scoped(&["manager append {} --user kamil --role sales --as kamil", "manager list {} --as kamil"])),
    ("notice", Operator("names users, mailboxes and mails; notices_texts.rs shows whose are told to whom")),
    ("notify", Operator("looks after what users asked for")),
    ("from-mail", Scoped(&["from-mail update {} 1 --as kamil", "from-mail opportunity 1 --account {} --as kamil"])),
    (
        "answer",
        Scoped(&[
            "answer write {} --as kamil",
            "answer reply {} --as kamil",
            "answer forward {} --as kamil --to x@y.test --send",
            "answer list --as kamil",
        ]),
    ),
    ("wait", Operator("names mails; from_mail.rs shows that others' are as if they were not there")),
    (
        "record",
        Scoped(&["record delete {} --as kamil", "record merge {} 99 --as kamil", "record restore {} --as kamil"]),
    ),
    ("share", Scoped(&["share {} --as kamil", "share {} kamil --as kamil", "share {} team:North --write --as kamil"])),
    ("team", Operator("names users and teams")),
    ("block", Operator("names addresses and domains; whose mail is hidden and from whom stands in blocks.rs")),
    (
        "filing",
        Scoped(&["filing address {} --as kamil", "filing folder {} --as kamil", "filing status --as kamil --json"]),
    ),
    (
        "contact",
        Scoped(&[
            "contact show {} --as kamil",
            "contact away {} --as kamil",
            "contact language {} pl --as kamil",
            "contact quiet {} --as kamil",
            "contact speaks {} --as kamil",
            "contact take {} x@y.test --as kamil",
        ]),
    ),
    ("address", Operator("names addresses; effects.rs shows that only reports are told that are to be read")),
    (
        "link",
        Scoped(&[
            "link move 1 {} --as kamil",
            "link always jan@acme.example {} --as kamil",
            "link confidential {} --as kamil",
            "link confidential {} --off --as kamil",
            "link always @acme.example {} --as kamil --yes",
        ]),
    ),
    (
        "review",
        Scoped(&[
            "review rule 1 --as kamil",
            "review decide 1 {} --as kamil",
            "review show {} --as kamil",
            "review show {}-1-left --as kamil",
            "review decide {}-1-0 yes --as kamil",
            "review list --as kamil --json",
        ]),
    ),
    ("privacy", Operator("is for admins, of whom none reads more by it; see erasing.rs")),
    ("rules", Operator("is for admins; whose records a dry run names stands in rules_commands.rs")),
    ("trace", Operator("is for admins; what it names of records they may not read stands in rules_commands.rs")),
];

#[test]
fn every_command_answers_for_what_is_forbidden_as_for_what_is_not_there() {
    let folder = std::env::temp_dir().join(format!("standin-differential-{}", tag()));
    std::fs::create_dir_all(&folder).unwrap();
    let said = |line: &str| standin(line.split(' ')).current_dir(&folder).run();
    let help = said("--help").stdout;
    let verbs = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let verbs: BTreeSet<&str> = verbs
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    let listed: BTreeSet<&str> = VERBS.iter().map(|(verb, _)| *verb).collect();
    let missing: Vec<_> = verbs.difference(&listed).collect();
    assert!(
        verbs.contains("timeline") && missing.is_empty(),
        "put into VERBS of tests/it/differential.rs: {missing:?}"
    );
    for (verb, how) in VERBS {
        if let Operator(why) = how {
            assert!(!why.is_empty(), "{verb}");
        }
    }

    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("users.csv", "login;name\nanna;Anna Kowalska\nkamil;Kamil Lis\n");
    write("accounts.csv", "external_id,name,owner\nA1,Acme,anna\n");
    write("opportunities.csv", "external_id,name,owner,account,number\nO1,Acme pumps,anna,A1,OP-1042\n");
    for what in ["users", "accounts", "opportunities"] {
        assert_eq!(said(&format!("import {what} {what}.csv")).code, Some(0));
    }
    assert_eq!(said("timeline OP-1042 --as anna").code, Some(0), "it is there");
    for line in
        VERBS.iter().filter_map(|(_, how)| if let Scoped(lines) = how { Some(lines) } else { None }).copied().flatten()
    {
        for forbidden in ["OP-1042", "1", "A1", "account:1", "Acme", "opportunity:2"] {
            let absent = forbidden.replace(['1', '2'], "9").replace("Acme", "Nowhere");
            let (one, other) = (said(&line.replace("{}", forbidden)), said(&line.replace("{}", &absent)));
            let same = |text: &str, asked: &str| text.replace(asked, "IT");
            assert_eq!(one.code, other.code, "{line}: {forbidden}");
            assert_eq!(same(&one.stdout, forbidden), same(&other.stdout, &absent), "{line}: {forbidden}");
            assert_eq!(same(&one.stderr, forbidden), same(&other.stderr, &absent), "{line}: {forbidden}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
