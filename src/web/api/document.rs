//! The OpenAPI document, made from the handlers themselves: what a handler takes and gives is what stands there.
//! What is the same everywhere (problems, the token, where the API lies) is added here.

use super::super::App;
use super::super::base;
use super::problem::Problem;
use super::{
    absences, activities, assigning, audit, blocks, bulk, consents, corrections, covers, draft_files, drafts, events,
    filing, from_mail, handovers, imports, jobs, lacking, leaving, mailbox_steps, mails, merging, notice_trials,
    notices, privacy, reach, record_forms, records, rule_trials, rules, sharing, status, suggestions, teams, timeline,
    trace, users, wishes, work,
};
use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Standin",
        version = "1",
        description = "Everything that the pages can do, for programs. A token has the rights of its owner, at most."
    ),
    paths(
        super::me,
        records::list,
        records::one,
        records::by_external,
        record_forms::create,
        record_forms::upsert,
        record_forms::change,
        timeline::of_record,
        timeline::found,
        users::list,
        users::one,
        users::by_external,
        users::upsert,
        activities::list,
        activities::one,
        activities::create,
        activities::change,
        activities::upsert,
        mails::one,
        mails::attachment,
        absences::list,
        absences::one,
        absences::create,
        absences::change,
        absences::end,
        absences::upsert,
        covers::brief,
        covers::report,
        work::today_view,
        lacking::list,
        work::review,
        work::mailboxes,
        status::status,
        events::feed,
        corrections::list,
        corrections::say,
        corrections::undo,
        corrections::decide,
        corrections::undecide,
        assigning::assign,
        assigning::step,
        assigning::owners,
        sharing::who,
        sharing::give,
        sharing::revoke,
        merging::merge,
        merging::unmerge,
        merging::delete,
        merging::restore,
        bulk::preview,
        bulk::one,
        bulk::run,
        drafts::on_mail,
        drafts::on_record,
        drafts::list,
        drafts::one,
        drafts::change,
        drafts::discard,
        drafts::send,
        drafts::decide,
        draft_files::attach,
        draft_files::detach,
        draft_files::signature,
        draft_files::sign,
        wishes::set_manner,
        wishes::one,
        wishes::save,
        filing::one,
        filing::switch,
        filing::renew,
        filing::addresses,
        filing::want_folder,
        rules::list,
        rules::one,
        rules::shadow,
        rules::check,
        rules::export,
        rules::versions,
        rules::version,
        rule_trials::begin,
        rule_trials::one,
        rule_trials::changes,
        rule_trials::save,
        rule_trials::cancel,
        rule_trials::again,
        rule_trials::runs,
        rule_trials::run,
        rule_trials::cancel_run,
        rule_trials::undo_run,
        handovers::list,
        handovers::begin,
        handovers::preview,
        handovers::one,
        handovers::give_back,
        handovers::undo,
        handovers::cancel,
        blocks::own,
        blocks::block_own,
        blocks::unblock_own,
        blocks::company,
        blocks::block_company,
        blocks::unblock_company,
        jobs::list,
        notices::own_log,
        notices::own_texts,
        notices::write_own,
        notices::own_author,
        notices::choose_own,
        notices::log_of,
        notices::texts_of,
        notices::write_of,
        notices::author_of,
        notices::choose_of,
        notices::company_log,
        notices::company_texts,
        notices::write_company,
        notices::look,
        notices::turn,
        suggestions::list,
        suggestions::decide,
        suggestions::undo,
        from_mail::offer,
        from_mail::create,
        from_mail::differences,
        from_mail::change,
        from_mail::undo,
        reach::one,
        reach::say,
        reach::take,
        trace::stored,
        trace::given,
        notice_trials::of_mail,
        notice_trials::preview,
        notice_trials::try_last,
        notice_trials::explain,
        teams::list,
        teams::create,
        teams::one,
        teams::change,
        leaving::leave,
        leaving::activate,
        leaving::sees,
        audit::list,
        privacy::show,
        privacy::erase,
        imports::list,
        imports::open,
        imports::one,
        imports::step,
        consents::list,
        consents::decide,
        mailbox_steps::list,
        mailbox_steps::sync,
        mailbox_steps::step,
        mailbox_steps::test,
    ),
    // Named by a part of a path alone, which nothing collects.
    components(schemas(records::Kinds))
)]
struct Document;

/// `GET /api/v1/openapi.json`. It says what the program can do, nothing of anybody: no token is asked for.
pub(in super::super) async fn serve(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let mut document = document()?.clone();
    let path = base::path_of(&app.state.config.public_url).to_owned();
    let url = if path.is_empty() { "/" } else { path.as_str() };
    if let Some(fields) = document.as_object_mut() {
        fields.insert("servers".to_owned(), json!([{ "url": url }]));
    }
    Ok(Json(document))
}

/// The document, but for where it is served.
pub(super) fn document() -> Result<&'static Value, Problem> {
    static MADE: OnceLock<Value> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made);
    }
    let mut document = serde_json::to_value(Document::openapi())?;
    complete(&mut document);
    Ok(MADE.get_or_init(|| document))
}

/// Which problems an operation may answer with, beside those of its own.
fn problems(method: &str, names: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let mut all = vec!["400", "401", "403", "404", "406", "429"];
    if method != "get" {
        all.extend(["409", "413", "415", "422"]);
    }
    if method == "get" && names("system") {
        all.push("422");
    }
    if names("If-Match") || names("If-None-Match") {
        all.extend(["412", "428"]);
    }
    if names("after") {
        all.push("410");
    }
    all
}

fn complete(document: &mut Value) {
    let answer = json!({
        "description": "It was not done; the problem says why",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    });
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for (method, operation) in operations.flat_map(|item| item.iter_mut()) {
        let Some(operation) = operation.as_object_mut() else { continue };
        let parameters = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        let names = |name: &str| parameters.iter().any(|p| p.get("name").is_some_and(|n| n == name));
        let wanted = problems(method, names);
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            // What an operation names itself is a problem as well.
            let named: Vec<String> = responses.keys().filter(|status| status.starts_with('4')).cloned().collect();
            let all = wanted.into_iter().map(str::to_owned).chain(named);
            all.for_each(|status| drop(responses.insert(status, answer.clone())));
        }
    }
    let parts = document.as_object_mut().map(|d| d.entry("components").or_insert_with(|| json!({})));
    if let Some(parts) = parts.and_then(Value::as_object_mut) {
        let scheme = json!({
            "type": "http", "scheme": "bearer",
            "description": "A token from My settings, beginning with sdn_; its scope is read, write or admin"
        });
        parts.insert("securitySchemes".to_owned(), json!({ "token": scheme }));
        let schemas = parts.entry("schemas").or_insert_with(|| json!({}));
        if let Some(schemas) = schemas.as_object_mut() {
            schemas.insert("Problem".to_owned(), problem());
        }
    }
}

/// The schema of a problem document.
fn problem() -> Value {
    let text = json!({ "type": "string" });
    let error = json!({
        "type": "object", "required": ["field", "message"], "properties": { "field": text, "message": text }
    });
    json!({
        "type": "object",
        "description": "RFC 9457. `code` is for programs and never changes its meaning",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": text, "title": text, "status": { "type": "integer" }, "detail": text, "code": text,
            "request_id": text, "errors": { "type": "array", "items": error }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_says_what_the_router_answers_and_nothing_else() {
        let source = include_str!("routes.rs");
        let route = Regex::new(r#"(?s)\.route\(\s*"([^"]+)",\s*(.*?)\)\s*(?:\.(?:route|layer|merge)|\})"#).unwrap();
        let method = Regex::new(r"\b(get|post|put|patch|delete)\(").unwrap();
        let (mut at, mut routed) = (0, BTreeSet::new());
        while let Some(one) = route.captures_at(source, at) {
            at = one.get(2).unwrap().end();
            for found in method.captures_iter(&one[2]) {
                routed.insert((one[1].to_owned(), found[1].to_owned()));
            }
        }
        routed.retain(|(path, _)| path != "/api/v1/openapi.json");
        let document = document().unwrap();
        let mut said = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            said.extend(item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())));
        }
        assert_eq!(routed, said);
    }

    #[test]
    fn whatever_the_document_refers_to_stands_in_it() {
        fn named(value: &Value, all: &mut BTreeSet<String>) {
            match value {
                Value::Object(fields) => {
                    let name = fields.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
                    all.extend(name.map(str::to_owned));
                    fields.values().for_each(|value| named(value, all));
                }
                Value::Array(items) => items.iter().for_each(|value| named(value, all)),
                _ => {}
            }
        }
        let document = document().unwrap();
        let mut all = BTreeSet::new();
        named(document, &mut all);
        let there = document["components"]["schemas"].as_object().unwrap();
        let missing: Vec<_> = all.iter().filter(|name| !there.contains_key(*name)).collect();
        assert!(missing.is_empty() && all.len() > 30, "{missing:?} of {}", all.len());
    }

    #[test]
    fn every_operation_names_its_scope_and_describes_itself() {
        for (path, item) in document().unwrap()["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let scope = &operation["security"][0]["token"][0];
                assert!(["read", "write", "admin"].iter().any(|s| scope == s), "{method} {path}");
                assert!(operation["summary"].is_string(), "{method} {path}");
            }
        }
    }
}
