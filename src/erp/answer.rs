//! Reading what an ERP answers: enveloped as the seed's writes are, or bare as its reads are.

use serde_json::Value;

/// What an ERP's answer comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The envelope's `data`, or the whole of a bare answer; `Null` where it only says yes.
    Yes(Value),
    /// It will not, in its own words; asking again is of no use.
    No(String),
    /// Nothing that can be understood, or an error of its own: worth another try.
    Nothing,
}

/// What is kept of an ERP's own words.
const WORDS: usize = 200;
/// Statuses that mean "later": time-out, too early, too many.
const LATER: [u16; 3] = [408, 425, 429];

/// Reads an answer; an ERP that always says HTTP 200 says no in its envelope.
pub fn read(status: u16, body: &[u8]) -> Answer {
    let said = std::str::from_utf8(body).ok().map(|text| text.trim_start_matches('\u{feff}').trim());
    let value: Option<Value> = match said {
        Some("") => Some(Value::Null),
        Some(text) => serde_json::from_str(text).ok(),
        None => None,
    };
    if LATER.contains(&status) || !(200..500).contains(&status) {
        return Answer::Nothing;
    }
    if status >= 300 {
        // A redirect is no answer; whoever stands there instead of the ERP may say anything.
        return if status >= 400 { Answer::No(words(value.as_ref(), status)) } else { Answer::Nothing };
    }
    match value {
        None => Answer::Nothing,
        Some(value) if !is_envelope(&value) => Answer::Yes(value),
        Some(value) => {
            let refused = value.get("success").and_then(truth) == Some(false) || !value.get("code").is_none_or(is_good);
            if refused {
                return if value.get("code").and_then(number).is_some_and(|code| code >= 500 || LATER.iter().any(|l| i64::from(*l) == code))
                {
                    Answer::Nothing
                } else {
                    Answer::No(words(Some(&value), status))
                };
            }
            Answer::Yes(value.get("data").cloned().unwrap_or(Value::Null))
        }
    }
}

/// A SKU's details have a `code` of their own, so that word alone makes no envelope.
fn is_envelope(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("success") || (has("code") && (has("msg") || has("message") || has("data")))
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is) => Some(*is),
        Value::Number(n) => n.as_i64().map(|n| n != 0),
        Value::String(s) => match s.to_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, as a number or as text.
pub fn number(value: &Value) -> Option<i64> {
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and far from the limits of what a float counts exactly")]
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64)),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

fn is_good(code: &Value) -> bool {
    matches!(number(code), Some(0 | 200..=299)) || code.is_null()
}

/// The ERP's own words, short and printable.
fn words(value: Option<&Value>, status: u16) -> String {
    let said = value.and_then(|v| ["msg", "message", "error"].iter().find_map(|name| v.get(name).and_then(Value::as_str)));
    let said: String = said.unwrap_or_default().chars().filter(|c| !c.is_control()).take(WORDS).collect();
    if said.is_empty() { format!("HTTP {status}") } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn of(status: u16, value: &Value) -> Answer {
        read(status, value.to_string().as_bytes())
    }

    //
    #[test]
    fn bare_and_enveloped_say_the_same() {
        let data = json!({ "skuId": "S1", "inventory": 7 });
        assert_eq!(of(200, &data), Answer::Yes(data.clone()));
        assert_eq!(of(200, &json!({ "code": 200, "msg": "success", "success": true, "data": data })), Answer::Yes(data.clone()));
        assert_eq!(of(200, &json!({ "code": "0", "data": data })), Answer::Yes(data));
        let detail = json!({ "skuId": "S1", "code": "100382", "inventory": 7 });
        assert_eq!(of(200, &detail), Answer::Yes(detail.clone()));
        assert_eq!(of(201, &json!({ "code": 200, "msg": "success", "success": true })), Answer::Yes(Value::Null));
        assert_eq!(read(204, b""), Answer::Yes(Value::Null));
        assert_eq!(read(200, "\u{feff}{\"inventory\":3}".as_bytes()), Answer::Yes(json!({ "inventory": 3 })));
    }

    // the HTTP status may lie, the envelope does not.
    #[test]
    fn no_is_told_in_the_erps_own_words() {
        assert_eq!(of(200, &json!({ "code": 422, "msg": "客户已停用", "success": false })), Answer::No("客户已停用".into()));
        assert_eq!(of(200, &json!({ "success": "false", "message": "no\u{7}such order" })), Answer::No("nosuch order".into()));
        assert_eq!(of(404, &json!({})), Answer::No("HTTP 404".into()));
    }

    #[test]
    fn what_may_be_better_later_is_no_refusal() {
        for status in [302, 408, 429, 500, 502, 503] {
            assert_eq!(of(status, &json!({ "code": 200, "success": true })), Answer::Nothing, "{status}");
        }
        assert_eq!(of(200, &json!({ "code": 503, "msg": "busy" })), Answer::Nothing);
        assert_eq!(read(200, b"<html>"), Answer::Nothing);
        assert_eq!(read(200, &[0xff, 0xfe]), Answer::Nothing);
    }

    proptest! {
        // G17: whatever comes is read to an end.
        #[test]
        fn nothing_an_erp_says_breaks_the_reader(status in any::<u16>(), body in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(status, &body);
        }

        #[test]
        fn deep_nesting_is_refused(depth in 200_usize..2000) {
            let body = "[".repeat(depth) + &"]".repeat(depth);
            prop_assert_eq!(read(200, body.as_bytes()), Answer::Nothing);
        }
    }
}
