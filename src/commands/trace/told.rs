//! A trace for people: what the mail is and why it is where it is come first, then each part, with a key.

use super::Told;
use super::words::{self, called, evidence, finding, person, place_text};
use crate::commands::access::path_text;
use crate::commands::output;
use crate::intake::replay::State;
use crate::link::rules::effect_text;
use crate::model::cursor::LocationState;
use crate::model::id::UserId;
use crate::model::link::{Evidence, Link, Linking};
use crate::model::mail::Channel;
use crate::model::notice::{Language, Reason};
use crate::model::time::{DAY, MINUTE};
use crate::notice::explain;
use std::io::Result;

/// Reasons for an author that are shown.
const SHOWN: usize = 4;
/// Places that are shown.
const PLACES: usize = 20;
/// Later than this after its date, that a mail came late is said.
const LATE: i64 = DAY;
/// What an answer about a mail in the hand leaves out for whoever is told only what they may read.
const LEFT_OUT: &str = "Computed only from what you may read. Left out, so that what happens can differ: records and other mail that \
                        you may not read (every step), what others said of it or of its sender and filed (steps 1 and 2), whom \
                        others block, whom absences told. The operator is told all: `standin trace` without --as.";

fn line(label: &str, text: &str) -> Result<()> {
    output::line(&format!("{label:<9}{}", output::plain(text)))
}

fn heading(text: &str) -> Result<()> {
    output::line(&format!("\n{text}"))
}

impl Told<'_> {
    /// All of it.
    pub fn tell(&self) -> Result<()> {
        self.head()?;
        self.why()?;
        self.reports()?;
        self.standing()?;
        self.people()?;
        self.notices()?;
        self.steps()
    }

    /// Who wrote what to whom and when, and where it lies.
    fn head(&self) -> Result<()> {
        let head = &self.trace.head;
        match (self.trace.stored, self.taken) {
            (Some(mail), _) if self.given => {
                line("mail", &format!("this very mail is stored as mail {mail}: what follows is what became of it"))?;
            }
            (Some(mail), _) => line("mail", &format!("{mail}, stored"))?,
            (None, Some(taken)) => {
                let hint = match (taken.assumed, taken.others) {
                    (true, 1..) if taken.came => {
                        ", into which it came before; `--mailbox NAME` takes another".to_owned()
                    }
                    (true, 1..) if taken.sent => ", from which it was sent; `--mailbox NAME` takes another".to_owned(),
                    (true, 1..) if taken.addressed => {
                        ", to which it is addressed; `--mailbox NAME` takes another".to_owned()
                    }
                    (true, 1..) => format!(", the first of {}; `--mailbox NAME` takes another", taken.others + 1),
                    _ => String::new(),
                };
                let stored = match self.asking.user {
                    None => "of the file; it is not stored",
                    Some(_) => "of the file; no stored mail of which you may be told is this one",
                };
                line("mail", stored)?;
                line("as if", &format!("it came now into the inbox of {}{hint}", taken.mailbox))?;
            }
            (None, None) => {}
        }
        let from = match &head.name {
            _ if head.from.is_empty() => "nobody who could be read".to_owned(),
            Some(name) => format!("{name} <{}>", head.from),
            None => head.from.clone(),
        };
        let to: Vec<&str> = head.to.iter().take(10).map(String::as_str).collect();
        let more = head.to.len().saturating_sub(to.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        line("from", &from)?;
        if !to.is_empty() {
            line("to", &format!("{}{more}", to.join(", ")))?;
        }
        line("subject", &head.subject)?;
        line("date", &self.date())?;
        if let Some(mail) = self.trace.answers {
            line("answers", &format!("mail {mail}"))?;
        }
        line("author", &self.author())?;
        match head.channel {
            Channel::Direct => {}
            Channel::List => line("came", "over a mailing list")?,
            Channel::Bulk => line("came", "in bulk, one text to many")?,
        }
        if head.doubted {
            let text = "our own server does not confirm that it is who it claims to be (R36): nothing follows from its address";
            line("sender", text)?;
        }
        self.places()
    }

    /// When it was written, as far as that is believed, and whether it came late.
    fn date(&self) -> String {
        let (head, asking) = (&self.trace.head, self.asking);
        let said = head.said_date.filter(|said| *said != head.at);
        let date = match said {
            Some(said) => format!(
                "{}, as it says; it counts as of {}, since that lies too far from when it came (R133)",
                asking.moment(said),
                asking.moment(head.at)
            ),
            None if self.trace.undated => {
                format!("{}, when it came: it bears no date that can be read", asking.moment(head.at))
            }
            None => asking.moment(head.at),
        };
        let late = head.arrived.since(head.said_date.unwrap_or(head.at));
        match self.trace.stored {
            // That its own date is too far off says so already.
            Some(_) if said.is_some() => date,
            Some(_) if late >= LATE => {
                format!("{date}; it came late, {} after: the server had it {}", days(late), asking.moment(head.arrived))
            }
            Some(_) if late.abs() >= MINUTE => format!("{date}; the server had it {}", asking.moment(head.arrived)),
            Some(_) => date,
            None => date,
        }
    }

    /// Who wrote it, and why that is believed.
    fn author(&self) -> String {
        let head = &self.trace.head;
        let seen: Vec<String> = head.evidence.iter().take(SHOWN).map(|e| format!("{} ({})", e.seen, e.rule)).collect();
        let more = head.evidence.len().saturating_sub(seen.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let seen = format!("{}{more}", seen.join("; "));
        match (self.trace.automatic, head.author.is_human(), seen.is_empty()) {
            (true, ..) => "a machine, since somebody said so".to_owned(),
            (false, true, true) => "a human: nothing on it says that a machine wrote it".to_owned(),
            (false, true, false) if head.channel == Channel::Bulk => {
                format!("in the name of a person, and sent in bulk: {seen}")
            }
            (false, true, false) => format!("a human: no sign of a machine; how it came: {seen}"),
            (false, false, _) => format!("a machine ({}): {seen}", words::machine(head.author)),
        }
    }

    /// Where copies came, and what became of each.
    fn places(&self) -> Result<()> {
        let places = &self.trace.places;
        let told: Vec<&str> =
            places.iter().filter(|p| p.state == LocationState::Stored).map(|p| p.mailbox.as_str()).collect();
        let others = self.trace.head.mailboxes.iter().filter(|(name, _)| !told.contains(&name.as_str()));
        for (name, user) in others {
            let whose = user.map_or_else(|| "shared".to_owned(), |user| person(self.asking, user));
            line("lies in", &format!("{name} ({whose})"))?;
        }
        for place in places.iter().take(PLACES) {
            let label = match place.state {
                LocationState::Stored => "lies in",
                LocationState::Gone => "lay in",
                LocationState::Unmatched => "came to",
                LocationState::Pending | LocationState::Failed => "is in",
            };
            line(label, &place_text(place, self.asking))?;
        }
        if places.len() > PLACES {
            line("", &format!("and {} more places", places.len() - PLACES))?;
        }
        if self.trace.stored.is_some() && places.is_empty() && self.trace.head.mailboxes.is_empty() {
            line("lies in", if self.trace.alone { "not told to you" } else { "no mailbox any more" })?;
        }
        Ok(())
    }

    /// Why it is where it is, and what to do about it.
    fn why(&self) -> Result<()> {
        let trace = self.trace;
        heading(if trace.stored.is_some() { "Why it is where it is" } else { "Where it would be, and why" })?;
        let passed: Vec<_> = trace.places.iter().filter(|place| place.state == LocationState::Unmatched).collect();
        if trace.stored.is_none() && !passed.is_empty() {
            output::line("It came before and was passed over there (see `came to` above). If it came now:")?;
        }
        output::line(&output::plain(&words::because(self)))?;
        if trace.state == State::Unstored && trace.hidden.is_none() {
            output::line(words::brings_in(trace, self.all()))?;
        }
        self.changes().iter().try_for_each(|text| output::line(text))?;
        if !self.reads && !trace.alone {
            output::line(
                "You may not read it otherwise: you are told of it because review asks you, which the audit notes.",
            )?;
        }
        if trace.stored.is_some() {
            self.blocked().iter().try_for_each(|text| output::line(text))?;
        }
        if trace.stored.is_none() && !self.all() {
            output::line(LEFT_OUT)?;
        }
        if !trace.others.is_empty() {
            let list: Vec<String> = trace.others.iter().map(ToString::to_string).collect();
            output::line(&format!("The same Message-ID, and something else in it, has mail {}.", list.join(", ")))?;
        }
        if trace.withheld {
            output::line(
                "Part of it rests on records of which you may not be told, and is left out here. The operator sees all: `standin trace` without --as.",
            )?;
        }
        for made in &trace.made {
            let (kind, name) = (made.kind.word(), output::plain(&made.name));
            let owner = person(self.asking, made.owner);
            let text = format!(
                "Rule {} would make the {kind} `{name}` for it, as record {}, of {owner}.",
                made.rule, made.record
            );
            output::line(&text)?;
        }
        Ok(())
    }

    /// What it reports of mail of ours, or says of its author.
    fn reports(&self) -> Result<()> {
        let lines = words::says(self.trace, self.all());
        if lines.is_empty() {
            return Ok(());
        }
        heading("What it says")?;
        lines.iter().try_for_each(|text| output::line(&format!("  {text}")))
    }

    /// The records on which it stands, and those in question.
    fn standing(&self) -> Result<()> {
        let (links, candidates) = match &self.trace.linking {
            Linking::Linked { links, candidates, .. } => (links.as_slice(), candidates.as_slice()),
            Linking::Review(candidates) => (&[][..], candidates.as_slice()),
            Linking::Unmatched => (&[][..], &[][..]),
        };
        if links.is_empty() && candidates.is_empty() {
            return Ok(());
        }
        heading("Records")?;
        output::line("How sure: 100 a person said so, 70 and more firm, 40 to 69 likely, below 40 only in question.")?;
        let row = |link: &Link| {
            let (on, by) = (called(&self.names, link.record), called(&self.names, link.governing));
            let why = words::with_party(&evidence(&link.evidence, &self.names), self.party(&link.evidence));
            vec![on, link.evidence.score().to_string(), by, why]
        };
        let mut links: Vec<&Link> = links.iter().collect();
        links.sort_by_key(|link| std::cmp::Reverse(link.evidence.score()));
        let rows: Vec<Vec<String>> = links.into_iter().map(row).collect();
        if !rows.is_empty() {
            output::table(&["stands on", "how sure", "seen by readers of", "because"], &rows, "")?;
        }
        for candidate in candidates {
            let (on, sure) = (called(&self.names, candidate.record), candidate.evidence.score());
            let why = evidence(&candidate.evidence, &self.names);
            // Points compare such records with each other; how sure they are says nothing beside.
            let text = match &candidate.evidence {
                Evidence::OneOfSeveral { .. } | Evidence::Ranked { .. } => {
                    format!(
                        "In question, and not decided: {on}: {why}. Chosen from 25 points on, with 14 more than the next."
                    )
                }
                _ => format!("In question, and not decided: {on}: {why} (how sure: {sure})."),
            };
            output::line(&text)?;
        }
        Ok(())
    }

    /// Who sees it by which record, and by which right; and who has a copy.
    fn people(&self) -> Result<()> {
        let asking = self.asking;
        heading(if self.trace.stored.is_some() { "Who reads it" } else { "Who would read it" })?;
        for seen in &self.trace.seen {
            let record = called(&self.names, seen.record);
            let marked =
                if self.trace.sealed { ", and may read what is confidential (the mail is marked so)" } else { "" };
            output::line(&format!("Whoever reads {record}{marked}:"))?;
            for (user, reasons) in &seen.readers {
                let owner = person(asking, seen.owner);
                let why: Vec<String> = reasons.iter().map(|r| path_text(r, &owner, asking)).collect();
                output::line(&format!("  {}: {}", person(asking, *user), why.join("; ")))?;
            }
            if seen.readers.is_empty() {
                output::line("  nobody")?;
            }
        }
        let holders: Vec<String> =
            self.trace.head.mailboxes.iter().filter_map(|(_, user)| user.map(|u| person(asking, u))).collect();
        if !holders.is_empty() {
            output::line(&format!("By a copy in a mailbox of their own: {}.", holders.join(", ")))?;
        }
        match self.waits {
            Some(_) => self.asked_people(),
            None if self.trace.alone => output::line("Who reads it where it stands is not told to you."),
            None if self.trace.seen.is_empty() && holders.is_empty() && !self.all() => {
                output::line("Nobody, as far as you may read.")
            }
            None if self.trace.seen.is_empty() && holders.is_empty() => output::line("Nobody, in Standin."),
            None => Ok(()),
        }
    }

    /// Whom review asks about it: the operator is told their names.
    fn asked_people(&self) -> Result<()> {
        let names: Vec<String> = self.asked.iter().map(|user| person(self.asking, *user)).collect();
        if !names.is_empty() {
            return output::line(&format!(
                "In review, where an admin's looking is noted in the audit: {}.",
                names.join(", ")
            ));
        }
        let nobody_named =
            self.trace.seen.is_empty() && self.trace.head.mailboxes.iter().all(|(_, user)| user.is_none());
        let begin = if nobody_named { "In review" } else { "In review besides" };
        output::line(&format!(
            "{begin}: whoever has a copy or owns the records in question, who stands in for them, and admins, whose \
             looking is noted in the audit; but nobody who may not know of a record that has a part in it."
        ))
    }

    /// Whether absence notices go, or went, and why not.
    fn notices(&self) -> Result<()> {
        heading("Absence notices")?;
        if self.trace.notices_kept_back {
            output::line(
                "What came of it for the absences of others is not told to you: you read no record on which it stands.",
            )?;
        } else if self.trace.notices.is_empty() {
            output::line(match self.trace.head.came_new {
                true if self.trace.hidden.is_some() => "No notice: blocked mail is never answered.",
                true if self.trace.stored.is_some() => {
                    "No notice: when it came, nobody to whom it came was entered as away. An absence that is entered later \
                     answers nothing that was there before (R4)."
                }
                true => "No notice: nobody to whom it came was away.",
                false => "No notice: it did not come as new mail; it was imported, or read as history (R6).",
            })?;
        }
        if let (Some(mail), false, true) = (self.trace.stored, self.trace.head.came_new, self.all()) {
            output::line(&format!(
                "`standin notice explain {mail}` says what each rule says of it, and so whether it would be answered."
            ))?;
        }
        let author = self.trace.head.author;
        for (user, reason) in &self.trace.notices {
            let name = person(self.asking, *user);
            let Some(rule) = reason else {
                output::line(&self.went(*user, &name))?;
                continue;
            };
            let reason = Reason::from_rule(rule);
            let why = reason.map_or("", |reason| explain(reason, Language::En));
            let rule: &str = match reason {
                Some(reason) => reason.rule(),
                None => rule,
            };
            // The first rule that forbids it counts; what the mail is says more than its envelope does.
            let why = match author.is_human() {
                true => format!("{why}{}", self.undeliverable(rule)),
                false => format!(
                    "it is {}, and those are not answered. The first rule that says so: {why}",
                    words::machine(author)
                ),
            };
            let text = format!("No notice of {name}'s absence goes: {why} (rule {rule} of docs/rules.md)");
            output::line(&text.replace(":  (", ": ("))?;
        }
        Ok(())
    }

    /// That a notice goes, or what became of the one that was made.
    fn went(&self, user: UserId, name: &str) -> String {
        let line = self.trace.noted.iter().find(|line| line.user == user);
        match (line.and_then(|line| Some((line.at, line.state.as_deref()?))), self.trace.stored) {
            (Some((at, state)), Some(mail)) => format!(
                "A notice of {name}'s absence was made {}: {state}. `standin notice explain {mail}` tells more.",
                self.asking.moment(at)
            ),
            (None, Some(mail)) => format!(
                "A notice of {name}'s absence was to go, and is not kept any more. `standin notice explain {mail}` tells more."
            ),
            (Some((at, state)), None) => format!(
                "A notice of {name}'s absence was made {}, when it came: {state}. `standin notice explain --file` tells more.",
                self.asking.moment(at)
            ),
            (None, None) if !self.all() => format!(
                "Whether a notice of {name}'s absence goes is not told to you: nothing on the mail keeps it back, and the rest (whether \
                 the sender is known to anybody here, wants none, or was told before) rests on what you may not read."
            ),
            (None, None) => format!("A notice of {name}'s absence would go to the sender."),
        }
    }

    /// Which return address cannot be written to, and why.
    fn undeliverable(&self, rule: &str) -> String {
        let path = output::plain(&self.trace.head.return_path);
        if !rule.starts_with("R41") || path.is_empty() {
            return String::new();
        }
        let domain = path.rsplit('@').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let last = domain.rsplit('.').next().unwrap_or_default();
        let why = match !domain.contains('.') || ["localhost", "invalid", "example", "onion"].contains(&last) {
            true => format!("no server can have mail under `{last}`"),
            false => "it holds what no envelope or header takes".to_owned(),
        };
        format!(" It is <{path}>: {why}.")
    }

    /// Whether everything is told: to the operator.
    pub fn all(&self) -> bool {
        self.asking.user.is_none()
    }

    /// Every step, in the order of their strength.
    fn steps(&self) -> Result<()> {
        let trace = self.trace;
        heading("Every step, the strongest evidence first")?;
        output::line(
            "Key: `decides` put it where it is; `holds` is so too, but something stronger decided or it adds nothing; `fits` is a \
             rule whose conditions are so, and which did not put it there; `asks` is why a person is asked; `no` is not so.",
        )?;
        if trace.unblocked.is_some() {
            output::line(
                "It is blocked before any step is asked; the steps are told as they would be without the block.",
            )?;
        } else if trace.hidden.is_some() {
            output::line("It is kept out before any step is asked; the rules are told all the same.")?;
        }
        let built_in =
            |after: bool| {
                trace.built_in.iter().filter(move |f| (f.step.place > 4) == after).map(|f| {
                    vec![f.step.name.to_owned(), words::built_in(f, trace).to_owned(), finding(f, &self.names)]
                })
            };
        let mut rows: Vec<Vec<String>> = built_in(false).collect();
        for step in &trace.rules {
            let (word, why) = words::verdict(step, trace, self.all());
            rows.push(vec![
                format!("Rule `{}`", output::plain(&step.rule.rule.name)),
                word.to_owned(),
                output::plain(&why),
            ]);
        }
        if trace.rules.is_empty() {
            rows.push(vec!["Rules of the admins".to_owned(), "no".to_owned(), "there are none".to_owned()]);
        }
        rows.extend(built_in(true));
        let numbered = (1..).zip(rows).map(|(n, row): (i64, _)| [vec![n.to_string()], row].concat());
        output::table(&["step", "what is asked", "verdict", "why"], &numbered.collect::<Vec<_>>(), "")?;
        self.said()
    }

    /// What the rules had said of a stored mail when it came.
    fn said(&self) -> Result<()> {
        let Some(said) = self.trace.said.as_ref().filter(|_| !self.trace.rules.is_empty()) else { return Ok(()) };
        output::line(&format!("The rules are told as they are now, version {}.", self.trace.version))?;
        if said.is_empty() {
            output::line("When it was last decided about, no rule said anything about it.")?;
        }
        for hit in said {
            let effects: Vec<String> = hit.effects.iter().map(effect_text).collect();
            let shadow = if hit.shadow { ", in shadow" } else { "" };
            let (rule, name, version) = (hit.rule, &hit.name, hit.version);
            let text = format!(
                "When it came, rule {rule} `{name}` as of version {version} said{shadow}: {}.",
                effects.join(", ")
            );
            output::line(&output::plain(&text))?;
        }
        Ok(())
    }
}

pub(super) fn days(millis: i64) -> String {
    match millis / DAY {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
