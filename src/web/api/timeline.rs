//! What happened on a record, newest first; and what is found by words.

use super::activities::ActivityView;
use super::asking::{Asking, At, Params};
use super::bearer::Reads;
use super::mails::{Link, LinkParts, Mail, link, spoken_of};
use super::problem::Problem;
use super::shapes::{AnswersNow, KindWord, List, RecordRef, Who, limit};
use crate::actions::search::{self, After, Only, Viewer};
use crate::model::id::{RecordId, UserId};
use crate::model::time::Timestamp;
use crate::parse::query::Query as Sought;
use crate::store::views::{self, Happened, Place};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Something that happened on a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[schema(as = TimelineEntry)]
pub(in super::super) enum EntryView {
    /// A mail.
    Mail {
        /// What is shown of it.
        mail: Box<Mail>,
        /// Why it stands here.
        link: Link,
    },
    /// A call, task, appointment or note.
    Activity {
        /// What it says.
        activity: Box<ActivityView>,
    },
    /// The record got another owner.
    Owner {
        /// When.
        #[schema(format = DateTime)]
        at: String,
        /// Whose it was; null for the first one.
        from: Option<Who>,
        /// Whose it is since.
        to: Who,
        /// Who did it; null for the operator.
        by: Option<Who>,
        /// Why.
        reason: String,
    },
}

/// Which part of a timeline is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Asked {
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// What happened on a record, newest first: mail, activities, changes of its owner.
#[utoipa::path(
    get, path = "/api/v1/records/{id}/timeline", tag = "records", params(("id" = i64, Path), Asked),
    responses((status = 200, body = List<EntryView>)), security(("token" = ["read"]))
)]
pub(in super::super) async fn of_record(
    mut asking: Asking<Reads>,
    At(id): At<i64>,
    Params(asked): Params<Asked>,
) -> Result<Json<List<EntryView>>, Problem> {
    let limit = limit(asked.limit)?;
    let place = match asked.cursor.as_deref() {
        None => Place::TOP,
        Some(text) => Place::parse(text)
            .ok_or_else(|| Problem::Query("cursor is what stood as `next` in the page before.".to_owned()))?,
    };
    let (visit, id) = (&mut asking.visit, RecordId(id));
    let head = views::head(&mut visit.tx, &visit.scope, id).await?.ok_or(Problem::NotFound)?;
    let found = views::happened(&mut visit.tx, &visit.scope, id, place, limit + 1).await?;
    let page = List::of(found, limit, |one| one.place().text(), |one| one);
    let mut json = Vec::new();
    for one in &page.items {
        if let Happened::Mail(entry) = one {
            json.push((entry.evidence.as_str(), entry.candidates.as_str()));
        }
    }
    let known = spoken_of(visit, &json).await?;
    let shown = page.items.iter().filter_map(Happened::governing);
    let shown: Vec<_> = shown.chain([head.record.clone()]).collect();
    visit.reads_of(shown).await?;
    let here = RecordRef { id: id.0, kind: head.record.kind.into(), name: head.record.name.clone() };
    let who = |user: Option<i64>| user.map(|user| Who::of(UserId(user), visit));
    let item = |one: &Happened| match one {
        Happened::Mail(entry) => {
            let json = (entry.evidence.as_str(), entry.candidates.as_str());
            let decided = (entry.score, entry.decided);
            let parts = LinkParts { json, record: here.clone(), governing: &entry.governing, decided };
            EntryView::Mail { mail: Box::new((&entry.mail).into()), link: link(parts, &known, visit) }
        }
        Happened::Activity(shown) => {
            EntryView::Activity { activity: Box::new(ActivityView::of(&shown.activity, &shown.governing, visit)) }
        }
        Happened::Owner(change) => EntryView::Owner {
            at: Timestamp(change.change.at).rfc3339(),
            from: who(change.change.from_user_id),
            to: Who::of(UserId(change.change.to_user_id), visit),
            by: who(change.change.by_user_id),
            reason: change.change.reason.clone(),
        },
    };
    Ok(Json(List { items: page.items.iter().map(item).collect(), next: page.next }))
}

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct Typed {
    /// What is typed into the search box: names, numbers, addresses, words; from: to: about: has:attachment before:
    /// after:
    #[param(max_length = 500)]
    q: String,
    /// One sort alone: account, contact, lead, opportunity or message. With it there are further pages.
    #[serde(rename = "in")]
    #[param(inline)]
    only: Option<Inside>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
}

/// What is searched in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum Inside {
    /// Companies.
    Account,
    /// People.
    Contact,
    /// Prospects.
    Lead,
    /// Deals.
    Opportunity,
    /// Mail.
    Message,
}

impl Inside {
    fn only(self) -> Option<Only> {
        let word = match self {
            Inside::Account => "account",
            Inside::Contact => "contact",
            Inside::Lead => "lead",
            Inside::Opportunity => "opportunity",
            Inside::Message => "message",
        };
        Only::from_word(word)
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SearchResult)]
pub(in super::super) struct FoundView {
    /// Records by kind, best first.
    pub records: Vec<GroupView>,
    /// There may be more records than were looked at: a longer word finds them.
    pub records_cut: bool,
    /// Mail, newest first.
    pub messages: MailsView,
}

/// Records of one kind that were found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SearchGroup)]
pub(in super::super) struct GroupView {
    /// Which.
    pub kind: KindWord,
    /// How many, counted to at most 1001.
    pub count: u64,
    /// Those of the page.
    pub items: Vec<HitView>,
    /// What to send as `cursor` with `in` for the next page.
    pub next: Option<String>,
}

/// A record that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SearchHit)]
pub(in super::super) struct HitView {
    /// The record.
    pub record: RecordRef,
    /// Its number.
    pub number: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// Its city.
    pub city: Option<String>,
    /// Its account, if the token shows it.
    pub account: Option<RecordRef>,
    /// Who answers for it now.
    pub answers_now: AnswersNow,
    /// When somebody was last in touch.
    #[schema(format = DateTime)]
    pub last_contact_at: Option<String>,
}

/// Mail that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SearchMessages)]
pub(in super::super) struct MailsView {
    /// How many, counted to at most 1001.
    pub count: u64,
    /// There may be more: the search looks at a bounded number of mails.
    pub cut: bool,
    /// Those of the page.
    pub items: Vec<MailHit>,
    /// What to send as `cursor` with `in=message` for the next page.
    pub next: Option<String>,
}

/// A mail that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SearchMessage)]
pub(in super::super) struct MailHit {
    /// The mail.
    pub mail: Mail,
    /// The record that governs it, if the token shows one.
    pub record: Option<RecordRef>,
}

/// Searches records and mail, as the search page does.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search", params(Typed), responses((status = 200, body = FoundView)),
    security(("token" = ["read"]))
)]
pub(in super::super) async fn found(
    mut asking: Asking<Reads>,
    Params(typed): Params<Typed>,
) -> Result<Json<FoundView>, Problem> {
    if typed.q.chars().count() > 500 {
        return Err(Problem::Query("q may have 500 characters.".to_owned()));
    }
    let visit = &mut asking.visit;
    if search::freshen(&visit.app.state.db).await? {
        // What was read before is older than what somebody just entered.
        visit.tx = visit.app.state.db.read().await?;
    }
    let (world, config) = (visit.world.clone(), visit.app.state.config.clone());
    let today = visit.clock.now.to_utc().with_timezone(&visit.clock.zone).date_naive();
    let query = Sought::read(typed.q.trim(), today);
    let only = typed.only.and_then(Inside::only);
    let after = match typed.cursor.as_deref() {
        None => None,
        Some(text) => {
            let (at, id) = super::shapes::pair(text)?;
            Some(After { at, id })
        }
    };
    let viewer = Viewer {
        scope: &visit.scope,
        world: &world,
        now: visit.clock.now,
        zone: visit.clock.zone,
        region: &config.region,
    };
    let found = search::search(&mut visit.tx, &viewer, &query, only, after).await?;
    visit.reads_of(found.mails.shown()).await?;
    let next = |after: Option<After>| after.map(|after| format!("{}.{}", after.at, after.id));
    let hit = |hit: &search::Hit| {
        let record = &hit.found.record;
        HitView {
            record: RecordRef { id: record.id.0, kind: record.kind.into(), name: record.name.clone() },
            number: hit.found.number.clone(),
            phone: hit.found.phone.clone(),
            city: hit.found.city.clone(),
            account: hit.beside.account.as_ref().map(RecordRef::from),
            answers_now: AnswersNow::of(record, visit),
            last_contact_at: hit.beside.last_contact.map(Timestamp::rfc3339),
        }
    };
    let group = |group: &search::Group| GroupView {
        kind: group.kind.into(),
        count: group.count as u64,
        items: group.hits.iter().map(hit).collect(),
        next: next(group.next),
    };
    let mail = |hit: &views::search::FoundMail| MailHit {
        mail: (&hit.mail).into(),
        record: hit.record.as_ref().map(RecordRef::from),
    };
    Ok(Json(FoundView {
        records: found.records.iter().map(group).collect(),
        records_cut: found.records_cut,
        messages: MailsView {
            count: found.mails.count as u64,
            cut: found.mails.cut,
            items: found.mails.hits.iter().map(mail).collect(),
            next: next(found.mails.next),
        },
    }))
}
