//! The document as a page, for people: no script, nothing from elsewhere, made from the same text that tools read.

use super::super::base;
use super::super::refusal::Refusal;
use super::super::shell::{Html, Shell};
use super::super::visit::Visit;
use super::super::words::{ApiWords, fill};
use super::document;
use super::problem::Problem;
use askama::Template;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

struct FieldView {
    name: String,
    kind: String,
    link: Option<String>,
    place: String,
    needed: bool,
    about: String,
}

struct OperationView {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    scope: String,
    fields: Vec<FieldView>,
    answers: Vec<(String, String, Option<String>)>,
}

struct GroupView {
    tag: String,
    count: String,
    operations: Vec<OperationView>,
}

struct SchemaView {
    name: String,
    about: String,
    words: Vec<String>,
    fields: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "api_docs.html")]
struct Page {
    shell: Shell,
    t: &'static ApiWords,
    means: String,
    groups: Vec<GroupView>,
    schemas: Vec<SchemaView>,
}

/// `GET /api/docs`.
pub(in super::super) async fn page(visit: Visit) -> Response {
    let page = view(&visit);
    visit.answer(page)
}

fn view(visit: &Visit) -> Result<Response, Refusal> {
    let document = document::document().map_err(|problem| match problem {
        Problem::Broken(error) => Refusal::Broken(error),
        _ => Refusal::NotFound,
    })?;
    let t = ApiWords::of(visit.words().language);
    let path = base::path_of(&visit.app.state.config.public_url);
    let places = [("base", "/api/v1"), ("document", "/api/v1/openapi.json")];
    let places = places.map(|(name, place)| (name, format!("{path}{place}")));
    let places: Vec<(&str, &str)> = places.iter().map(|(name, place)| (*name, place.as_str())).collect();
    let page = Page {
        shell: visit.shell().titled(t.title).at("me"),
        t,
        means: fill(t.means, &places),
        groups: groups(document, t),
        schemas: schemas(document),
    };
    Ok(Html(page).into_response())
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn entries<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// The operations by their tags, in the order in which these come.
fn groups(document: &Value, t: &'static ApiWords) -> Vec<GroupView> {
    let mut groups: Vec<GroupView> = Vec::new();
    for (path, item) in entries(document, "/paths") {
        for (method, operation) in item.as_object().into_iter().flat_map(Map::iter) {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default().to_owned();
            let view = operation_view(path, method, operation, t);
            match groups.iter_mut().find(|group| group.tag == tag) {
                Some(group) => group.operations.push(view),
                None => groups.push(GroupView { tag, count: String::new(), operations: vec![view] }),
            }
        }
    }
    groups.sort_by(|a, b| a.tag.cmp(&b.tag));
    for group in &mut groups {
        group.count = t.language.words().count(&t.many, group.operations.len() as i64);
    }
    groups
}

fn operation_view(path: &str, method: &str, operation: &Value, t: &'static ApiWords) -> OperationView {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let mut fields: Vec<FieldView> = parameters
        .map(|parameter| {
            let schema = parameter.get("schema").unwrap_or(&Value::Null);
            let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
            field(&text(parameter, "name"), schema, (text(parameter, "in"), required), text(parameter, "description"))
        })
        .collect();
    if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
        fields.push(field("", schema, (t.body.to_owned(), true), String::new()));
    }
    let answer = |(status, answer): (&String, &Value)| {
        let schema = answer.get("content").and_then(Value::as_object).and_then(|c| c.values().next());
        let schema = schema.and_then(|content| content.get("schema")).unwrap_or(&Value::Null);
        let (kind, link) = kind(schema);
        (status.clone(), kind, link)
    };
    let fine = entries(operation, "/responses").filter(|(status, _)| status.starts_with(['2', '3']));
    OperationView {
        id: format!("{method}-{}", path.replace(['/', '{', '}'], "-")),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        about: text(operation, "description"),
        scope: fill(
            t.scope,
            &[("scope", operation.pointer("/security/0/token/0").and_then(Value::as_str).unwrap_or(""))],
        ),
        fields,
        answers: fine.map(answer).collect(),
    }
}

fn field(name: &str, schema: &Value, (place, needed): (String, bool), about: String) -> FieldView {
    let (kind, link) = kind(schema);
    FieldView { name: name.to_owned(), kind, link, place, needed, about }
}

/// What a schema is called, and the schema that it names.
fn kind(schema: &Value) -> (String, Option<String>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
        return (name.to_owned(), Some(name.to_owned()));
    }
    if let Some(items) = schema.get("items") {
        let (kind, link) = kind(items);
        return (format!("{kind}[]"), link);
    }
    for joined in ["oneOf", "anyOf", "allOf"] {
        let parts = schema.get(joined).and_then(Value::as_array).into_iter().flatten();
        if let Some((name, link)) = parts.map(kind).find(|(name, _)| name != "null") {
            return (name, link);
        }
    }
    let named = match schema.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    };
    let format = schema.get("format").and_then(Value::as_str);
    (format.map_or_else(|| named.clone(), |format| format!("{named} ({format})")), None)
}

fn schemas(document: &Value) -> Vec<SchemaView> {
    let view = |(name, schema): (&String, &Value)| {
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut fields: Vec<FieldView> = Vec::new();
        let parts = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|joined| schema.get(joined)?.as_array());
        for part in parts.flatten().chain([schema]) {
            let own = part.get("required").and_then(Value::as_array).cloned().unwrap_or_else(|| required.clone());
            fields.extend(entries(part, "/properties").map(|(field_name, of)| {
                let needed = own.iter().any(|r| r == field_name);
                field(field_name, of, (String::new(), needed), text(of, "description"))
            }));
        }
        let words = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        let words = words.filter_map(Value::as_str).map(str::to_owned).collect();
        SchemaView { name: name.clone(), about: text(schema, "description"), words, fields }
    };
    entries(document, "/components/schemas").map(view).collect()
}
