//! Reading JSON: first as a value that means one thing, then as the type that was asked for.

use super::serde_fault::{self, Wire};
use super::strict_value::StrictValue;
use crate::web::problem::{Problem, ProblemType};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// How deep objects and arrays may be nested.
const MAX_DEPTH: usize = 16;

/// Reads a body.
///
/// # Errors
/// 400 for text that is not JSON or could be read in two ways; 422 for JSON of another shape than `T`.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("The body is not UTF-8."))?;
    let value = read(text)?;
    serde_path_to_error::deserialize(StrictValue(value)).map_err(|error| {
        Problem::new(ProblemType::ValidationFailed).error(serde_fault::fault(&error, Wire::Json))
    })
}

fn malformed(detail: &'static str) -> Problem {
    Problem::new(ProblemType::MalformedBody).detail(detail)
}

/// Refuses what is not JSON, repeats a member or is nested too deep. Two readers of `{"a":1,"a":2}` may each
/// see another value.
///
/// # Errors
/// 400.
pub(in crate::web) fn read(text: &str) -> Result<Value, Problem> {
    let refusal = Cell::new("The body is not JSON.");
    let mut reader = serde_json::Deserializer::from_str(text);
    let level = Level {
        depth: 0,
        refusal: &refusal,
    };
    level
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|_| malformed(refusal.get()))
}

/// Reads the value of one level of nesting.
#[derive(Clone, Copy)]
struct Level<'a> {
    depth: usize,
    refusal: &'a Cell<&'static str>,
}

impl Level<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse("The body is nested deeper than 16 levels."));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn refuse<E: Error>(self, why: &'static str) -> E {
        self.refusal.set(why);
        E::custom(why)
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.insert(name, members.next_value_seed(inner)?).is_some() {
                return Err(self.refuse("An object has the same member twice."));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::problem::Fault;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Device {
        serial: String,
        #[serde(default)]
        imeis: Vec<Imei>,
        count: Option<u8>,
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Imei {
        value: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Loan,
    }

    fn refusal(text: &str) -> (ProblemType, String) {
        let problem = parse::<Device>(text.as_bytes()).unwrap_err();
        let body = String::from_utf8(problem.reply("r").body).unwrap();
        (problem.kind(), body)
    }

    fn faults(text: &str) -> Vec<(String, String)> {
        let reply = parse::<Device>(text.as_bytes()).unwrap_err().reply("r");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        let list = body["errors"].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|fault| {
                (
                    fault["pointer"].as_str().unwrap().to_owned(),
                    fault["code"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    #[test]
    fn text_that_could_be_read_in_two_ways_is_malformed() {
        let deep = format!(r#"{{"serial":"a","x":{}1{}}}"#, "[".repeat(16), "]".repeat(16));
        for text in [
            "",
            "{",
            r#"{"serial":"a"} x"#,
            r#"{"serial":"a","serial":"b"}"#,
            r#"{"serial":"a","\u0073erial":"b"}"#,
            r#"{"serial":"a","unknown":{"x":1,"x":2}}"#,
            "\u{feff}{}",
            "NaN",
            &deep,
        ] {
            assert_eq!(refusal(text).0, ProblemType::MalformedBody, "{text}");
        }
        assert!(parse::<Device>(b"{\"serial\":\"\xff\"}").is_err());
        let fits = format!("{}1{}", "[".repeat(16), "]".repeat(16));
        assert!(read(&fits).is_ok());
    }

    #[test]
    fn a_wrong_shape_is_named_by_pointer_and_code_without_its_value() {
        for (text, pointer, code) in [
            (r#"{}"#, "/serial", "missing_member"),
            (
                r#"{"serial":"a","imeis":[{"value":"1"},{}]}"#,
                "/imeis/1/value",
                "missing_member",
            ),
            (
                r#"{"serial":"a","colour":"191212121212"}"#,
                "/colour",
                "unknown_member",
            ),
            (
                r#"{"serial":"a","imeis":[{"value":"1","x":1}]}"#,
                "/imeis/0/x",
                "unknown_member",
            ),
            (r#"{"serial":191212121212}"#, "/serial", "wrong_type"),
            (r#"{"serial":"a","count":300}"#, "/count", "invalid_value"),
            (
                r#"{"serial":"a","kind":"191212121212"}"#,
                "/kind",
                "unknown_value",
            ),
            (r#"["191212121212"]"#, "", "wrong_type"),
            (
                r#"{"serial":"a","imeis":[["191212121212"]]}"#,
                "/imeis/0",
                "wrong_type",
            ),
        ] {
            assert_eq!(faults(text), [(pointer.to_owned(), code.to_owned())], "{text}");
            assert!(!refusal(text).1.contains("1912"), "{text}");
        }
    }

    #[test]
    fn a_member_name_that_may_be_personal_is_not_told_back() {
        let text = r#"{"serial":"a","191212121212":1}"#;
        assert_eq!(faults(text), [(String::new(), "unknown_member".to_owned())]);
        assert!(!refusal(text).1.contains("1912"));
    }

    #[test]
    fn a_fault_names_one_place() {
        let fault = Fault::pointer("/a", "code", "Do this.");
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(text, r#"{"pointer":"/a","code":"code","detail":"Do this."}"#);
    }
}
