//! A call to paste into a shell.

/// A signed call with nothing but `openssl` and `curl`; runs as it stands.
pub fn example(base_url: &str, app_key: &str, secret: &str, path: &str, body: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let (url, key, secret, path, body) = (quoted(base_url), quoted(app_key), quoted(secret), quoted(path), quoted(body));
    format!(
        r#"APP_KEY={key}
SECRET={secret}
CALL={path}
BODY={body}
TS=$(date +%s)
NONCE=$(openssl rand -hex 16)
HASH=$(printf '%s' "$BODY" | openssl dgst -sha256 -r | cut -d' ' -f1)
SIGN=$(printf 'POST\n%s\n%s\n%s\n%s\n' "$CALL" "$TS" "$NONCE" "$HASH" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -sS {url}"$CALL" -H "X-App-Key: $APP_KEY" -H "X-Timestamp: $TS" -H "X-Nonce: $NONCE" \
  -H "X-Signature: $SIGN" -H 'Content-Type: application/json' --data-binary "$BODY"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::example;

    #[test]
    fn quotes_do_not_end_early() {
        assert!(example("http://h", "k", "s", "/api/x", r#"{"a":"it's"}"#).contains(r#"BODY='{"a":"it'\''s"}'"#));
    }
}
