//! Hand-over: who receives a record, and whether it may go back (S10).
//!
//! Pure, like all of `access`: the same functions decide for the preview, for the run, for what
//! comes in meanwhile, and for the return.

use super::rights::may_read;
use super::world::World;
use crate::model::absence::Absence;
use crate::model::handover::Kept;
use crate::model::id::{HandoverId, UserId};
use crate::model::record::Record;
use crate::model::share::Share;
use crate::model::time::Timestamp;

/// What a hand-over says about who receives what.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whose records they are.
    pub from: UserId,
    /// Who receives all of them; `None`: as the absence says.
    pub to: Option<UserId>,
    /// The absence that names substitutes and the deputy for confidential records.
    pub absence: Option<Absence>,
}

/// Why a record stays out of a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stays {
    /// It is confidential, and who would receive it is not the deputy for confidential records.
    Confidential,
    /// Nobody is named for it.
    Nobody,
    /// Who is named for it is deactivated.
    Deactivated(UserId),
    /// Who is named for it is away.
    Away(UserId),
    /// Whoever asks may not assign it.
    NoRight,
    /// Of an activity: it is on a record that who would receive it may not see.
    Unseen(UserId),
    /// It is deleted, or merged into another.
    Gone,
}

impl Stays {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Stays::Confidential => "confidential",
            Stays::Nobody => "nobody",
            Stays::Deactivated(_) => "deactivated",
            Stays::Away(_) => "away",
            Stays::NoRight => "no-right",
            Stays::Unseen(_) => "unseen",
            Stays::Gone => "gone",
        }
    }
}

/// Who receives `record`, which `terms.from` owns, in a hand-over that runs at `at`.
///
/// The one named for all, else the most specific exception of the absence, else its substitute. A
/// confidential record goes to the deputy or stays. Nobody receives anything who is deactivated or
/// away: a record that stays is covered as any absence covers it, chains and fallbacks included.
pub fn receiver(record: &Record, terms: &Terms, world: &World, at: Timestamp) -> Result<UserId, Stays> {
    let deputy = terms.absence.as_ref().or_else(|| world.running(terms.from, at)).and_then(|a| a.deputy);
    let named = terms.to.or_else(|| terms.absence.as_ref().and_then(|a| a.substitute_for(Some(record))));
    let wanted = match (record.confidential, deputy) {
        (false, _) => named,
        (true, Some(deputy)) if terms.to.is_none_or(|to| to == deputy) => Some(deputy),
        (true, _) => return Err(Stays::Confidential),
    };
    match wanted.filter(|user| *user != terms.from) {
        None => Err(Stays::Nobody),
        Some(user) if !world.active(user) => Err(Stays::Deactivated(user)),
        Some(user) if !world.present(user, at) => Err(Stays::Away(user)),
        Some(user) => Ok(user),
    }
}

/// As [`receiver`], of a record on which a mail is marked confidential: it goes to whoever would receive it where that
/// is the deputy for confidential records, and stays otherwise. It never goes to a deputy who would not receive it.
pub fn receiver_with_sealed(record: &Record, terms: &Terms, world: &World, at: Timestamp) -> Result<UserId, Stays> {
    let open = receiver(record, terms, world, at)?;
    match receiver(&Record { confidential: true, ..record.clone() }, terms, world, at) {
        Ok(deputy) if deputy == open => Ok(open),
        _ => Err(Stays::Confidential),
    }
}

/// Who receives an open activity of `terms.from`'s on a record that somebody else owns: whoever would
/// receive such a record, if they may see it.
pub fn receiver_of_activity(
    record: &Record,
    shares: &[Share],
    terms: &Terms,
    world: &World,
    at: Timestamp,
) -> Result<UserId, Stays> {
    let to = receiver(record, terms, world, at)?;
    may_read(to, record, shares, world, at).map(|_| to).ok_or(Stays::Unseen(to))
}

/// A change of owner after the hand-over placed a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// Who owned it before.
    pub from: Option<UserId>,
    /// Who owned it then.
    pub to: UserId,
    /// Who did it.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// The word of `record_owners.how`.
    pub how: String,
    /// The hand-over that did it.
    pub handover: Option<HandoverId>,
    /// Whose records that one hands over: what it gives to them goes home, all else goes out. The
    /// word alone does not tell, since undoing a run goes home and undoing a return goes out.
    pub whose: Option<UserId>,
}

/// What a hand-over may say about a record, while the changes since it last moved it are read.
#[derive(Clone, Debug, Default)]
struct Claim {
    /// Whether it still holds the record, under whatever is on top.
    holds: bool,
    /// The hand-overs on top of it, the lowest first.
    above: Vec<HandoverId>,
    /// What people decided and nobody undid, the latest last.
    words: Vec<Kept>,
}

/// What speaks against hand-over `own` moving a record that it moved before: a person's word, or
/// that its claim to the record ended. `since` are the changes after it took the record from its
/// owner, oldest first, its own return and the undoing of that included.
///
/// What other hand-overs did on top of this one does not count: they passed the record on, and it
/// goes home from wherever it is. One below this one that took its record home ends this one's
/// claim to it, until that return is undone; if it did so by force, what people had said before is
/// settled by it, for this one, too. An undone assignment never happened. After its own
/// return this one has no claim either, but a person's word may be overruled by force; once its
/// return is undone, all that was said before it counts again.
pub fn meanwhile(own: HandoverId, since: &[Since]) -> Option<Kept> {
    let claim = claim(own, since);
    claim.words.last().copied().or((!claim.holds).then_some(Kept::Back))
}

/// What speaks against undoing hand-over `own`'s return of a record: as [`meanwhile`], and that
/// another hand-over took it since, even if that one brought it round to its owner. `since` are the
/// changes after that return.
pub fn since_return(own: HandoverId, since: &[Since]) -> Option<Kept> {
    let claim = claim(own, since);
    claim.words.last().copied().or((!claim.holds || !claim.above.is_empty()).then_some(Kept::Back))
}

/// Reads those changes.
fn claim(own: HandoverId, since: &[Since]) -> Claim {
    let mut claim = Claim { holds: true, ..Claim::default() };
    let mut before: Vec<(HandoverId, Claim)> = Vec::new();
    for change in since {
        match change.handover {
            None if change.how == "undo" => drop(claim.words.pop()),
            None => claim.words.push(Kept::Assigned { by: change.by, to: change.to, at: change.at }),
            Some(other) if change.whose == Some(change.to) => {
                before.push((other, claim.clone()));
                match claim.above.iter().position(|h| *h == other) {
                    _ if other == own => claim = Claim::default(),
                    Some(at) => claim.above.truncate(at),
                    None => {
                        claim.holds = false;
                        if other < own {
                            // It overruled whatever people had said until then.
                            claim.words.clear();
                        }
                    }
                }
            }
            Some(other) => match before.iter().rposition(|(h, _)| *h == other && change.how == "undo") {
                Some(at) => {
                    claim = before.remove(at).1;
                    // What came after that return is as if it had not been.
                    before.truncate(at);
                }
                None => claim.above.push(other),
            },
        }
    }
    claim
}

#[cfg(test)]
mod tests {
    use super::super::worlds::*;
    use super::*;
    use crate::model::absence::{Exception, Selector};
    use crate::model::record::Kind;

    fn terms(absence: Option<Absence>, to: Option<UserId>) -> Terms {
        Terms { from: ANNA, to, absence }
    }

    #[test]
    fn the_most_specific_exception_says_who_receives_it_else_the_substitute() {
        let mut absence = away(ANNA, Some(PIOTR));
        absence.exceptions = vec![Exception { what: Selector::Kind(Kind::Opportunity), substitute: KAMIL }];
        let terms = terms(Some(absence), None);
        assert_eq!(receiver(&record(ANNA), &terms, &company(), NOW), Ok(KAMIL));
        let contact = Record { kind: Kind::Contact, ..record(ANNA) };
        assert_eq!(receiver(&contact, &terms, &company(), NOW), Ok(PIOTR));
    }

    #[test]
    fn a_record_with_a_confidential_mail_goes_to_whoever_is_also_the_deputy_or_stays() {
        let world = company();
        let absence = away(ANNA, Some(PIOTR));
        let got = |deputy| {
            let absence = Some(crate::model::absence::Absence { deputy, ..absence.clone() });
            receiver_with_sealed(&record(ANNA), &Terms { from: ANNA, to: None, absence }, &world, NOW)
        };
        assert_eq!(got(None), Err(Stays::Confidential));
        assert_eq!(got(Some(KAMIL)), Err(Stays::Confidential), "a deputy alone does not get what is not theirs");
        assert_eq!(got(Some(PIOTR)), Ok(PIOTR));
    }

    #[test]
    fn a_confidential_record_goes_to_the_deputy_or_stays() {
        let secret = Record { confidential: true, ..record(ANNA) };
        let mut absence = away(ANNA, Some(PIOTR));
        let mut world = company();
        let got =
            |absence: &Absence, to, world: &World| receiver(&secret, &terms(Some(absence.clone()), to), world, NOW);
        assert_eq!(got(&absence, None, &world), Err(Stays::Confidential));
        absence.deputy = Some(KAMIL);
        assert_eq!(got(&absence, None, &world), Ok(KAMIL));
        assert_eq!(got(&absence, Some(PIOTR), &world), Err(Stays::Confidential));
        assert_eq!(got(&absence, Some(KAMIL), &world), Ok(KAMIL));
        assert_eq!(receiver(&secret, &terms(None, Some(KAMIL)), &world, NOW), Err(Stays::Confidential));
        world.absences = vec![absence];
        assert_eq!(receiver(&secret, &terms(None, Some(KAMIL)), &world, NOW), Ok(KAMIL), "named by the absence");
    }

    #[test]
    fn nobody_receives_who_is_gone_or_away_or_not_named() {
        let mut world = company();
        let got = |to, world: &World| receiver(&record(ANNA), &terms(None, to), world, NOW);
        assert_eq!(got(None, &world), Err(Stays::Nobody));
        assert_eq!(got(Some(ANNA), &world), Err(Stays::Nobody), "handing over to oneself moves nothing");
        world.absences = vec![away(PIOTR, None)];
        assert_eq!(got(Some(PIOTR), &world), Err(Stays::Away(PIOTR)));
        world.people[1].active = false;
        assert_eq!(got(Some(PIOTR), &world), Err(Stays::Deactivated(PIOTR)));
    }

    /// The hand-over that asks; it is Ola's.
    const OWN: HandoverId = HandoverId(4);

    /// Hand-over 1 is Anna's, 2 is Piotr's, 3 is Kamil's.
    fn change(how: &str, handover: Option<i64>, from: UserId, to: UserId) -> Since {
        let whose =
            handover.and_then(|id| [ANNA, PIOTR, KAMIL, OLA].get(usize::try_from(id).ok()?.checked_sub(1)?).copied());
        let handover = handover.map(HandoverId);
        Since { from: Some(from), to, by: Some(EWA), at: NOW, how: how.into(), handover, whose }
    }

    #[test]
    fn a_persons_word_stands_unless_it_was_undone() {
        let assigned = change("assign", None, PIOTR, KAMIL);
        let kept = Some(Kept::Assigned { by: Some(EWA), to: KAMIL, at: NOW });
        assert_eq!(meanwhile(OWN, &[]), None);
        assert_eq!(meanwhile(OWN, std::slice::from_ref(&assigned)), kept);
        let passed_on = change("hand-over", Some(3), KAMIL, OLA);
        let back = change("return", Some(3), OLA, KAMIL);
        assert_eq!(meanwhile(OWN, &[assigned.clone(), passed_on, back]), kept, "hand-overs change no word");
        let undone = |change_of: Since| change("undo", None, change_of.to, change_of.from.unwrap());
        assert_eq!(meanwhile(OWN, &[assigned.clone(), undone(assigned.clone())]), None);
        let second = change("assign", None, KAMIL, OLA);
        assert_eq!(meanwhile(OWN, &[assigned, second.clone(), undone(second)]), kept, "the first of two stands");
    }

    #[test]
    fn a_record_that_other_hand_overs_passed_on_goes_home_from_where_it_is() {
        let on = change("hand-over", Some(2), PIOTR, KAMIL);
        assert_eq!(meanwhile(OWN, std::slice::from_ref(&on)), None);
        assert_eq!(meanwhile(OWN, &[on, change("undo", Some(2), KAMIL, PIOTR)]), None);
        let again = change("undo", Some(2), PIOTR, KAMIL);
        assert_eq!(meanwhile(OWN, &[again]), None, "its return was before, and is undone");
    }

    #[test]
    fn a_record_that_went_home_by_an_earlier_hand_over_is_not_taken_again() {
        let home = change("return", Some(1), PIOTR, ANNA);
        assert_eq!(meanwhile(OWN, std::slice::from_ref(&home)), Some(Kept::Back));
        let again = change("undo", Some(1), ANNA, PIOTR);
        assert_eq!(meanwhile(OWN, &[home, again]), None, "that return was undone");
    }

    #[test]
    fn after_its_own_return_a_hand_over_claims_nothing_but_sees_what_a_person_decided() {
        let home = change("return", Some(4), PIOTR, OLA);
        let on = change("hand-over", Some(2), OLA, KAMIL);
        assert_eq!(meanwhile(OWN, &[home.clone(), on]), Some(Kept::Back));
        let assigned = change("assign", None, OLA, KAMIL);
        let kept = Some(Kept::Assigned { by: Some(EWA), to: KAMIL, at: NOW });
        assert_eq!(meanwhile(OWN, &[home, assigned.clone()]), kept);
        let forced = change("return", Some(4), KAMIL, OLA);
        let again = change("undo", Some(4), OLA, KAMIL);
        assert_eq!(meanwhile(OWN, &[assigned.clone(), forced.clone()]), Some(Kept::Back));
        assert_eq!(meanwhile(OWN, &[assigned, forced, again]), kept, "what was taken by force is theirs again");
    }

    #[test]
    fn a_return_is_not_undone_where_another_hand_over_has_the_record_even_in_a_circle() {
        let out = change("hand-over", Some(3), KAMIL, OLA);
        let round = change("hand-over", Some(1), OLA, KAMIL);
        assert_eq!(since_return(OWN, &[out.clone(), round]), Some(Kept::Back));
        assert_eq!(since_return(OWN, &[out, change("return", Some(3), OLA, KAMIL)]), None, "that one is over");
    }
}
