//! One rule (W19): its conditions as rows or its text, what it does, its state. Nothing is saved here:
//! trying it leads to its dry run. Adding a row is a button that shows the form again, so it works
//! without JavaScript and no input is lost.

use super::doing::{Fields, go};
use super::refusal::Refusal;
use super::rule_words::{field as field_word, no};
use super::rules::{caller, refused, tried};
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{RuleWords, Words, faults, fill};
use crate::actions::rules::{self, Edit, No};
use crate::intake::replay;
use crate::link::rules::{Fault, Set};
use crate::model::id::{RuleId, TrialId};
use crate::model::rule::{Condition, Field, Kept, Rule, Switch, Then};
use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Rows that a form may have; a rule may have as many conditions.
const MOST: usize = 100;

/// What the form starts with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Id of a rule to copy.
    copy: String,
    /// Id of a dry run whose rule is changed on.
    trial: String,
}

/// A condition as it is typed.
#[derive(Clone, Debug, Default)]
struct Row {
    group: String,
    field: String,
    header: String,
    way: String,
    value: String,
}

/// A rule as it is typed.
#[derive(Clone, Debug, Default)]
struct Draft {
    rows: Vec<Row>,
    /// Everything but the conditions.
    rule: Rule,
    /// The text form; `None` where the rows count.
    text: Option<String>,
    /// How many mails it fits, where that was asked.
    count: Option<String>,
}

/// What is wrong: with a field, or with all of it.
#[derive(Clone, Debug, Default)]
struct Wrong {
    name: Vec<String>,
    rows: Vec<(usize, String)>,
    regard: Vec<String>,
    account: Vec<String>,
    assign: Vec<String>,
    all: Vec<String>,
}

impl Wrong {
    fn any(&self) -> bool {
        !(self.name.is_empty()
            && self.rows.is_empty()
            && self.regard.is_empty()
            && self.account.is_empty()
            && self.assign.is_empty()
            && self.all.is_empty())
    }
}

/// A choice: value, text, whether it is chosen.
type Choice = (&'static str, &'static str, bool);

struct RowView {
    n: usize,
    title: String,
    groups: Vec<Choice>,
    fields: Vec<Choice>,
    ways: Vec<Choice>,
    header: String,
    value: String,
    remove: String,
    wrong: Vec<String>,
}

#[derive(Template)]
#[template(path = "rule_editor.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    title: String,
    action: String,
    wrong: Wrong,
    rows: Vec<RowView>,
    rule: Rule,
    regard: String,
    account: String,
    assign: String,
    makes: Vec<Choice>,
    states: Vec<Choice>,
    text: Option<String>,
    count: Option<String>,
}

/// `GET /admin/rules/new`.
pub(super) async fn new(mut visit: Visit, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let page = match asked {
        Ok(Query(asked)) => start(&mut visit, None, &asked).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// `GET /admin/rules/{id}`.
pub(super) async fn one(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let page = match (path, asked) {
        (Ok(Path(id)), Ok(Query(asked))) => start(&mut visit, Some(RuleId(id)), &asked).await,
        _ => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn start(visit: &mut Visit, id: Option<RuleId>, asked: &Asked) -> Result<Response, Refusal> {
    let all = every(visit).await?;
    let r = visit.words().rules();
    let find = |id: RuleId| all.iter().find(|kept| kept.id == id).map(|kept| kept.rule.clone());
    let mut rule = match (id, asked.copy.parse().ok()) {
        (Some(id), _) => find(id).ok_or(Refusal::NotFound)?,
        (None, Some(copied)) => {
            let rule = find(RuleId(copied)).ok_or(Refusal::NotFound)?;
            Rule { name: fill(r.copy_name, &[("name", &rule.name)]), state: Switch::Off, ..rule }
        }
        (None, None) => Rule { state: Switch::On, all: vec![Condition::default()], ..Rule::default() },
    };
    if let Ok(trial) = asked.trial.parse() {
        let world = visit.world.clone();
        let caller = caller(visit, &world);
        let found = rules::trial(&mut visit.tx, &caller, TrialId(trial)).await?;
        let trial = found.map_err(|why| refused(&why, visit.words()))?;
        match serde_json::from_str::<Edit>(&trial.edit) {
            Ok(Edit::Add(tried, _)) => rule = *tried,
            Ok(Edit::Change(of, tried)) if Some(of) == id => rule = *tried,
            _ => {}
        }
    }
    Ok(form(visit, id, &all, of_rule(rule), Wrong::default()))
}

/// The rules as they are, for admins.
async fn every(visit: &mut Visit) -> Result<Vec<Kept>, Refusal> {
    let world = visit.world.clone();
    let caller = caller(visit, &world);
    let (_, all) = rules::all(&mut visit.tx, &caller).await?.map_err(|why| refused(&why, visit.words()))?;
    Ok(all)
}

fn of_rule(rule: Rule) -> Draft {
    let group = |word: &str, list: &[Condition]| -> Vec<Row> { list.iter().map(|c| row_of(word, c)).collect() };
    let rows = [group("all", &rule.all), group("any", &rule.any), group("none", &rule.none)].concat();
    Draft { rows, rule, text: None, count: None }
}

fn row_of(group: &str, condition: &Condition) -> Row {
    let octets = |n: &i64| n.to_string();
    let (way, value) = match condition {
        Condition { contains: Some(text), .. } => ("contains", text.clone()),
        Condition { matches: Some(text), .. } => ("matches", text.clone()),
        Condition { over: Some(size), .. } => ("over", octets(size)),
        Condition { under: Some(size), .. } => ("under", octets(size)),
        condition => ("is", condition.is.clone().unwrap_or_default()),
    };
    Row {
        group: group.to_owned(),
        field: condition.field.word().to_owned(),
        header: condition.header.clone().unwrap_or_default(),
        way: way.to_owned(),
        value,
    }
}

/// The form, with what is wrong at its fields.
fn form(visit: &Visit, id: Option<RuleId>, all: &[Kept], draft: Draft, wrong: Wrong) -> Response {
    let r = visit.words().rules();
    let title = match id.and_then(|id| all.iter().find(|kept| kept.id == id)) {
        Some(kept) => fill(r.edit_title, &[("name", &kept.rule.name)]),
        None => r.new_title.to_owned(),
    };
    let rows = draft.rows.iter().enumerate().map(|(n, row)| row_view(n, row, &wrong, r)).collect();
    let switches = [(Switch::On, r.state_on), (Switch::Shadow, r.state_shadow), (Switch::Off, r.state_off)];
    let makes = [("", r.create_nothing), ("lead", r.create_lead), ("opportunity", r.create_opportunity)];
    let code = if wrong.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        shell: visit.shell().titled(&title).at("rules"),
        r,
        title,
        action: id.map_or_else(|| "/admin/rules/new".to_owned(), |id| format!("/admin/rules/{id}")),
        wrong,
        rows,
        regard: draft.rule.then.regard.clone().unwrap_or_default(),
        account: draft.rule.then.account.clone().unwrap_or_default(),
        makes: makes
            .map(|(what, text)| (what, text, draft.rule.then.create.as_deref().unwrap_or_default() == what))
            .to_vec(),
        assign: draft.rule.then.assign.join(", "),
        states: switches.map(|(s, text)| (s.word(), text, s == draft.rule.state)).to_vec(),
        rule: draft.rule,
        text: draft.text,
        count: draft.count,
    };
    (code, Html(page)).into_response()
}

fn row_view(n: usize, row: &Row, wrong: &Wrong, r: &'static RuleWords) -> RowView {
    let number = (n + 1).to_string();
    let groups = [("all", r.group_all), ("any", r.group_any), ("none", r.group_none)];
    let ways = [
        ("is", r.op_is),
        ("contains", r.op_contains),
        ("matches", r.op_matches),
        ("over", r.op_over),
        ("under", r.op_under),
    ];
    let header = r.field_header.split(" {").next().unwrap_or_default();
    let name = |field: Field| if field == Field::Header { header } else { field_word(field, r) };
    RowView {
        n,
        title: fill(r.condition, &[("n", &number)]),
        groups: groups.map(|(word, text)| (word, text, row.group == word)).to_vec(),
        fields: Field::ALL.map(|f| (f.word(), name(f), row.field == f.word())).to_vec(),
        ways: ways.map(|(word, text)| (word, text, row.way == word)).to_vec(),
        header: row.header.clone(),
        value: row.value.clone(),
        remove: fill(r.remove_of, &[("n", &number)]),
        wrong: wrong.rows.iter().filter(|(at, _)| *at == n).map(|(_, why)| why.clone()).collect(),
    }
}

/// `POST /admin/rules/new`.
pub(super) async fn try_new(mut visit: Visit, form: Result<Form<Vec<(String, String)>>, FormRejection>) -> Response {
    let page = posted(&mut visit, None, form).await;
    visit.answer(page)
}

/// `POST /admin/rules/{id}`.
pub(super) async fn try_one(
    mut visit: Visit,
    path: Result<Path<i64>, PathRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let page = match path {
        Ok(Path(id)) => posted(&mut visit, Some(RuleId(id)), form).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

async fn posted(
    visit: &mut Visit,
    id: Option<RuleId>,
    given: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Refusal> {
    let fields = Fields::of(given)?;
    let all = every(visit).await?;
    if id.is_some_and(|id| !all.iter().any(|kept| kept.id == id)) {
        return Err(Refusal::NotFound);
    }
    let w = visit.words();
    let mut draft = typed(&fields);
    let mut wrong = Wrong::default();
    let wanted = fields.get("do");
    // Of the text form everything is read from the text.
    if let Some(text) = draft.text.clone().filter(|_| wanted != "row") {
        match one_rule(&text, w) {
            Ok(rule) => draft = Draft { text: Some(text), ..of_rule(rule) },
            Err(why) => {
                wrong.all.push(why);
                return Ok(form(visit, id, &all, draft, wrong));
            }
        }
    }
    if let Some(at) = wanted.strip_prefix("remove-").and_then(|at| at.parse::<usize>().ok()) {
        if at < draft.rows.len() {
            draft.rows.remove(at);
        }
        return Ok(form(visit, id, &all, draft, wrong));
    }
    if wanted == "row" {
        draft.rows.push(row_of("all", &Condition::default()));
        draft.rows.truncate(MOST + 1);
        return Ok(form(visit, id, &all, draft, wrong));
    }
    let rule = meant(&draft, &mut wrong, w.rules());
    match wanted {
        "rows" => draft.text = None,
        "text" => draft.text = Some(rules::to_toml(std::slice::from_ref(&rule))?),
        "count" if !wrong.any() => match Set::compile(&[Kept { id: RuleId(0), version: 0, rule: counted(rule) }]) {
            Ok(set) => {
                let found = replay::fitting(&mut visit.tx, &set).await?;
                let (fits, of) = (w.number(found.fits), w.number(found.of));
                draft.count = Some(fill(w.rules().count_fits, &[("fits", &fits), ("of", &of)]));
            }
            Err(faults) => sort(&No::Faults(faults), &draft, &mut wrong, w),
        },
        "try" if !wrong.any() => {
            let edit = match id {
                Some(id) => Edit::Change(id, Box::new(rule)),
                None => Edit::Add(Box::new(rule), None),
            };
            match tried(visit, &edit).await? {
                Ok(address) => return Ok(go(&address)),
                Err(why) => sort(&why, &draft, &mut wrong, w),
            }
        }
        _ => {}
    }
    Ok(form(visit, id, &all, draft, wrong))
}

/// A rule as it is counted: on, and by its conditions alone.
fn counted(rule: Rule) -> Rule {
    let then = Then { ignore: true, ..Then::default() };
    let name = if rule.name.trim().is_empty() { "—".to_owned() } else { rule.name };
    Rule { name, state: Switch::On, then, ..rule }
}

/// The one rule of a text.
fn one_rule(text: &str, w: &'static Words) -> Result<Rule, String> {
    let mut found = rules::from_toml(text).map_err(|why| no(&why, w).unwrap_or_default())?;
    match (found.pop(), found.len()) {
        (Some(rule), 0) => Ok(rule),
        (rule, more) => {
            let n = more + usize::from(rule.is_some());
            Err(fill(w.rules().one_rule, &[("n", &n.to_string())]))
        }
    }
}

/// What was typed into the form.
fn typed(fields: &Fields) -> Draft {
    // Of values white space counts, so they are not trimmed.
    let raw = |name: &str| fields.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let mut rows = Vec::new();
    while let Some(field) = raw(&format!("field{}", rows.len())).filter(|_| rows.len() <= MOST) {
        let n = rows.len();
        let get = |name: &str| raw(&format!("{name}{n}")).unwrap_or_default();
        rows.push(Row { group: get("group"), field, header: get("header"), way: get("way"), value: get("value") });
    }
    let some = |name: &str| Some(fields.get(name).to_owned()).filter(|text| !text.is_empty());
    let ticked = |name: &str| fields.get(name) == "1";
    let rule = Rule {
        name: fields.get("name").to_owned(),
        state: match fields.get("state") {
            "on" => Switch::On,
            "shadow" => Switch::Shadow,
            _ => Switch::Off,
        },
        stop: ticked("stop"),
        then: Then {
            regard: some("regard"),
            account: some("account"),
            ignore: ticked("ignore"),
            private: ticked("private"),
            create: some("create"),
            assign: fields
                .get("assign")
                .split(',')
                .map(str::trim)
                .filter(|n| !n.is_empty())
                .map(str::to_owned)
                .collect(),
            confidential: ticked("confidential"),
            queue: None,
        },
        ..Rule::default()
    };
    Draft { rows, rule, text: raw("toml"), count: None }
}

/// The rule that was typed; numbers that are none are wrong at their row.
fn meant(draft: &Draft, wrong: &mut Wrong, r: &'static RuleWords) -> Rule {
    let mut rule = Rule { all: Vec::new(), any: Vec::new(), none: Vec::new(), ..draft.rule.clone() };
    for (n, row) in draft.rows.iter().enumerate() {
        let mut condition = Condition {
            field: Field::ALL.into_iter().find(|f| f.word() == row.field).unwrap_or_default(),
            header: Some(row.header.trim().to_owned()).filter(|name| !name.is_empty()),
            ..Condition::default()
        };
        let mut octets = || {
            let found = row.value.trim().parse().ok();
            if found.is_none() {
                wrong.rows.push((n, r.bad_number.to_owned()));
            }
            found.or(Some(0))
        };
        match row.way.as_str() {
            "contains" => condition.contains = Some(row.value.clone()),
            "matches" => condition.matches = Some(row.value.clone()),
            "over" => condition.over = octets(),
            "under" => condition.under = octets(),
            _ => condition.is = Some(row.value.clone()),
        }
        match row.group.as_str() {
            "any" => rule.any.push(condition),
            "none" => rule.none.push(condition),
            _ => rule.all.push(condition),
        }
    }
    rule
}

/// Puts what is wrong at the fields that it is about.
fn sort(why: &No, draft: &Draft, wrong: &mut Wrong, w: &'static Words) {
    let No::Faults(faults) = why else {
        wrong.all.extend(no(why, w));
        return;
    };
    for fault in faults {
        let why = faults::flaw(&fault.why, w.language);
        let text = match fault.at {
            Some(at) => format!("{}: {why}", fill(w.rules().at_character, &[("n", &at.to_string())])),
            None => why,
        };
        match place(fault, draft) {
            Some(n) if draft.text.is_none() => wrong.rows.push((n, text)),
            _ if draft.text.is_some() => wrong.all.push(faults::fault(fault, w.language)),
            _ => match fault.field.as_str() {
                "name" => wrong.name.push(text),
                "then, regard" => wrong.regard.push(text),
                "then, account" => wrong.account.push(text),
                "then, create" | "then, assign" | "then, confidential" => wrong.assign.push(text),
                _ => wrong.all.push(text),
            },
        }
    }
}

/// The row that a fault is about: the condition of its group, counted in the form.
fn place(fault: &Fault, draft: &Draft) -> Option<usize> {
    let at = fault.field.split(',').next()?;
    let (group, n) = at.split_once(' ')?;
    let n: usize = n.parse().ok()?;
    let of_group = |row: &Row| match row.group.as_str() {
        "any" => group == "any",
        "none" => group == "none",
        _ => group == "all",
    };
    draft.rows.iter().enumerate().filter(|(_, row)| of_group(row)).nth(n.checked_sub(1)?).map(|(at, _)| at)
}
