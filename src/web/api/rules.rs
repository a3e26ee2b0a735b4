//! The admins' rules: as they are, as they were, and what a change to them would be. Saving one goes by its dry run
//! (`rule_trials`), as on the pages.

use super::super::rule_shadow::{self, Stands, Would};
use super::super::rule_words::effect;
use super::super::visit::Visit;
use super::super::words::Language;
use super::asking::{Asking, At, Body};
use super::bearer::Administers;
use super::problem::Problem;
use super::rule_shapes::{EditBody, RuleBody, refused};
use super::shapes::{List, RecordRef, Who};
use crate::actions::caller::Caller;
use crate::actions::rules::{self, Agreement, Difference, differences, to_toml};
use crate::model::id::RuleId;
use crate::model::rule::{Change, Kept, Rule};
use crate::model::time::{DAY, Timestamp};
use crate::store;
use crate::store::rules::{Counts, Precision};
use axum::Json;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Days over which effects are counted.
const DAYS: i64 = 30;
/// Versions that the list gives.
const SHOWN: i64 = 200;

/// A rule that is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = KeptRule)]
pub(in super::super) struct RuleView {
    /// Its id, the same over all its versions.
    pub id: i64,
    /// Its place, counted from 1.
    pub place: usize,
    /// The version of the set in which it became what it is.
    pub version: i64,
    /// What it says.
    pub rule: RuleBody,
    /// Mails about which it said something in the last 30 days.
    pub messages: i64,
    /// The same while it was in shadow.
    pub in_shadow: i64,
    /// When last.
    #[schema(format = DateTime)]
    pub last_at: Option<String>,
    /// How many in a hundred of what it did nobody corrected; null where it did nothing.
    pub precision: Option<i64>,
}

/// What a rule in shadow would have done with a mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Shadowed)]
pub(in super::super) struct ShadowedView {
    /// The mail; null: the token does not show it.
    pub message_id: Option<i64>,
    /// What it would have done, in words; of mail that the token does not show as the rule is written.
    pub would: Vec<String>,
    /// nowhere, on, or untold: what the mail regards.
    pub stands: &'static str,
    /// The record, where it is told.
    pub regarding: Option<RecordRef>,
    /// same, new (it stands nowhere yet), other, or no-record: the rule names none that is there, or several.
    pub agrees: &'static str,
}

/// All rules, in their order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub(in super::super) struct RulesView {
    /// The version of the set; 0 where there was none yet.
    pub version: i64,
    /// The rules.
    pub items: Vec<RuleView>,
}

/// One thing that differs between two sets.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RuleDifference)]
pub(in super::super) struct DifferenceView {
    /// The rule's name.
    pub rule: String,
    /// added, removed, moved, or the field that changed.
    pub what: String,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

impl From<Difference> for DifferenceView {
    fn from(one: Difference) -> DifferenceView {
        DifferenceView { rule: one.rule, what: one.what, before: one.before, after: one.after }
    }
}

/// What a change would be.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesChecked)]
pub(in super::super) struct CheckedView {
    /// The version on which it would stand.
    pub base: i64,
    /// What would differ.
    pub changes: Vec<DifferenceView>,
}

/// A version of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesVersion)]
pub(in super::super) struct VersionView {
    /// Its number.
    pub version: i64,
    /// When it was saved.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who saved it; null for the operator.
    pub by: Option<Who>,
    /// add, edit, move, delete, import, roll-back, on, shadow or off.
    pub what: String,
    /// Why, in their words.
    pub note: String,
}

/// A version with its rules and what it changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesOfVersion)]
pub(in super::super) struct OfVersionView {
    /// Its number.
    pub version: i64,
    /// Its rules, in their order.
    pub rules: Vec<RuleBody>,
    /// What differs from the version before.
    pub changes: Vec<DifferenceView>,
}

/// The rules as a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesFile)]
pub(in super::super) struct FileView {
    /// The version.
    pub version: i64,
    /// The text, as an import takes it back.
    pub toml: String,
}

async fn every(visit: &mut Visit) -> Result<(i64, Vec<Kept>), Problem> {
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    rules::all(&mut visit.tx, &caller).await?.map_err(|no| refused(&no))
}

type Effects = (HashMap<RuleId, Counts>, HashMap<RuleId, Precision>);

fn view(n: usize, kept: &Kept, effects: &Effects) -> Result<RuleView, Problem> {
    let count = effects.0.get(&kept.id).copied().unwrap_or_default();
    let precision = effects.1.get(&kept.id).copied().unwrap_or_default();
    Ok(RuleView {
        id: kept.id.0,
        place: n + 1,
        version: kept.version,
        rule: RuleBody::of(&kept.rule)?,
        messages: count.on,
        in_shadow: count.shadow,
        last_at: count.last.map(Timestamp::rfc3339),
        precision: precision.percent(),
    })
}

async fn views(visit: &mut Visit) -> Result<RulesView, Problem> {
    let (version, all) = every(visit).await?;
    let since = visit.clock.now.plus(-DAYS * DAY);
    let counts = store::rules::counts(&mut visit.tx, since).await?.into_iter().collect();
    let precision = store::rules::precision(&mut visit.tx, since).await?.into_iter().collect();
    let effects: Effects = (counts, precision);
    let items = all.iter().enumerate().map(|(n, kept)| view(n, kept, &effects)).collect::<Result<_, _>>()?;
    Ok(RulesView { version, items })
}

/// All rules in their order, with what they did in the last 30 days.
#[utoipa::path(
    get, path = "/api/v1/rules", tag = "rules", responses((status = 200, body = RulesView)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn list(mut asking: Asking<Administers>) -> Result<Json<RulesView>, Problem> {
    Ok(Json(views(&mut asking.visit).await?))
}

/// One rule.
#[utoipa::path(
    get, path = "/api/v1/rules/{id}", tag = "rules", params(("id" = i64, Path)),
    responses((status = 200, body = RuleView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn one(mut asking: Asking<Administers>, At(id): At<i64>) -> Result<Json<RuleView>, Problem> {
    let all = views(&mut asking.visit).await?;
    Ok(Json(all.items.into_iter().find(|rule| rule.id == id).ok_or(Problem::NotFound)?))
}

/// What a rule in shadow would have done in the last 30 days, the latest first; at most 200. Mail that the token does not
/// show is counted, and not told apart.
#[utoipa::path(
    get, path = "/api/v1/rules/{id}/shadow", tag = "rules", params(("id" = i64, Path)),
    responses((status = 200, body = List<ShadowedView>)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn shadow(
    mut asking: Asking<Administers>,
    At(id): At<i64>,
) -> Result<Json<List<ShadowedView>>, Problem> {
    let (_, _, all) = rule_shadow::load(&mut asking.visit, RuleId(id)).await.map_err(Problem::of)?;
    let words = Language::English.words().rules();
    let item = |one: Would| {
        let (stands, regarding) = match &one.stands {
            Stands::Nowhere => ("nowhere", None),
            Stands::Untold => ("untold", None),
            Stands::On(named) => ("on", Some(RecordRef::from(named))),
        };
        ShadowedView {
            message_id: one.mail.map(|mail| mail.0),
            would: one.effects.iter().map(|one| effect(one, words)).collect(),
            stands,
            regarding,
            agrees: match one.agreement {
                Agreement::Same => "same",
                Agreement::New => "new",
                Agreement::Other => "other",
                Agreement::Nobodys => "no-record",
            },
        }
    };
    Ok(Json(List { items: all.into_iter().map(item).collect(), next: None }))
}

/// All rules as a file, which an import takes back to the same.
#[utoipa::path(
    get, path = "/api/v1/rules/export", tag = "rules", responses((status = 200, body = FileView)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn export(mut asking: Asking<Administers>) -> Result<Json<FileView>, Problem> {
    let (version, all) = every(&mut asking.visit).await?;
    let all: Vec<Rule> = all.into_iter().map(|kept| kept.rule).collect();
    Ok(Json(FileView { version, toml: to_toml(&all)? }))
}

/// What a change to the rules would be, or what is wrong with it. Nothing is kept and no mail is looked at.
#[utoipa::path(
    post, path = "/api/v1/rules/check", tag = "rules", request_body = EditBody,
    responses((status = 200, body = CheckedView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn check(
    mut asking: Asking<Administers>,
    body: Body<EditBody>,
) -> Result<Json<CheckedView>, Problem> {
    let edit = body.value.edit()?;
    let visit = &mut asking.visit;
    let world = visit.world.clone();
    let caller = Caller { by: Some(visit.person.user), world: &world, now: visit.clock.now };
    let draft = rules::draft(&mut visit.tx, &caller, &edit).await?.map_err(|no| refused(&no))?;
    let changes = differences(&draft.before, &draft.rules).into_iter().map(DifferenceView::from).collect();
    Ok(Json(CheckedView { base: draft.base, changes }))
}

/// Versions of the rules, the latest first: who changed what and why.
#[utoipa::path(
    get, path = "/api/v1/rules/versions", tag = "rules", responses((status = 200, body = List<VersionView>)),
    security(("token" = ["admin"]))
)]
pub(in super::super) async fn versions(mut asking: Asking<Administers>) -> Result<Json<List<VersionView>>, Problem> {
    let visit = &mut asking.visit;
    every(visit).await?;
    let all = store::rules::history(&mut visit.tx, None, SHOWN).await?;
    let item = |change: Change| VersionView {
        version: change.version,
        at: change.at.rfc3339(),
        by: change.by.map(|by| Who::of(by, visit)),
        what: change.what,
        note: change.note,
    };
    Ok(Json(List { items: all.into_iter().map(item).collect(), next: None }))
}

/// One version of the rules, and what it changed.
#[utoipa::path(
    get, path = "/api/v1/rules/versions/{id}", tag = "rules", params(("id" = i64, Path)),
    responses((status = 200, body = OfVersionView)), security(("token" = ["admin"]))
)]
pub(in super::super) async fn version(
    mut asking: Asking<Administers>,
    At(version): At<i64>,
) -> Result<Json<OfVersionView>, Problem> {
    let visit = &mut asking.visit;
    let (newest, _) = every(visit).await?;
    if !(1..=newest).contains(&version) {
        return Err(Problem::NotFound);
    }
    let before = store::rules::at(&mut visit.tx, version - 1).await?;
    let after = store::rules::at(&mut visit.tx, version).await?;
    let changes = differences(&before, &after).into_iter().map(DifferenceView::from).collect();
    let rules = after.iter().map(|kept| RuleBody::of(&kept.rule)).collect::<Result<_, _>>()?;
    Ok(Json(OfVersionView { version, rules, changes }))
}
