//! What would change where a mail is: who said what and how that is withdrawn, which command puts it elsewhere, which
//! ends a block. Only commands that the asker may run, and that change something, are named.

use super::Told;
use super::words::{block_text, called, person};
use crate::actions::review::Choice;
use crate::commands::output;
use crate::intake::replay::{Decider, Run, State};
use crate::link::steps::Kind;
use crate::model::block::Hidden;
use crate::model::correction::{Correction, What};
use crate::model::facts::{Say, Spoken};
use crate::model::id::UserId;
use crate::model::link::{Evidence, Linking, Writer};
use crate::model::time::Timestamp;
use crate::store::blocks::Block;
use crate::store::expiry::Stay;

/// What somebody decided in review; a record is not named, which they may not read.
fn chosen(choice: Choice) -> &'static str {
    match choice {
        Choice::Record { .. } => "that it belongs on the record that you chose",
        Choice::None => "that it belongs to none of the records in question",
        Choice::Private { .. } => "that it is private",
        Choice::Automatic => "that a machine wrote it",
    }
}

impl Told<'_> {
    /// ` --as LOGIN`, as it stands behind a command that the asker runs.
    fn by(&self) -> String {
        self.asking.user.as_ref().map(|user| format!(" --as {}", user.login)).unwrap_or_default()
    }

    /// What would change where it is, a line each.
    pub fn changes(&self) -> Vec<String> {
        let trace = self.trace;
        let mut lines = Vec::new();
        if trace.alone {
            if let (Some(mail), Some((number, at))) = (trace.stored, self.decided) {
                let what = self.chosen.map(|choice| format!(", {}", chosen(choice))).unwrap_or_default();
                lines.push(format!(
                    "You decided about mail {mail} in review, {}{what}: `standin review undo {number}{}` takes that decision back.",
                    self.asking.moment(at),
                    self.by()
                ));
            }
            return lines;
        }
        lines.extend(trace.word.as_ref().map(|(word, of)| self.word(word, of)));
        lines.extend(trace.beneath.iter().map(|(word, of)| {
            format!("{} What was said more closely, or later, counts before it: it stands above.", self.word(word, of))
        }));
        let other = |word: &&Correction| trace.word.as_ref().is_none_or(|(main, _)| main.correction != word.id);
        lines.extend(trace.words.iter().filter(other).map(|word| self.further(word)));
        lines.extend(self.remedy());
        lines.extend(self.stay.map(|stay| match stay {
            Stay::Until(at) => format!(
                "Left so, it is thrown away after {}, on {}.",
                super::told::days(self.asked_for),
                self.asking.moment(at)
            ),
            Stay::Decided => {
                "It is kept all the same: what somebody decided about by hand is not thrown away.".to_owned()
            }
        }));
        if trace.word.is_none() && trace.state == State::Private && trace.stored.is_none() {
            lines.extend(trace.decider().and_then(|decider| match decider {
                Decider::Rule(rule) => {
                    Some(format!("To change it: change rule {rule}, or `standin rules off {rule}{}`.", self.by()))
                }
                Decider::BuiltIn(_) => None,
            }));
        }
        lines.extend(self.elsewhere());
        lines.extend(self.run());
        lines
    }

    /// Which run of the rules over history changed it, and how the whole run is taken back, while it can be.
    fn run(&self) -> Option<String> {
        let Run { job: run, before, moved } = self.trace.run.as_ref()?;
        let until = run.undo_until().filter(|until| self.asking.caller().now <= *until);
        let end = until.map_or("it cannot be taken back any more".to_owned(), |until| {
            let (id, by) = (run.id, self.by());
            let mails = output::counted(run.changed, "mail");
            format!(
                "`standin rules undo {id}{by}` takes the whole run back, {mails}, until {}",
                self.asking.moment(until)
            )
        });
        let when = self.asking.moment(run.settled_at.unwrap_or(run.created_at));
        let before = before.as_ref().map_or(String::new(), |(rule, name, record)| {
            format!(
                " Before that, rule {rule} `{}` had put it on {}.",
                output::plain(name),
                called(&self.names, *record)
            )
        });
        let said = if self.trace.word.is_some() { " What people said of it counts before that." } else { "" };
        let did = if *moved { "changed it" } else { "judged it anew and left it where it was" };
        Some(format!("Run {} of the rules over history {did}, {when}; {end}.{before}{said}", run.id))
    }

    /// Who said what, when, and how that is withdrawn.
    fn word(&self, word: &Spoken, of: &str) -> String {
        let what = match word.say {
            Say::Private if of == "mail" && self.trace.answered_none() => "it belongs to no record".to_owned(),
            Say::Private => "it is private".to_owned(),
            Say::Regard(Some(record)) => format!("it regards {}", called(&self.names, record)),
            Say::Regard(None) => "it regards no opportunity".to_owned(),
        };
        let of = match of {
            "domain" => "all mail of its sender's domain",
            "sender" => "all mail of its sender",
            "thread" => "its thread",
            _ => "this mail",
        };
        let about_sender = of.starts_with("all mail");
        self.spoken(
            word.by,
            word.at,
            &format!("of {of}: {what}"),
            (word.correction, about_sender, "then the rest decides"),
        )
    }

    /// Something that was said of the mail besides.
    fn further(&self, word: &Correction) -> String {
        let record = word.record.map(|record| called(&self.names, record));
        let on = record.unwrap_or_else(|| "a record".to_owned());
        let what = match word.what {
            What::Regard if word.record.is_none() => "it regards no opportunity".to_owned(),
            What::Regard => format!("it regards {on}"),
            What::Add => format!("it stands on {on} as well"),
            What::Remove => format!("it does not belong on {on}"),
            What::Private if word.is_none() => "it belongs to no record".to_owned(),
            What::Private => "it is private".to_owned(),
            What::Automatic => "a machine wrote it".to_owned(),
            What::Split => "a thread of its own begins with it".to_owned(),
            What::Join => "it belongs to the thread of another mail".to_owned(),
            What::Filed => format!("it belongs on {on}, by filing it ({})", word.how),
            What::Confidential => "it is confidential".to_owned(),
            What::Open => "it is not confidential".to_owned(),
            What::NoAnswer | What::FollowUp => "it needs no answer, or is followed up".to_owned(),
        };
        let then = match self.trace.word {
            Some(_) => "what is said above counts all the same",
            None => "then the rest decides",
        };
        self.spoken(word.by, word.at, &format!("of this mail: {what}"), (word.id, false, then))
    }

    /// Who said what, and how that is withdrawn: what is said of a sender by who said it alone.
    fn spoken(
        &self,
        by: Option<UserId>,
        at: Timestamp,
        what: &str,
        (correction, about_sender, then): (i64, bool, &str),
    ) -> String {
        let who = by.map_or("the operator".to_owned(), |user| person(self.asking, user));
        let said = format!("Said by {who} {what}, {}.", self.asking.moment(at));
        let own = self.asking.user.as_ref().is_none_or(|user| by == Some(user.person.id));
        match own || (self.may_move && !about_sender) {
            true => format!("{said} `standin link undo {correction}{}` withdraws that word; {then}.", self.by()),
            false if about_sender => format!("{said} Who said it can withdraw it, and the operator."),
            false => format!("{said} Who said it, or may change what the mail stands on, can withdraw it."),
        }
    }

    /// What puts a stored mail elsewhere, by what put it where it is.
    fn elsewhere(&self) -> Option<String> {
        let trace = self.trace;
        let mail = trace.stored?;
        let by = self.by();
        if !self.may_move {
            return Some(match self.waits {
                Some(_) if self.suggested_only => return None,
                Some(_) => format!(
                    "To change it: `standin review show {mail}{by}` shows what to choose from, and `standin review decide {mail} \
                     CHOICE{by}` decides."
                ),
                None => "To change it: ask whoever answers for the record; it is not yours to change.".to_owned(),
            });
        }
        let by_hand = format!("`standin link move {mail} RECORD{by}` puts it on another record, whatever else speaks");
        if trace.word.is_some() {
            return Some(format!("Or {by_hand}."));
        }
        let more = match trace.decider() {
            Some(Decider::Rule(rule)) if !trace.still_says(rule) => format!(
                "; or `standin rules apply{by}`: rule {rule} does not say so any more, but stored mail keeps what the rules said \
                 when it came until they are applied to it"
            ),
            Some(Decider::Rule(rule)) if trace.unruled == Some(false) => {
                format!("; without rule {rule} it would stand there too, by the steps below that hold")
            }
            Some(Decider::Rule(rule)) => format!(
                "; or change rule {rule}, or `standin rules off {rule}{by}`, and then `standin rules apply{by}` for mail that is \
                 stored"
            ),
            Some(Decider::BuiltIn(Kind::Address | Kind::Rank)) if trace.state == State::Linked && self.reaches() => {
                let address = output::plain(&trace.head.from);
                format!("; `standin link always {address} RECORD{by}` puts all mail of its sender on another record")
            }
            None if matches!(trace.state, State::Asked | State::Nowhere)
                && trace.incoming
                && !trace.head.doubted
                && self.reaches() =>
            {
                let address = output::plain(&trace.head.from);
                format!("; `standin link always {address} RECORD{by}` puts all mail of its sender there")
            }
            Some(Decider::BuiltIn(Kind::Reply)) if trace.parted == Some(true) => {
                format!("; `standin link split {mail}{by}` takes it out of the thread")
            }
            Some(Decider::BuiltIn(Kind::Reply)) if trace.parted == Some(false) && trace.state == State::Linked => {
                "; out of the thread it would stand there too, by the steps below that hold".to_owned()
            }
            _ => String::new(),
        };
        let review = match self.waits {
            Some(_) => format!(" `standin review show {mail}{by}` shows what to choose from."),
            None => String::new(),
        };
        Some(format!("To change it: {by_hand}{more}.{review}"))
    }

    /// Whether what the asker says of all mail of a sender reaches this one: what a user says reaches the mail in their own
    /// mailboxes (P12).
    fn reaches(&self) -> bool {
        let own = |user: UserId| self.trace.head.mailboxes.iter().any(|(_, whose)| *whose == Some(user));
        self.asking.user.as_ref().is_none_or(|user| own(user.person.id))
    }

    /// The command that ends a block, as far as the asker may.
    fn unblock(&self, block: &Block) -> Option<String> {
        let pattern = output::plain(block.pattern.as_str());
        match block.user {
            None => Some(format!("`standin block remove {pattern} --company{}`", self.by())),
            Some(user) => {
                let login = self.logins.get(&user)?;
                Some(format!("`standin block remove {pattern} --as {login}`"))
            }
        }
    }

    /// The blocks that keep a mail in the hand out of the mailbox into which it is traced.
    pub fn hiding(&self) -> Vec<&Block> {
        let owner = self.taken.and_then(|taken| taken.owner);
        let hides = |block: &&Block| match self.trace.hidden {
            Some(Hidden::Company) => block.user.is_none(),
            Some(Hidden::Own) => block.user.is_some() && block.user == owner,
            _ => false,
        };
        self.trace.blocks.iter().filter(hides).collect()
    }

    /// How a block that keeps it out is ended, and what would become of it then.
    fn remedy(&self) -> Option<String> {
        let (state, linking) = self.trace.unblocked.as_ref()?;
        let ends: Vec<String> = self.hiding().into_iter().filter_map(|block| self.unblock(block)).collect();
        let then = match (state, linking) {
            (State::Linked, Linking::Linked { regarding, links, .. }) => {
                let on = regarding.or_else(|| links.first().map(|link| link.record));
                on.map_or("it would stand on a record".to_owned(), |on| {
                    format!("it would stand on {}", called(&self.names, on))
                })
            }
            (State::Asked, _) => "it would wait in review".to_owned(),
            (State::Private, _) => "it would be private".to_owned(),
            (State::Nowhere, _) => "it would stand on no record".to_owned(),
            _ if !self.all() => "it would stand on no record that you may read either".to_owned(),
            _ => "it would not be stored either, because it concerns no record".to_owned(),
        };
        Some(match ends.is_empty() {
            true => format!("Without the block {then}."),
            false => format!(
                "To change it: {} ends the block; the mail it hid in mailboxes is read again, and what came from an archive comes with \
                 importing that again. Without it {then}.",
                ends.join(" and ")
            ),
        })
    }

    /// Blocks that do not keep a stored mail out, each with its end.
    pub fn blocked(&self) -> Vec<String> {
        let line = |block: &Block| {
            let text = block_text(block, self.asking);
            let end = self.unblock(block).map(|end| format!(" {end} ends it.")).unwrap_or_default();
            format!(
                "Blocked: {text}; what was stored before, or lies in another mailbox, stays (`standin block add … \
                 --remove-stored` takes it away).{end}"
            )
        };
        self.trace.blocks.iter().map(line).collect()
    }

    /// What makes its sender a party of what it stands on, where that is an address on a record.
    pub fn party(&self, evidence: &Evidence) -> Option<String> {
        let Evidence::Thread { sender, writer: Writer::Party, .. } = evidence else { return None };
        let Linking::Linked { links, .. } = &self.trace.linking else { return None };
        links.iter().find_map(|link| match &link.evidence {
            Evidence::Address { address, party, .. } if address == sender && self.names.contains_key(party) => {
                Some(called(&self.names, *party))
            }
            _ => None,
        })
    }
}
