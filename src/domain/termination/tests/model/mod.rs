//! A second, simpler account of the same rules, written from the design and not from the code: sets of what has been
//! said, no events, no errors, and "is it ready" as plain set arithmetic.

mod leave;
mod number;

use super::commands::{Concluded, Fate, NumberPlan, Op, Plan, Said};
use super::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Thing {
    number: u128,
    secrecy: bool,
    declared: BTreeSet<CheckKind>,
    said: BTreeMap<CheckKind, Said>,
    said_by_rule: BTreeSet<CheckKind>,
    codes: BTreeMap<CodeKind, CodeAnswer>,
    /// What is planned for the number, and whether somebody named has decided it.
    number_plan: Option<(NumberPlan, bool)>,
    asked: bool,
    outcome: Option<DeviceOutcome>,
    level: WipeLevel,
    contradicted: bool,
    accepted: bool,
    /// The hour since which it is known to be gone, or was.
    gone_since: Option<i64>,
    police: bool,
    concluded: Option<Concluded>,
    fate: Option<(Fate, u8)>,
    approved: BTreeSet<TransferSide>,
    plan: Option<Plan>,
    handed_back: bool,
    let_go: bool,
}

pub(super) struct Model {
    pub(super) is_leave: bool,
    /// The day on which the holder is back, once anything is known of the leave.
    leave: Option<Option<u64>>,
    is_back: bool,
    pub(super) state: &'static str,
    pub(super) held: Option<u8>,
    due: u64,
    things: Vec<Thing>,
}

use Answer::{Deviation, Done, NotApplicable};
use CheckKind::*;

const DEVICE: [CheckKind; 8] = [
    RecordsSaved,
    Returned,
    Accessories,
    Reset,
    Wiped,
    LocksCleared,
    Codes,
    Sim,
];

fn person(role: ActorRole) -> bool {
    ["receiver", "desk", "technician"].contains(&role.as_str())
}

fn corrects(role: ActorRole) -> bool {
    ["desk", "technician"].contains(&role.as_str())
}

impl Thing {
    fn has(&self, check: CheckKind) -> bool {
        DEVICE.contains(&check) == (self.number != SUBSCRIPTION)
    }

    fn mandatory(&self) -> BTreeSet<CheckKind> {
        match (self.number, self.secrecy) {
            (SUBSCRIPTION, _) => BTreeSet::from([Number, Directory]),
            (_, false) => BTreeSet::from([Returned, Reset, Wiped, Codes]),
            (_, true) => BTreeSet::from([Returned, Reset, Wiped, Codes, LocksCleared]),
        }
    }

    fn proved(&self) -> bool {
        let enough: &[&str] = if self.secrecy {
            &["verified", "certified"]
        } else {
            &["attested", "acknowledged", "verified", "certified"]
        };
        !self.contradicted && enough.contains(&self.level.as_str())
    }

    fn is_back(&self) -> bool {
        self.said.get(&Returned).is_some_and(|said| said.answer == Done)
    }

    fn is_missing(&self) -> bool {
        matches!(self.outcome, Some(DeviceOutcome::Lost | DeviceOutcome::Stolen))
    }

    fn is_fated(&self, fate: Fate) -> bool {
        self.fate.is_some_and(|(found, _)| found == fate)
    }

    fn is_done(&self, check: CheckKind) -> bool {
        self.said.get(&check).is_some_and(|said| said.answer == Done)
    }

    fn is_undecided(&self) -> bool {
        self.is_missing() && matches!(self.concluded, None | Some(Concluded::Nothing))
    }

    /// Whether what became of it asks for nothing more.
    fn is_accounted_for(&self) -> bool {
        let stolen = self.outcome == Some(DeviceOutcome::Stolen);
        let sold = !self.is_fated(Fate::Sold) || (self.is_done(Wiped) && self.is_done(LocksCleared));
        let away = !self.is_fated(Fate::ToOtherEntity) || (self.is_done(Wiped) && self.approved.len() == 2);
        !self.is_undecided() && (!stolen || self.police) && sold && away
    }

    fn unsay(&mut self, check: CheckKind) {
        self.said.remove(&check);
        self.said_by_rule.remove(&check);
        self.declared.remove(&check);
    }

    fn say(&mut self, check: CheckKind, said: Said, by_rule: bool) {
        self.unsay(check);
        self.said.insert(check, said);
        if by_rule {
            self.said_by_rule.insert(check);
        }
    }

    /// What the evidence alone does.
    fn follow_evidence(&mut self, held: bool) {
        match self.said.get(&Wiped).map(|said| said.answer) {
            Some(Done) if !self.proved() && self.is_fated(Fate::GoesAlong) => {
                let moot = Said {
                    answer: NotApplicable,
                    why: Fate::GoesAlong.why(),
                };
                self.say(Wiped, moot, true);
            }
            Some(Done) if !self.proved() => self.unsay(Wiped),
            None if self.proved() && (self.is_back() || self.fate.is_some()) && !held => {
                self.say(Wiped, Said { answer: Done, why: 0 }, true);
            }
            _ => {}
        }
    }

    fn grounds(&self, check: CheckKind, answer: Answer) -> bool {
        let codes = || CodeKind::ALL.iter().map(|kind| self.codes.get(kind));
        match (check, answer) {
            (Reset | LocksCleared, Done) => !self.is_missing(),
            (Wiped, Done) => {
                let here = self.level != WipeLevel::Acknowledged || self.is_back() || self.fate.is_some();
                self.proved() && here && !self.is_missing()
            }
            (Codes, Deviation) => codes().all(|answer| answer.is_some()),
            (Codes, _) => codes().all(|answer| answer.is_some_and(|answer| *answer != CodeAnswer::Unknown)),
            (Number, Done) => self
                .number_plan
                .is_some_and(|(plan, _)| plan != NumberPlan::MoveSomewhere),
            _ => true,
        }
    }

    fn settle(&mut self, check: CheckKind, said: Said) {
        let was_back = self.is_back();
        self.say(check, said, false);
        if check != Returned {
            return;
        }
        if said.answer == Done && was_back {
            return;
        }
        if said.answer == Done {
            if self.is_missing() {
                self.accepted = false;
                let closed: Vec<_> = self
                    .said
                    .iter()
                    .filter(|(_, said)| said.answer == Deviation)
                    .collect();
                let closed: Vec<_> = closed.into_iter().map(|(check, _)| *check).collect();
                closed.into_iter().for_each(|check| self.unsay(check));
            }
            self.outcome = Some(DeviceOutcome::Returned);
        } else if was_back && self.fate.is_none() {
            self.outcome = None;
            self.forget_what_only_the_handset_shows();
        }
    }

    fn forget_what_only_the_handset_shows(&mut self) {
        let seen = [WipeLevel::Verified, WipeLevel::Certified].contains(&self.level);
        if !seen && self.is_done(Wiped) {
            self.unsay(Wiped);
        }
    }

    fn dispose(&mut self, fate: Fate, why: u8) {
        (self.fate, self.outcome) = (Some((fate, why)), Some(fate.outcome()));
        for check in DEVICE {
            if fate.leaves_no_question_about(check) && !self.said.contains_key(&check) {
                let moot = Said {
                    answer: NotApplicable,
                    why: fate.why(),
                };
                self.say(check, moot, false);
            }
        }
    }

    fn withdraw(&mut self, fate: Fate) {
        self.fate = None;
        self.approved.clear();
        self.outcome = self.is_back().then_some(DeviceOutcome::Returned);
        for check in DEVICE {
            let moot = Said {
                answer: NotApplicable,
                why: fate.why(),
            };
            if self.said.get(&check) == Some(&moot) {
                self.unsay(check);
            }
        }
        if !self.is_back() {
            self.forget_what_only_the_handset_shows();
        }
    }

    fn lose(&mut self, outcome: DeviceOutcome, why: u8, known: Option<i64>) {
        self.handed_back = false;
        if self.is_missing() {
            let earlier = known.into_iter().chain(self.gone_since).min();
            self.gone_since = earlier;
        } else {
            self.gone_since = Some(known.unwrap_or(0));
            (self.police, self.concluded) = (false, None);
        }
        self.outcome = Some(outcome);
        for check in DEVICE {
            let already_no = self.said.get(&check).is_some_and(|said| said.answer != Done);
            if check == Returned || !already_no {
                self.say(
                    check,
                    Said {
                        answer: Deviation,
                        why,
                    },
                    false,
                );
            }
        }
    }
}

impl Model {
    pub(super) fn new() -> Self {
        let thing = |number, secrecy| Thing {
            number,
            secrecy,
            ..Thing::default()
        };
        let things = vec![
            thing(HANDSET, false),
            thing(SECRET_HANDSET, true),
            thing(SUBSCRIPTION, false),
        ];
        Self {
            is_leave: false,
            leave: None,
            is_back: false,
            state: "scheduled",
            held: None,
            due: 10,
            things,
        }
    }

    pub(super) fn ready(&self) -> bool {
        let is_over = !self.is_leave || self.is_back;
        let given_back = |thing: &Thing| !self.is_leave || !thing.is_put_away() || thing.handed_back;
        self.active()
            && self.held.is_none()
            && is_over
            && self
                .things
                .iter()
                .all(|thing| thing.is_settled(self.is_leave) && given_back(thing))
    }

    /// The word for the state of a check, or nothing if there is no such check.
    pub(super) fn word(&self, number: u128, check: CheckKind) -> Option<&'static str> {
        let thing = self.things.iter().find(|thing| thing.number == number)?;
        let word = match (thing.said.get(&check), thing.declared.contains(&check)) {
            (Some(said), _) => said.answer.as_str(),
            (None, true) => "declared",
            (None, false) => "open",
        };
        thing.has(check).then_some(word)
    }

    pub(super) fn outcome(&self, number: u128) -> Option<DeviceOutcome> {
        self.things.iter().find(|thing| thing.number == number)?.outcome
    }

    /// Whether the number is to go to its holder, and whether they asked.
    pub(super) fn number(&self, number: u128) -> Option<(bool, bool)> {
        let thing = self.things.iter().find(|thing| thing.number == number)?;
        let to_come = thing.is_planned(NumberPlan::Hand) && !thing.said.contains_key(&Number);
        Some((to_come, thing.asked))
    }

    /// The hour by which the first undecided breach must be notified.
    pub(super) fn notify_by(&self) -> Option<i64> {
        let undecided = self.things.iter().filter(|thing| thing.is_undecided());
        undecided
            .filter_map(|thing| thing.gone_since)
            .map(|since| since + 72)
            .min()
    }

    fn active(&self) -> bool {
        ["scheduled", "open"].contains(&self.state)
    }

    /// Does it, and says whether it was accepted. What is refused does nothing.
    pub(super) fn accept(&mut self, op: &Op) -> bool {
        self.try_it(op).is_some()
    }

    #[expect(clippy::too_many_lines, reason = "a table: what each command does")]
    fn try_it(&mut self, op: &Op) -> Option<()> {
        let active = self.active().then_some(());
        match *op {
            Op::Declare(..)
            | Op::Undeclare(..)
            | Op::Settle(..)
            | Op::Code(..)
            | Op::Number(..)
            | Op::Ask(..)
            | Op::Outcome(..) => {
                self.try_answer(op)?;
            }
            Op::Police(..) | Op::Breach(..) | Op::Dispose(..) | Op::Approve(..) | Op::Withdraw(..) => {
                self.try_decide(op)?;
            }
            Op::Wipe(number, level, contradicted) => {
                let held = self.held.is_some();
                let thing = self.things.iter_mut().find(|thing| thing.number == number)?;
                if !thing.has(Wiped) || self.state == "cancelled" {
                    return None;
                }
                (thing.level, thing.contradicted) = (level, contradicted);
                thing.accepted &= contradicted;
                thing.follow_evidence(held);
                if self.state == "completed" {
                    self.state = "open";
                    if self.ready() {
                        self.state = "completed";
                    }
                }
            }
            Op::Accept(number, role) => {
                let thing = self.things.iter_mut().find(|thing| thing.number == number)?;
                let needed = thing.has(Wiped) && thing.contradicted && thing.is_missing();
                active.filter(|()| corrects(role) && needed)?;
                thing.accepted = true;
            }
            Op::Hold(why, role) => {
                active.filter(|()| person(role) || role == ActorRole::System)?;
                if self.held.is_some_and(|held| held != why) {
                    return None;
                }
                self.held = Some(why);
            }
            Op::Release(role) => {
                active.filter(|()| person(role))?;
                self.held.take()?;
                self.things
                    .iter_mut()
                    .filter(|thing| thing.has(Wiped))
                    .for_each(|t| t.follow_evidence(false));
            }
            Op::Reschedule(due, today) => {
                active?;
                if due != self.due {
                    self.due = due;
                    self.state = if today < due { "scheduled" } else { "open" };
                }
            }
            Op::Begin(today) => {
                active?;
                if today >= self.due {
                    self.state = "open";
                }
            }
            Op::Cancel(role) => {
                active.filter(|()| person(role) || role == ActorRole::System)?;
                self.state = "cancelled";
            }
            Op::Reopen(role) => {
                (person(role) && self.state == "completed").then_some(())?;
                self.state = "open";
            }
            Op::Arrange(..) | Op::HandBack(..) | Op::Leave(..) | Op::NoteBack(..) | Op::Become(..) => {
                self.try_leave(op)?;
            }
            Op::Complete => {
                if self.is_leave && self.active() && self.held.is_none() {
                    let ready = self.things.iter_mut().filter(|thing| thing.may_be_let_go());
                    ready.for_each(|thing| thing.let_go = true);
                }
                if self.ready() {
                    self.state = "completed";
                }
            }
        }
        Some(())
    }

    /// What becomes of a device is for those who may correct others.
    fn try_decide(&mut self, op: &Op) -> Option<()> {
        let (active, held, completed) = (self.active(), self.held.is_some(), self.state == "completed");
        let (number, role) = match *op {
            Op::Police(number, role) | Op::Breach(number, _, role) | Op::Withdraw(number, role) => {
                (number, role)
            }
            Op::Dispose(number, _, _, role) | Op::Approve(number, _, role) => (number, role),
            _ => return None,
        };
        let thing = self.things.iter_mut().find(|thing| thing.number == number)?;
        (thing.has(Returned) && corrects(role)).then_some(())?;
        match *op {
            Op::Police(..) => (active && thing.is_missing()).then(|| thing.police = true),
            Op::Breach(_, concluded, _) => {
                let fine = !completed && thing.gone_since.is_some() && concluded != Concluded::Late;
                fine.then(|| thing.concluded = Some(concluded))
            }
            Op::Dispose(_, fate, why, _) if thing.fate == Some((fate, why)) => Some(()),
            Op::Dispose(_, fate, why, _) => {
                let allowed = !held || fate == Fate::GoesAlong;
                let ours = thing.fate.is_none() && !thing.is_missing() && !thing.let_go;
                let fine = active && ours && allowed;
                fine.then(|| thing.dispose(fate, why))?;
                thing.follow_evidence(held);
                Some(())
            }
            Op::Approve(_, side, _) => {
                let fine = active && thing.is_fated(Fate::ToOtherEntity);
                fine.then(|| thing.approved.insert(side)).map(drop)
            }
            Op::Withdraw(..) => {
                let (fate, _) = thing
                    .fate
                    .filter(|(fate, _)| active && *fate != Fate::GoesAlong)?;
                thing.withdraw(fate);
                thing.follow_evidence(held);
                Some(())
            }
            _ => None,
        }
    }

    fn try_answer(&mut self, op: &Op) -> Option<()> {
        let (active, held) = (self.active(), self.held.is_some());
        let (number, check) = match *op {
            Op::Declare(number, check, _)
            | Op::Undeclare(number, check, _)
            | Op::Settle(number, check, ..) => (number, check),
            Op::Code(number, ..) => (number, Codes),
            Op::Number(number, ..) | Op::Ask(number, _) => (number, Number),
            Op::Outcome(number, ..) => (number, Returned),
            _ => return None,
        };
        let thing = self.things.iter_mut().find(|thing| thing.number == number)?;
        thing.has(check).then_some(())?;
        let may_answer = active && !(held && [Reset, Wiped].contains(&check));
        match *op {
            Op::Declare(_, _, role) => thing.try_declare(check, role, may_answer),
            Op::Undeclare(_, _, role) => thing.try_undeclare(check, role, active),
            Op::Settle(_, _, said, right_device, role) => {
                let wrong = check == Returned && said.answer == Done && !right_device;
                (!wrong).then_some(())?;
                let again = !active || !thing.said_by_rule.contains(&check);
                if again && thing.said.get(&check) == Some(&said) {
                    return thing.may_settle(check, role).then_some(());
                }
                thing.try_settle(check, said, role, may_answer)?;
                if thing.has(Wiped) {
                    thing.follow_evidence(held);
                }
                Some(())
            }
            Op::Code(_, code, answer, role) => thing.try_code(code, answer, role, active),
            Op::Number(_, plan, named, role) => thing.try_number((plan, named), role, active),
            Op::Ask(_, role) => thing.try_ask(role, active),
            Op::Outcome(_, outcome, why, known, role) => {
                thing.try_outcome((outcome, why, known), role, active)
            }
            _ => None,
        }
    }
}

impl Thing {
    fn try_declare(&mut self, check: CheckKind, role: ActorRole, may_answer: bool) -> Option<()> {
        let open = may_answer && !self.said.contains_key(&check);
        let fine = role == ActorRole::Holder && (open || self.declared.contains(&check));
        fine.then(|| self.declared.insert(check)).map(drop)
    }

    fn try_undeclare(&mut self, check: CheckKind, role: ActorRole, active: bool) -> Option<()> {
        let nothing_to_take_back = !self.declared.contains(&check);
        let fine =
            role == ActorRole::Holder && !self.said.contains_key(&check) && (active || nothing_to_take_back);
        fine.then(|| self.declared.remove(&check)).map(drop)
    }

    fn may_settle(&self, check: CheckKind, role: ActorRole) -> bool {
        corrects(role) || (person(role) && check != Directory)
    }

    fn try_settle(&mut self, check: CheckKind, said: Said, role: ActorRole, may_answer: bool) -> Option<()> {
        let before = self.said.get(&check).map(|before| before.answer);
        let witness = self.said_by_rule.contains(&check) && before == Some(said.answer);
        let free = before.is_none() || corrects(role) || witness;
        let explained = said.answer == Done || said.why > 0;
        let decided_away = check == Returned && said.answer == Done && self.fate.is_some() && !self.is_back();
        let taken = check == Returned && said.answer != Done && self.let_go;
        let ours = !self.is_fated(Fate::GoesAlong) && !decided_away && !taken;
        let desks = check == Number && self.is_work() && !corrects(role);
        let gone = check == Number && self.has_moved();
        let ours = ours && !desks && !gone;
        let fine = self.may_settle(check, role) && may_answer && free && explained && ours;
        (fine && self.grounds(check, said.answer)).then(|| self.settle(check, said))
    }

    fn try_code(&mut self, code: CodeKind, answer: CodeAnswer, role: ActorRole, active: bool) -> Option<()> {
        let same = self.codes.get(&code) == Some(&answer);
        let said = self.said.get(&Codes).map(|said| said.answer);
        let ours = !self.is_fated(Fate::GoesAlong);
        let fine = same || (active && ours && (said.is_none() || corrects(role)));
        (person(role) && fine).then(|| self.codes.insert(code, answer))?;
        if !same && answer == CodeAnswer::Unknown && matches!(said, Some(Done | NotApplicable)) {
            self.unsay(Codes);
        }
        Some(())
    }

    fn try_outcome(
        &mut self,
        (outcome, why, known): (DeviceOutcome, u8, Option<i64>),
        role: ActorRole,
        active: bool,
    ) -> Option<()> {
        let reported = ["lost", "stolen"].contains(&outcome.as_str());
        let reason = self.said.get(&Returned).map(|said| said.why);
        let no_earlier = known.is_none_or(|known| self.gone_since.is_some_and(|since| known >= since));
        let same = self.outcome == Some(outcome) && reason == Some(why) && no_earlier;
        let free = self.fate.is_none() && (self.outcome.is_none() || corrects(role));
        (person(role) && reported && (same || (active && free && !self.let_go))).then_some(())?;
        if !same {
            self.lose(outcome, why, known);
        }
        Some(())
    }
}
