//! What is signed, and which mistake somebody made who signed something else.

use crate::accounts::sealing::{hex, hmac};
use crate::text::Text;
use sha2::{Digest, Sha256};

/// The parts of a request that are signed.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path_and_query: &'a str,
    pub timestamp: &'a str,
    pub nonce: &'a str,
    pub body_sha256: &'a [u8; 32],
}

impl Request<'_> {
    /// `METHOD\nPATH?QUERY\nTIMESTAMP\nNONCE\nSHA256HEX(body)\n`
    pub fn canonical(&self) -> String {
        format!("{}\n{}\n{}\n{}\n{}\n", self.method, self.path_and_query, self.timestamp, self.nonce, hex(self.body_sha256))
    }
}

/// The right signature of a request.
pub fn sign(secret: &str, request: &Request<'_>) -> [u8; 32] {
    hmac(secret.as_bytes(), &[request.canonical().as_bytes()])
}

/// A way in which people get it wrong: its text key, and what they sign then.
struct Slip {
    text: &'static str,
    signed: fn(&Request<'_>, &str) -> String,
}

fn joined(r: &Request<'_>, gap: &str, end: &str) -> String {
    let body = hex(r.body_sha256);
    [r.method, r.path_and_query, r.timestamp, r.nonce, &body].join(gap) + end
}

fn bare_path<'a>(r: &Request<'a>) -> &'a str {
    r.path_and_query.split('?').next().unwrap_or_default()
}

const SLIPS: &[Slip] = &[
    Slip { text: "api-sig-slip-no-last-newline", signed: |r, _| joined(r, "\n", "") },
    Slip { text: "api-sig-slip-no-newlines", signed: |r, _| joined(r, "", "") },
    Slip { text: "api-sig-slip-backslash-n", signed: |r, _| joined(r, "\\n", "\\n") },
    Slip { text: "api-sig-slip-backslash-n", signed: |r, _| joined(r, "\\n", "") },
    Slip { text: "api-sig-slip-backslash-n", signed: |r, _| joined(r, "\\n", "\\n\n") },
    Slip { text: "api-sig-slip-crlf", signed: |r, _| joined(r, "\r\n", "\r\n") },
    Slip { text: "api-sig-slip-crlf", signed: |r, _| joined(r, "\r\n", "") },
    Slip { text: "api-sig-slip-second-newline", signed: |r, _| joined(r, "\n", "\n\n") },
    Slip { text: "api-sig-slip-no-query", signed: |r, _| Request { path_and_query: bare_path(r), ..r.clone() }.canonical() },
    Slip {
        text: "api-sig-slip-no-api",
        signed: |r, _| Request { path_and_query: r.path_and_query.strip_prefix("/api").unwrap_or(""), ..r.clone() }.canonical(),
    },
    Slip { text: "api-sig-slip-method-case", signed: |r, _| Request { method: &r.method.to_lowercase(), ..r.clone() }.canonical() },
    Slip {
        text: "api-sig-slip-milliseconds",
        signed: |r, _| Request { timestamp: &format!("{}000", r.timestamp), ..r.clone() }.canonical(),
    },
    Slip { text: "api-sig-slip-swapped", signed: |r, _| Request { timestamp: r.nonce, nonce: r.timestamp, ..r.clone() }.canonical() },
    Slip { text: "api-sig-slip-upper-hash", signed: |r, _| r.canonical().replace(&hex(r.body_sha256), &hex(r.body_sha256).to_uppercase()) },
    Slip { text: "api-sig-slip-empty-body", signed: |r, _| Request { body_sha256: &Sha256::digest(b"").into(), ..r.clone() }.canonical() },
    Slip { text: "api-sig-slip-no-body", signed: |r, _| format!("{}\n{}\n{}\n{}\n", r.method, r.path_and_query, r.timestamp, r.nonce) },
    Slip {
        text: "api-sig-slip-raw-body",
        signed: |r, body| format!("{}\n{}\n{}\n{}\n{body}\n", r.method, r.path_and_query, r.timestamp, r.nonce),
    },
    Slip {
        text: "api-sig-slip-body-newline",
        signed: |r, body| Request { body_sha256: &Sha256::digest(format!("{body}\n")).into(), ..r.clone() }.canonical(),
    },
    Slip {
        text: "api-sig-slip-body-newline",
        signed: |r, body| Request { body_sha256: &Sha256::digest(body.trim_end_matches('\n')).into(), ..r.clone() }.canonical(),
    },
];

/// The other secrets people sign with.
struct Keys<'a> {
    app_key: &'a str,
    live: &'a [String],
    ended: &'a [String],
}

/// Why the signature is not the one we expect, as far as we can tell: the first known mistake that leads to it.
/// The body's text is known to the signature checker alone; elsewhere only its hash has arrived.
pub(super) fn diagnose(
    request: &Request<'_>,
    body: Option<&str>,
    sent: &[u8; 32],
    app_key: &str,
    live: &[String],
    ended: &[String],
) -> Text {
    let keys = Keys { app_key, live, ended };
    slip(request, body, sent, &keys).unwrap_or_else(|| Text::new("api-sig-differs").with(request.canonical().replace('\n', "\\n")))
}

fn slip(request: &Request<'_>, body: Option<&str>, sent: &[u8; 32], keys: &Keys<'_>) -> Option<Text> {
    let canonical = request.canonical();
    let matches = |key: &str, text: &str| hmac(key.as_bytes(), &[text.as_bytes()]) == *sent;
    if keys.ended.iter().any(|key| matches(key, &canonical)) {
        return Some(Text::new("api-sig-slip-old-secret"));
    }
    if matches(keys.app_key, &canonical) {
        return Some(Text::new("api-sig-slip-app-key"));
    }
    for secret in keys.live {
        if [format!("{secret}\n"), format!("{secret}\r\n"), format!(" {secret}"), format!("{secret} ")]
            .iter()
            .any(|key| matches(key, &canonical))
        {
            return Some(Text::new("api-sig-slip-secret-space"));
        }
        let plain = |text: String| <[u8; 32]>::from(Sha256::digest(text)) == *sent;
        if plain(format!("{secret}{canonical}")) || plain(format!("{canonical}{secret}")) || plain(canonical.clone()) {
            return Some(Text::new("api-sig-slip-not-hmac"));
        }
        let body = body.unwrap_or_default();
        if let Some(slip) = SLIPS.iter().find(|slip| matches(secret, &(slip.signed)(request, body))) {
            return Some(Text::new(slip.text));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr3t";

    fn request(body: &[u8; 32]) -> Request<'_> {
        Request {
            method: "POST",
            path_and_query: "/api/sku.inventory.update?a=1",
            timestamp: "1700000000",
            nonce: "n0nce-12345",
            body_sha256: body,
        }
    }

    fn verdict(text: &str, key: &str) -> Text {
        let body = Sha256::digest(b"{}").into();
        let sent = hmac(key.as_bytes(), &[text.as_bytes()]);
        diagnose(&request(&body), Some("{}"), &sent, "dj_test_x", &[SECRET.to_owned()], &["older".to_owned()])
    }

    #[test]
    fn names_the_mistake() {
        let hash = hex(&Sha256::digest(b"{}"));
        let path = "/api/sku.inventory.update";
        for (signed, key, text) in [
            (format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{hash}"), SECRET, "api-sig-slip-no-last-newline"),
            (format!("POST\n{path}\n1700000000\nn0nce-12345\n{hash}\n"), SECRET, "api-sig-slip-no-query"),
            (format!("post\n{path}?a=1\n1700000000\nn0nce-12345\n{hash}\n"), SECRET, "api-sig-slip-method-case"),
            (format!("POST\n{path}?a=1\n1700000000000\nn0nce-12345\n{hash}\n"), SECRET, "api-sig-slip-milliseconds"),
            (format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{}\n", hash.to_uppercase()), SECRET, "api-sig-slip-upper-hash"),
            (format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{{}}\n"), SECRET, "api-sig-slip-raw-body"),
            (
                format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{}\n", hex(&Sha256::digest(b"{}\n"))),
                SECRET,
                "api-sig-slip-body-newline",
            ),
            (format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{hash}\n"), "older", "api-sig-slip-old-secret"),
            (format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{hash}\n"), "dj_test_x", "api-sig-slip-app-key"),
            (format!("POST\n{path}?a=1\n1700000000\nn0nce-12345\n{hash}\n"), "s3cr3t\n", "api-sig-slip-secret-space"),
            ("something else".to_owned(), SECRET, "api-sig-differs"),
        ] {
            assert_eq!(verdict(&signed, key).key(), text, "{signed:?}");
        }
    }
}
