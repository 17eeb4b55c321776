//! What somebody types to make a credential, and to check a signature.

use super::address;
use super::model::{ACK_MODES, CHANNELS, NewApp};
use crate::accounts::form::{plain, ticked};
use crate::clock::china;
use crate::form::Form;
use crate::ids::ShopId;
use crate::text::{Lang, Text};
use crate::wire::{Module, STOREFRONT};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use validator::Validate;

const MOST_NETWORKS: usize = 50;

#[derive(Deserialize, Validate)]
pub struct AppForm {
    #[validate(length(max = 60), custom(function = "plain"))]
    pub name: String,
    pub channel: String,
    #[serde(default, deserialize_with = "ticked")]
    pub sandbox: bool,
    #[serde(default)]
    #[validate(length(min = 1, message = "keys-scope-missing"))]
    pub scopes: Vec<String>,
    /// None ticked: all.
    #[serde(default)]
    pub shops: Vec<i64>,
    /// One address or network a line.
    #[serde(default)]
    pub ip_allow: String,
    #[serde(default, deserialize_with = "ticked")]
    pub always_200: bool,
    /// Missing: `explicit`.
    #[serde(default)]
    pub ack_mode: String,
    /// A date; the credential works until its end in China.
    #[serde(default)]
    pub expires: String,
    #[serde(default)]
    pub language: String,
}

/// Every scope there is: module and right.
pub fn scopes() -> impl Iterator<Item = String> {
    let modules = Module::ALL.into_iter().flat_map(|module| ["read", "write"].map(|right| format!("{}:{right}", module.as_str())));
    modules.chain([STOREFRONT.to_owned()])
}

impl AppForm {
    /// What was typed, to show again.
    pub fn shown(&self) -> Form {
        let tick = |on: bool| if on { "1" } else { "" }.to_owned();
        let one = [
            ("name", self.name.clone()),
            ("channel", self.channel.clone()),
            ("sandbox", tick(self.sandbox)),
            ("ip_allow", self.ip_allow.clone()),
            ("always_200", tick(self.always_200)),
            ("ack_mode", self.ack_mode.clone()),
            ("expires", self.expires.clone()),
            ("language", self.language.clone()),
        ];
        let scopes = self.scopes.iter().map(|s| ("scopes", s.clone()));
        let shops = self.shops.iter().map(|s| ("shops", s.to_string()));
        Form::filled(one.into_iter().chain(scopes).chain(shops))
    }

    /// # Errors
    /// The form again, with every complaint.
    pub fn read(self, shops: &[ShopId], now: DateTime<Utc>) -> Result<NewApp, Form> {
        let mut form = self.shown();
        let known: Vec<String> = scopes().collect();
        if !CHANNELS.contains(&self.channel.as_str()) {
            form.complain("channel", Text::new("keys-channel-wrong"));
        }
        let ack_mode = if self.ack_mode.is_empty() { "explicit" } else { &self.ack_mode }.to_owned();
        if !ACK_MODES.contains(&ack_mode.as_str()) {
            form.complain("ack_mode", Text::new("form-wrong"));
        }
        if let Some(unknown) = self.scopes.iter().find(|s| !known.contains(s)) {
            form.complain("scopes", Text::new("keys-scope-wrong").with(unknown));
        }
        if let Some(unknown) = self.shops.iter().find(|s| !shops.contains(&ShopId(**s))) {
            form.complain("shops", Text::new("keys-shop-wrong").with(unknown.to_string()));
        }
        let networks = networks(&self.ip_allow, &mut form);
        let expires_at = expiry(&self.expires, now, &mut form);
        if form.is_bad() {
            return Err(form);
        }
        Ok(NewApp {
            name: self.name.trim().to_owned(),
            channel: self.channel,
            sandbox: self.sandbox,
            scopes: known.into_iter().filter(|scope| self.scopes.contains(scope)).collect(),
            shops: (!self.shops.is_empty()).then(|| self.shops.into_iter().map(ShopId).collect()),
            merchants: None,
            ip_allow: networks,
            always_200: self.always_200,
            ack_mode,
            expires_at,
            language: Lang::read(&self.language),
        })
    }
}

/// Several short things in one text area.
pub(super) fn words(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '、');
    text.split(between).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// The addresses and networks of `ip_allow`; complaints go to the form.
pub(super) fn networks(text: &str, form: &mut Form) -> Vec<String> {
    let networks = words(text);
    if let Some(wrong) = networks.iter().find(|n| !address::is_network(n)) {
        form.complain("ip_allow", Text::new("keys-network-wrong").with(wrong));
    }
    if networks.len() > MOST_NETWORKS {
        form.complain("ip_allow", Text::new("keys-networks-many").with(MOST_NETWORKS));
    }
    networks
}

/// The end of the day that `expires` names; complaints go to the form.
pub(super) fn expiry(text: &str, now: DateTime<Utc>, form: &mut Form) -> Option<DateTime<Utc>> {
    match end_of_day(text) {
        Ok(end) if end.is_none_or(|end| end > now) => return end,
        Ok(_) => form.complain("expires", Text::new("keys-expiry-past")),
        Err(()) => form.complain("expires", Text::new("keys-expiry-wrong")),
    }
    None
}

/// The end of a day in China; nothing for nothing.
fn end_of_day(text: &str) -> Result<Option<DateTime<Utc>>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| ())?;
    let next = day.succ_opt().ok_or(())?.and_time(NaiveTime::MIN);
    next.and_local_timezone(china()).single().map(|end| Some(end.to_utc())).ok_or(())
}

/// A request as somebody's program sent it.
#[derive(Deserialize, Validate)]
pub struct CheckForm {
    #[validate(length(max = 64))]
    pub app_key: String,
    #[validate(length(max = 10))]
    pub method: String,
    #[validate(length(max = 2000))]
    pub path: String,
    #[validate(length(max = 20))]
    pub timestamp: String,
    #[validate(length(max = 64))]
    pub nonce: String,
    #[serde(default)]
    #[validate(length(max = 200_000))]
    pub body: String,
    #[validate(length(max = 200))]
    pub signature: String,
}

impl CheckForm {
    pub fn shown(&self) -> Form {
        Form::filled([
            ("app_key", self.app_key.clone()),
            ("method", self.method.clone()),
            ("path", self.path.clone()),
            ("timestamp", self.timestamp.clone()),
            ("nonce", self.nonce.clone()),
            ("body", self.body.clone()),
            ("signature", self.signature.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_in_china() {
        let end = end_of_day("2026-11-22").unwrap().unwrap();
        assert_eq!(end.to_rfc3339(), "2026-11-22T16:00:00+00:00");
        assert_eq!(end_of_day(" "), Ok(None));
        assert_eq!(end_of_day("22.11.2026"), Err(()));
    }
}
