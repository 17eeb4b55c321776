use super::answer::{self, Answer};
use super::link::Link;
use crate::accounts::apps::{Request, sign};
use crate::accounts::sealing;
use crate::outward::{Call, Failure, Outward};
use chrono::{DateTime, Utc};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long an ERP may take where nobody waits for it.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Why an ERP did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It said no, in its own words.
    Refused(String),
    /// No answer, or none that can be understood: worth another try.
    Silent(&'static str),
}

impl Trouble {
    /// For the log: a code, or the ERP's own words.
    pub fn words(&self) -> &str {
        match self {
            Trouble::Refused(words) => words,
            Trouble::Silent(why) => why,
        }
    }
}

/// A call as it went out, and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The HTTP status; 0 where none came.
    pub status: u16,
    pub answer: Vec<u8>,
    pub outcome: Result<Value, Trouble>,
}

impl Exchange {
    fn silent(why: &'static str) -> Self {
        Self { status: 0, answer: Vec::new(), outcome: Err(Trouble::Silent(why)) }
    }
}

/// Asks a merchant's ERP, signed as the open platform's own callers sign: `POST <url>/<method>`.
pub async fn ask(
    outward: &Outward,
    link: &Link,
    master_key: &[u8; 32],
    method: &str,
    body: &Value,
    now: DateTime<Utc>,
    within: Duration,
) -> Exchange {
    let Some(url) = link.address(method) else { return Exchange::silent(Failure::Forbidden.as_str()) };
    let body = body.to_string().into_bytes();
    let Some(headers) = signed(link, master_key, &url, &body, now) else {
        tracing::error!(merchant = %link.merchant, "an ERP's secret does not open under this master key");
        return Exchange::silent("secret");
    };
    let call = Call { merchant: link.merchant.0, url: &url, inside: link.inside == Some(true), headers, body, within };
    match outward.post(call).await {
        Err(failure) => Exchange::silent(failure.as_str()),
        Ok(answered) => {
            let outcome = match answer::read(answered.status, &answered.body) {
                Answer::Yes(data) => Ok(data),
                Answer::No(words) => Err(Trouble::Refused(words)),
                Answer::Nothing => Err(Trouble::Silent("unreadable")),
            };
            Exchange { status: answered.status, answer: answered.body, outcome }
        }
    }
}

/// The headers of a call; `None` when the secret does not open.
fn signed(link: &Link, master_key: &[u8; 32], url: &Url, body: &[u8], now: DateTime<Utc>) -> Option<HeaderMap> {
    let secret = link.secret(master_key)?;
    let (timestamp, nonce) = (now.timestamp().to_string(), sealing::random_text(24));
    let path_and_query = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let body_sha256: [u8; 32] = Sha256::digest(body).into();
    let request =
        Request { method: "POST", path_and_query: &path_and_query, timestamp: &timestamp, nonce: &nonce, body_sha256: &body_sha256 };
    let signature = sealing::hex(&sign(&secret, &request));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in
        [("x-app-key", link.app_key.as_str()), ("x-timestamp", &timestamp), ("x-nonce", &nonce), ("x-signature", &signature)]
    {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}
