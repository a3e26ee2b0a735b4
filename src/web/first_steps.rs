//! What an admin still has to do before Standin serves anybody (W16, first run), and which mailboxes do not work: on
//! Today, where they begin.

use super::refusal::Refusal;
use super::status::FindingView;
use super::visit::Visit;
use super::words::RunningWords;
use crate::actions::status::{self, Finding, Level};
use crate::store::health::{self, Begun};
use crate::store::mailbox_settings::every;

/// What concerns an admin.
#[derive(Debug, Default)]
pub(super) struct Concerns {
    /// Mailboxes that do not work.
    broken: Vec<Finding>,
    /// What was begun, as long as people or a mailbox are missing.
    begun: Option<Begun>,
}

/// A step: where it is taken, its words, whether it was.
pub(super) struct StepView {
    /// Where.
    pub href: &'static str,
    /// What.
    pub text: &'static str,
    /// Whether it was.
    pub done: bool,
}

impl Concerns {
    /// Of the viewer; nothing for who is no admin.
    pub async fn load(visit: &mut Visit) -> Result<Concerns, Refusal> {
        if !visit.person.admin {
            return Ok(Concerns::default());
        }
        let (config, now) = (visit.app.state.config.clone(), visit.clock.now);
        let mailboxes = every(&mut visit.tx).await?;
        let shown = mailboxes.iter().filter(|one| one.removed.is_none());
        let broken = shown.map(|one| status::of_mailbox(one, &config, now)).filter(|f| f.level == Level::Broken);
        let broken = broken.collect();
        // Whether there are records that the viewer may not read shows where the structure does, not here (U19).
        let begun = health::begun(&mut visit.tx).await?.without_records();
        Ok(Concerns { broken, begun })
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.broken.is_empty() && self.begun.is_none()
    }

    /// Sentences about mailboxes.
    pub fn findings(&self, visit: &Visit) -> Vec<FindingView> {
        self.broken.iter().map(|finding| FindingView::of(finding, visit)).collect()
    }

    /// The steps, in their order; none where people and a mailbox are there.
    pub fn steps(&self, visit: &Visit) -> Vec<StepView> {
        self.begun.map(|begun| steps(begun, visit)).unwrap_or_default()
    }
}

/// The steps, in their order, with which were taken.
pub(super) fn steps(begun: Begun, visit: &Visit) -> Vec<StepView> {
    let o = RunningWords::of(visit.words().language);
    let step = |href, text, done| StepView { href, text, done };
    vec![
        step("/admin/users", o.step_people, begun.people),
        step("/admin/mailboxes/new", o.step_mailbox, begun.mailbox),
        step("/admin/import", o.step_records, begun.records),
        step("/admin/rules", o.step_rules, begun.tried),
        step("/absences/new", o.step_absence, begun.absence),
    ]
}
