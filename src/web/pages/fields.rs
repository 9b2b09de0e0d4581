//! Form fields as data, so that every input gets its label, hint and error the same way.

use super::confirm::anyway_field;
use crate::domain::language::Language;
use crate::mail::format::pick;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Marks the fields that take a code.
pub(super) const CODE_VALUE_SUFFIX: &str = "_value";

/// What a person entered, by field name. Codes are dropped on the way in: a page never repeats one.
#[derive(Clone, Default)]
pub struct Entered(BTreeMap<String, String>);

impl Entered {
    /// The value of a field, empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl FromIterator<(String, String)> for Entered {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(
            pairs
                .into_iter()
                .filter(|(name, _)| !name.ends_with(CODE_VALUE_SUFFIX))
                .collect(),
        )
    }
}

/// One thing to choose.
pub(super) struct Choice {
    pub id: String,
    pub value: Cow<'static, str>,
    pub label: String,
    pub chosen: bool,
}

/// A question with a closed set of answers.
pub(super) struct Group {
    pub name: String,
    pub legend: String,
    pub hint: Option<String>,
    pub choices: Vec<Choice>,
    pub error: Option<String>,
}

/// What a text input takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Long,
    Line,
    Date,
    Serial,
    Code,
}

impl TextKind {
    /// Longest input in characters.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates call it on a reference"
    )]
    pub(super) const fn limit(&self) -> u16 {
        match self {
            Self::Long => 1000,
            Self::Line | Self::Code => 200,
            Self::Date => 10,
            Self::Serial => 8,
        }
    }
}

/// An input that takes text.
pub(super) struct Text {
    pub name: String,
    pub label: String,
    pub hint: Option<String>,
    pub value: String,
    pub error: Option<String>,
    pub kind: TextKind,
    /// Sends the text though there is a warning about it.
    pub anyway: Option<Tick>,
}

/// A box to tick.
pub(super) struct Tick {
    pub name: String,
    pub label: String,
    pub chosen: bool,
}

/// Boxes to tick, in order.
pub(super) struct Ticks {
    pub name: String,
    pub legend: String,
    pub hint: Option<String>,
    pub boxes: Vec<Tick>,
}

/// Any part of a form.
pub(super) enum Field {
    /// Radio buttons.
    Radios(Group),
    /// Boxes to tick.
    Ticks(Ticks),
    /// A list to choose from, for questions that have to be short.
    Select(Group),
    /// A text input.
    Text(Text),
    /// Something to know.
    Notice(String),
    /// Inputs that are seldom needed and stay folded.
    Codes {
        summary: &'static str,
        hint: String,
        inputs: Vec<Text>,
    },
}

fn describedby(name: &str, hint: bool, error: bool) -> String {
    let hint = hint.then(|| format!("{name}-hint"));
    let error = error.then(|| format!("{name}-error"));
    [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl Group {
    /// The ids that describe the group, for `aria-describedby`.
    pub(super) fn describedby(&self) -> String {
        describedby(&self.name, self.hint.is_some(), self.error.is_some())
    }
}

impl Text {
    /// The ids that describe the input, for `aria-describedby`.
    pub(super) fn describedby(&self) -> String {
        describedby(&self.name, self.hint.is_some(), self.error.is_some())
    }
}

/// A section of a form with a heading of its own.
pub(super) struct Section {
    pub heading: String,
    pub done: Option<String>,
    /// What the holder says about it.
    pub said: Vec<String>,
    pub fields: Vec<Field>,
}

/// An error with its text, as it stands both in the summary and at the field.
pub(super) struct ShownError {
    pub field: String,
    pub text: String,
    /// Whether it is a warning that the writer can overrule.
    pub may_be_sent_anyway: bool,
}

/// Builds fields that keep what was entered and show what was wrong.
pub(super) struct Builder<'a> {
    pub language: Language,
    pub entered: &'a Entered,
    pub errors: &'a [ShownError],
}

impl Builder<'_> {
    fn error(&self, name: &str) -> Option<String> {
        self.shown(name).map(|error| error.text.clone())
    }

    fn shown(&self, name: &str) -> Option<&ShownError> {
        self.errors.iter().find(|error| error.field == name)
    }

    /// The box under a text that there is a warning about, or was: it stays as long as it is ticked.
    fn anyway(&self, name: &str) -> Option<Tick> {
        let field = anyway_field(name);
        let chosen = !self.entered.get(&field).is_empty();
        let warned = self.shown(name).is_some_and(|error| error.may_be_sent_anyway);
        (chosen || warned).then(|| Tick {
            name: field,
            label: pick(self.language, "Skicka texten ändå", "Send the text anyway").to_owned(),
            chosen,
        })
    }

    /// A question; the first choice carries the name of the question as its id, so that the error summary
    /// can lead to it.
    pub(super) fn group<V: Into<Cow<'static, str>>>(
        &self,
        name: String,
        legend: impl Into<String>,
        hint: Option<String>,
        choices: impl IntoIterator<Item = (V, String)>,
    ) -> Group {
        let entered = self.entered.get(&name);
        let choices = choices.into_iter().enumerate().map(|(index, (value, label))| {
            let value = value.into();
            Choice {
                id: if index == 0 {
                    name.clone()
                } else {
                    format!("{name}-{}", index + 1)
                },
                chosen: entered == value,
                value,
                label,
            }
        });
        let choices = choices.collect();
        Group {
            error: self.error(&name),
            legend: legend.into(),
            hint,
            choices,
            name,
        }
    }

    /// A text input.
    pub(super) fn text(
        &self,
        name: String,
        kind: TextKind,
        label: impl Into<String>,
        hint: Option<impl Into<String>>,
    ) -> Text {
        Text {
            value: self.entered.get(&name).to_owned(),
            error: self.error(&name),
            anyway: self.anyway(&name),
            label: label.into(),
            hint: hint.map(Into::into),
            kind,
            name,
        }
    }
}
