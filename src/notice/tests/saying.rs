//! R76: whatever people write and whatever is known, a notice says that it is automatic, who is away, until when,
//! and whom the record says that it named.

use super::*;
use crate::model::phrases::Phrases;

/// Lines of words and variables, as people write them.
fn template() -> impl Strategy<Value = String> {
    let variable = proptest::sample::select(VARIABLES).prop_map(|name| format!("{{{name}}}"));
    let piece = prop_oneof![3 => variable, 2 => "[a-ząę .,:()]{0,12}".prop_map(|text| text)];
    let line = proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

fn text(language: Language, own: Option<String>) -> PlannedText {
    PlannedText { language, own, source: Source::Person }
}

/// What must be read in a language: each of these.
fn must(plan: &Plan, words: &Phrases) -> Vec<String> {
    let name = plan.from.name.clone().filter(|name| !name.trim().is_empty());
    let mut all = vec![words.section("automatic").to_owned(), name.unwrap_or_else(|| plan.from.address.to_string())];
    let unknown = words.section("away-open").split_once(". ").unwrap().1.to_owned();
    all.push(match (plan.first_day_back, plan.last_day) {
        (Some(day), _) | (None, Some(day)) => words.date(day),
        (None, None) => unknown,
    });
    all.extend(plan.substitute.iter().flat_map(|named| [named.name.clone(), named.address.to_string()]));
    all
}

proptest! {
    #[test]
    fn whatever_people_write_a_notice_says_what_it_must_and_names_whom_the_record_says(
        first in template(),
        second in template(),
        (until, back, substitute, phone, has_it) in any::<(bool, bool, bool, bool, bool)>(),
        (two, own_first, own_second) in any::<(bool, bool, bool)>(),
        name in prop_oneof![3 => Just("Anna Kowalska".to_owned()), 1 => Just(String::new()), 1 => "[A-Z][a-z]{2,60}"],
        inside in any::<bool>(),
    ) {
        let mut plan = plan();
        plan.from.name = Some(name);
        plan.last_day = plan.last_day.filter(|_| until);
        plan.first_day_back = plan.first_day_back.filter(|_| back);
        plan.substitute = plan.substitute.filter(|_| substitute);
        plan.substitute_has_it = has_it && substitute;
        if let Some(named) = plan.substitute.as_mut().filter(|_| !phone) {
            named.phone = None;
        }
        plan.readers = if inside { Readers::Inside } else { Readers::Outside };
        plan.texts = vec![text(Language::Pl, own_first.then_some(first))];
        if two {
            plan.texts.push(text(Language::En, own_second.then_some(second)));
        }
        let policy = policy();
        let body = rendered(&plan, &policy).1;
        prop_assert!(body.len() <= 2048);
        let blocks: Vec<&str> = body.split("\n\n----------\n\n").collect();
        prop_assert_eq!(blocks.len(), plan.texts.len(), "{}", &body);
        for (block, text) in blocks.iter().zip(&plan.texts) {
            for wanted in must(&plan, policy.settings.phrases.get(text.language).unwrap()) {
                prop_assert!(block.contains(&wanted), "{} is not said in\n{}", wanted, block);
            }
        }
        prop_assert_eq!(named(&plan, &policy).is_some(), body.contains("Piotr Zieliński"));
        prop_assert_eq!(named(&plan, &policy), plan.substitute.as_ref());
    }
}
