//! The dry run of a change (W19): its progress, what it would do in five groups, who would gain and
//! lose sight, and saving exactly what was shown. How many mails, and the numbers of records, are for every admin;
//! which mails, names and subjects show under the viewer's own rights.

use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::rule_words::{Changed as RuleChanged, changed as in_words, done, no};
use super::rules::{caller, file, refused, tried, who};
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{RuleWords, Words, fill};
use crate::actions::rules::{self, Agreed, Edit, No};
use crate::intake::replay::{self, Changed, Group, Report, Standing, Tally};
use crate::link::rules::Set;
use crate::model::id::{MailId, RecordId, RuleId, TrialId, UserId};
use crate::model::rule::{Kept, Rule, Switch};
use crate::store::rules::trials::{self, State, Trial};
use crate::store::{self, views};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Versions that are named where others were saved meanwhile.
const VERSIONS: i64 = 20;

struct SampleView {
    id: i64,
    /// Its subject; `None` where the viewer may not read it.
    subject: Option<String>,
    unread: String,
    from: String,
    to: String,
    rules: String,
}

struct GroupView {
    word: &'static str,
    title: &'static str,
    count: String,
    owners: Vec<(String, String)>,
    samples: Vec<SampleView>,
    more: Option<String>,
}

/// What was said, for the page.
struct SaidView {
    looked_at: String,
    unstored: Option<String>,
    groups: Vec<GroupView>,
    /// Groups without a mail: word and title.
    empty: Vec<(&'static str, &'static str)>,
    gains: Vec<(String, String)>,
    loses: Vec<(String, String)>,
    fits: Vec<(String, String)>,
    asks: Vec<(String, String, bool)>,
    digest: String,
    save_now: bool,
    history: Option<String>,
    shadow: bool,
}

#[derive(Template)]
#[template(path = "rule_trial.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    id: i64,
    what: String,
    state: &'static str,
    problem: Option<String>,
    progress: Option<String>,
    done: i64,
    total: i64,
    changes: Vec<RuleChanged>,
    said: Option<SaidView>,
    outdated: Vec<(i64, String, String)>,
    saved: Option<String>,
    job: Option<(i64, String)>,
    note: String,
    edit: Option<String>,
}

/// `GET /admin/rules/trials/{id}`.
pub(super) async fn page(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => view(&mut visit, TrialId(id), None, &Agreed::default()).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn found(visit: &mut Visit, id: TrialId) -> Result<Trial, Refusal> {
    let world = visit.world.clone();
    let caller = caller(visit, &world);
    let found = rules::trial(&mut visit.tx, &caller, id).await?;
    found.map_err(|why| refused(&why, visit.words()))
}

async fn view(visit: &mut Visit, id: TrialId, problem: Option<String>, agreed: &Agreed) -> Result<Response, Refusal> {
    let trial = found(visit, id).await?;
    let (w, r) = (visit.words(), visit.words().rules());
    let edit: Edit = serde_json::from_str(&trial.edit)?;
    let before = store::rules::at(&mut visit.tx, trial.base).await?;
    let said = match trial.state {
        State::Shown => Some(said(visit, &trial, &edit, agreed).await?),
        _ => None,
    };
    let mut outdated = Vec::new();
    if trial.state == State::Outdated {
        let since = store::rules::history(&mut visit.tx, None, VERSIONS).await?;
        for change in since.into_iter().filter(|change| change.version > trial.base) {
            outdated.push((change.version, who(change.by, visit), done(&change.what, r).to_owned()));
        }
    }
    let job = match trial.job {
        Some(id) => store::rules::load(&mut visit.tx, id).await?.map(|job| (id.0, w.count(&r.mails, job.total))),
        None => None,
    };
    let numbers = [("done", w.number(trial.done)), ("total", w.number(trial.total))];
    let numbers: Vec<(&str, &str)> = numbers.iter().map(|(name, n)| (*name, n.as_str())).collect();
    let progress = match trial.state {
        State::Running => Some(fill(r.trial_running, &numbers)),
        State::Checking | State::Checked => Some(fill(r.trial_checking, &numbers)),
        _ => None,
    };
    let code = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let saved = trial.version.filter(|_| edit != Edit::AsIs);
    let page = Page {
        shell: visit.shell().titled(r.trial_title).at("rules"),
        r,
        id: id.0,
        what: what(&edit, &before, r),
        state: trial.state.word(),
        problem: problem.or_else(|| differs(&trial, r)),
        progress,
        done: trial.done,
        total: trial.total.max(1),
        changes: rules::differences(&before, &trial.rules).iter().map(|d| in_words(d, w)).collect(),
        said,
        outdated,
        saved: saved.map(|n| fill(r.trial_saved, &[("n", &n.to_string())])),
        job,
        note: if agreed.note.is_empty() { trial.note.clone() } else { agreed.note.clone() },
        edit: editor(&edit, id),
    };
    Ok((code, Html(page)).into_response())
}

/// What is done, in words.
fn what(edit: &Edit, before: &[Kept], r: &'static RuleWords) -> String {
    let named = |id: &RuleId| before.iter().find(|kept| kept.id == *id).map(|kept| kept.rule.name.clone());
    let name = match edit {
        Edit::Add(rule, _) => Some(rule.name.clone()),
        Edit::Change(id, _) | Edit::Turn(id, _) | Edit::Move(id, _) | Edit::Delete(id) => named(id),
        Edit::RollBack(version) => Some(version.to_string()),
        Edit::Import(_) | Edit::AsIs => None,
    };
    let done = done(edit.word(), r);
    name.map_or_else(|| done.to_owned(), |name| format!("{done}: {name}"))
}

/// Where the rule can be changed on.
fn editor(edit: &Edit, id: TrialId) -> Option<String> {
    match edit {
        Edit::Add(..) => Some(format!("/admin/rules/new?trial={id}")),
        Edit::Change(rule, _) => Some(format!("/admin/rules/{rule}?trial={id}")),
        _ => None,
    }
}

/// What was shown earlier and is other now, where saving was refused for that.
fn differs(trial: &Trial, r: &'static RuleWords) -> Option<String> {
    if trial.state != State::Shown || trial.seen.is_empty() || trial.seen == trial.said.digest {
        return None;
    }
    let (then, now) = (short(&trial.earlier, r), short(&trial.said.figures, r));
    Some(match then == now {
        true => r.trial_differs_same.to_owned(),
        false => fill(r.trial_differs, &[("then", &then), ("now", &now)]),
    })
}

/// Figures as they are kept, in a line; of a version without any, nothing.
pub(super) fn short(figures: &str, r: &'static RuleWords) -> String {
    let Ok(figures) = serde_json::from_str::<Value>(figures) else { return String::new() };
    let number = |value: &Value| value.as_i64().unwrap_or(0).to_string();
    let group = |group: Group| figures.pointer(&format!("/groups/{}", group.word())).map(number).unwrap_or_default();
    let mails = figures.get("mails").map(number).unwrap_or_default();
    let values = [
        ("mails", mails),
        ("new", group(Group::New)),
        ("moved", group(Group::Moved)),
        ("lost", group(Group::Lost)),
        ("ambiguous", group(Group::Ambiguous)),
        ("against", group(Group::Against)),
        ("sealed", group(Group::Sealed)),
        ("unsealed", group(Group::Unsealed)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, n)| (*name, n.as_str())).collect();
    fill(r.dry_run_said, &values)
}

/// Names that the viewer may read.
struct Known {
    records: BTreeMap<RecordId, String>,
    subjects: HashMap<MailId, String>,
    rules: HashMap<RuleId, String>,
}

async fn known(visit: &mut Visit, report: &Report, rules: &[Kept]) -> Result<Known, Refusal> {
    let samples: Vec<&Changed> =
        report.groups.values().flat_map(|t| &t.samples).chain(&report.exposed_samples).collect();
    let ids: BTreeSet<RecordId> =
        samples.iter().flat_map(|c| c.before.named().into_iter().chain(c.after.named())).collect();
    let mails: Vec<MailId> = samples.iter().map(|c| c.mail).collect();
    let named = views::names(&mut visit.tx, &visit.scope, ids.into_iter().collect::<Vec<_>>()).await?;
    let subjects = views::subjects(&mut visit.tx, &visit.scope, &mails).await?;
    Ok(Known {
        records: named.into_iter().map(|(id, named)| (id, named.name)).collect(),
        subjects,
        rules: rules.iter().map(|kept| (kept.id, kept.rule.name.clone())).collect(),
    })
}

impl Known {
    fn record(&self, id: RecordId, r: &'static RuleWords) -> String {
        let unnamed = || fill(r.unread_record, &[("n", &id.to_string())]);
        self.records.get(&id).cloned().unwrap_or_else(unnamed)
    }

    fn standing(&self, standing: &Standing, named: bool, r: &'static RuleWords) -> String {
        let record = |id: RecordId| match named {
            true => self.record(id, r),
            false => fill(r.unread_record, &[("n", &id.to_string())]),
        };
        if let Some(regards) = standing.regarding {
            return record(regards);
        }
        let on: Vec<String> = standing.on().into_iter().map(record).collect();
        let n = standing.candidates.len().to_string();
        match (on.is_empty(), standing.candidates.is_empty()) {
            (true, true) => r.nowhere.to_owned(),
            (true, false) => fill(r.in_review, &[("n", &n)]),
            (false, true) => on.join(", "),
            (false, false) => fill(r.in_question, &[("on", &on.join(", ")), ("n", &n)]),
        }
    }

    fn sample(&self, change: &Changed, r: &'static RuleWords) -> SampleView {
        let rules: Vec<String> =
            change.rules.iter().map(|id| self.rules.get(id).cloned().unwrap_or_else(|| id.to_string())).collect();
        // Where a confidential mail stands that the viewer does not see is not named to them.
        let sealed = change.before.sealed || change.after.sealed;
        let named = !sealed || self.subjects.contains_key(&change.mail);
        SampleView {
            id: change.mail.0,
            subject: self.subjects.get(&change.mail).cloned(),
            // Mail that they do not read is counted, and not told apart.
            unread: r.unread_one.to_owned(),
            from: self.standing(&change.before, named, r),
            to: self.standing(&change.after, named, r),
            rules: if rules.is_empty() { r.follows.to_owned() } else { rules.join(", ") },
        }
    }
}

fn group_title(group: Group, r: &'static RuleWords) -> &'static str {
    match group {
        Group::New => r.group_new,
        Group::Moved => r.group_moved,
        Group::Lost => r.group_lost,
        Group::Ambiguous => r.group_ambiguous,
        Group::Sealed => r.group_sealed,
        Group::Unsealed => r.group_unsealed,
        Group::Against => r.group_against,
    }
}

async fn said(visit: &mut Visit, trial: &Trial, edit: &Edit, agreed: &Agreed) -> Result<SaidView, Refusal> {
    let report: Report = serde_json::from_str(&trial.said.report)?;
    let known = known(visit, &report, &trial.rules).await?;
    let (w, r) = (visit.words(), visit.words().rules());
    let people = |counts: &BTreeMap<UserId, i64>| -> Vec<(String, String)> {
        counts.iter().map(|(user, n)| (visit.name(*user), w.count(&r.mails, *n))).collect()
    };
    let group = |group: Group| {
        let tally: Tally = report.groups.get(&group).cloned().unwrap_or_default();
        let shown = tally.samples.len();
        GroupView {
            word: group.word(),
            title: group_title(group, r),
            count: w.number(tally.count),
            owners: people(&tally.owners),
            samples: tally.samples.iter().map(|change| known.sample(change, r)).collect(),
            more: (tally.count > shown as i64).then(|| fill(r.first_of, &[("n", &shown.to_string())])),
        }
    };
    let counted = |of: &Group| report.groups.get(of).map_or(0, |tally| tally.count);
    let fits = trial.rules.iter().filter(|kept| kept.rule.state != Switch::Off);
    let against = report.groups.get(&Group::Against).map_or(0, |tally| tally.count);
    let moves = report.moves();
    let button = if *edit == Edit::AsIs { r.apply_history } else { r.save_history };
    let changed = w.count(&r.mails, moves);
    Ok(SaidView {
        looked_at: fill(r.looked_at, &[("mails", &w.count(&r.mails, report.mails)), ("changed", &changed)]),
        unstored: (report.unstored > 0).then(|| fill(r.unstored, &[("copies", &w.count(&r.copies, report.unstored))])),
        groups: Group::ALL.into_iter().filter(|of| counted(of) > 0).map(group).collect(),
        empty: Group::ALL.into_iter().filter(|of| counted(of) == 0).map(|of| (of.word(), group_title(of, r))).collect(),
        gains: people(&report.gains),
        loses: people(&report.loses),
        fits: fits
            .map(|kept| {
                let n = report.fits.get(&kept.id).copied().unwrap_or(0);
                (kept.rule.name.clone(), w.count(&r.mails, n))
            })
            .collect(),
        asks: asks(trial, &report, against, agreed, w),
        digest: trial.said.digest.clone(),
        save_now: *edit != Edit::AsIs,
        history: (moves > 0).then(|| fill(button, &[("mails", &w.count(&r.mails, moves))])),
        shadow: in_shadow(edit).is_some(),
    })
}

/// What has to be ticked before saving: its word, the sentence, whether it was ticked.
fn asks(
    trial: &Trial,
    report: &Report,
    against: i64,
    agreed: &Agreed,
    w: &'static Words,
) -> Vec<(String, String, bool)> {
    let r = w.rules();
    let everything = || {
        let set = Set::compile(&trial.rules).unwrap_or_default();
        let fitting = set.newly_fitting_everything(trial.base, &report.fitting_everything());
        let named = trial.rules.iter().filter(|kept| fitting.contains(&kept.id));
        named.map(|kept| kept.rule.name.clone()).collect::<Vec<_>>().join(", ")
    };
    let sentence = |word: &str| match word {
        "everything" => fill(r.agree_everything, &[("names", &everything())]),
        "exposed" => fill(r.agree_exposed, &[("mails", &w.count(&r.mails, report.exposed))]),
        _ => fill(r.agree_against, &[("mails", &w.count(&r.mails, against))]),
    };
    let ticked = |word: &str| agreed.words.iter().any(|agreed| agreed == word);
    trial.said.asks.split_whitespace().map(|word| (word.to_owned(), sentence(word), ticked(word))).collect()
}

/// The same change with its rule in shadow, where one rule is written that decides.
fn in_shadow(edit: &Edit) -> Option<Edit> {
    let shadow = |rule: &Rule| Box::new(Rule { state: Switch::Shadow, ..rule.clone() });
    match edit {
        Edit::Add(rule, at) if rule.state == Switch::On => Some(Edit::Add(shadow(rule), *at)),
        Edit::Change(id, rule) if rule.state == Switch::On => Some(Edit::Change(*id, shadow(rule))),
        Edit::Turn(id, Switch::On) => Some(Edit::Turn(*id, Switch::Shadow)),
        _ => None,
    }
}

/// `POST /admin/rules/trials/{id}`: saves what was shown, stops it, tries it again.
pub(super) async fn act(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match path {
        Ok(Path(id)) => acted(&mut visit, TrialId(id), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn acted(
    visit: &mut Visit,
    id: TrialId,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(form)?;
    let trial = found(visit, id).await?;
    let wanted = fields.get("do");
    let agreed = Agreed {
        seen: fields.get("seen").to_owned(),
        words: fields.0.iter().filter(|(name, _)| name == "agree").map(|(_, word)| word.clone()).collect(),
        history: wanted == "history",
        note: fields.get("note").to_owned(),
    };
    let here = format!("/admin/rules/trials/{id}");
    if wanted == "shadow" {
        let edit: Edit = serde_json::from_str(&trial.edit)?;
        let edit = in_shadow(&edit).ok_or(Refusal::NotFound)?;
        return match tried(visit, &edit).await? {
            Ok(address) => Ok(go(&address)),
            Err(why) => problem(visit, id, &why, &agreed).await,
        };
    }
    let (mut tx, world) = visit.acting().await?;
    let caller = caller(visit, &world);
    let done: Result<String, No> = match wanted {
        "save" | "history" => rules::save_trial(&mut tx, &caller, id, &agreed).await?.map(|()| here),
        "again" => rules::again(&mut tx, &caller, id).await?.map(|id| format!("/admin/rules/trials/{id}")),
        "cancel" => {
            let under_way = trial.state.is_under_way();
            let to = if under_way { here } else { "/admin/rules".to_owned() };
            rules::cancel_trial(&mut tx, &caller, id).await?.map(|()| to)
        }
        _ => return Err(Refusal::NotFound),
    };
    match done {
        Ok(address) => {
            tx.commit().await?;
            Ok(go(&address))
        }
        Err(why) => {
            drop(tx);
            problem(visit, id, &why, &agreed).await
        }
    }
}

async fn problem(visit: &mut Visit, id: TrialId, why: &No, agreed: &Agreed) -> Result<Response, Refusal> {
    let sentence = no(why, visit.words()).ok_or(Refusal::NotFound)?;
    view(visit, id, Some(sentence), agreed).await
}

/// `GET /admin/rules/trials/{id}/changes.csv`.
pub(super) async fn csv(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => changes(&mut visit, TrialId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn changes(visit: &mut Visit, id: TrialId) -> Result<Response, Refusal> {
    found(visit, id).await?;
    let text = changes_of(visit, id).await?;
    Ok(file("text/csv; charset=utf-8", "standin-dry-run.csv", text))
}

/// Every mail that would change by a dry run of the viewer's, as CSV; those that they do not read without a number.
pub(super) async fn changes_of(visit: &mut Visit, id: TrialId) -> Result<String, Refusal> {
    let packed = trials::changes(&mut visit.tx, id).await?.ok_or(Refusal::NotFound)?;
    let text = tokio::task::spawn_blocking(move || replay::csv(&packed)).await??;
    let mails: Vec<MailId> = replay::mails_of_csv(&text);
    let mut read: BTreeSet<MailId> = BTreeSet::new();
    for some in mails.chunks(1_000) {
        read.extend(views::subjects(&mut visit.tx, &visit.scope, some).await?.into_keys());
    }
    Ok(replay::csv_for(&text, |mail| read.contains(&mail)))
}
