//! What people and machines send to the back office: a form or JSON, read into one type, checked once.

use crate::form::Form;
use crate::text::Text;
use crate::{Error, Result};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Bytes};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use validator::{Validate, ValidationError};

/// Extracts `T` from a form or JSON body. Bad content is not a failed request: it is a form to show again.
///
/// A validator's `message` is a text key; without one the kind of rule decides.
pub struct Input<T>(std::result::Result<T, Form>);

impl<T> Input<T> {
    pub fn checked(self) -> Result<T> {
        self.0.map_err(Error::invalid)
    }
    pub fn or_form(self) -> std::result::Result<T, Form> {
        self.0
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Input<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self, actix_web::Error>>>>;
    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = req.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
        let body = Bytes::from_request(req, payload);
        Box::pin(async move { Ok(Input(read(&body.await?, json))) })
    }
}

fn read<T: DeserializeOwned + Validate>(body: &[u8], json: bool) -> std::result::Result<T, Form> {
    let mut form = Form::default();
    let value: std::result::Result<T, (String, String)> = if json {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(body))
            .map_err(|e| (e.path().to_string(), e.inner().to_string()))
    } else {
        form = Form::of(form_urlencoded::parse(body).into_owned().collect());
        let fields = serde_html_form::Deserializer::new(form_urlencoded::parse(body));
        serde_path_to_error::deserialize(fields).map_err(|e| (e.path().to_string(), e.inner().to_string()))
    };
    match value {
        Err((path, why)) => {
            let field = if path == "." { String::new() } else { path };
            Err(form.with_error(&field, misread(&why)))
        }
        Ok(value) => match value.validate() {
            Ok(()) => Ok(value),
            Err(all) => {
                for (field, complaints) in all.field_errors() {
                    for complaint in complaints {
                        form.complain(&field, text_of(complaint));
                    }
                }
                Err(form)
            }
        },
    }
}

/// Serde's English in our words; what it quotes is kept.
fn misread(why: &str) -> Text {
    if let Some(field) = why.strip_prefix("missing field `") {
        return Text::new("form-missing").with(field.trim_end_matches('`'));
    }
    if why.contains("invalid digit") || why.contains("invalid type") || why.contains("cannot parse integer") || why.contains("expected") {
        return Text::new("form-wrong-type");
    }
    Text::new("form-misread").with(why)
}

fn text_of(e: &ValidationError) -> Text {
    let limit = |name: &str| e.params.get(name).map(|v| v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned));
    if let Some(key) = &e.message {
        return Text::keyed(Cow::Owned(key.to_string()));
    }
    match (limit("min"), limit("max")) {
        (Some(min), Some(max)) => Text::new("form-between").with(min).with(max),
        (Some(min), None) if e.code == "length" => Text::new("form-too-short").with(min),
        (None, Some(max)) if e.code == "length" => Text::new("form-too-long").with(max),
        (Some(min), None) => Text::new("form-at-least").with(min),
        (None, Some(max)) => Text::new("form-at-most").with(max),
        (None, None) => Text::new("form-wrong"),
    }
}
