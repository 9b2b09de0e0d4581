//! Reading what is said about a leave.

use super::Reader;
use crate::domain::termination::{AbsenceChoice, AbsencePlan};
use crate::mail::words::Check;
use crate::services::links::{AskedAbsence, AskedDevice, Question};
use crate::web::pages::confirm::{DeviceQuestion, ErrorMessage, HaveDevice, YesNo, device_field};

impl Reader<'_> {
    /// What becomes of a device meanwhile. Of one that is gone it need not be said.
    pub(super) fn plan(
        &mut self,
        question: &Question,
        index: usize,
        asked: &AskedDevice,
    ) -> Option<AbsencePlan> {
        let leave = question.absence.as_ref()?;
        if !asked.open.contains(&Check::Arrangement) || self.is_gone(index) {
            return None;
        }
        let field = device_field(index, DeviceQuestion::Plan);
        match self.choice::<AbsenceChoice>(field, Some(ErrorMessage::PlanMissing))? {
            AbsenceChoice::Keep => Some(AbsencePlan::Keep),
            AbsenceChoice::HandIn => Some(AbsencePlan::HandIn),
            AbsenceChoice::Restock => Some(AbsencePlan::Restock),
            AbsenceChoice::Lend => self.loan(leave, index),
        }
    }

    /// Only somebody whom the page offers borrows, and only until the holder is back.
    fn loan(&mut self, leave: &AskedAbsence, index: usize) -> Option<AbsencePlan> {
        let field = device_field(index, DeviceQuestion::Borrower);
        let said = self.form.get(&field).to_owned();
        let offered = leave.borrowers.iter().find(|(id, _)| id.to_string() == said);
        if offered.is_none() {
            self.wrong(field, ErrorMessage::BorrowerMissing);
        }
        let field = device_field(index, DeviceQuestion::Until);
        let before = self.errors.len();
        let until = self.date(field.clone());
        if until.is_none() && self.errors.len() == before {
            self.wrong(field.clone(), ErrorMessage::UntilMissing);
        }
        let fits = |day| day >= leave.today && leave.back_on.is_none_or(|back| day < back);
        if until.is_some_and(|day| !fits(day)) {
            self.wrong(field, ErrorMessage::UntilUnsuitable);
            return None;
        }
        let ((employment, _), until) = offered.zip(until)?;
        Some(AbsencePlan::Lend {
            employment: *employment,
            until,
        })
    }

    /// Whether the holder has a device again that was put away.
    pub(super) fn handed_back(&mut self, index: usize, asked: &AskedDevice) -> bool {
        if !asked.open.contains(&Check::HandedBack) {
            return false;
        }
        let field = device_field(index, DeviceQuestion::Back);
        self.choice(field, Some(ErrorMessage::BackMissing)) == Some(YesNo::Yes)
    }

    /// Whether the device is said to be lost or stolen.
    pub(super) fn is_gone(&self, index: usize) -> bool {
        let have = self.form.get(&device_field(index, DeviceQuestion::Have));
        [HaveDevice::Lost, HaveDevice::Stolen]
            .iter()
            .any(|gone| gone.as_str() == have)
    }
}
