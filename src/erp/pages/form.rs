//! What a merchant types about its ERP.

use crate::accounts::form::ticked;
use crate::erp::link::{Choice, Host, Link};
use crate::form::Form;
use crate::text::Text;
use reqwest::Url;
use serde::Deserialize;
use validator::Validate;

const MOST_BUFFER: i64 = 1_000_000;

#[derive(Deserialize, Validate)]
pub struct LinkForm {
    #[validate(length(min = 1, max = 500))]
    url: String,
    #[validate(length(min = 1, max = 100))]
    app_key: String,
    /// Empty: as it was.
    #[serde(default)]
    #[validate(length(max = 200))]
    secret: String,
    #[serde(default, deserialize_with = "ticked")]
    checks: bool,
    #[serde(default)]
    when_silent: String,
    #[serde(default)]
    #[validate(range(min = 0, max = MOST_BUFFER))]
    buffer: i64,
    #[serde(default, deserialize_with = "ticked")]
    pushes: bool,
    #[serde(default, deserialize_with = "ticked")]
    mirrors: bool,
}

/// What is known besides, to judge what was typed by.
pub struct Known {
    pub hosts: Vec<Host>,
    pub has_secret: bool,
    /// The merchant reckons by the triple, without which a mirror would take units off twice.
    pub triple: bool,
}

/// The link as it is, to be typed over; the secret stays here.
pub fn filled(link: Option<&Link>) -> Form {
    let tick = |on: bool| if on { "1" } else { "" }.to_owned();
    match link {
        None => Form::filled([("when_silent", "open".to_owned()), ("buffer", "0".to_owned())]),
        Some(l) => Form::filled([
            ("url", l.url.clone()),
            ("app_key", l.app_key.clone()),
            ("checks", tick(l.checks)),
            ("when_silent", l.when_silent.clone()),
            ("buffer", l.buffer.to_string()),
            ("pushes", tick(l.pushes)),
            ("mirrors", tick(l.mirrors)),
        ]),
    }
}

impl LinkForm {
    fn shown(&self) -> Form {
        let tick = |on: bool| if on { "1" } else { "" }.to_owned();
        Form::filled([
            ("url", self.url.clone()),
            ("app_key", self.app_key.clone()),
            ("checks", tick(self.checks)),
            ("when_silent", self.when_silent.clone()),
            ("buffer", self.buffer.to_string()),
            ("pushes", tick(self.pushes)),
            ("mirrors", tick(self.mirrors)),
        ])
    }

    /// # Errors
    /// The form again, with every complaint.
    pub fn read(self, known: &Known) -> Result<Choice, Form> {
        let mut form = self.shown();
        let url = match address(self.url.trim(), &known.hosts) {
            Ok(url) => Some(url),
            Err(complaint) => {
                form.complain("url", complaint);
                None
            }
        };
        let visible = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        if !visible(&self.app_key) {
            form.complain("app_key", Text::new("erp-key-wrong"));
        }
        if self.secret.is_empty() && !known.has_secret {
            form.complain("secret", Text::new("erp-secret-missing"));
        } else if !self.secret.is_empty() && (self.secret.len() < 16 || !visible(&self.secret)) {
            form.complain("secret", Text::new("erp-secret-wrong"));
        }
        if !matches!(self.when_silent.as_str(), "" | "open" | "closed") {
            form.complain("when_silent", Text::new("form-wrong"));
        }
        if self.mirrors && !known.triple {
            form.complain("mirrors", Text::new("erp-mirrors-triple"));
        }
        match url.filter(|_| !form.is_bad()) {
            None => Err(form),
            Some(url) => Ok(Choice {
                url,
                app_key: self.app_key,
                secret: Some(self.secret).filter(|s| !s.is_empty()),
                checks: self.checks,
                closed: self.when_silent == "closed",
                buffer: self.buffer,
                pushes: self.pushes,
                mirrors: self.mirrors,
            }),
        }
    }
}

/// An address that may be called, or what is wrong with it.
fn address(typed: &str, hosts: &[Host]) -> Result<Url, Text> {
    let url = Url::parse(typed).map_err(|_| Text::new("erp-url-wrong"))?;
    let host =
        url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")).ok_or_else(|| Text::new("erp-url-wrong"))?.to_lowercase();
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() || url.query().is_some() {
        return Err(Text::new("erp-url-bare"));
    }
    let Some(allowed) = hosts.iter().find(|h| h.host == host) else { return Err(Text::new("erp-url-host").with(host)) };
    if url.scheme() == "http" && !allowed.inside {
        return Err(Text::new("erp-url-tls"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    // security.md, outbound
    #[test]
    fn only_allowed_hosts_are_called_and_the_world_by_tls_alone() {
        let hosts = [Host { host: "erp.example.com".into(), inside: false }, Host { host: "10.0.0.8".into(), inside: true }];
        let why = |typed: &str| address(typed, &hosts).err().map(|t| t.key().to_owned());
        assert_eq!(why("https://ERP.example.com/api"), None);
        assert_eq!(why("http://10.0.0.8:8069/api"), None);
        assert_eq!(why("http://erp.example.com/api").as_deref(), Some("erp-url-tls"));
        assert_eq!(why("https://other.example.com").as_deref(), Some("erp-url-host"));
        assert_eq!(why("https://erp.example.com@other.example.com").as_deref(), Some("erp-url-bare"));
        assert_eq!(why("https://erp.example.com/?a=1").as_deref(), Some("erp-url-bare"));
        for odd in ["erp.example.com", "ftp://erp.example.com", "file:///etc/passwd", ""] {
            assert_eq!(why(odd).as_deref(), Some("erp-url-wrong"), "{odd}");
        }
    }
}
