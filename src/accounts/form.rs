//! Readers for what forms and JSON write differently.

use serde::de::{Deserializer, Error, Visitor};
use std::borrow::Cow;
use validator::ValidationError;

/// A box: `1` and `on` of a form, `true` of JSON; absent is not ticked.
pub fn ticked<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    struct Ticked;
    impl Visitor<'_> for Ticked {
        type Value = bool;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("expected true, false, 1 or on")
        }
        fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
            match text {
                "1" | "on" | "true" => Ok(true),
                "" | "0" | "false" => Ok(false),
                other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
            }
        }
    }
    from.deserialize_any(Ticked)
}

/// One line of ordinary text: neither control characters nor what no decoder could read.
pub fn plain(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() || text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        return Err(ValidationError::new("plain").with_message(Cow::Borrowed("account-bad-character")));
    }
    Ok(())
}
