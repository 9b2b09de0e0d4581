//! The attributes that are kept, and how they are published.

use serde_json::{Value, json};

/// The schema of users (RFC 7643 §4.1).
pub const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The enterprise extension (RFC 7643 §4.3).
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// A list of resources (RFC 7644 §3.4.2).
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// A change of a resource (RFC 7644 §3.5.2).
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// A search by POST (RFC 7644 §3.4.3).
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// An error (RFC 7644 §3.12).
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// A type of resources (RFC 7643 §6).
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// The most resources of one answer.
const MAX_RESULTS: u32 = 200;
/// As RFC 7643 §8.7.1 has them, without the attributes that are not kept.
const SCHEMAS: &str = include_str!("schemas.json");

/// What values an attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Boolean,
    Complex(&'static [Attribute]),
}

/// One attribute.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    pub is_list: bool,
    /// Whether letter case counts when it is compared.
    pub case_exact: bool,
    /// Whether clients can set it.
    pub is_read_only: bool,
}

const fn text(name: &'static str) -> Attribute {
    Attribute {
        name,
        kind: Kind::Text,
        is_list: false,
        case_exact: false,
        is_read_only: false,
    }
}

const fn exact(name: &'static str) -> Attribute {
    Attribute {
        case_exact: true,
        ..text(name)
    }
}

const fn boolean(name: &'static str) -> Attribute {
    Attribute {
        kind: Kind::Boolean,
        ..text(name)
    }
}

const fn complex(name: &'static str, parts: &'static [Attribute], is_list: bool) -> Attribute {
    Attribute {
        kind: Kind::Complex(parts),
        is_list,
        ..text(name)
    }
}

/// The sub-attributes of `emails`.
pub(super) const EMAIL: &[Attribute] = &[text("value"), text("display"), text("type"), boolean("primary")];

const NAME: &[Attribute] = &[
    text("formatted"),
    text("familyName"),
    text("givenName"),
    text("middleName"),
    text("honorificPrefix"),
    text("honorificSuffix"),
];

const MANAGER: &[Attribute] = &[
    exact("value"),
    exact("$ref"),
    Attribute {
        is_read_only: true,
        ..text("displayName")
    },
];

/// The attributes of the core schema that are kept.
pub(super) const USER: &[Attribute] = &[
    text("userName"),
    exact("externalId"),
    complex("name", NAME, false),
    text("displayName"),
    text("title"),
    text("userType"),
    boolean("active"),
    complex("emails", EMAIL, true),
];

/// The attributes of the extension.
pub(super) const EXTENSION: &[Attribute] = &[
    text("employeeNumber"),
    text("costCenter"),
    text("organization"),
    text("division"),
    text("department"),
    complex("manager", MANAGER, false),
];

/// Attributes of RFC 7643 that clients send and that are not kept, in small letters.
const NOT_KEPT: &[&str] = &[
    "nickname",
    "profileurl",
    "preferredlanguage",
    "locale",
    "timezone",
    "password",
    "phonenumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509certificates",
];

/// The attribute of this name, in any case.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// Whether the RFC has an attribute of this name that is not kept here.
pub(super) fn is_known_elsewhere(name: &str) -> bool {
    NOT_KEPT.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The published schemas, each with its address.
pub fn schemas(base: &str) -> Vec<Value> {
    let mut schemas: Vec<Value> = serde_json::from_str(SCHEMAS).unwrap_or_default();
    for schema in &mut schemas {
        let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
        let meta = json!({ "resourceType": "Schema", "location": format!("{base}/Schemas/{id}") });
        if let Some(members) = schema.as_object_mut() {
            members.insert("meta".to_owned(), meta);
        }
    }
    schemas
}

/// The one type of resources: users.
pub fn resource_type(base: &str) -> Value {
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "User Account",
        "schema": CORE,
        "schemaExtensions": [{ "schema": ENTERPRISE, "required": false }],
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/User") },
    })
}

/// What of the protocol there is (RFC 7643 §5).
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MAX_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token of the connection",
            "description": "A token that the operator makes with `handback scim-connection create`.",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}
