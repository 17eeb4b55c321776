//! A base product to create or change.

use super::{again, with_complaints};
use crate::catalog::base::{self as model, BaseProduct, Draft};
use crate::catalog::categories::{self, Node};
use crate::form::Form;
use crate::ids::{BaseId, MerchantId};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Validate, Clone, Default)]
pub struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    trade_name: String,
    #[serde(default)]
    spec: String,
    #[serde(default)]
    dosage_form: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    manufacturer: String,
    #[serde(default)]
    brand: String,
    #[serde(default)]
    approval_no: String,
    /// One a line, or separated by spaces, commas or bars.
    #[serde(default)]
    barcodes: String,
    #[serde(default)]
    category_id: String,
    #[serde(default)]
    origin: String,
    /// The version that was shown.
    #[serde(default)]
    version: i32,
}

impl Typed {
    pub(super) fn draft(&self) -> Draft {
        Draft {
            code: Some(self.code.clone()),
            name: self.name.clone(),
            trade_name: self.trade_name.clone(),
            spec: self.spec.clone(),
            dosage_form: self.dosage_form.clone(),
            unit: self.unit.clone(),
            manufacturer: self.manufacturer.clone(),
            brand: self.brand.clone(),
            approval_no: self.approval_no.clone(),
            barcodes: self
                .barcodes
                .split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '|' | ';'))
                .map(ToOwned::to_owned)
                .collect(),
            category_id: Some(self.category_id.clone()),
            origin: self.origin.clone(),
        }
    }
    /// As typed: a barcode with a slip comes back as it was.
    pub(super) fn form(&self) -> Form {
        let draft = self.draft();
        let texts = draft.texts().into_iter().map(|(name, text)| (name, text.to_owned()));
        let others = [
            ("code", self.code.clone()),
            ("barcodes", self.barcodes.clone()),
            ("category_id", self.category_id.clone()),
            ("version", self.version.to_string()),
        ];
        Form::filled(texts.chain(others))
    }
}

pub(super) fn of_draft(draft: &Draft, version: i32) -> Form {
    let texts = draft.texts().into_iter().map(|(name, text)| (name, text.to_owned()));
    let others = [
        ("code", draft.code.clone().unwrap_or_default()),
        ("barcodes", draft.barcodes.join("\n")),
        ("category_id", draft.category_id.clone().unwrap_or_default()),
        ("version", version.to_string()),
    ];
    Form::filled(texts.chain(others))
}

/// A level-3 category one can hang a base product on, with its way down.
pub(super) struct Leaf {
    pub id: String,
    pub chain: String,
}

pub(super) fn leaves(nodes: &[Node]) -> Vec<Leaf> {
    let name = |id: &str| nodes.iter().find(|n| n.id == id);
    let leaf = |node: &Node| {
        let parent = name(&node.parent_id)?;
        let top = name(&parent.parent_id)?;
        Some(Leaf { id: node.id.clone(), chain: format!("{} › {} › {}", top.name, parent.name, node.name) })
    };
    nodes.iter().filter(|n| n.level == 3 && n.enabled).filter_map(leaf).collect()
}

#[derive(Template)]
#[template(path = "catalog/base_form.html", blocks = ["part"])]
struct FormPage {
    frame: Frame,
    form: Form,
    /// `None` for a new one.
    base: Option<BaseProduct>,
    leaves: Vec<Leaf>,
}
show!(FormPage, |v| json!({ "base": v.base, "errors": v.form }));

async fn form_page(ctx: &Ctx, form: Form, base: Option<BaseProduct>) -> Result<FormPage> {
    let nodes = ctx.db.read(|c| categories::tree(c, MerchantId::PLATFORM)).await?;
    Ok(FormPage { frame: ctx.frame("base-products"), form, base, leaves: leaves(&nodes) })
}

/// `GET /base-products/new`
pub async fn new(ctx: Ctx) -> Reply {
    ctx.platform_seat()?.may(Permission::Audit)?;
    let page = form_page(&ctx, of_draft(&Draft::default(), 0), None).await?;
    ctx.reply(page)
}

/// `POST /base-products`
pub async fn create(ctx: Ctx, input: Input<Typed>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::Audit)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(&ctx, form, None).await,
    };
    let draft = typed.draft();
    match ctx.db.write(move |tx| model::create(tx, &seat.cause, &draft)).await {
        Ok(base) => Ok(redirect(&ctx, &format!("/base-products/{}?done=created", base.id))),
        Err(Error::Invalid(why)) => refused(&ctx, with_complaints(typed.form(), &why), None).await,
        Err(e) => Err(e),
    }
}

async fn refused(ctx: &Ctx, form: Form, base: Option<BaseProduct>) -> Reply {
    let page = form_page(ctx, form.clone(), base).await?;
    again(ctx, form, |_| page)
}

/// `GET /base-products/{id}/edit`
pub async fn edit(ctx: Ctx, id: Path<i64>) -> Reply {
    ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let id = BaseId(*id);
    let base = ctx.db.read(move |c| model::find(c, id)).await?;
    if base.is_merged() {
        return Err(Error::Conflict(Text::new("base-is-merged").with(&base.code)));
    }
    let page = form_page(&ctx, of_draft(&base.draft(), base.version), Some(base)).await?;
    ctx.reply(page)
}

/// `PUT /base-products/{id}`
pub async fn save(ctx: Ctx, id: Path<i64>, input: Input<Typed>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let id = BaseId(*id);
    let base = ctx.db.read(move |c| model::find(c, id)).await?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(&ctx, form, Some(base)).await,
    };
    let (draft, version) = (typed.draft(), typed.version);
    match ctx.db.write(move |tx| model::edit(tx, &seat.cause, id, version, &draft)).await {
        Ok(_) => Ok(redirect(&ctx, &format!("/base-products/{id}?done=saved"))),
        Err(Error::Invalid(why)) => refused(&ctx, with_complaints(typed.form(), &why), Some(base)).await,
        // What was typed is not lost: it comes back beside what is there now, to be saved over it or given up.
        Err(Error::Conflict(why)) if ctx.wants != Wants::Json && !base.is_merged() => {
            let form = Typed { version: base.version, ..typed }.form().with_error("", why);
            let page = form_page(&ctx, form, Some(base)).await?;
            ctx.wants.answer(actix_web::http::StatusCode::CONFLICT, ctx.lang, &page)
        }
        Err(e) => Err(e),
    }
}
