//! What people type about people.

use crate::accounts::form::{plain, ticked};
use serde::Deserialize;
use std::borrow::Cow;
use validator::{Validate, ValidationError};

#[derive(Deserialize, Validate)]
pub struct LoginForm {
    #[validate(length(min = 1, max = 200, message = "login-name-missing"))]
    pub login: String,
    #[validate(length(min = 1, max = 1000, message = "login-password-missing"))]
    pub password: String,
    #[serde(default, deserialize_with = "ticked")]
    pub keep: bool,
    #[serde(default)]
    pub next: String,
}

#[derive(Deserialize, Validate)]
pub struct PasswordForm {
    #[validate(length(min = 1, max = 1000, message = "login-password-missing"))]
    pub current: String,
    #[validate(length(min = 1, max = 1000, message = "login-password-missing"))]
    pub password: String,
    #[validate(must_match(other = "password", message = "account-password-differs"))]
    pub repeat: String,
}

/// A login is a phone number, an address or a short name; one account has one, whatever its case.
fn login(text: &str) -> Result<(), ValidationError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    if (2..=60).contains(&text.trim().len()) && text.trim().chars().all(fine) {
        return Ok(());
    }
    Err(ValidationError::new("login").with_message(Cow::Borrowed("account-login-wrong")))
}

#[derive(Deserialize, Validate)]
pub struct NewUserForm {
    #[validate(custom(function = "login"))]
    pub login: String,
    #[validate(length(max = 60), custom(function = "plain"))]
    pub name: String,
    pub role: String,
    #[serde(default)]
    pub permissions: Vec<String>,
    #[validate(length(min = 1, max = 1000, message = "login-password-missing"))]
    pub password: String,
    /// An admin says of which merchant; an owner's people are their own.
    #[serde(default)]
    pub merchant: Option<i64>,
}

#[derive(Deserialize, Validate)]
pub struct UserForm {
    #[validate(length(max = 60), custom(function = "plain"))]
    pub name: String,
    pub role: String,
    #[serde(default)]
    pub permissions: Vec<String>,
    #[serde(default, deserialize_with = "ticked")]
    pub active: bool,
    /// Empty: as it was.
    #[serde(default)]
    #[validate(length(max = 1000))]
    pub password: String,
}
