//! What a rule in shadow would have done, mail by mail, and how often that is where the mail stands (W18).
//! Numbers are for every admin; records are named under the viewer's own rights, and mail is not shown.

use super::refusal::Refusal;
use super::rule_words::{effect, sentence};
use super::rules::{caller, refused};
use super::shell::{Html, Shell};
use super::visit::Visit;
use super::words::{RuleWords, Words, fill};
use crate::actions::rules::{self, Agreement, Shadow, Shadowed};
use crate::model::id::{MailId, RecordId, RuleId};
use crate::model::rule::{Effect, Kept, Rule};
use crate::model::time::DAY;
use crate::store;
use crate::store::views::{self, Named};
use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeSet;

/// Days that are looked at.
const DAYS: i64 = 30;

struct Row {
    id: i64,
    name: String,
    /// Whether the viewer may read it.
    opens: bool,
    would: String,
    stands: String,
    verdict: &'static str,
}

#[derive(Template)]
#[template(path = "rule_shadow.html")]
struct Page {
    shell: Shell,
    r: &'static RuleWords,
    id: i64,
    name: String,
    text: String,
    summary: String,
    rows: Vec<Row>,
}

/// `GET /admin/rules/{id}/shadow`.
pub(super) async fn page(mut visit: Visit, path: Result<Path<i64>, PathRejection>) -> Response {
    let page = match path {
        Ok(Path(id)) => view(&mut visit, RuleId(id)).await,
        Err(_) => Err(Refusal::NotFound),
    };
    visit.answer(page)
}

/// What a rule in shadow would have done with a mail, as far as the viewer may know.
pub(super) struct Would {
    /// The mail; `None`: they do not read it.
    pub mail: Option<MailId>,
    /// What the rule would have done; of mail that they do not read as the rule is written.
    pub effects: Vec<Effect>,
    /// What the mail regards.
    pub stands: Stands,
    /// How both agree.
    pub agreement: Agreement,
}

/// What a mail regards.
pub(super) enum Stands {
    /// Nothing.
    Nowhere,
    /// A record that the viewer is not told.
    Untold,
    /// This one.
    On(Named),
}

/// A rule with what it said in shadow in the last days, the latest first.
pub(super) async fn load(visit: &mut Visit, id: RuleId) -> Result<(Kept, Shadow, Vec<Would>), Refusal> {
    let world = visit.world.clone();
    let caller = caller(visit, &world);
    let (_, all) = rules::all(&mut visit.tx, &caller).await?.map_err(|why| refused(&why, visit.clock.words))?;
    let kept = all.into_iter().find(|kept| kept.id == id).ok_or(Refusal::NotFound)?;
    let shadow = rules::in_shadow(&mut visit.tx, id, visit.clock.now.plus(-DAYS * DAY)).await?;
    let mails: Vec<MailId> = shadow.mails.iter().map(|one| one.mail).collect();
    let subjects = views::subjects(&mut visit.tx, &visit.scope, &mails).await?;
    let records: BTreeSet<RecordId> = shadow.mails.iter().filter_map(|one| one.regarding).collect();
    let names = views::names(&mut visit.tx, &visit.scope, records).await?;
    let sealed = store::mails::sealed(&mut visit.tx, &mails).await?;
    let would = |one: &Shadowed| {
        let read = subjects.contains_key(&one.mail);
        // Where a confidential mail stands that the viewer does not see is not named to them.
        let named = |record| names.get(record).filter(|_| read || !sealed.contains(&one.mail));
        Would {
            // Mail that they do not read is counted, and not told apart.
            mail: Some(one.mail).filter(|_| read),
            // What a rule captured stands in the mail.
            effects: match read {
                true => one.effects.clone(),
                false => one.effects.iter().map(|effect| written(effect, &kept.rule)).collect(),
            },
            stands: match &one.regarding {
                None => Stands::Nowhere,
                Some(record) => named(record).cloned().map_or(Stands::Untold, Stands::On),
            },
            agreement: one.agreement,
        }
    };
    let all = shadow.mails.iter().map(would).collect();
    Ok((kept, shadow, all))
}

async fn view(visit: &mut Visit, id: RuleId) -> Result<Response, Refusal> {
    let (kept, shadow, all) = load(visit, id).await?;
    let w = visit.words();
    let r = w.rules();
    let row = |one: Would| Row {
        id: one.mail.map_or(0, |mail| mail.0),
        name: one
            .mail
            .map_or_else(|| r.unread_one.to_owned(), |mail| fill(r.trace_of_mail, &[("n", &mail.to_string())])),
        opens: one.mail.is_some(),
        would: one.effects.iter().map(|e: &Effect| effect(e, r)).collect::<Vec<_>>().join(", "),
        stands: match one.stands {
            Stands::Nowhere => r.shadow_nothing.to_owned(),
            Stands::Untold => r.untold_record.to_owned(),
            Stands::On(named) => named.name,
        },
        verdict: agreement(one.agreement, r),
    };
    let rows = all.into_iter().map(row).collect();
    let page = Page {
        shell: visit.shell().titled(&fill(r.shadow_title, &[("name", &kept.rule.name)])).at("rules"),
        r,
        id: id.0,
        name: kept.rule.name.clone(),
        text: sentence(&kept.rule, w),
        summary: summary(&shadow, w),
        rows,
    };
    Ok(Html(page).into_response())
}

/// An effect without what was captured from the mail.
fn written(effect: &Effect, rule: &Rule) -> Effect {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match effect {
        Effect::Regard(_) => Effect::Regard(text(&rule.then.regard)),
        Effect::Account(_) => Effect::Account(text(&rule.then.account)),
        // The lead is named by the sender's address.
        Effect::Lead(_) => Effect::Lead("…".to_owned()),
        other => other.clone(),
    }
}

fn agreement(agreement: Agreement, r: &'static RuleWords) -> &'static str {
    match agreement {
        Agreement::Same => r.shadow_same,
        Agreement::New => r.shadow_new,
        Agreement::Other => r.shadow_other,
        Agreement::Nobodys => r.shadow_nobodys,
    }
}

/// How many there were, and how many of those that stand somewhere stand where the rule says.
fn summary(shadow: &Shadow, w: &'static Words) -> String {
    let r = w.rules();
    let count = |wanted: Agreement| shadow.mails.iter().filter(|one| one.agreement == wanted).count();
    let (same, other) = (count(Agreement::Same), count(Agreement::Other));
    let mails = w.count(&r.mails, i64::try_from(shadow.mails.len()).unwrap_or(0));
    let text = fill(
        r.shadow_summary,
        &[
            ("mails", &mails),
            ("same", &same.to_string()),
            ("other", &other.to_string()),
            ("new", &count(Agreement::New).to_string()),
        ],
    );
    match shadow.percent() {
        Some(percent) => format!("{text} {}", fill(r.shadow_right, &[("percent", &percent.to_string())])),
        None => text,
    }
}
