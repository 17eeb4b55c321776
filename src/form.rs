//! What was typed and what is wrong with it: enough to show a form again.

use crate::text::Text;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

/// The typed values and the complaints by field; the empty field name holds complaints about the whole form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    typed: Vec<(String, String)>,
    errors: BTreeMap<String, Vec<Text>>,
}

impl Form {
    pub fn of(typed: Vec<(String, String)>) -> Self {
        Self { typed, errors: BTreeMap::new() }
    }
    pub fn filled<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        Self::of(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }
    #[must_use]
    pub fn with_error(mut self, field: &str, text: Text) -> Self {
        self.complain(field, text);
        self
    }
    pub fn complain(&mut self, field: &str, text: Text) {
        self.errors.entry(field.to_owned()).or_default().push(text);
    }
    /// With a value the page decides, such as the version it was shown with.
    #[must_use]
    pub fn with_value(mut self, field: &str, value: String) -> Self {
        self.typed.retain(|(k, _)| k != field);
        self.typed.push((field.to_owned(), value));
        self
    }
    /// Never hand a secret back to the page.
    #[must_use]
    pub fn forget(mut self, field: &str) -> Self {
        self.typed.retain(|(k, _)| k != field);
        self
    }
    pub fn value(&self, name: &str) -> &str {
        self.typed.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }
    /// Whether one of several boxes of the same name is ticked.
    pub fn holds(&self, name: &str, value: &str) -> bool {
        self.typed.iter().any(|(k, v)| k == name && v == value)
    }
    pub fn error(&self, name: &str) -> Option<&Text> {
        self.errors.get(name).and_then(|all| all.first())
    }
    pub fn is_bad(&self) -> bool {
        !self.errors.is_empty()
    }
    pub fn errors(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.errors.iter().flat_map(|(field, all)| all.iter().map(move |text| (field.as_str(), text)))
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.errors.len()))?;
        for (field, texts) in &self.errors {
            map.serialize_entry(field, texts)?;
        }
        map.end()
    }
}
