use super::*;

fn read(day: &str, subject: &str, body: &str, header: &str) -> (Option<String>, Certainty) {
    let raw = format!(
        "From: Jan <jan@klient.net>\nTo: anna@firma.pl\nSubject: {subject}\nDate: {day} 09:00:00 +0200\n{header}Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    );
    let found = away(&crate::parse::parse(raw.as_bytes()));
    (found.until.map(|date| date.to_string()), found.certainty)
}

/// On Monday, 5 August 2024.
fn on_monday(body: &str) -> (Option<String>, Certainty) {
    read("Mon, 05 Aug 2024", "Automatic reply: x", body, "")
}

fn sure(date: &str) -> (Option<String>, Certainty) {
    (Some(date.to_owned()), Certainty::Sure)
}

#[test]
fn the_last_day_away_is_read_in_many_languages() {
    for text in [
        "I am out of the office until 16 August 2024.",
        "I'm on vacation from August 5 to 16.",
        "I am away from 5 to 16 August. Please contact Ben.",
        "Out until Aug 16.",
        "On leave, returning 17 August.",
        "I will not be back until 17 August 2024.",
        "I will be back in the office on Saturday, 17 August.",
        "Przebywam na urlopie do 16.08.2024 włącznie.",
        "Jestem nieobecny w dniach 5-16 sierpnia.",
        "Wracam do pracy 17 sierpnia.",
        "Od 17 sierpnia będę znów w biurze.",
        "Ich bin vom 05.08. bis zum 16.08.2024 im Urlaub.",
        "Ich bin bis einschließlich Freitag, 16. August, nicht im Büro.",
        "Ab dem 17.08. bin ich wieder erreichbar.",
        "Je suis absente du bureau jusqu'au 16 août inclus.",
        "Je serai de retour le 17 août 2024.",
        "Estaré de vacaciones del 5 al 16 de agosto.",
        "Vuelvo el 17 de agosto.",
        "Sono in ferie fino al 16 agosto 2024.",
        "Rientro il 17 agosto.",
        "Estarei ausente até ao dia 16 de agosto.",
        "Ik ben afwezig tot en met 16 augustus.",
        "Vanaf 17 augustus ben ik weer bereikbaar.",
        "Jag är på semester till och med den 16 augusti.",
        "Jeg holder ferie og er tilbage lørdag d. 17. august 2024.",
        "Jeg er på ferie til og med 16. august.",
        "Olen lomalla 16.8.2024 saakka.",
        "Palaan töihin 17. elokuuta.",
        "Mám dovolenou do 16. srpna.",
        "Som na dovolenke do 16. augusta 2024.",
        "Augusztus 5. és 16. között szabadságon vagyok.",
        "Augusztus 16-ig szabadságon vagyok.",
        "Sunt în concediu până pe 16 august 2024.",
        "Я в отпуске до 16.08.2024.",
        "Буду на работе 17 августа.",
        "Я у відпустці до 16 серпня.",
        "16 Ağustos 2024 tarihine kadar izindeyim.",
        "8月10日から8月16日まで休暇のため不在です。",
        "我将于2024年8月5日至8月16日休假。",
    ] {
        assert_eq!(on_monday(text), sure("2024-08-16"), "{text}");
    }
}

#[test]
fn both_ends_must_agree() {
    assert_eq!(on_monday("I am away until 16 August and will be back on 17 August."), sure("2024-08-16"));
    // From Friday to Monday.
    assert_eq!(on_monday("Urlop do 16 sierpnia, wracam 19 sierpnia."), sure("2024-08-18"));
    let other = on_monday("I am away until 16 August. I will be back on 26 August.");
    assert_eq!(other, (Some("2024-08-25".into()), Certainty::Unsure));
}

#[test]
fn what_may_be_read_in_two_ways_gives_no_date() {
    assert_eq!(on_monday("I am away until 07/09/24."), (None, Certainty::Unsure));
    assert_eq!(read("Fri, 05 Jul 2024", "x", "Out of office until 07/10/24", ""), (None, Certainty::Unsure));
    assert_eq!(on_monday("I am on leave from 5/8/24 returning 14/8/24."), sure("2024-08-13"));
    let british = read("Mon, 05 Aug 2024", "x", "I am away until 06/09/24.", "Content-Language: en-GB\n");
    assert_eq!(british, sure("2024-09-06"));
}

#[test]
fn years_that_are_missing_are_the_next_ones() {
    let winter = read("Fri, 27 Dec 2024", "Out of office", "I will be back on January 2.", "");
    assert_eq!(winter, sure("2025-01-01"));
}

#[test]
fn without_a_date_ahead_there_is_none() {
    assert_eq!(on_monday("I am out of the office."), (None, Certainty::Assumed));
    assert_eq!(on_monday("I am away from 5 August."), (None, Certainty::Assumed));
    assert_eq!(on_monday("I am out of the office until 2 August 2024."), (None, Certainty::Past));
    assert_eq!(on_monday("I am away until further notice."), (None, Certainty::OpenEnded));
    assert_eq!(on_monday("Jestem nieobecna do odwołania."), (None, Certainty::OpenEnded));
    assert_eq!(on_monday("I am on leave until 1 March 2026."), (None, Certainty::OpenEnded));
}

#[test]
fn dates_of_other_things_are_not_sure() {
    let (_, certainty) = on_monday("I am out of the office. Please send offers for the tender until 30 September.");
    assert_ne!(certainty, Certainty::Sure);
    assert_eq!(on_monday("I am away. Our fair was founded on 12 August 1950.").0, None);
}

#[test]
fn who_stands_in_is_named() {
    let raw = "From: Jan <jan@klient.pl>\nTo: anna@firma.pl\nSubject: Urlop\nDate: Mon, 05 Aug 2024 09:00:00 +0200\nContent-Type: text/plain; charset=utf-8\n\nJestem na urlopie do 9.08. Zastępuje mnie Ewa Lis, ewa@klient.pl.\n";
    let found = away(&crate::parse::parse(raw.as_bytes()));
    assert_eq!(found.language, Some("pl"));
    assert_eq!(found.substitutes.len(), 1);
    assert_eq!(found.substitutes[0].name.as_deref(), Some("Ewa Lis"));
}
