//! The OpenAPI 3.1 description of the open platform, made from the methods themselves.

use super::{Field, Kind, LineCode, Method, Need};
use crate::error::Code;
use crate::text::Lang;
use serde_json::{Map, Value, json};

/// The whole description, in English; deterministic, so that the checked-in copy can be compared.
pub fn describe(methods: &[&Method]) -> Value {
    let lang = Lang::En;
    let paths: Map<String, Value> = methods.iter().map(|m| (format!("/api/{}", m.name), json!({ "post": operation(m, lang) }))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Duijie open platform",
            "version": env!("CARGO_PKG_VERSION"),
            "description": lang.say("docs-intro", &[]),
        },
        "servers": [{ "url": "/" }],
        "security": [{ "appKey": [], "timestamp": [], "nonce": [], "signature": [] }],
        "paths": paths,
        "components": { "securitySchemes": security(), "schemas": schemas(lang), "responses": responses(lang) },
    })
}

fn operation(method: &Method, lang: Lang) -> Value {
    let line = line_schema(method.fields, lang);
    let example: Value = serde_json::from_str(method.example).unwrap_or(Value::Null);
    let answer: Value = serde_json::from_str(method.answer).unwrap_or(Value::Null);
    let body = if method.writes() {
        json!({ "oneOf": [
            line,
            { "type": "array", "minItems": 1, "maxItems": super::MAX_LINES, "items": line },
            { "type": "object", "required": ["lines"], "properties": {
                "requestId": { "type": "string", "maxLength": 128, "description": lang.say("docs-request-id", &[]) },
                "onError": { "enum": ["rows", "all"], "default": "rows", "description": lang.say("docs-on-error", &[]) },
                "preview": { "type": "boolean", "default": false, "description": lang.say("docs-preview", &[]) },
                "lines": { "type": "array", "minItems": 1, "maxItems": super::MAX_LINES, "items": line },
            } },
        ] })
    } else {
        line
    };
    let data =
        if method.writes() { json!({ "$ref": "#/components/schemas/Report" }) } else { json!({ "description": "See the example." }) };
    let mut parameters = vec![
        json!({ "name": "merchant", "in": "query", "required": false, "schema": { "type": "string", "pattern": "^[a-z0-9-]{2,40}$" }, "description": lang.say("docs-merchant-how", &[]) }),
    ];
    if method.writes() {
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "minLength": 1, "maxLength": 128 }, "description": lang.say("docs-idempotency", &[]) }));
    }
    json!({
        "operationId": method.name,
        "tags": [method.module.as_str()],
        "summary": lang.say(method.about, &[]),
        "description": format!("Scope `{}`. Requirements: {}.", method.scopes(), method.source),
        "parameters": parameters,
        "requestBody": { "required": method.writes(), "content": { "application/json": { "schema": body, "example": example } } },
        "responses": {
            "200": { "description": "success", "content": { "application/json": {
                "schema": envelope(&data),
                "example": { "code": 200, "msg": "success", "success": true, "data": answer, "requestId": "019b0000-0000-7000-8000-000000000000" },
            } } },
            "400": { "$ref": "#/components/responses/Failure" },
            "401": { "$ref": "#/components/responses/Failure" },
            "403": { "$ref": "#/components/responses/Failure" },
            "404": { "$ref": "#/components/responses/Failure" },
            "409": { "$ref": "#/components/responses/Failure" },
            "413": { "$ref": "#/components/responses/Failure" },
            "422": { "$ref": "#/components/responses/Failure" },
            "429": { "$ref": "#/components/responses/TooMany" },
            "503": { "$ref": "#/components/responses/TooMany" },
        },
    })
}

fn line_schema(fields: &[Field], lang: Lang) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|f| (f.name.to_owned(), field_schema(f, lang))).collect();
    let required: Vec<&str> = fields.iter().filter(|f| f.need == Need::Always).map(|f| f.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": true })
}

fn field_schema(field: &Field, lang: Lang) -> Value {
    let mut schema = match field.kind {
        Kind::Text(max) => json!({ "type": ["string", "number"], "maxLength": max }),
        Kind::Id => json!({ "type": ["string", "integer"], "minLength": 1, "maxLength": 20 }),
        Kind::Shop | Kind::ShopOrAll => json!({ "type": ["string", "integer"], "pattern": "^[1-9][0-9]{0,18}$" }),
        Kind::Money | Kind::Weight => {
            json!({ "type": ["string", "number"], "pattern": "^[0-9]{1,10}(\\.[0-9]{1,2})?$" })
        }
        Kind::Price => {
            json!({ "type": ["string", "number", "null"], "pattern": "^([0-9]{1,10}(\\.[0-9]{1,2})?)?$" })
        }
        Kind::Count => {
            json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 2_147_483_647_i64 })
        }
        Kind::Bit => json!({ "enum": [0, 1, true, false, "0", "1"] }),
        Kind::Time => {
            json!({ "type": "string", "description": "yyyy-MM-dd HH:mm:ss at +08:00, or RFC 3339" })
        }
        Kind::Json(max) => {
            json!({ "description": format!("JSON, or JSON in a text of at most {max} characters") })
        }
        Kind::Number { min, max, default } => {
            json!({ "type": ["integer", "string"], "minimum": min, "maximum": max, "default": default })
        }
        Kind::OneOf(choices) => json!({ "enum": choices }),
        Kind::Ids => {
            json!({ "type": ["string", "array"], "items": { "type": ["string", "integer"] } })
        }
    };
    if let Some(map) = schema.as_object_mut() {
        let shape = map.get("description").and_then(Value::as_str).map(|d| format!(" ({d})")).unwrap_or_default();
        let need = match field.need {
            Need::Insert => " Needed when the row is new.",
            Need::Either => " This or another that says so must be there.",
            Need::Always | Need::Part | Need::Optional => "",
        };
        map.insert("description".into(), format!("{}{shape}.{need}", lang.say(field.about, &[])).into());
    }
    schema
}

fn envelope(data: &Value) -> Value {
    json!({ "type": "object", "required": ["code", "msg", "success"], "properties": {
        "code": { "type": "integer" }, "msg": { "type": "string" }, "success": { "type": "boolean" },
        "data": data, "requestId": { "type": "string" }, "error": { "type": "string" },
    } })
}

fn security() -> Value {
    let header = |name: &str, about: &str| json!({ "type": "apiKey", "in": "header", "name": name, "description": about });
    json!({
        "appKey": header("X-App-Key", "The credential's key"),
        "timestamp": header("X-Timestamp", "Unix seconds, at most 300 away from our clock"),
        "nonce": header("X-Nonce", "A new one for every request, 8 to 64 characters"),
        "signature": header("X-Signature", "hex HMAC-SHA256(secret, METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nSHA256HEX(body)\\n)"),
    })
}

fn schemas(lang: Lang) -> Value {
    let codes: Vec<&str> = LineCode::ALL.iter().map(|c| c.wire()).collect();
    let counts: Map<String, Value> = ["total", "applied", "unchanged", "held", "stale", "parked", "rejected"]
        .iter()
        .map(|n| ((*n).to_owned(), json!({ "type": "integer" })))
        .collect();
    let mut report = json!({ "type": "object", "description": lang.say("docs-report", &[]), "properties": counts });
    if let Some(map) = report.pointer_mut("/properties").and_then(Value::as_object_mut) {
        map.insert("feedId".into(), json!({ "type": ["string", "null"] }));
        map.insert("preview".into(), json!({ "type": "boolean" }));
        map.insert("lines".into(), json!({ "type": "array", "items": { "$ref": "#/components/schemas/Line" } }));
    }
    json!({
        "Report": report,
        "Line": { "type": "object", "required": ["line", "key", "outcome"], "properties": {
            "line": { "type": "integer", "minimum": 1 },
            "key": { "type": "string" },
            "outcome": { "enum": ["applied", "unchanged", "held", "stale", "parked", "rejected"] },
            "problems": { "type": "array", "items": { "$ref": "#/components/schemas/Problem" } },
            "now": { "type": "object", "description": "The values in force now." },
        } },
        "Problem": { "type": "object", "required": ["code", "field", "value", "msg"], "properties": {
            "code": { "enum": codes }, "field": { "type": "string" }, "value": { "type": "string" }, "msg": { "type": "string" },
        } },
    })
}

fn responses(lang: Lang) -> Value {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|c| c.wire()).collect();
    codes.extend(["ALL_REJECTED", "TOO_MANY", "BUSY", "BROKEN"]);
    let mut failure = envelope(&Value::Bool(true));
    if let Some(error) = failure.pointer_mut("/properties/error") {
        *error = json!({ "enum": codes });
    }
    json!({
        "Failure": { "description": lang.say("docs-failure", &[]), "content": { "application/json": { "schema": failure } } },
        "TooMany": { "description": lang.say("docs-too-many", &[]),
            "headers": { "Retry-After": { "schema": { "type": "integer" }, "description": "Seconds" } },
            "content": { "application/json": { "schema": failure } } },
    })
}
