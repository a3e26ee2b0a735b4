//! The fields of an absence as options.

use super::super::Failure;
use super::OnBehalf;
use crate::actions::absences::{Entered, when};
use crate::model::absence::{CoverPlan, Nature};
use chrono::{NaiveDate, NaiveTime};
use clap::Args;
use std::path::Path;

/// A day as it is written on the command line.
fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "write the day as year-month-day, such as 2026-11-25".to_owned())
}

/// A day, or a day with a time.
type Moment = (NaiveDate, Option<NaiveTime>);

fn moment(text: &str) -> Result<Moment, String> {
    when(text).ok_or_else(|| "write the day as year-month-day, such as 2026-11-25 or 2026-11-25T12:00".to_owned())
}

fn nature(text: &str) -> Result<Nature, String> {
    Nature::from_word(text).ok_or_else(|| "it is leave, sick, business, parental or other".to_owned())
}

/// A name and what it stands for, split at the last `=`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (what, value) = text.rsplit_once('=').ok_or("write two things with = between them")?;
    Ok((what.trim().to_owned(), value.trim().to_owned()))
}

/// A language and words, split at the first `=`: the words may hold more.
fn words(text: &str) -> Result<(String, String), String> {
    let (language, words) = text.split_once('=').ok_or("write a language, = and the words")?;
    Ok((language.trim().to_owned(), words.trim().replace('\0', "")))
}

#[derive(Debug, Args)]
pub(in super::super) struct Add {
    /// Login of who is away.
    #[arg(long)]
    pub user: String,
    #[command(flatten)]
    pub fields: New,
    #[command(flatten)]
    pub on_behalf: OnBehalf,
}

/// As [`Fields`], with a first day.
#[derive(Debug, Args)]
pub(in super::super) struct New {
    /// First day away, such as 2026-11-20; with a time 2026-11-20T12:00.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    from: Moment,
    #[command(flatten)]
    rest: Rest,
}

impl New {
    pub fn put_into(self, entered: &mut Entered) -> Result<(), Failure> {
        (entered.first_day, entered.first_time) = self.from;
        self.rest.put_into(entered)
    }
}

#[derive(Debug, Args)]
pub(in super::super) struct Edit {
    /// Its number, see `standin absence list`.
    pub number: i64,
    #[command(flatten)]
    pub fields: Fields,
    #[command(flatten)]
    pub on_behalf: OnBehalf,
}

/// Every field; what is not named stays as it is.
#[derive(Debug, Args)]
pub(in super::super) struct Fields {
    /// First day away, such as 2026-11-20; with a time 2026-11-20T12:00.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    from: Option<Moment>,
    #[command(flatten)]
    rest: Rest,
}

impl Fields {
    pub fn has_first_day(&self) -> bool {
        self.from.is_some()
    }

    pub fn put_into(self, entered: &mut Entered) -> Result<(), Failure> {
        if let Some(from) = self.from {
            (entered.first_day, entered.first_time) = from;
        }
        self.rest.put_into(entered)
    }
}

#[derive(Debug, Args)]
struct Rest {
    /// Last day away, or day and time of the return; without it the end is open.
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "open")]
    until: Option<Moment>,
    /// Nobody knows the end yet.
    #[arg(long)]
    open: bool,
    /// With an open end: the day on which it is asked about; without it two weeks after the first day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    confirm: Option<NaiveDate>,
    /// First day back, where it is not the next working day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    back_on: Option<NaiveDate>,
    /// Kind of absence: leave, sick, business, parental or other. Colleagues never see it.
    #[arg(long = "type", value_name = "TYPE", value_parser = nature)]
    nature: Option<Nature>,
    /// Login of who covers.
    #[arg(long, value_name = "USER", conflicts_with = "no_substitute")]
    substitute: Option<String>,
    /// Nobody covers: the team's or the company's fallback answers.
    #[arg(long)]
    no_substitute: bool,
    /// Somebody else covers some records: account:17=kamil, record:OP-1042=ewa, team:North=piotr, class:A=ewa,
    /// kind:lead=jan. The most specific one that matches counts. May be given several times.
    #[arg(long = "except", value_name = "WHAT=USER", value_parser = pair)]
    exceptions: Vec<(String, String)>,
    /// Takes an exception away again: account:17, or `all`.
    #[arg(long = "no-except", value_name = "WHAT")]
    no_exceptions: Vec<String>,
    /// Login of who covers confidential records; without one nobody does.
    #[arg(long, value_name = "USER", conflicts_with = "no_deputy")]
    deputy: Option<String>,
    /// Nobody covers confidential records.
    #[arg(long)]
    no_deputy: bool,
    /// The records are assigned for the time, and return at its end.
    #[arg(long, conflicts_with = "cover")]
    hand_over: bool,
    /// The records stay with their owner, and are covered.
    #[arg(long)]
    cover: bool,
    /// Whoever covers reads and changes nothing.
    #[arg(long, conflicts_with = "writes")]
    read_only: bool,
    /// Whoever covers reads and writes.
    #[arg(long)]
    writes: bool,
    /// Tell clients who write that the person is away.
    #[arg(long, conflicts_with = "no_notice")]
    notice: bool,
    /// Tell clients nothing.
    #[arg(long)]
    no_notice: bool,
    /// A file with the person's own text of the notice in a language: pl=text.txt. An empty file takes it away.
    #[arg(long = "text", value_name = "LANGUAGE=FILE", value_parser = pair)]
    texts: Vec<(String, String)>,
    /// The same with the words themselves: pl="Nie ma mnie do {until}." Empty words take it away.
    #[arg(long = "words", value_name = "LANGUAGE=WORDS", value_parser = words)]
    words: Vec<(String, String)>,
    /// As --text en=FILE.
    #[arg(long, value_name = "FILE", hide = true)]
    text_en: Option<String>,
    /// As --text pl=FILE.
    #[arg(long, value_name = "FILE", hide = true)]
    text_pl: Option<String>,
    /// IANA zone of the dates; without it the person's.
    #[arg(long)]
    zone: Option<String>,
}

impl Rest {
    fn put_into(self, entered: &mut Entered) -> Result<(), Failure> {
        if let Some((day, time)) = self.until {
            (entered.last_day, entered.last_time) = (Some(day), time);
            entered.back_on = None;
            entered.confirm_on = None;
        }
        if self.open {
            (entered.last_day, entered.last_time, entered.back_on) = (None, None, None);
        }
        set(&mut entered.confirm_on, self.confirm);
        set(&mut entered.back_on, self.back_on);
        set(&mut entered.substitute, self.substitute);
        set(&mut entered.deputy, self.deputy);
        set(&mut entered.zone, self.zone);
        entered.nature = self.nature.unwrap_or(entered.nature);
        if self.no_substitute {
            entered.substitute = None;
        }
        if self.no_deputy {
            entered.deputy = None;
        }
        let gone = &self.no_exceptions;
        entered.exceptions.retain(|(what, _)| !gone.contains(what) && !gone.iter().any(|g| g == "all"));
        // One of the absence that is about the same gives way; two of this call are a tie.
        entered.exceptions.retain(|(what, _)| !self.exceptions.iter().any(|(other, _)| other == what));
        entered.exceptions.extend(self.exceptions);
        entered.plan = match (self.hand_over, self.cover) {
            (true, _) => CoverPlan::HandOver,
            (_, true) => CoverPlan::Cover,
            _ => entered.plan,
        };
        entered.cover_writes = (entered.cover_writes && !self.read_only) || self.writes;
        entered.notice = (entered.notice && !self.no_notice) || self.notice;
        let short = [("en", self.text_en), ("pl", self.text_pl)];
        let short = short.into_iter().filter_map(|(language, file)| Some((language.to_owned(), file?)));
        let mut written = Vec::new();
        for (language, file) in self.texts.into_iter().chain(short) {
            written.push((language, text(Path::new(&file))?));
        }
        for (language, text) in written.into_iter().chain(self.words) {
            if text.trim().is_empty() {
                entered.notice_texts.remove(&language);
            } else {
                entered.notice_texts.insert(language, text);
            }
        }
        Ok(())
    }
}

fn set<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::input(format!("the text {} cannot be read", path.display()), error.to_string()))?;
    Ok(text.replace('\0', ""))
}
