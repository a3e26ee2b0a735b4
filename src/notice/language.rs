//! In which language a client is answered (R78).

use super::Policy;
use crate::model::mail::Mail;
use crate::model::notice::{AbsentPerson, Language, PlannedText, Trigger};

/// The texts to write: one, or two where what is known of the client names no language of ours.
pub(super) fn texts(trigger: &Trigger<'_>, person: &AbsentPerson, policy: &Policy) -> Vec<PlannedText> {
    let hints = hints(trigger);
    let fallback = fallback(person, policy);
    let languages = match hints.iter().find_map(|tag| Language::from_tag(tag)) {
        Some(language) => vec![language],
        None if hints.is_empty() || fallback == Language::En => vec![fallback],
        None => vec![fallback, Language::En],
    };
    languages.into_iter().map(|language| PlannedText { language, own: own(person, language) }).collect()
}

/// Language tags that speak of the client, best first.
fn hints(trigger: &Trigger<'_>) -> Vec<String> {
    let sender = &trigger.sender;
    let mut hints: Vec<String> = sender.language.iter().chain(&sender.last_language).cloned().collect();
    hints.extend(trigger.mail.text.language.clone());
    hints.extend(accepted(trigger.mail, "content-language"));
    hints.extend(accepted(trigger.mail, "accept-language"));
    hints.retain(|tag| !tag.is_empty());
    hints
}

/// The tags of a language field by falling `q`; those with `q=0` are refused ones, `*` says nothing.
fn accepted(mail: &Mail, field: &str) -> Vec<String> {
    let mut weighted: Vec<(f32, String)> = mail
        .headers
        .all(field)
        .flat_map(|value| value.split(','))
        .map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or("").to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.trim().parse().ok());
            (weight.unwrap_or(0.0), tag)
        })
        .filter(|(weight, tag)| *weight > 0.0 && tag != "*")
        .collect();
    weighted.sort_by(|a, b| b.0.total_cmp(&a.0));
    weighted.into_iter().map(|(_, tag)| tag).collect()
}

/// The installation's language, unless the person wrote a text only in another.
fn fallback(person: &AbsentPerson, policy: &Policy) -> Language {
    let written = |language: &Language| own(person, *language).is_some();
    let candidates =
        [Some(policy.language), Language::from_tag(&person.language), Some(Language::En), Some(Language::Pl)];
    candidates.into_iter().flatten().find(written).unwrap_or(policy.language)
}

fn own(person: &AbsentPerson, language: Language) -> Option<String> {
    let texts = &person.absence.notice_texts;
    let text = texts.iter().find(|(tag, _)| Language::from_tag(tag) == Some(language)).map(|(_, text)| text);
    text.filter(|text| !text.trim().is_empty()).cloned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{client_mail, header, person, policy, trigger};
    use super::*;

    fn languages(trigger: &Trigger<'_>, person: &AbsentPerson) -> Vec<&'static str> {
        texts(trigger, person, &policy()).iter().map(|text| text.language.tag()).collect()
    }

    #[test]
    fn the_contact_comes_before_the_last_mail_before_the_header_before_the_default() {
        let mut mail = client_mail();
        assert_eq!(languages(&trigger(&mail), &person()), ["pl"]);
        header(&mut mail, "accept-language", "de;q=0.9, pl;q=0.2, en;q=0.5");
        assert_eq!(languages(&trigger(&mail), &person()), ["en"]);
        mail.text.language = Some("pl-PL".into());
        assert_eq!(languages(&trigger(&mail), &person()), ["pl"]);
        let mut known = trigger(&mail);
        known.sender.last_language = Some("en".into());
        assert_eq!(languages(&known, &person()), ["en"]);
        known.sender.language = Some("pl".into());
        assert_eq!(languages(&known, &person()), ["pl"]);
    }

    #[test]
    fn a_client_whose_language_we_lack_gets_the_default_and_english() {
        let mut mail = client_mail();
        header(&mut mail, "accept-language", "hu-HU, *;q=0.1, en;q=0");
        assert_eq!(languages(&trigger(&mail), &person()), ["pl", "en"]);
    }

    #[test]
    fn a_person_who_wrote_one_text_is_quoted_in_that_language() {
        let mail = client_mail();
        let mut anna = person();
        anna.absence.notice_texts.insert("en-GB".into(), "I am away.".into());
        let texts = texts(&trigger(&mail), &anna, &policy());
        assert_eq!(texts.len(), 1);
        assert_eq!(texts[0].own.as_deref(), Some("I am away."));
    }
}
