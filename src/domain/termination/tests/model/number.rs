//! What the model knows of a number.

use super::*;

impl Thing {
    pub(super) fn is_planned(&self, plan: NumberPlan) -> bool {
        self.number_plan.is_some_and(|(found, _)| found == plan)
    }

    /// Whether somebody has to do something, and says when it is done.
    pub(super) fn is_work(&self) -> bool {
        self.number_plan.is_some() && !self.is_planned(NumberPlan::Wait)
    }

    /// Another job has it.
    pub(super) fn has_moved(&self) -> bool {
        self.is_planned(NumberPlan::MoveToJob) && self.is_done(Number)
    }

    pub(super) fn try_number(
        &mut self,
        (plan, named): (NumberPlan, bool),
        role: ActorRole,
        active: bool,
    ) -> Option<()> {
        let same = self.number_plan == Some((plan, named));
        if same && person(role) {
            return Some(());
        }
        let said = self.said.contains_key(&Number);
        let somebody = named || role == ActorRole::Receiver;
        // Given to the holder by somebody, and kept from them by somebody who is named.
        let given = plan != NumberPlan::Hand || somebody;
        let kept = plan == NumberPlan::Hand || !self.is_planned(NumberPlan::Hand) || said || named;
        let fine = active && !self.has_moved() && given && kept && (!said || corrects(role));
        (person(role) && fine).then(|| self.number_plan = Some((plan, named)))?;
        if said {
            self.unsay(Number);
        }
        Some(())
    }

    pub(super) fn try_ask(&mut self, role: ActorRole, active: bool) -> Option<()> {
        let may = person(role) || role == ActorRole::Holder;
        let fine = self.asked || (active && !self.said.contains_key(&Number));
        (may && fine).then(|| self.asked = true)?;
        Some(())
    }
}
