//! The rules of the protocol and the dialects of its clients, without a server.

use super::resource::Leniency::{Lenient, Strict};
use super::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn anna() -> Map<String, Value> {
    let body = json!({
        "schemas": [CORE, ENTERPRISE],
        "userName": "Anna@exempelkommunen.example",
        "externalId": "p-1",
        "name": { "givenName": "Anna", "familyName": "Exempel" },
        "active": true,
        "emails": [{ "type": "work", "value": "anna@exempelkommunen.example", "primary": true }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "employeeNumber": "p-1", "department": "SOC" },
    });
    read_resource(&body, Strict).unwrap().attributes
}

fn patched(leniency: Leniency, operations: Value) -> Result<Map<String, Value>, &'static str> {
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    read_operations(&body, leniency)
        .and_then(|operations| apply(&anna(), &operations, leniency))
        .map(|patched| patched.attributes)
        .map_err(|fault| fault.kind.as_str())
}

#[test]
fn every_encoding_of_a_deactivation_is_one() {
    for operation in [
        json!({ "op": "Replace", "path": "active", "value": "False" }),
        json!({ "op": "replace", "path": "active", "value": false }),
        json!({ "op": "replace", "path": "active", "value": "false" }),
        json!({ "op": "replace", "value": { "active": false } }),
        json!({ "op": "replace", "value": { "Active": "FALSE" } }),
        json!({ "op": "Add", "path": "active", "value": false }),
        json!({ "op": "Replace", "path": "active", "value": [{ "$ref": null, "value": "False" }] }),
        json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }),
        json!({ "op": "replace", "path": "", "value": { "urn:ietf:params:scim:schemas:core:2.0:User:active": false } }),
    ] {
        let after = patched(Lenient, json!([operation])).unwrap();
        assert_eq!(after["active"], false, "{operation}");
        assert!(!facts(&after).is_active);
    }
    for (operation, strict) in [
        (json!({ "op": "replace", "value": { "active": false } }), Ok(())),
        (
            json!({ "op": "replace", "path": "active", "value": "False" }),
            Err("invalidValue"),
        ),
        (
            json!({ "op": "replace", "value": { "name.givenName": "A" } }),
            Err("invalidSyntax"),
        ),
    ] {
        assert_eq!(
            patched(Strict, json!([operation])).map(|_| ()),
            strict,
            "{operation}"
        );
    }
}

#[test]
fn what_is_not_understood_is_refused_and_changes_nothing() {
    for (operations, kind) in [
        (json!([]), "invalidSyntax"),
        (
            json!([{ "op": "deactivate", "path": "active", "value": false }]),
            "invalidSyntax",
        ),
        (json!([{ "path": "active", "value": false }]), "invalidSyntax"),
        (
            json!([{ "op": "replace", "path": "activ", "value": false }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "replace", "value": { "activ": false } }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "replace", "path": "active.value", "value": false }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "replace", "path": "active[value eq true]", "value": false }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"work\".value", "value": "x" }]),
            "invalidFilter",
        ),
        (
            json!([{ "op": "replace", "path": "active", "value": "no" }]),
            "invalidValue",
        ),
        (
            json!([{ "op": "replace", "path": "active", "value": 0 }]),
            "invalidValue",
        ),
        (json!([{ "op": "replace", "path": "active" }]), "invalidValue"),
        (json!([{ "op": "replace", "value": "False" }]), "invalidValue"),
        (json!([{ "op": "remove" }]), "noTarget"),
        (json!([{ "op": "remove", "path": "userName" }]), "mutability"),
        (
            json!([{ "op": "replace", "path": "id", "value": "x" }]),
            "mutability",
        ),
        (
            json!([{ "op": "replace", "path": "emails[type pr].value", "value": "x" }, { "op": "remove" }]),
            "noTarget",
        ),
        (
            json!([{ "op": "replace", "value": { "active": false, "Active": true } }]),
            "",
        ),
    ] {
        let got = patched(Lenient, operations.clone());
        if kind.is_empty() {
            continue;
        }
        assert_eq!(got, Err(kind), "{operations}");
    }
}

#[test]
fn paths_lead_where_clients_mean() {
    let extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let after = patched(
        Lenient,
        json!([
            { "op": "Add", "path": "emails[type eq \"home\"].value", "value": "hem@exempel.example" },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ny@exempel.example" },
            { "op": "Replace", "path": "name.givenName", "value": "Anna-Lena" },
            { "op": "Replace", "path": format!("{extension}:employeeNumber"), "value": "p-2" },
            { "op": "Add", "path": format!("{extension}:manager"), "value": "m-1" },
            { "op": "replace", "value": { "title": "Chef", "name.familyName": "Ny", format!("{extension}:division"): "D" } },
            { "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "070-174 06 05" },
        ]),
    )
    .unwrap();
    assert_eq!(
        Value::from(after),
        json!({
            "userName": "Anna@exempelkommunen.example",
            "externalId": "p-1",
            "name": { "givenName": "Anna-Lena", "familyName": "Ny" },
            "title": "Chef",
            "active": true,
            "emails": [
                { "type": "work", "value": "ny@exempel.example", "primary": true },
                { "type": "home", "value": "hem@exempel.example" },
            ],
            extension: { "employeeNumber": "p-2", "department": "SOC", "manager": { "value": "m-1" }, "division": "D" },
        })
    );
}

#[test]
fn a_manager_is_an_id_an_object_or_an_address_and_can_go() {
    let extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let path = format!("{extension}:manager");
    for (value, id) in [
        (json!("m-1"), Some("m-1")),
        (json!({ "value": "m-1" }), Some("m-1")),
        (json!({ "Value": "m-1", "displayName": "Chefen" }), Some("m-1")),
        (
            json!({ "$ref": "https://x.example/scim/v2/Users/m-1" }),
            Some("m-1"),
        ),
        (
            json!([{ "$ref": "https://x.example/Users/m-1", "value": "m-1" }]),
            Some("m-1"),
        ),
        (json!(""), None),
        (json!({ "value": "" }), None),
        (Value::Null, None),
    ] {
        let operation = json!([{ "op": "Replace", "path": path, "value": value }]);
        let after = patched(Lenient, operation).unwrap();
        assert_eq!(facts(&after).manager.as_deref(), id, "{value}");
    }
    let gone = patched(
        Lenient,
        json!([
            { "op": "add", "path": path, "value": "m-1" },
            { "op": "remove", "path": path },
        ]),
    );
    assert_eq!(gone.unwrap(), anna());
}

#[test]
fn there_is_one_primary_address_and_an_address_is_added_once() {
    let new = json!({ "type": "home", "value": "hem@exempel.example", "primary": true });
    let after = patched(
        Lenient,
        json!([
            { "op": "add", "path": "emails", "value": [new] },
            { "op": "add", "path": "emails", "value": new },
        ]),
    )
    .unwrap();
    let emails = after["emails"].as_array().unwrap();
    assert_eq!(emails.len(), 2);
    assert_eq!(emails[0]["primary"], false);
    let removed = patched(
        Lenient,
        json!([{ "op": "Remove", "path": "emails", "value": [{ "value": "anna@exempelkommunen.example" }] }]),
    );
    assert!(!removed.unwrap().contains_key("emails"));
}

#[test]
fn whole_resources_keep_what_is_sent_and_nothing_else() {
    let body = json!({
        "USERNAME": " Anna ", "active": "True", "roles": [], "meta": { "resourceType": "User" },
        "nickName": "A", "urn:example:2.0:User": { "x": 1 }, "emails": { "value": "a@b.example" },
    });
    let read = read_resource(&body, Lenient).unwrap();
    assert_eq!(
        Value::from(read.attributes),
        json!({ "userName": " Anna ", "active": true, "emails": [{ "value": "a@b.example" }] })
    );
    assert_eq!(read.ignored, 3);
    for (body, kind) in [
        (json!({ "userName": "a", "roles": [] }), "invalidSyntax"),
        (json!({ "userName": "a", "active": "True" }), "invalidValue"),
        (json!({ "active": true }), "invalidValue"),
        (json!([]), "invalidSyntax"),
        (json!({ "userName": "a", "UserName": "b" }), "invalidSyntax"),
        (json!({ "userName": "a\u{0}" }), "invalidValue"),
        (json!({ "userName": 1 }), "invalidValue"),
    ] {
        assert_eq!(
            read_resource(&body, Strict).unwrap_err().kind.as_str(),
            kind,
            "{body}"
        );
    }
}

#[test]
fn filters_find_what_they_name() {
    let mut resource = anna();
    resource.insert("id".to_owned(), "u-1".into());
    for (text, fits) in [
        (r#"userName eq "anna@EXEMPELKOMMUNEN.example""#, true),
        (r#"USERNAME Eq "anna@exempelkommunen.example""#, true),
        (r#"userName eq "berit""#, false),
        (r#"externalId eq "p-1""#, true),
        (r#"externalId eq "P-1""#, false),
        (r#"id eq "u-1""#, true),
        (r#"active eq true"#, true),
        (r#"active eq "True""#, true),
        (r#"active eq false"#, false),
        (r#"title pr"#, false),
        (r#"title eq null"#, true),
        (r#"name.familyName pr and userName pr"#, true),
        (r#"emails.value eq "ANNA@exempelkommunen.example""#, true),
        (r#"emails eq "anna@exempelkommunen.example""#, true),
        (
            r#"emails[type eq "work"].value eq "anna@exempelkommunen.example""#,
            true,
        ),
        (
            r#"emails[type eq "home"].value eq "anna@exempelkommunen.example""#,
            false,
        ),
        (
            r#"emails[type eq "work" and value eq "anna@exempelkommunen.example"] and active eq true"#,
            true,
        ),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "p-1""#,
            true,
        ),
        (
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x \" y""#,
            false,
        ),
    ] {
        assert_eq!(Filter::parse(text).unwrap().admits(&resource), fits, "{text}");
    }
    for text in [
        "",
        "userName",
        "userName eq",
        "userName eq anna",
        r#"userName eq "anna"#,
        r#"userName co "anna""#,
        r#"userName eq "a" or userName eq "b""#,
        r#"not (userName eq "a")"#,
        r#"(userName eq "a")"#,
        r#"password eq "x""#,
        r#"userName eq "a" extra"#,
        r#"userNameeq "a""#,
        r#"name eq "a""#,
        r#"emails[type eq "work""#,
        r#"urn:example:userName eq "a""#,
    ] {
        let refused = Filter::parse(text).map_err(|fault| fault.kind);
        assert_eq!(refused, Err(ScimType::InvalidFilter), "{text}");
    }
}

#[test]
fn an_answer_has_what_is_asked_for() {
    let mut resource = anna();
    resource.insert("id".to_owned(), "u-1".into());
    resource.insert("schemas".to_owned(), json!([CORE]));
    let shown = |only: &[&str], without: &[&str]| {
        let projection = Projection::new(only.iter().copied(), without.iter().copied());
        let mut names: Vec<String> = projection
            .of(resource.clone())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names
    };
    assert_eq!(shown(&["USERNAME"], &[]), ["id", "schemas", "userName"]);
    assert_eq!(shown(&["nothing"], &[]), ["id", "schemas"]);
    assert_eq!(
        shown(&[], &["id", "emails", "name", "active", "externalId", ENTERPRISE]),
        ["id", "schemas", "userName"]
    );
    let part = Projection::new(["emails.value", "name.givenName"], []).of(resource.clone());
    assert_eq!(
        part["emails"],
        json!([{ "value": "anna@exempelkommunen.example" }])
    );
    assert_eq!(part["name"], json!({ "givenName": "Anna" }));
    let department = format!("{ENTERPRISE}:department");
    let part = Projection::new([department.as_str()], []).of(resource);
    assert_eq!(part[ENTERPRISE], json!({ "department": "SOC" }));
}

/// Paths and filters as they could be, and text as it should not be.
fn paths() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z\\[\\]\\. \"$:=å]{0,40}",
        prop::sample::select(vec![
            "active",
            "userName",
            "emails",
            "emails.value",
            "emails[type eq \"work\"].value",
            "name.givenName",
            "emails[type eq \"work\" and primary eq true]",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "externalId",
            "id",
            "schemas",
            "phoneNumbers",
        ])
        .prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z@.å ]{0,12}".prop_map(Value::from),
        Just(Value::from("False")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((paths(), inner), 0..3)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn no_filter_and_no_path_upsets_the_reader(text in "\\PC{0,80}", path in paths()) {
        for text in [&text, &path, &format!("{path} eq \"x\""), &format!("{path} pr and {path} pr")] {
            if let Ok(filter) = Filter::parse(text) {
                filter.admits(&anna());
                filter.conditions();
            }
        }
    }

    #[test]
    fn whatever_is_patched_stays_a_resource_and_patching_twice_with_replace_is_patching_once(
        operations in prop::collection::vec(
            (prop::sample::select(vec!["add", "Replace", "remove"]), prop::option::of(paths()), prop::option::of(values())),
            1..4,
        ),
        strict in any::<bool>(),
    ) {
        let leniency = if strict { Strict } else { Lenient };
        let list: Vec<Value> = operations
            .iter()
            .map(|(op, path, value)| {
                let mut operation = json!({ "op": op });
                if let Some(path) = path { operation["path"] = path.as_str().into(); }
                if let Some(value) = value { operation["value"] = value.clone(); }
                operation
            })
            .collect();
        let body = json!({ "schemas": [PATCH_OP], "Operations": list });
        let Ok(operations) = read_operations(&body, leniency) else { return Ok(()); };
        let Ok(once) = apply(&anna(), &operations, leniency) else { return Ok(()); };
        // What is kept can be read back as it is, to the letter of the schema.
        let mut read = read_resource(&Value::from(once.attributes.clone()), Strict).unwrap();
        prop_assert_eq!(&read.attributes, &once.attributes);
        read.attributes.remove("emails");
        facts(&once.attributes);
        if list.iter().all(|operation| operation["op"] == "Replace") {
            let twice = apply(&once.attributes, &operations, leniency).unwrap();
            prop_assert_eq!(twice.attributes, once.attributes);
        }
    }
}

#[test]
fn an_end_confirms_only_if_no_employment_goes_on() {
    use crate::domain::employment::{Employment, EmploymentDocument, EmploymentState};
    use chrono::NaiveDate;
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let employment = |end: Option<&str>, state| {
        Employment {
        id: uuid::Uuid::nil().into(),
        source: "hr".parse().unwrap(),
        external_id: "e-1".parse().unwrap(),
        person_id: uuid::Uuid::nil().into(),
        unit_id: uuid::Uuid::nil().into(),
        legal_entity_id: uuid::Uuid::nil().into(),
        manager_id: None,
        document: serde_json::from_value::<EmploymentDocument>(json!({
            "person": { "external_id": "p-1" }, "kind": "employee", "unit": "U", "manager": null, "state": state,
            "start_date": "2020-01-01", "end_date": end, "last_working_day": null, "sequence": 1, "occurred_at": null,
        }))
        .unwrap(),
        content_hash: String::new(),
        meta: crate::domain::record::Meta::new(chrono::DateTime::UNIX_EPOCH),
    }
    };
    let last = |ends: &[Option<&str>]| {
        let all: Vec<Employment> = ends
            .iter()
            .map(|end| employment(*end, EmploymentState::Active))
            .collect();
        confirming_end(&all, day("2027-01-11")).map(|end| end.last_day)
    };
    assert_eq!(last(&[]), None);
    assert_eq!(last(&[None]), None);
    assert_eq!(last(&[Some("2027-02-10")]), Some(day("2027-02-10")));
    assert_eq!(last(&[Some("2027-02-11")]), None);
    assert_eq!(
        last(&[Some("2026-01-31"), Some("2027-01-31")]),
        Some(day("2027-01-31"))
    );
    assert_eq!(last(&[Some("2027-01-31"), None]), None);
    let void = [employment(Some("2027-01-31"), EmploymentState::Void)];
    assert_eq!(confirming_end(&void, day("2027-01-11")), None);
}
