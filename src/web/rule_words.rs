//! Rules in the words of a page: sentences, built-in steps, why something is not done.

use super::words::{Language, RuleWords, Words, faults, fill};
use crate::actions::rules::{Difference, No};
use crate::link::rules::rule_text;
use crate::link::steps::{BuiltIn, Kind};
use crate::model::rule::{Condition, Effect, Field, Rule, Switch};
use crate::store::rules::JobState;

/// What a rule does, in one sentence; its state is said elsewhere.
pub(super) fn sentence(rule: &Rule, w: &'static Words) -> String {
    if w.language == Language::English {
        return rule_text(&Rule { state: Switch::On, ..rule.clone() });
    }
    let r = w.rules();
    let mut conditions: Vec<String> = rule.all.iter().map(|c| condition(c, r)).collect();
    let any: Vec<String> = rule.any.iter().map(|c| condition(c, r)).collect();
    match any.len() {
        0 => {}
        1 => conditions.push(any.concat()),
        _ => conditions.push(format!("({})", any.join(r.sentence_or))),
    }
    conditions.extend(rule.none.iter().map(|c| fill(r.sentence_not, &[("condition", &condition(c, r))])));
    let when = match conditions.is_empty() {
        true => r.every_mail.to_owned(),
        false => fill(r.sentence_if, &[("conditions", &conditions.join(r.sentence_and))]),
    };
    let stop = if rule.stop { r.sentence_stop } else { "" };
    format!("{when}: {}{stop}.", actions(rule, r))
}

/// What a rule does with a mail that fits.
fn actions(rule: &Rule, r: &'static RuleWords) -> String {
    let mut then = Vec::new();
    then.extend(rule.then.regard.iter().map(|name| fill(r.sentence_regard, &[("name", name)])));
    then.extend(rule.then.account.iter().map(|name| fill(r.sentence_account, &[("name", name)])));
    then.extend(rule.then.ignore.then(|| r.sentence_ignore.to_owned()));
    then.extend(rule.then.private.then(|| r.sentence_private.to_owned()));
    let sealed = rule.then.confidential && rule.then.create.is_none();
    then.extend(sealed.then(|| r.sentence_sealed.to_owned()));
    then.extend(rule.then.create.iter().map(|what| made(what, rule, r)));
    then.join(r.sentence_and)
}

/// One thing that differs between two versions, in words.
pub(super) struct Changed {
    pub rule: String,
    pub what: &'static str,
    pub before: String,
    pub after: String,
}

/// What differs, in words.
pub(super) fn changed(difference: &Difference, w: &'static Words) -> Changed {
    let r = w.rules();
    let (what, text): (&'static str, fn(&Rule, &'static Words) -> String) = match difference.what.as_str() {
        "added" => (r.change_added, sentence),
        "removed" => (r.change_removed, sentence),
        "moved" => {
            let (before, after) = (difference.before.clone(), difference.after.clone());
            return Changed { rule: difference.rule.clone(), what: r.change_moved, before, after };
        }
        "name" => (r.name, |rule, _| rule.name.clone()),
        "state" => (r.state, |rule, w| switch(rule.state, w.rules()).to_owned()),
        "stop" => (r.stop, |rule, w| (if rule.stop { w.rules().yes } else { w.rules().holds_not }).to_owned()),
        "all" => (r.group_all, |rule, w| conditions(&rule.all, w)),
        "any" => (r.group_any, |rule, w| conditions(&rule.any, w)),
        "none" => (r.group_none, |rule, w| conditions(&rule.none, w)),
        _ => (r.then, |rule, w| actions(rule, w.rules())),
    };
    let (before, after) = &difference.rules;
    let side = |rule: &Option<Rule>| rule.as_ref().map(|rule| text(rule, w)).unwrap_or_default();
    let (before, after) = match difference.what.as_str() {
        "added" => (String::new(), side(after)),
        "removed" => (side(before), String::new()),
        _ => (side(before), side(after)),
    };
    Changed { rule: difference.rule.clone(), what, before, after }
}

fn conditions(list: &[Condition], w: &'static Words) -> String {
    list.iter().map(|one| condition(one, w.rules())).collect::<Vec<_>>().join("; ")
}

/// What is made, and for whom.
fn made(what: &str, rule: &Rule, r: &'static RuleWords) -> String {
    let what = match (what, rule.then.confidential) {
        ("lead", false) => r.sentence_lead,
        ("lead", true) => r.sentence_secret_lead,
        (_, false) => r.sentence_opportunity,
        (_, true) => r.sentence_secret_opportunity,
    };
    format!("{what}, {}", fill(r.sentence_assign, &[("names", &rule.then.assign.join(", "))]))
}

/// A condition in words.
pub(super) fn condition(condition: &Condition, r: &'static RuleWords) -> String {
    let name = condition.header.as_deref().unwrap_or("?");
    let field = fill(field(condition.field, r), &[("name", name)]);
    let said = |text: &str, value: &str| fill(text, &[("field", &field), ("value", value)]);
    match condition {
        Condition { is: Some(text), .. } => said(r.compared_is, text),
        Condition { contains: Some(text), .. } => said(r.compared_contains, text),
        Condition { matches: Some(text), .. } => said(r.compared_matches, text),
        Condition { over: Some(size), .. } => said(r.compared_over, &size.to_string()),
        Condition { under: Some(size), .. } => said(r.compared_under, &size.to_string()),
        _ => field,
    }
}

/// What a condition looks at.
pub(super) fn field(field: Field, r: &'static RuleWords) -> &'static str {
    match field {
        Field::Sender => r.field_sender,
        Field::Recipient => r.field_recipient,
        Field::Domain => r.field_domain,
        Field::RecipientDomain => r.field_recipient_domain,
        Field::Subject => r.field_subject,
        Field::Body => r.field_body,
        Field::Header => r.field_header,
        Field::Mailbox => r.field_mailbox,
        Field::Folder => r.field_folder,
        Field::Size => r.field_size,
        Field::Attachment => r.field_attachment,
        Field::Author => r.field_author,
        Field::Channel => r.field_channel,
    }
}

/// What a rule does to one mail.
pub(super) fn effect(effect: &Effect, r: &'static RuleWords) -> String {
    match effect {
        Effect::Regard(name) => fill(r.effect_regard, &[("name", name)]),
        Effect::Account(name) => fill(r.sentence_account, &[("name", name)]),
        Effect::Ignore => r.sentence_ignore.to_owned(),
        Effect::Private => r.sentence_private.to_owned(),
        Effect::Lead(address) => fill(r.effect_lead, &[("name", address)]),
        Effect::Opportunity => r.effect_opportunity.to_owned(),
        Effect::Confidential => r.sentence_sealed.to_owned(),
    }
}

/// Whether a rule decides.
pub(super) fn switch(state: Switch, r: &'static RuleWords) -> &'static str {
    match state {
        Switch::On => r.on,
        Switch::Shadow => r.shadow,
        Switch::Off => r.off,
    }
}

/// What was done to the set, from its word.
pub(super) fn done(what: &str, r: &'static RuleWords) -> &'static str {
    match what {
        "add" => r.did_add,
        "edit" => r.did_edit,
        "move" => r.did_move,
        "delete" => r.did_delete,
        "import" => r.did_import,
        "roll-back" => r.did_roll_back,
        "on" => r.did_on,
        "shadow" => r.did_shadow,
        "off" => r.did_off,
        _ => r.trial_as_is,
    }
}

/// Where a run over history stands.
pub(super) fn run_state(state: JobState, r: &'static RuleWords) -> &'static str {
    match state {
        JobState::Running => r.run_running,
        JobState::Done => r.run_done,
        JobState::Undoing => r.run_undoing,
        JobState::Undone => r.run_undone,
        JobState::Cancelled => r.run_cancelled,
    }
}

/// Why something is not done; nothing where it is as if there were no page.
pub(super) fn no(no: &No, w: &'static Words) -> Option<String> {
    let r = w.rules();
    Some(match no {
        No::NotAdmin | No::NoTrial | No::NoRun => return None,
        No::Absent(_) => r.no_absent.to_owned(),
        No::NoVersion(n) => fill(r.no_version, &[("n", &n.to_string())]),
        No::Faults(found) => found.iter().map(|f| faults::fault(f, w.language)).collect::<Vec<_>>().join("\n"),
        No::File(why) => faults::file(why, w.language),
        No::Nothing => r.no_nothing.to_owned(),
        No::Changed => r.no_changed.to_owned(),
        No::Busy(id) => fill(r.no_busy, &[("n", &id.to_string())]),
        No::Wrong(_) => r.no_wrong.to_owned(),
        No::Later(id) => fill(r.no_later, &[("n", &id.to_string())]),
        No::Unseen => r.trial_unseen.to_owned(),
        No::Unagreed(_) => r.trial_unagreed.to_owned(),
        No::TooLate => r.no_late.to_owned(),
    })
}

/// A built-in step's name, and what it does.
pub(super) fn built_in(step: &BuiltIn, r: &'static RuleWords) -> (&'static str, &'static str) {
    if r.language == Language::English {
        return (step.name, step.text);
    }
    match step.kind {
        Kind::Person => (
            "Decyzja człowieka",
            "To, co ktoś powiedział o wiadomości, jej wątku lub całej poczcie nadawcy, stoi ponad wszystkim; rekord, z którego ktoś ją zdjął, już jej nie dostanie.",
        ),
        Kind::Filed => (
            "Przypisana z programu pocztowego",
            "Wiadomość, którą ktoś przypisał, dotyczy rekordu, do którego ją przypisał.",
        ),
        Kind::Reply => (
            "Odpowiedź na powiązaną wiadomość",
            "Odpowiedź na powiązaną wiadomość od kogoś z nas albo od uczestnika tego wątku lub rekordu jest tam, gdzie tamta wiadomość; od obcego jest tylko propozycją.",
        ),
        Kind::Mark => (
            "Odnośnik podpisany przez nas",
            "Odnośnik podpisany przez tę instalację kieruje wiadomość do jego rekordu, przy tym samym sprawdzeniu nadawcy; ze złym podpisem niczego nie dowodzi.",
        ),
        Kind::Number => (
            "Numer sprawy",
            "Numer jednego rekordu w temacie lub nowym tekście kieruje do niego wiadomość, przy tym samym sprawdzeniu nadawcy; inaczej jest tylko propozycją.",
        ),
        Kind::Address => (
            "Adres kontaktu, leada lub klienta końcowego",
            "Adres kontaktu, leada lub klienta końcowego kieruje wiadomość na jego oś czasu; przy jednej otwartej szansie dotyczy właśnie jej, przy kilku możliwe są wszystkie.",
        ),
        Kind::Rank => (
            "Kilka otwartych szans, porównanych",
            "Z kilku otwartych szans kontaktu wybierana jest ta z wyraźną przewagą punktów: za wątek, temat, cytaty, słowa, osoby, role i czas. Inaczej decyzja należy do człowieka.",
        ),
        Kind::Domain => (
            "Domena firmy",
            "Gdy żaden adres nie jest znany, domena należąca do firmy kieruje wiadomość na jej oś czasu.",
        ),
    }
}

impl Words {
    /// The texts of the pages about rules.
    pub fn rules(&self) -> &'static RuleWords {
        RuleWords::of(self.language)
    }
}
