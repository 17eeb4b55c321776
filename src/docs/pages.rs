//! `/docs`, `/docs/<method>`, `/docs/openapi.json`: public, since they say nothing about anybody.

use crate::error::Code;
use crate::feeds::gateway::Methods;
use crate::text::{Lang, Text};
use crate::web::{Ctx, Frame, Reply, filters};
use crate::wire::{LineCode, Method, manual, openapi};
use crate::{Error, show};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use askama::Template;
use serde_json::json;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/docs").get(index))
        .service(web::resource("/docs/openapi.json").get(description))
        .service(web::resource("/docs/{method}").get(method));
}

struct Entry {
    name: &'static str,
    about: &'static str,
    writes: bool,
    module: &'static str,
}

impl Entry {
    fn of(method: &Method) -> Self {
        Self { name: method.name, about: method.about, writes: method.writes(), module: method.module.label() }
    }
}

#[derive(Template)]
#[template(path = "docs/index.html", blocks = ["part"])]
struct Index {
    frame: Frame,
    methods: Vec<Entry>,
    canonical: &'static str,
    calls: Vec<(&'static str, u16)>,
    lines: Vec<(&'static str, String)>,
}
show!(Index, |v| v.methods.iter().map(|m| m.name).collect::<Vec<_>>());

async fn index(ctx: Ctx, methods: Data<Methods>) -> Reply {
    let lang: Lang = ctx.lang;
    ctx.reply(Index {
        frame: ctx.frame("docs"),
        methods: methods.0.iter().map(|m| Entry::of(m)).collect(),
        canonical: manual::CANONICAL,
        calls: Code::ALL.iter().map(|c| (c.wire(), c.status().as_u16())).collect(),
        lines: LineCode::ALL.iter().map(|c| (c.wire(), manual::sample(*c, lang))).collect(),
    })
}

struct FieldRow {
    name: &'static str,
    shape: Text,
    need: &'static str,
    about: &'static str,
}

#[derive(Template)]
#[template(path = "docs/method.html", blocks = ["part"])]
struct Page {
    frame: Frame,
    entry: Entry,
    scope: String,
    source: &'static str,
    fields: Vec<FieldRow>,
    example: String,
    answer: String,
    curl: String,
}
show!(Page, |v| json!({ "name": v.entry.name, "scope": v.scope, "fields": v.fields.iter().map(|f| f.name).collect::<Vec<_>>() }));

async fn method(ctx: Ctx, methods: Data<Methods>, name: Path<String>) -> Reply {
    let method = methods.find(&name).ok_or(Error::NotFound)?;
    ctx.reply(Page {
        frame: ctx.frame("docs"),
        entry: Entry::of(method),
        scope: method.scopes(),
        source: method.source,
        fields: method
            .fields
            .iter()
            .map(|f| FieldRow { name: f.name, shape: manual::shape(f.kind), need: manual::need(f), about: f.about })
            .collect(),
        example: manual::pretty(method.example),
        answer: manual::pretty(method.answer),
        curl: curl(method),
    })
}

/// A call that can be pasted into a shell with openssl and curl.
pub fn curl(method: &Method) -> String {
    format!(
        "KEY=dj_test_… SECRET=… HOST=http://127.0.0.1:8080\n\
         BODY='{}'\n\
         TS=$(date +%s) NONCE=$(openssl rand -hex 12)\n\
         HASH=$(printf %s \"$BODY\" | openssl dgst -sha256 -r | cut -d' ' -f1)\n\
         SIG=$(printf 'POST\\n/api/{}\\n%s\\n%s\\n%s\\n' \"$TS\" \"$NONCE\" \"$HASH\" | openssl dgst -sha256 -hmac \"$SECRET\" -r | cut -d' ' -f1)\n\
         curl -s \"$HOST/api/{}\" -H 'Content-Type: application/json' -H \"X-App-Key: $KEY\" -H \"X-Timestamp: $TS\" -H \"X-Nonce: $NONCE\" -H \"X-Signature: $SIG\" -d \"$BODY\"",
        method.example, method.name, method.name
    )
}

async fn description(methods: Data<Methods>) -> HttpResponse {
    HttpResponse::Ok().json(openapi::describe(methods.0))
}
