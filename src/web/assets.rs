//! The files of `static/` inside the binary, under addresses that carry a hash of their content and never change.

use crate::{Error, Result};
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(rust_embed::RustEmbed)]
#[folder = "static/"]
#[exclude = "*.md"]
struct Files;

struct Asset {
    body: web::Bytes,
    mime: String,
    /// The address carries the hash, so it may be kept forever.
    immutable: bool,
}

static ASSETS: LazyLock<(HashMap<String, Asset>, HashMap<String, String>)> = LazyLock::new(|| {
    let (mut by_path, mut url_of) = (HashMap::new(), HashMap::new());
    for name in Files::iter() {
        let Some(file) = Files::get(&name) else {
            continue;
        };
        let hash: String = file.metadata.sha256_hash().iter().take(6).map(|b| format!("{b:02x}")).collect();
        let (stem, ext) = name.rsplit_once('.').unwrap_or((&name, ""));
        let hashed = format!("{stem}.{hash}.{ext}");
        let body = match file.data {
            std::borrow::Cow::Borrowed(b) => web::Bytes::from_static(b),
            std::borrow::Cow::Owned(v) => v.into(),
        };
        let mime = match ext {
            "js" | "css" | "svg" => format!("{}; charset=utf-8", file.metadata.mimetype()),
            _ => file.metadata.mimetype().to_owned(),
        };
        url_of.insert(name.to_string(), format!("/static/{hashed}"));
        by_path.insert(name.to_string(), Asset { body: body.clone(), mime: mime.clone(), immutable: false });
        by_path.insert(hashed, Asset { body, mime, immutable: true });
    }
    (by_path, url_of)
});

/// The hashed address of a file, e.g. `css/base.css`; `None` if there is no such file (templates then fail their test).
pub fn url(name: &str) -> Option<&'static str> {
    ASSETS.1.get(name).map(String::as_str)
}

/// `GET /static/…`
pub async fn serve(path: web::Path<String>) -> Result<HttpResponse> {
    let asset = ASSETS.0.get(path.as_str()).ok_or(Error::NotFound)?;
    let keep = if asset.immutable { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, asset.mime.as_str()))
        .insert_header((header::CACHE_CONTROL, keep))
        .body(asset.body.clone()))
}
