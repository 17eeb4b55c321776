//! The files of `static/` inside the binary, under addresses that carry a hash of their content and never change. The style
//! sheets leave as one, without the words meant for whoever reads their source, and every text is packed once, as tightly as
//! can be: what packs answers on the fly has to be quick, and would send a third more.

use crate::{Error, Result};
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header};
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

/// In the order of their layers.
const SHEETS: [&str; 5] = ["css/tokens.css", "css/base.css", "css/layout.css", "css/components.css", "css/pages.css"];

#[derive(rust_embed::RustEmbed)]
#[folder = "static/"]
#[exclude = "*.md"]
struct Files;

#[derive(Clone)]
struct Asset {
    body: web::Bytes,
    /// The body for those who take gzip, where that is shorter.
    packed: Option<web::Bytes>,
    mime: String,
    /// The address carries the hash, so it may be kept forever.
    immutable: bool,
}

static ASSETS: LazyLock<(HashMap<String, Asset>, HashMap<String, String>)> = LazyLock::new(|| {
    let (mut by_path, mut url_of) = (HashMap::new(), HashMap::new());
    let single = Files::iter().filter(|name| !SHEETS.contains(&name.as_ref())).filter_map(|name| {
        let file = Files::get(&name)?;
        Some((name, file.metadata.mimetype().to_owned(), file.data))
    });
    let all = (Cow::Borrowed("css/duijie.css"), "text/css".to_owned(), Cow::Owned(sheet().into_bytes()));
    for (name, mime, data) in single.chain([all]) {
        let hash: String = Sha256::digest(&data).iter().take(6).map(|b| format!("{b:02x}")).collect();
        let (stem, ext) = name.rsplit_once('.').unwrap_or((&name, ""));
        let hashed = format!("{stem}.{hash}.{ext}");
        let (mime, packed) = match ext {
            "js" | "css" | "svg" => (format!("{mime}; charset=utf-8"), pack(&data)),
            _ => (mime, None),
        };
        let body = match data {
            Cow::Borrowed(b) => web::Bytes::from_static(b),
            Cow::Owned(v) => v.into(),
        };
        url_of.insert(name.to_string(), format!("/static/{hashed}"));
        let asset = Asset { body, packed, mime, immutable: false };
        by_path.insert(name.to_string(), asset.clone());
        by_path.insert(hashed, Asset { immutable: true, ..asset });
    }
    (by_path, url_of)
});

/// All style sheets as one.
fn sheet() -> String {
    SHEETS.iter().filter_map(|name| Files::get(name)).map(|file| bare(&String::from_utf8_lossy(&file.data))).collect()
}

/// Without comments and indentation.
fn bare(css: &str) -> String {
    let said: String = css
        .split("/*")
        .enumerate()
        .map(|(n, piece)| if n == 0 { piece } else { piece.split_once("*/").map_or("", |(_, css)| css) })
        .collect();
    said.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

fn pack(data: &[u8]) -> Option<web::Bytes> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(data).ok()?;
    packer.finish().ok().filter(|packed| packed.len() < data.len()).map(Into::into)
}

/// The hashed address of a file, e.g. `css/base.css`; `None` if there is no such file (templates then fail their test).
pub fn url(name: &str) -> Option<&'static str> {
    ASSETS.1.get(name).map(String::as_str)
}

/// `GET /static/…`
pub async fn serve(path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let asset = ASSETS.0.get(path.as_str()).ok_or(Error::NotFound)?;
    let keep = if asset.immutable { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, asset.mime.as_str())).insert_header((header::CACHE_CONTROL, keep));
    let Some(packed) = &asset.packed else {
        return Ok(answer.insert_header(ContentEncoding::Identity).body(asset.body.clone()));
    };
    answer.insert_header((header::VARY, "accept-encoding"));
    let takes = AcceptEncoding::parse(&request).is_ok_and(|takes| takes.negotiate([Encoding::gzip()].iter()) == Some(Encoding::gzip()));
    Ok(if takes { answer.insert_header(ContentEncoding::Gzip).body(packed.clone()) } else { answer.body(asset.body.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_leaves_without_the_words_for_its_readers() {
        assert_eq!(
            bare("/* why */\n@layer base{\n  a{color:red} /* two\n lines */\n\n  b{margin:0 -1px}\n}\n"),
            "@layer base{\na{color:red}\nb{margin:0 -1px}\n}\n"
        );
        let all = sheet();
        assert!(all.starts_with("@layer reset, base, layout") && !all.contains("/*"), "{all}");
        assert_eq!(all.matches('{').count(), all.matches('}').count());
    }
}
