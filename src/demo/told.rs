//! What the terminal says when the demo is there.

use super::rows;
use super::rows::UserRow;
use super::secrets::{self, Secrets};
use crate::Result;
use crate::accounts::apps;
use crate::merchants::Merchant;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

pub fn tell(secrets: Option<&Secrets>, merchants: &[Merchant], data: &Path, listen: SocketAddr) -> Result<String> {
    let address = address(listen);
    let mut out = format!("\nThe demo platform is at {address}\n");
    let Some(secrets) = secrets else {
        let _ = write!(
            out,
            "Its logins are in demo.txt of the data folder it was loaded from, which is not {}.\n\
             To start anew, use an empty database or another --data folder.\n",
            data.display()
        );
        return Ok(out);
    };
    let _ = writeln!(out, "\n  {:<12}{:<12}who", "login", "role");
    for user in rows::read::<UserRow>("users.csv")? {
        let of = merchants.iter().find(|m| m.code.eq_ignore_ascii_case(&user.merchant_code)).map_or("", |m| m.name.as_str());
        let _ = writeln!(out, "  {:<12}{:<12}{} {of}", user.login, user.role, user.name);
    }
    let _ = writeln!(
        out,
        "\n  Everybody's password: {}\n  It is kept, with the API secrets, in {}",
        secrets.password,
        secrets::path(data).display()
    );
    if let Some(key) = secrets.keys.first() {
        let name = merchants.iter().find(|m| m.code == key.merchant).map_or(key.merchant.as_str(), |m| m.name.as_str());
        let body = r#"[{"skuId":"KZ100001-1","shopId":1001,"inventory":1800}]"#;
        let call = apps::example(&address, &key.app_key, &key.secret, "/api/sku.inventory.update", body);
        let _ = write!(out, "\nBe the ERP of {name}. Paste this into a shell to set one stock figure:\n\n{call}");
        let _ = write!(
            out,
            "\nOr send 1,000 products and 1,000 stock figures from the project's folder:\n\n\
             bin/push prod.add_or_edit fixtures/demo/products_push_1000.json\n\
             bin/push sku.inventory.update fixtures/demo/stock_push_1000.json\n"
        );
    }
    if let Some(key) = secrets.keys.iter().find(|key| key.merchant == secrets::MALL) {
        let body = r#"{"skuId":"KZ100001-1"}"#;
        let call = apps::example(&address, &key.app_key, &key.secret, "/api/explain.price?merchant=kz", body);
        let _ = write!(out, "\nBe a shop of the platform's, which names the merchant in each call, and ask what goods cost:\n\n{call}");
    }
    Ok(out)
}

/// An address that a browser on this machine can open.
fn address(listen: SocketAddr) -> String {
    if listen.ip().is_unspecified() { format!("http://127.0.0.1:{}", listen.port()) } else { format!("http://{listen}") }
}
