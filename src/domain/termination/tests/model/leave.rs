//! What the model knows of a leave.

use super::*;

/// Why nothing is asked of a subscription during a leave: a reason that no person gives.
const LEAVE: u8 = 120;

impl Thing {
    pub(super) fn is_put_away(&self) -> bool {
        self.plan == Some(Plan::PutAway) && self.is_back()
    }

    /// Whether everything that must be said of it is said, but that its holder has it again.
    pub(super) fn is_settled(&self, is_leave: bool) -> bool {
        let device = self.number != SUBSCRIPTION;
        let said_what =
            !is_leave || !device || self.plan.is_some() || self.is_missing() || self.fate.is_some();
        let lent =
            self.plan != Some(Plan::Loan) || self.fate.is_some() || (self.is_back() && self.is_done(Wiped));
        (!self.contradicted || self.accepted || self.is_fated(Fate::GoesAlong))
            && said_what
            && lent
            && self.is_accounted_for()
            && self.mandatory().is_subset(&self.said.keys().copied().collect())
    }

    pub(super) fn may_be_let_go(&self) -> bool {
        let here = self.outcome == Some(DeviceOutcome::Returned) && self.fate.is_none();
        self.plan.is_some_and(Plan::is_for_others) && here && !self.let_go && self.is_settled(true)
    }

    fn unsay_moot(&mut self, why: u8) {
        let moot = Said {
            answer: NotApplicable,
            why,
        };
        let settled_so: Vec<_> = self.said.iter().filter(|(_, said)| **said == moot).collect();
        let settled_so: Vec<_> = settled_so.into_iter().map(|(check, _)| *check).collect();
        settled_so.into_iter().for_each(|check| self.unsay(check));
    }

    pub(super) fn say_moot(&mut self, moot: impl Fn(CheckKind) -> bool, why: u8, by_rule: bool) {
        for check in CheckKind::ALL.iter().copied() {
            if self.has(check) && moot(check) && !self.said.contains_key(&check) {
                let said = Said {
                    answer: NotApplicable,
                    why,
                };
                self.say(check, said, by_rule);
            }
        }
    }

    pub(super) fn goes_back_to_its_holder(&mut self) {
        if self.is_back() && self.fate.is_none() {
            self.outcome = None;
            self.unsay(Returned);
            self.forget_what_only_the_handset_shows();
        }
    }

    pub(super) fn arrange(&mut self, plan: Plan, held: bool) {
        if let Some(before) = self.plan.replace(plan) {
            self.unsay_moot(before.why());
        }
        if plan == Plan::Keep {
            self.goes_back_to_its_holder();
        }
        self.say_moot(|check| plan.leaves_no_question_about(check), plan.why(), false);
        self.follow_evidence(held);
    }

    /// The employment ends after all.
    pub(super) fn ask_after_all(&mut self, held: bool) {
        if self.number == SUBSCRIPTION {
            return self.unsay_moot(LEAVE);
        }
        if let Some(plan) = self.plan {
            self.unsay_moot(plan.why());
        }
        if self.handed_back {
            self.goes_back_to_its_holder();
        }
        if !self.let_go {
            (self.plan, self.handed_back) = (None, false);
        }
        self.follow_evidence(held);
    }
}

impl Model {
    /// Whether nothing can be done before the holder is back.
    pub(in crate::domain::termination::tests) fn rests(&self) -> bool {
        let all = self.things.iter().all(|thing| thing.is_settled(true));
        self.active() && self.is_leave && !self.is_back && all
    }

    /// What becomes of a device during a leave, whether its holder has it again, and whether somebody else has.
    pub(in crate::domain::termination::tests) fn arrangement(
        &self,
        number: u128,
    ) -> Option<(Plan, bool, bool)> {
        let thing = self.things.iter().find(|thing| thing.number == number)?;
        Some((thing.plan?, thing.handed_back, thing.let_go))
    }

    /// What a leave brings with it.
    pub(super) fn try_leave(&mut self, op: &Op) -> Option<()> {
        let (active, held, is_leave) = (self.active(), self.held.is_some(), self.is_leave);
        match *op {
            Op::Arrange(number, plan, role) => {
                let thing = self.things.iter_mut().find(|thing| thing.number == number)?;
                (thing.has(Returned) && person(role)).then_some(())?;
                if thing.plan == Some(plan) {
                    return Some(());
                }
                let free = thing.plan.is_none() || corrects(role);
                let here = !thing.is_missing() && thing.fate.is_none() && !thing.let_go && !thing.handed_back;
                (active && is_leave && free && here).then(|| thing.arrange(plan, held))
            }
            Op::HandBack(number, role) => {
                let thing = self.things.iter_mut().find(|thing| thing.number == number)?;
                (thing.has(Returned) && person(role)).then_some(())?;
                let fine = thing.handed_back || (active && is_leave && thing.is_put_away());
                fine.then(|| thing.handed_back = true)
            }
            Op::Leave(back, today) => {
                (active && is_leave).then(|| self.leave = Some(back))?;
                self.is_back &= back.is_some_and(|day| day <= today);
                Some(())
            }
            Op::NoteBack(today) => {
                let is_over = self.leave.flatten().is_some_and(|day| day <= today);
                active.then(|| self.is_back |= is_leave && is_over)
            }
            Op::Become(kind) => {
                active.then_some(())?;
                match (is_leave, kind == TerminationKind::Absence) {
                    (false, true) => {
                        let things = self.things.iter_mut();
                        let numbers = things.filter(|thing| thing.number == SUBSCRIPTION);
                        numbers.for_each(|thing| thing.say_moot(|_| true, LEAVE, true));
                    }
                    (true, false) => {
                        (self.leave, self.is_back) = (None, false);
                        self.things.iter_mut().for_each(|thing| thing.ask_after_all(held));
                    }
                    _ => {}
                }
                self.is_leave = kind == TerminationKind::Absence;
                Some(())
            }
            _ => None,
        }
    }
}
