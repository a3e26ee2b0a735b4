//! Asking the rules: until the first forbids, which decides, or all of them, which explains.

use crate::model::notice::Reason;

/// One rule, asked about one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The rule, by the reason it gives where it forbids.
    pub reason: Reason,
    /// Whether it forbids.
    pub forbids: bool,
    /// Whether our own server said anything of who sent the mail; only R36 and R37 are put into other words by it.
    pub stamped: bool,
}

/// What was asked so far.
pub(super) struct Questions {
    all: bool,
    stamped: bool,
    asked: Vec<Asked>,
    first: Option<Reason>,
}

impl Questions {
    /// To find the first rule that forbids: what comes after it is not asked.
    pub fn deciding() -> Questions {
        Questions { all: false, stamped: false, asked: Vec::new(), first: None }
    }

    /// To ask each rule, whatever the others say, about a mail that our own server stamped or not.
    pub fn explaining(stamped: bool) -> Questions {
        Questions { all: true, stamped, ..Questions::deciding() }
    }

    /// Asks a rule. A rule that is asked in several places forbids if it does in one.
    pub fn ask(&mut self, reason: Reason, forbids: impl FnOnce() -> bool) {
        if self.first.is_some() && !self.all {
            return;
        }
        let forbids = forbids();
        if forbids && self.first.is_none() {
            self.first = Some(reason);
        }
        if self.all {
            match self.asked.iter_mut().find(|asked| asked.reason == reason) {
                Some(known) => known.forbids |= forbids,
                None => self.asked.push(Asked { reason, forbids, stamped: self.stamped }),
            }
        }
    }

    /// The first that forbade.
    pub fn veto(&self) -> Option<Reason> {
        self.first
    }

    /// Each rule in the order in which they were asked.
    pub fn answers(self) -> Vec<Asked> {
        self.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deciding_stops_at_the_first_veto_and_explaining_asks_all() {
        let mut deciding = Questions::deciding();
        deciding.ask(Reason::List, || true);
        deciding.ask(Reason::Spam, || panic!("it is not asked any more"));
        assert_eq!(deciding.veto(), Some(Reason::List));
        let mut all = Questions::explaining(true);
        all.ask(Reason::Malformed, || false);
        all.ask(Reason::List, || true);
        all.ask(Reason::Malformed, || true);
        assert_eq!(all.veto(), Some(Reason::List));
        let expected = [Reason::Malformed, Reason::List].map(|reason| Asked { reason, forbids: true, stamped: true });
        assert_eq!(all.answers(), expected);
    }
}
