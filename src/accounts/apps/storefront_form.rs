//! What an admin types to make a credential for a storefront of the platform's.

use super::form::{expiry, networks, words};
use super::model::{CHANNELS, NewApp};
use crate::accounts::form::{plain, ticked};
use crate::form::Form;
use crate::merchants::Merchant;
use crate::text::{Lang, Text};
use crate::wire::STOREFRONT;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use validator::Validate;

/// More merchants than this are told by "all".
const MOST_MERCHANTS: usize = 500;

#[derive(Deserialize, Validate)]
pub struct StorefrontForm {
    #[validate(length(max = 60), custom(function = "plain"))]
    pub name: String,
    pub channel: String,
    /// Codes in any number of lines; none: every merchant.
    #[serde(default)]
    #[validate(length(max = 40_000))]
    pub merchants: String,
    #[serde(default, deserialize_with = "ticked")]
    pub sandbox: bool,
    /// One address or network a line.
    #[serde(default)]
    pub ip_allow: String,
    #[serde(default, deserialize_with = "ticked")]
    pub always_200: bool,
    /// A date; the credential works until its end in China.
    #[serde(default)]
    pub expires: String,
    #[serde(default)]
    pub language: String,
}

impl StorefrontForm {
    /// What was typed, to show again.
    pub fn shown(&self) -> Form {
        let tick = |on: bool| if on { "1" } else { "" }.to_owned();
        Form::filled([
            ("name", self.name.clone()),
            ("channel", self.channel.clone()),
            ("merchants", self.merchants.clone()),
            ("sandbox", tick(self.sandbox)),
            ("ip_allow", self.ip_allow.clone()),
            ("always_200", tick(self.always_200)),
            ("expires", self.expires.clone()),
            ("language", self.language.clone()),
        ])
    }

    /// The codes named, each once.
    pub fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = words(&self.merchants).into_iter().map(|code| code.to_lowercase()).collect();
        codes.sort();
        codes.dedup();
        codes
    }

    /// `known` are the merchants that [`Self::codes`] found.
    ///
    /// # Errors
    /// The form again, with every complaint.
    pub fn read(self, known: &[Merchant], now: DateTime<Utc>) -> Result<NewApp, Form> {
        let mut form = self.shown();
        if !CHANNELS.contains(&self.channel.as_str()) {
            form.complain("channel", Text::new("keys-channel-wrong"));
        }
        let codes = self.codes();
        if codes.len() > MOST_MERCHANTS {
            form.complain("merchants", Text::new("storefronts-merchants-many").with(MOST_MERCHANTS));
        } else if let Some(unknown) = codes.iter().find(|code| !known.iter().any(|m| m.code == **code)) {
            form.complain("merchants", Text::new("storefronts-merchant-wrong").with(unknown));
        }
        let ip_allow = networks(&self.ip_allow, &mut form);
        let expires_at = expiry(&self.expires, now, &mut form);
        if form.is_bad() {
            return Err(form);
        }
        Ok(NewApp {
            name: self.name.trim().to_owned(),
            channel: self.channel,
            sandbox: self.sandbox,
            scopes: vec![STOREFRONT.to_owned()],
            merchants: (!known.is_empty()).then(|| known.iter().map(|m| m.id).collect()),
            ip_allow,
            always_200: self.always_200,
            expires_at,
            language: Lang::read(&self.language),
            ..NewApp::default()
        })
    }
}
