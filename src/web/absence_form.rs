//! The form of an absence: what was typed stays as it was typed until it is saved.

use super::words::{AbsenceWords, fill};
use crate::actions::absences::Entered;
use crate::model::absence::{CoverPlan, Nature};
use crate::model::notice::Language;
use chrono::{NaiveDate, NaiveTime};
use std::collections::BTreeMap;

/// Empty lines for exceptions that every form ends with.
const BLANK: usize = 2;
/// Lines that "more lines" adds.
const MORE: usize = 4;
/// Letters of a language's tag.
const LONGEST_TAG: usize = 3;
/// Lines that are read at most: the rest is somebody playing.
const MOST: usize = 500;

/// An exception as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// `class:A`, `kind:lead`, `team:North`; `account:` and `record:` go on in `which`.
    pub what: String,
    /// A name or a number.
    pub which: String,
    /// Login.
    pub who: String,
}

impl Line {
    fn is_blank(&self) -> bool {
        self.what.is_empty() && self.which.is_empty() && self.who.is_empty()
    }
}

/// The fields as they are typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub user: String,
    pub from: String,
    pub from_time: String,
    pub until: String,
    pub until_time: String,
    pub back_on: String,
    pub confirm_on: String,
    pub zone: String,
    pub nature: String,
    pub substitute: String,
    pub deputy: String,
    pub plan: String,
    pub writes: bool,
    pub notice: bool,
    /// Texts for clients by language tag.
    pub texts: BTreeMap<String, String>,
    pub lines: Vec<Line>,
    /// Which button: `preview`, `save`, `more`.
    pub button: String,
    /// What was previewed.
    pub token: String,
}

impl Fields {
    /// What a browser sent. Fields of no name are left out.
    pub fn sent(pairs: Vec<(String, String)>) -> Fields {
        let mut fields = Fields::default();
        let (mut what, mut which, mut who) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in pairs {
            // Databases refuse a zero character in text.
            let value = value.replace('\0', "");
            match name.as_str() {
                "except_what" => what.push(value),
                "except_which" => which.push(value.trim().to_owned()),
                "except_who" => who.push(value),
                "writes" => fields.writes = true,
                "notice" => fields.notice = true,
                other => match other.strip_prefix("text_") {
                    Some(tag) if tag.len() <= LONGEST_TAG => {
                        fields.texts.insert(tag.to_owned(), value.replace("\r\n", "\n"));
                    }
                    _ => fields.set(other, value.trim().to_owned()),
                },
            }
        }
        let lines = what.into_iter().zip(which).zip(who).take(MOST);
        fields.lines = lines.map(|((what, which), who)| Line { what, which, who }).filter(|l| !l.is_blank()).collect();
        fields
    }

    fn set(&mut self, name: &str, value: String) {
        let field = match name {
            "user" => &mut self.user,
            "from" => &mut self.from,
            "from_time" => &mut self.from_time,
            "until" => &mut self.until,
            "until_time" => &mut self.until_time,
            "back_on" => &mut self.back_on,
            "confirm_on" => &mut self.confirm_on,
            "zone" => &mut self.zone,
            "nature" => &mut self.nature,
            "substitute" => &mut self.substitute,
            "deputy" => &mut self.deputy,
            "plan" => &mut self.plan,
            "do" => &mut self.button,
            "token" => &mut self.token,
            _ => return,
        };
        *field = value;
    }

    /// The fields of an absence as it stands.
    pub fn of(entered: &Entered) -> Fields {
        let day = |day: Option<NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
        let time = |time: Option<NaiveTime>| time.map(|t| t.format("%H:%M").to_string()).unwrap_or_default();
        let line = |(what, who): &(String, String)| {
            let single = ["account:", "record:"].into_iter().find_map(|kind| Some((kind, what.strip_prefix(kind)?)));
            let (what, which) = single.map_or((what.clone(), String::new()), |(kind, rest)| (kind.into(), rest.into()));
            Line { what, which, who: who.clone() }
        };
        Fields {
            user: entered.user.clone(),
            from: entered.first_day.to_string(),
            from_time: time(entered.first_time),
            until: day(entered.last_day),
            until_time: time(entered.last_time),
            back_on: day(entered.back_on),
            confirm_on: day(entered.confirm_on),
            zone: entered.zone.clone().unwrap_or_default(),
            nature: entered.nature.word().to_owned(),
            substitute: entered.substitute.clone().unwrap_or_default(),
            deputy: entered.deputy.clone().unwrap_or_default(),
            plan: entered.plan.word().to_owned(),
            writes: entered.cover_writes,
            notice: entered.notice,
            texts: entered.notice_texts.clone(),
            lines: entered.exceptions.iter().map(line).collect(),
            button: String::new(),
            token: String::new(),
        }
    }

    /// The lines to show: those there are, and empty ones.
    pub fn shown_lines(&self) -> Vec<Line> {
        let blank = if self.button == "more" { BLANK + MORE } else { BLANK };
        self.lines.iter().cloned().chain(std::iter::repeat_n(Line::default(), blank)).collect()
    }

    /// What is meant, or a sentence for everything that cannot be read.
    pub fn read(&self, a: &'static AbsenceWords, languages: &[Language]) -> Result<Entered, Vec<String>> {
        let mut wrong = Vec::new();
        let first_day = day(&self.from, a, &mut wrong);
        if self.from.is_empty() {
            wrong.push(a.no_first_day.to_owned());
        }
        let entered = Entered {
            user: self.user.clone(),
            first_day: first_day.unwrap_or_default(),
            first_time: time(&self.from_time, a, &mut wrong),
            last_day: day(&self.until, a, &mut wrong),
            last_time: time(&self.until_time, a, &mut wrong),
            back_on: day(&self.back_on, a, &mut wrong),
            confirm_on: day(&self.confirm_on, a, &mut wrong),
            nature: Nature::from_word(&self.nature).unwrap_or_default(),
            substitute: some(&self.substitute),
            exceptions: self.exceptions(a, &mut wrong),
            deputy: some(&self.deputy),
            plan: CoverPlan::from_word(&self.plan).unwrap_or_default(),
            cover_writes: self.writes,
            notice: self.notice,
            notice_texts: self.texts(),
            languages: languages.to_vec(),
            zone: some(&self.zone),
        };
        if wrong.is_empty() { Ok(entered) } else { Err(wrong) }
    }

    fn exceptions(&self, a: &'static AbsenceWords, wrong: &mut Vec<String>) -> Vec<(String, String)> {
        for line in &self.lines {
            if line.what.is_empty() {
                wrong.push(a.what_missing.to_owned());
            } else if line.who.is_empty() {
                wrong.push(a.who_missing.to_owned());
            }
        }
        let whole = |line: &Line| match line.what.ends_with(':') {
            true => format!("{}{}", line.what, line.which),
            false => line.what.clone(),
        };
        self.lines.iter().map(|line| (whole(line), line.who.clone())).collect()
    }

    fn texts(&self) -> BTreeMap<String, String> {
        let written = self.texts.iter().filter(|(_, text)| !text.trim().is_empty());
        written.map(|(tag, text)| (tag.clone(), text.clone())).collect()
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn day(text: &str, a: &'static AbsenceWords, wrong: &mut Vec<String>) -> Option<NaiveDate> {
    if text.is_empty() {
        return None;
    }
    let found = text.parse().ok();
    if found.is_none() {
        wrong.push(fill(a.bad_day, &[("text", text)]));
    }
    found
}

fn time(text: &str, a: &'static AbsenceWords, wrong: &mut Vec<String>) -> Option<NaiveTime> {
    if text.is_empty() {
        return None;
    }
    // Some browsers add seconds.
    let found = ["%H:%M", "%H:%M:%S"].into_iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    if found.is_none() {
        wrong.push(fill(a.bad_time, &[("text", text)]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words;

    #[test]
    fn what_was_typed_comes_back_as_it_was() {
        let pairs = |list: &[(&str, &str)]| list.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let fields = Fields::sent(pairs(&[
            ("user", "anna"),
            ("from", "1.12.2026"),
            ("from_time", "12:00:00"),
            ("except_what", "account:"),
            ("except_which", " Acme "),
            ("except_who", "kamil"),
            ("except_what", ""),
            ("except_which", ""),
            ("except_who", ""),
            ("except_what", "class:A"),
            ("except_which", ""),
            ("except_who", ""),
            ("text_pl", "Nie ma mnie.\r\n"),
        ]));
        assert_eq!((fields.lines.len(), fields.shown_lines().len()), (2, 4));
        let a = words::Language::English.absences();
        let languages = [Language::En, Language::Pl];
        let wrong = fields.read(a, &languages).unwrap_err();
        assert!(wrong[0].starts_with("`1.12.2026` is no day") && wrong[1] == a.who_missing, "{wrong:?}");
        let mut right = Fields { from: "2026-12-01".into(), ..fields };
        right.lines[1].who = "ewa".into();
        let entered = right.read(a, &languages).unwrap();
        let expected = [("account:Acme", "kamil"), ("class:A", "ewa")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(entered.exceptions, expected);
        assert_eq!(Fields::of(&entered).lines, right.lines);
        assert_eq!(entered.first_time.unwrap().to_string(), "12:00:00");
        assert_eq!(entered.notice_texts["pl"], "Nie ma mnie.\n");
    }
}
