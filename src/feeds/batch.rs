//! Reads a call's body into lines: one object, an array, or an envelope with `lines`.

use crate::error::Code;
use crate::text::Text;
use crate::wire::MAX_LINES;
use crate::{Error, Result};
use serde_json::Value;

/// What happens to the good lines when others are bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Policy {
    /// Each line for itself.
    #[default]
    Rows,
    /// All or none.
    All,
}

impl Policy {
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Rows => "rows",
            Policy::All => "all",
        }
    }
}

/// Lines to apply and how.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub lines: Vec<Value>,
    pub policy: Policy,
    /// Do everything, tell everything, keep nothing.
    pub preview: bool,
    /// The gate has let them out: its switches are not asked again.
    pub past_gate: bool,
    /// The idempotency key, from the header or `requestId`.
    pub key: Option<String>,
}

impl Batch {
    /// Reads a write's body.
    ///
    /// # Errors
    /// `BAD_JSON`, `BAD_SHAPE`, `BAD_COUNT`: nothing of such a call is applied.
    pub fn read(body: &[u8], header_key: Option<&str>) -> Result<Self> {
        let mut batch = Self { key: header_key.map(ToOwned::to_owned), ..Self::default() };
        match parse(body)? {
            Value::Array(lines) => batch.lines = lines,
            Value::Object(mut map) if map.contains_key("lines") => {
                batch.lines = match map.remove("lines") {
                    Some(Value::Array(lines)) => lines,
                    Some(line @ Value::Object(_)) => vec![line],
                    _ => return Err(Error::Call(Code::BadShape, Text::new("api-bad-lines"))),
                };
                batch.policy = match map.get("onError").and_then(Value::as_str) {
                    None | Some("rows") => Policy::Rows,
                    Some("all") => Policy::All,
                    Some(other) => {
                        return Err(Error::Call(Code::BadShape, Text::new("api-bad-policy").with(other)));
                    }
                };
                batch.preview =
                    matches!(map.get("preview"), Some(Value::Bool(true))) || map.get("preview").is_some_and(|v| v == 1 || v == "1");
                if batch.key.is_none() {
                    batch.key = map.get("requestId").and_then(Value::as_str).map(ToOwned::to_owned);
                }
            }
            line @ Value::Object(_) => {
                if batch.key.is_none() {
                    batch.key = line.get("requestId").and_then(Value::as_str).map(ToOwned::to_owned);
                }
                batch.lines = vec![line];
            }
            _ => return Err(Error::Call(Code::BadShape, Text::new("api-bad-shape"))),
        }
        // `requestId` names the call, not the row, wherever it stands.
        if let [Value::Object(only)] = batch.lines.as_mut_slice() {
            only.shift_remove("requestId");
        }
        match batch.lines.len() {
            0 => Err(Error::Call(Code::BadCount, Text::new("api-no-lines"))),
            n if n > MAX_LINES => Err(Error::Call(Code::BadCount, Text::new("api-too-many-lines").with(n).with(MAX_LINES))),
            _ => Ok(batch),
        }
    }
}

/// Parses JSON; a lone surrogate spoils only the field it stands in (it becomes U+FFFD, which fields refuse).
pub fn parse(body: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(body).map_err(|e| Error::Call(Code::BadJson, Text::new("api-not-utf8").with(e.valid_up_to())))?;
    serde_json::from_str(text).or_else(|first| {
        let bad = |e: &serde_json::Error| {
            Error::Call(Code::BadJson, Text::new("api-bad-json").with(e.line()).with(e.column()).with(e.to_string()))
        };
        if text.contains("\\u") { serde_json::from_str(&replace_lone_surrogates(text)).map_err(|_| bad(&first)) } else { Err(bad(&first)) }
    })
}

fn replace_lone_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let escape = from.get(..6).filter(|e| e.starts_with("\\u"));
        let unit = |e: Option<&str>| e.and_then(|e| e.strip_prefix("\\u")).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let taken = match unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(unit(from.get(6..12)), Some(0xDC00..=0xDFFF)) => from.get(..12).unwrap_or(from),
            Some(0xD800..=0xDFFF) => {
                out.push_str("\\uFFFD");
                rest = from.get(6..).unwrap_or("");
                continue;
            }
            Some(_) => from.get(..6).unwrap_or(from),
            None => {
                let after = from.chars().nth(1).map_or(1, |c| 1 + c.len_utf8());
                from.get(..after).unwrap_or(from)
            }
        };
        out.push_str(taken);
        rest = from.get(taken.len()..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_object_array_and_envelope() {
        assert_eq!(Batch::read(br#"{"skuId":"a"}"#, None).unwrap().lines, [json!({"skuId":"a"})]);
        assert_eq!(Batch::read(br#"[{"skuId":"a"},{"skuId":"b"}]"#, None).unwrap().lines.len(), 2);
        let whole = Batch::read(br#"{"requestId":"r1","onError":"all","preview":true,"lines":[{"skuId":"a"}]}"#, None).unwrap();
        assert_eq!((whole.key.as_deref(), whole.policy, whole.preview), (Some("r1"), Policy::All, true));
        let single = Batch::read(br#"{"skuId":"a","requestId":"r2"}"#, None).unwrap();
        assert_eq!((single.key.as_deref(), single.lines), (Some("r2"), vec![json!({"skuId":"a"})]));
    }

    #[test]
    fn refuses_what_is_no_batch() {
        for (body, code) in [
            (&b"[]"[..], Code::BadCount),
            (b"7", Code::BadShape),
            (b"{\"lines\":3}", Code::BadShape),
            (b"{\"a\":", Code::BadJson),
            (b"\xff", Code::BadJson),
            (b"{\"lines\":[{}],\"onError\":\"some\"}", Code::BadShape),
        ] {
            assert!(matches!(Batch::read(body, None), Err(Error::Call(found, _)) if found == code), "{body:?}");
        }
        let many = serde_json::to_vec(&vec![json!({}); 1001]).unwrap();
        assert!(matches!(Batch::read(&many, None), Err(Error::Call(Code::BadCount, _))));
    }

    #[test]
    fn a_lone_surrogate_spoils_only_its_field() {
        let lines = parse(br#"[{"n":"a\ud83d\ude00\\ud800"},{"n":"x\ud800y"}]"#).unwrap();
        assert_eq!(lines, json!([{"n":"a😀\\ud800"},{"n":"x\u{FFFD}y"}]));
    }
}
