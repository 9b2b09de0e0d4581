//! Reading the form: from fields to an answer, or to everything that is wrong with them.
//!
//! What is asked about a device that is here must be answered; of one that is not, what is answered counts. A question
//! that was not asked is not read, whatever was sent.

mod absence;

use crate::crypto::digest::fingerprint;
use crate::domain::note::NOTE_MAX_CHARS;
use crate::domain::termination::{self, AbsencePlan, NumberDecision};
use crate::domain::text::{EmailAddress, clean_text, looks_like_personal_number};
use crate::mail::words::{self, Check, CodeKind, SimAnswer};
use crate::services::links::{
    Accessories, AlongAsked, Answer, AskedDevice, CodeGiven, Confirmation, DeviceAnswer, Possession,
    Question, Said,
};
use crate::web::pages::confirm::{
    ANSWER_FIELD, ANYWAY_SUFFIX, AccessoriesBack, COLLEAGUE_FIELD, CSRF_FIELD, CaseAnswer, DeviceQuestion,
    Entered, ErrorMessage, FieldError, HaveDevice, MESSAGE_FIELD, NEW_LAST_DAY_FIELD, RecordsSaved, YesNo,
    anyway_field, code_field, code_value_field, device_field, number_field,
};
use chrono::NaiveDate;
use secrecy::SecretString;

/// How far from the known last day the right one can be, in days: ten years.
const LAST_DAY_WITHIN: i64 = 3_653;
use std::collections::BTreeMap;
use std::str::FromStr;
use url::form_urlencoded;

/// Longest line, in characters.
const LINE_CHARS: usize = 200;
/// What the names of fields with codes end with.
const CODE_VALUE: &str = "_value";

/// The fields as they were sent. No `Debug`: they hold people's words and codes.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads the body of a form. Of a field that comes twice, the last one counts.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The value of a field, empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// What a page may repeat of it: everything but codes.
    pub(super) fn entered(&self) -> Entered {
        self.0
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Tells a repeated answer from another one. Codes are left out: the four digits of a PIN are found from any
    /// digest of them. So are the words that a text is meant as it stands: they are no answer.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let filled = self.0.iter().filter(|(name, value)| {
            !value.trim().is_empty()
                && name.as_str() != CSRF_FIELD
                && !name.ends_with(CODE_VALUE)
                && !name.ends_with(ANYWAY_SUFFIX)
        });
        let parts: Vec<&[u8]> = filled
            .flat_map(|(name, value)| [name.as_bytes(), value.trim().as_bytes()])
            .collect();
        fingerprint(&parts).to_vec()
    }
}

/// Reads the answer to what was asked.
///
/// # Errors
/// Everything that is wrong, in the order of the page.
pub(super) fn read(form: &Form, question: &Question) -> Result<Answer, Vec<FieldError>> {
    let mut reader = Reader::of(form);
    let case = reader.choice::<CaseAnswer>(ANSWER_FIELD.to_owned(), Some(ErrorMessage::AnswerMissing));
    let what = match case {
        Some(CaseAnswer::Confirm) => Some(Said::Confirm(reader.confirmation(question))),
        Some(CaseAnswer::WrongDate) => Some(Said::WrongDate {
            last_day: reader.last_day(question.last_day),
        }),
        Some(CaseAnswer::HandOver) => Some(Said::HandOver {
            address: reader.address(COLLEAGUE_FIELD.to_owned()),
            colleague: None,
        }),
        None => None,
    };
    let message = reader.text(MESSAGE_FIELD.to_owned(), NOTE_MAX_CHARS);
    match what {
        Some(what) if reader.errors.is_empty() => Ok(Answer {
            what,
            message,
            fingerprint: form.fingerprint(),
        }),
        Some(_) | None => Err(reader.errors),
    }
}

/// Reads field after field and remembers what is wrong.
pub(super) struct Reader<'a> {
    form: &'a Form,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    pub(super) const fn of(form: &'a Form) -> Self {
        Self {
            form,
            errors: Vec::new(),
        }
    }

    /// Everything that was wrong.
    pub(super) fn errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self, field: &str) -> bool {
        self.form.get(field) == YesNo::Yes.as_str()
    }

    /// Somebody's address. One that is none is as good as one at which nobody can take over.
    fn address(&mut self, field: String) -> Option<EmailAddress> {
        let value = self.form.get(&field);
        if value.is_empty() {
            return None;
        }
        let address = EmailAddress::parse(value).ok();
        if address.is_none() {
            self.wrong(field, ErrorMessage::ColleagueUnknown);
        }
        address
    }

    fn wrong(&mut self, field: String, message: ErrorMessage) {
        self.errors.push(FieldError { field, message });
    }

    /// One of a closed set; `missing` is what to say when there is none and there must be one.
    pub(super) fn choice<T: FromStr>(&mut self, field: String, missing: Option<ErrorMessage>) -> Option<T> {
        let value = self.form.get(&field);
        if value.is_empty() {
            if let Some(missing) = missing {
                self.wrong(field, missing);
            }
            return None;
        }
        let chosen = value.parse().ok();
        if chosen.is_none() {
            self.wrong(field, ErrorMessage::ChoiceInvalid);
        }
        chosen
    }

    pub(super) fn date(&mut self, field: String) -> Option<NaiveDate> {
        let value = self.form.get(&field);
        if value.is_empty() {
            return None;
        }
        let date = value.parse().ok();
        if date.is_none() {
            self.wrong(field, ErrorMessage::DateInvalid);
        }
        date
    }

    /// The right last day, if it is said: another one than is known, and not a lifetime away.
    pub(super) fn last_day(&mut self, known: NaiveDate) -> Option<NaiveDate> {
        let day = self.date(NEW_LAST_DAY_FIELD.to_owned())?;
        if day == known || (day - known).num_days().abs() > LAST_DAY_WITHIN {
            self.wrong(NEW_LAST_DAY_FIELD.to_owned(), ErrorMessage::LastDayUnsuitable);
            return None;
        }
        Some(day)
    }

    /// Somebody's own words. A text that may hold a personal identity number is taken when the writer has seen the
    /// warning and says that it is to be sent anyway: other numbers can have the same shape.
    pub(super) fn text(&mut self, field: String, limit: usize) -> Option<String> {
        let value = self.form.get(&field);
        if value.is_empty() {
            return None;
        }
        let is_confirmed = self.form.get(&anyway_field(&field)) == YesNo::Yes.as_str();
        if looks_like_personal_number(value) && !is_confirmed {
            self.wrong(field, ErrorMessage::LooksSecret);
            return None;
        }
        match clean_text(value, limit) {
            Ok(text) => Some(text),
            Err(error) => {
                let is_long = error.code == "text_too_long";
                let message = if is_long {
                    ErrorMessage::TooLong
                } else {
                    ErrorMessage::TextInvalid
                };
                self.wrong(field, message);
                None
            }
        }
    }

    fn confirmation(&mut self, question: &Question) -> Confirmation {
        let mut devices = Vec::with_capacity(question.devices.len());
        for (index, asked) in question.devices.iter().enumerate() {
            devices.push(self.device(question, index, asked));
        }
        // Whoever still waits for a phone need not know yet what happens to the number.
        let waits = devices
            .iter()
            .any(|answer| matches!(answer.possession, Some(Possession::NotYet { .. })));
        let missing = (!waits).then_some(ErrorMessage::NumberMissing);
        let mut numbers = Vec::new();
        for (index, asked) in question.subscriptions.iter().enumerate() {
            if !asked.can_be_changed() {
                continue;
            }
            let missing = missing.filter(|_| asked.decided.is_none());
            let decision = self.choice::<words::NumberDecision>(number_field(index), missing);
            numbers.extend(decision.map(|decision| (asked.item, number_decision(decision))));
        }
        Confirmation { devices, numbers }
    }

    fn device(&mut self, question: &Question, index: usize, asked: &AskedDevice) -> DeviceAnswer {
        let plan = self.plan(question, index, asked);
        let along = self.along(index, asked);
        let mut answer = DeviceAnswer {
            item: asked.item,
            plan,
            handed_back: self.handed_back(index, asked),
            along,
            possession: None,
            records_saved: false,
            reset: false,
            wiped: false,
            accessories: None,
            sim: None,
            codes: Vec::new(),
        };
        let asks_plan = asked.open.contains(&Check::Arrangement);
        // Of a phone that its holder keeps nothing is asked; nor of one of which it is not said what becomes of it.
        if asks_plan && !self.is_gone(index) && plan.is_none_or(|plan| plan == AbsencePlan::Keep) {
            return answer;
        }
        // Of a phone that goes along, or that somebody else is to take over, nothing more is asked.
        if along == Some(true) || asked.along == Some(AlongAsked::Accept) {
            return answer;
        }
        let is_asked = asked.open.contains(&Check::Returned);
        let before = self.errors.len();
        answer.possession = if is_asked {
            self.possession(question, index)
        } else {
            None
        };
        let is_here = match &answer.possession {
            Some(Possession::Here { .. }) => true,
            Some(Possession::NotYet { .. } | Possession::Lost | Possession::Stolen) => false,
            // Not asked, because it is back; or said to be here, with something wrong about it.
            None => !is_asked || self.errors.len() > before && self.says_here(index),
        };
        if matches!(answer.possession, Some(Possession::Lost | Possession::Stolen)) {
            return answer;
        }
        if plan == Some(AbsencePlan::HandIn) {
            let must = is_here.then_some(ErrorMessage::AccessoriesMissing);
            if asked.open.contains(&Check::Accessories) && !asked.accessories.is_empty() {
                answer.accessories = self.accessories(index, must);
            }
            return answer;
        }
        self.rest_of_device((index, asked), is_here, answer)
    }

    /// Everything about a device but whether it is back. Must be answered if it is here.
    fn rest_of_device(
        &mut self,
        (index, asked): (usize, &AskedDevice),
        is_here: bool,
        mut answer: DeviceAnswer,
    ) -> DeviceAnswer {
        let asks = |check| asked.open.contains(&check);
        let must = |message| is_here.then_some(message);
        let field = |question| device_field(index, question);
        if asks(Check::RecordsSaved) {
            let saved = self.choice(field(DeviceQuestion::Records), must(ErrorMessage::RecordsMissing));
            answer.records_saved = saved == Some(RecordsSaved::Yes);
        }
        if asks(Check::Reset) && !asked.hold {
            let reset = self.choice(field(DeviceQuestion::Reset), must(ErrorMessage::ResetMissing));
            answer.reset = reset == Some(YesNo::Yes);
        }
        if asks(Check::Wiped) && !asked.hold {
            let wiped = self.choice(field(DeviceQuestion::Wiped), must(ErrorMessage::WipedMissing));
            answer.wiped = wiped == Some(YesNo::Yes);
        }
        if asks(Check::Accessories) && !asked.accessories.is_empty() {
            answer.accessories = self.accessories(index, must(ErrorMessage::AccessoriesMissing));
        }
        if asks(Check::Sim) {
            answer.sim = self.choice::<SimAnswer>(field(DeviceQuestion::Sim), must(ErrorMessage::SimMissing));
        }
        if asks(Check::Codes) {
            answer.codes = self.codes(index, must(ErrorMessage::CodeMissing));
        }
        answer
    }

    /// Whether a device goes along with a holder who moves. Of one that is gone it need not be said.
    fn along(&mut self, index: usize, asked: &AskedDevice) -> Option<bool> {
        let is_asked = match asked.along? {
            AlongAsked::Propose => !self.is_gone(index),
            AlongAsked::Accept => true,
            AlongAsked::Elsewhere => false,
        };
        let field = device_field(index, DeviceQuestion::Along);
        if !is_asked {
            return None;
        }
        let said = self.choice::<YesNo>(field, Some(ErrorMessage::AlongMissing));
        said.map(|said| said == YesNo::Yes)
    }

    fn says_here(&self, index: usize) -> bool {
        self.form.get(&device_field(index, DeviceQuestion::Have)) == HaveDevice::Yes.as_str()
    }

    fn possession(&mut self, question: &Question, index: usize) -> Option<Possession> {
        let have = device_field(index, DeviceQuestion::Have);
        match self.choice(have, Some(ErrorMessage::HaveMissing))? {
            HaveDevice::Yes => self.here(question, index),
            HaveDevice::NotYet => Some(Possession::NotYet {
                expected: self.date(device_field(index, DeviceQuestion::Expected)),
            }),
            HaveDevice::Lost => Some(Possession::Lost),
            HaveDevice::Stolen => Some(Possession::Stolen),
        }
    }

    fn here(&mut self, question: &Question, index: usize) -> Option<Possession> {
        let field = device_field(index, DeviceQuestion::Serial);
        let serial_last4 = self.form.get(&field).to_owned();
        if serial_last4.is_empty() {
            self.wrong(field, ErrorMessage::SerialMissing);
        }
        let condition = self.choice(
            device_field(index, DeviceQuestion::Condition),
            Some(ErrorMessage::ConditionMissing),
        )?;
        let place = device_field(index, DeviceQuestion::Place);
        let place = question
            .absence
            .as_ref()
            .and_then(|_| self.text(place, LINE_CHARS));
        (!serial_last4.is_empty()).then_some(Possession::Here {
            serial_last4,
            condition,
            place,
        })
    }

    fn accessories(&mut self, index: usize, missing: Option<ErrorMessage>) -> Option<Accessories> {
        match self.choice(device_field(index, DeviceQuestion::Accessories), missing)? {
            AccessoriesBack::All => Some(Accessories::All),
            AccessoriesBack::SomeMissing => {
                let field = device_field(index, DeviceQuestion::AccessoriesNote);
                let before = self.errors.len();
                let what = self.text(field.clone(), LINE_CHARS);
                if what.is_none() && self.errors.len() == before {
                    self.wrong(field, ErrorMessage::AccessoriesNoteMissing);
                }
                what.map(Accessories::Missing)
            }
        }
    }

    fn codes(&mut self, index: usize, missing: Option<ErrorMessage>) -> Vec<CodeGiven> {
        let mut given = Vec::with_capacity(CodeKind::ALL.len());
        for kind in CodeKind::ALL {
            let answer = self.choice::<words::CodeAnswer>(code_field(index, *kind), missing);
            let field = code_value_field(index, *kind);
            let value = self.form.get(&field);
            let is_too_long = value.chars().count() > LINE_CHARS;
            let Some(answer) = answer else { continue };
            // A code that was not handed over is not kept, whatever was typed.
            let keeps = answer == words::CodeAnswer::Received && !value.is_empty();
            let value = (keeps && !is_too_long).then(|| SecretString::from(value));
            if keeps && is_too_long {
                self.wrong(field, ErrorMessage::TooLong);
            }
            given.push(CodeGiven {
                kind: code_kind(*kind),
                answer: code_answer(answer),
                value,
            });
        }
        given
    }
}

const fn code_kind(kind: CodeKind) -> termination::CodeKind {
    match kind {
        CodeKind::ScreenLock => termination::CodeKind::ScreenLock,
        CodeKind::SimPin => termination::CodeKind::SimPin,
        CodeKind::Other => termination::CodeKind::Other,
    }
}

pub(super) const fn code_answer(answer: words::CodeAnswer) -> termination::CodeAnswer {
    match answer {
        words::CodeAnswer::Received => termination::CodeAnswer::Received,
        words::CodeAnswer::NotApplicable => termination::CodeAnswer::NotApplicable,
        words::CodeAnswer::NotNeededAfterWipe => termination::CodeAnswer::NotNeededAfterWipe,
        words::CodeAnswer::Refused => termination::CodeAnswer::Refused,
        words::CodeAnswer::Unknown => termination::CodeAnswer::Unknown,
    }
}

const fn number_decision(decision: words::NumberDecision) -> NumberDecision {
    match decision {
        words::NumberDecision::Terminate => NumberDecision::Terminate,
        words::NumberDecision::Reuse => NumberDecision::Reuse,
        words::NumberDecision::Move => NumberDecision::Move,
        words::NumberDecision::Transfer => NumberDecision::TransferToPrivate,
    }
}
