//! In which language a client is answered (R78), and in whose words.

use super::Policy;
use super::text::check_template;
use crate::model::mail::Mail;
use crate::model::notice::{AbsentPerson, Language, PlannedText, Trigger};
use crate::model::notice_text::{Because, Holder, Readers, Source, Spoken};

/// The texts to write: one, or two where what is known of the client names no language of ours.
pub(super) fn texts(
    trigger: &Trigger<'_>,
    person: &AbsentPerson,
    policy: &Policy,
    readers: Readers,
) -> (Because, Vec<PlannedText>) {
    let spoken = spoken(trigger, policy);
    // The installation's, in whatever languages people wrote texts: a text is no sign of what a client reads.
    let (fallback, book) = (policy.language, &policy.settings.phrases);
    let (because, languages) = match spoken.iter().find_map(|one| Some((one.because, book.find(&one.tag)?))) {
        Some((why, language)) => (why, vec![language]),
        None if spoken.is_empty() => (Because::Default, vec![fallback]),
        None if fallback == Language::En => (Because::Foreign, vec![fallback]),
        None => (Because::Foreign, vec![fallback, Language::En]),
    };
    (because, languages.into_iter().map(|language| planned(person, language, readers)).collect())
}

/// The text in a language: somebody's own, or the shipped one.
pub(super) fn planned(person: &AbsentPerson, language: Language, readers: Readers) -> PlannedText {
    match own(person, language, readers) {
        Some((source, text)) => PlannedText { language, own: Some(text.to_owned()), source },
        None => PlannedText { language, own: None, source: Source::Shipped },
    }
}

/// What speaks of the client's language, best first: the contact's own (R78), our last mail to them, theirs.
pub fn spoken(trigger: &Trigger<'_>, policy: &Policy) -> Vec<Spoken> {
    let sender = &trigger.sender;
    let theirs = trigger.mail.text.language.clone().into_iter();
    let theirs = theirs.chain(accepted(trigger.mail, "content-language"));
    let theirs = theirs.chain(accepted(trigger.mail, "accept-language"));
    let known = sender.language.iter().map(|tag| (Because::Contact, tag.clone()));
    let known = known.chain(sender.last_language.iter().map(|tag| (Because::LastMail, tag.clone())));
    let all = known.chain(theirs.map(|tag| (Because::TheirMail, tag))).filter(|(_, tag)| !tag.is_empty());
    let book = &policy.settings.phrases;
    let mut found: Vec<Spoken> = Vec::new();
    for (because, tag) in all {
        // A mail may say the same in several fields.
        if !found.iter().any(|one| (one.because, &one.tag) == (because, &tag)) {
            found.push(Spoken { because, has_words: book.find(&tag).is_some(), tag });
        }
    }
    found
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

/// What somebody wrote in a language, the nearest to the absence first. What could not be sent (a
/// variable that a later version does not know) counts as not written.
fn own(person: &AbsentPerson, language: Language, readers: Readers) -> Option<(Source, &str)> {
    let absence = person.absence.notice_texts.iter().filter(|_| readers == Readers::Outside);
    let absence = absence.filter(|(tag, _)| Language::from_tag(tag) == Some(language));
    let absence = absence.map(|(_, text)| (Source::Absence, text.as_str()));
    let written = |source: Source| {
        let texts = person.manner.texts.iter().filter(move |w| (w.readers, w.language) == (readers, language));
        texts.filter(move |w| source_of(w.holder) == source).map(move |w| (source, w.text.as_str()))
    };
    let mut all = absence.chain(written(Source::Person)).chain(written(Source::Team)).chain(written(Source::Company));
    all.find(|(_, text)| !text.trim().is_empty() && check_template(text).is_ok())
}

fn source_of(holder: Holder) -> Source {
    match holder {
        Holder::Person(_) => Source::Person,
        Holder::Team(_) => Source::Team,
        Holder::Company => Source::Company,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{client_mail, header, person, policy, trigger};
    use super::*;
    use crate::model::id::{TeamId, UserId};
    use crate::model::notice_text::Written;
    use crate::model::phrases::{Phrasebook, Phrases};

    fn languages(trigger: &Trigger<'_>, person: &AbsentPerson) -> Vec<&'static str> {
        texts(trigger, person, &policy(), Readers::Outside).1.iter().map(|text| text.language.tag()).collect()
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
    fn a_language_without_words_gives_way_to_the_next_source() {
        let mut mail = client_mail();
        mail.text.language = Some("pl".into());
        let mut known = trigger(&mail);
        known.sender.language = Some("hu".into());
        known.sender.last_language = Some("en".into());
        let (because, planned) = texts(&known, &person(), &policy(), Readers::Outside);
        assert_eq!((because, planned[0].language), (Because::LastMail, Language::En));
        let said: Vec<(Because, String, bool)> =
            spoken(&known, &policy()).into_iter().map(|one| (one.because, one.tag, one.has_words)).collect();
        assert_eq!(
            said,
            [
                (Because::Contact, "hu".to_owned(), false),
                (Because::LastMail, "en".to_owned(), true),
                (Because::TheirMail, "pl".to_owned(), true),
            ]
        );
    }

    #[test]
    fn what_a_mail_says_twice_of_its_language_counts_once() {
        let mut mail = client_mail();
        mail.text.language = Some("de".into());
        header(&mut mail, "content-language", "de");
        assert_eq!(spoken(&trigger(&mail), &policy()).len(), 1);
    }

    #[test]
    fn a_client_whose_language_we_lack_gets_the_default_and_english() {
        let mut mail = client_mail();
        header(&mut mail, "accept-language", "hu-HU, *;q=0.1, en;q=0");
        assert_eq!(languages(&trigger(&mail), &person()), ["pl", "en"]);
    }

    #[test]
    fn a_text_in_one_language_does_not_change_which_language_is_the_usual_one() {
        let mut mail = client_mail();
        let mut anna = person();
        anna.absence.notice_texts.insert("en-GB".into(), "I am away.".into());
        let (because, planned) = texts(&trigger(&mail), &anna, &policy(), Readers::Outside);
        assert_eq!((because, planned.len()), (Because::Default, 1));
        assert_eq!((planned[0].language, planned[0].source), (Language::Pl, Source::Shipped));
        mail.text.language = Some("de".into());
        let (because, planned) = texts(&trigger(&mail), &anna, &policy(), Readers::Outside);
        let found: Vec<_> = planned.iter().map(|text| (text.language, text.source)).collect();
        assert_eq!(because, Because::Foreign);
        assert_eq!(found, [(Language::Pl, Source::Shipped), (Language::En, Source::Absence)]);
    }

    fn written(holder: Holder, readers: Readers, language: Language, text: &str) -> Written {
        Written { holder, readers, language, text: text.to_owned() }
    }

    #[test]
    fn the_nearest_text_counts_and_what_colleagues_read_is_kept_apart() {
        let (person_holder, team) = (Holder::Person(UserId(1)), Holder::Team(TeamId(2)));
        let mut anna = person();
        let from = |anna: &AbsentPerson, readers| {
            let text = planned(anna, Language::Pl, readers);
            (text.source, text.own)
        };
        let own = |source, text: &str| (source, Some(text.to_owned()));
        assert_eq!(from(&anna, Readers::Outside), (Source::Shipped, None));
        anna.manner.texts.push(written(Holder::Company, Readers::Outside, Language::Pl, "firma"));
        anna.manner.texts.push(written(Holder::Company, Readers::Inside, Language::Pl, "w firmie"));
        assert_eq!(from(&anna, Readers::Outside), own(Source::Company, "firma"));
        anna.manner.texts.push(written(team, Readers::Outside, Language::Pl, "zespół"));
        assert_eq!(from(&anna, Readers::Outside), own(Source::Team, "zespół"));
        anna.manner.texts.push(written(person_holder, Readers::Outside, Language::Pl, "osoba"));
        anna.manner.texts.push(written(person_holder, Readers::Outside, Language::En, "person"));
        assert_eq!(from(&anna, Readers::Outside), own(Source::Person, "osoba"));
        anna.absence.notice_texts.insert("pl".into(), "nieobecność".into());
        assert_eq!(from(&anna, Readers::Outside), own(Source::Absence, "nieobecność"));
        anna.absence.notice_texts.insert("pl".into(), " \n".into());
        assert_eq!(from(&anna, Readers::Outside), own(Source::Person, "osoba"));
        anna.manner.texts[3].text = "{amount}".into();
        assert_eq!(from(&anna, Readers::Outside), own(Source::Team, "zespół"));
        assert_eq!(from(&anna, Readers::Inside), own(Source::Company, "w firmie"));
    }

    #[test]
    fn a_language_that_a_file_added_is_spoken() {
        let mut mail = client_mail();
        mail.text.language = Some("de-AT".into());
        let german = Language::from_tag("de").unwrap();
        let mut policy = policy();
        let words = Phrases::parse(german, include_str!("data/en.txt")).unwrap();
        policy.settings.phrases = Phrasebook::default().with(vec![words]);
        let (because, texts) = texts(&trigger(&mail), &person(), &policy, Readers::Outside);
        assert_eq!((because, texts.len(), texts[0].language), (Because::TheirMail, 1, german));
    }
}
