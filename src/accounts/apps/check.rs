//! The signature checker: which part of a pasted request differs from what we would have signed.

use super::form::CheckForm;
use super::model::Door;
use super::signature::{Request, diagnose, sign};
use crate::Result;
use crate::accounts::sealing::{hex, unhex};
use crate::form::Form;
use crate::ids::MerchantId;
use crate::text::Text;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What the checker found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub fits: bool,
    pub verdict: Text,
    /// What we sign, one line per part.
    pub canonical: String,
    pub body_sha256: String,
    pub expected: String,
}

/// Only for a sandbox credential of the asker's own merchant: the expected signature of any text is as good as the secret.
///
/// # Errors
/// `Invalid` for a key that is none of these, or a signature that is no hex.
pub fn check(c: &mut PgConnection, merchant: MerchantId, typed: &CheckForm, master_key: &[u8; 32], now: DateTime<Utc>) -> Result<Finding> {
    let wrong = |field: &str, text: Text| crate::Error::invalid(Form::default().with_error(field, text));
    let app_key = typed.app_key.trim();
    let door = Door::own_sandbox(c, merchant, app_key)?.ok_or_else(|| wrong("app_key", Text::new("api-sig-check-key")))?;
    let sent = unhex(typed.signature.trim())
        .ok_or_else(|| wrong("signature", Text::new("api-sig-check-hex").with(typed.signature.trim().chars().count())))?;
    let secrets = door.secrets(master_key, app_key, now)?;
    // A browser sends line ends of a text area as CR LF.
    let body = typed.body.replace("\r\n", "\n");
    let hash: [u8; 32] = Sha256::digest(&body).into();
    let request = Request {
        method: typed.method.trim(),
        path_and_query: typed.path.trim(),
        timestamp: typed.timestamp.trim(),
        nonce: typed.nonce.trim(),
        body_sha256: &hash,
    };
    let fits = secrets.live.iter().any(|secret| sign(secret, &request) == sent);
    let verdict =
        if fits { Text::new("api-sig-check-fits") } else { diagnose(&request, Some(&body), &sent, app_key, &secrets.live, &secrets.ended) };
    let expected = secrets.live.first().map(|secret| hex(&sign(secret, &request))).unwrap_or_default();
    Ok(Finding { fits, verdict, canonical: request.canonical(), body_sha256: hex(&hash), expected })
}
