//! One SKU at one shop: its lots, what each list said, what two of them differ in; and taking a lot off sale.

use super::{Line, base};
use crate::clock::day;
use crate::form::Form;
use crate::ids::{MerchantId, ShopId};
use crate::lots::list::{self, Spot};
use crate::lots::snapshots::{self, Difference, Snapshot};
use crate::lots::stops::{self, Which};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Lists shown of one place.
const SHOWN: i64 = 20;

#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    /// The versions to compare.
    from: Option<i64>,
    to: Option<i64>,
    /// Lists below this one.
    before: Option<i64>,
    #[serde(default)]
    done: String,
}

/// Two lists side by side.
struct Compared {
    before: Option<Snapshot>,
    after: Snapshot,
    differences: Vec<Difference>,
}

#[derive(Template)]
#[template(path = "lots/place.html", blocks = ["part"])]
struct Place {
    frame: Frame,
    now: DateTime<Utc>,
    spot: Spot,
    base: String,
    lots: Vec<Line>,
    told: Vec<Snapshot>,
    older: Option<i64>,
    compared: Option<Compared>,
    may_edit: bool,
    /// May see who got a lot.
    may_recall: bool,
    /// The lot whose stop lacks something, and what was typed.
    wrong: Option<(String, Form)>,
}
show!(Place, |v| json!({
    "place": v.spot, "lots": v.lots.iter().map(|l| &l.item).collect::<Vec<_>>(), "snapshots": v.told,
    "difference": v.compared.as_ref().map(|c| json!({ "from": c.before.as_ref().map(|s| s.version), "to": c.after.version, "lots": c.differences })),
}));

impl Place {
    fn form(&self, lot: &Line) -> Form {
        self.wrong.as_ref().filter(|(no, _)| *no == lot.item.lot_no).map(|(_, form)| form.clone()).unwrap_or_default()
    }
    fn is_wrong(&self, lot: &Line) -> bool {
        self.wrong.as_ref().is_some_and(|(no, _)| *no == lot.item.lot_no)
    }
    /// The sum beside the ERP's number, where they differ.
    fn differs(&self) -> Option<(i64, i64)> {
        self.spot.lots_qty.zip(self.spot.erp_qty).filter(|(lots, erp)| lots != erp)
    }
    fn is_compared(&self, snapshot: &Snapshot) -> bool {
        self.compared.as_ref().is_some_and(|c| c.after.version == snapshot.version)
    }
}

async fn shown(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId, asked: &Asked) -> Result<Place> {
    let (merchant, name, asked_for) = (seat.merchant, ext.to_owned(), asked.clone());
    let (spot, lots, mut told, compared) = ctx
        .db
        .snapshot(move |c| {
            let spot = list::spot(c, merchant, &name, shop)?;
            let lots = list::of_place(c, merchant, spot.sku, shop)?;
            let told = snapshots::of_place(c, merchant, spot.sku, shop, asked_for.before, SHOWN + 1)?;
            let compared = match asked_for.to {
                Some(to) => {
                    let after = snapshots::one(c, merchant, spot.sku, shop, to)?;
                    // Without a first one: with the one before it, if that has not been forgotten.
                    let before = match asked_for.from {
                        Some(from) => Some(snapshots::one(c, merchant, spot.sku, shop, from)?),
                        None => snapshots::of_place(c, merchant, spot.sku, shop, Some(to), 1)?.into_iter().next(),
                    };
                    let old = before.as_ref().map_or(&[][..], |s| &s.lots);
                    let differences = snapshots::difference(old, &after.lots);
                    Some(Compared { before, after, differences })
                }
                None => None,
            };
            Ok((spot, lots, told, compared))
        })
        .await?;
    let limit = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = told.len() > limit;
    told.truncate(limit);
    let notice = match asked.done.as_str() {
        "stopped" => Some(Text::new("lots-done-stopped")),
        "resumed" => Some(Text::new("lots-done-resumed")),
        _ => None,
    };
    let today = day(ctx.now);
    Ok(Place {
        frame: Frame { notice, ..ctx.frame("lots") },
        now: ctx.now,
        base: base(ext, shop),
        lots: lots.into_iter().map(|item| Line::of(item, today)).collect(),
        older: told.last().map(|s| s.version).filter(|_| more),
        told,
        compared,
        spot,
        may_edit: seat.person.may(Permission::EditStock),
        may_recall: seat.person.may(Permission::EditOrders),
        wrong: None,
    })
}

/// `GET /lots/{sku}/{shop}`
pub async fn show(ctx: Ctx, place: Path<(String, ShopId)>, asked: Query<Asked>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let view = shown(&ctx, &seat, &ext, shop, &asked).await?;
    ctx.reply(view)
}

#[derive(Deserialize, Validate)]
pub struct Typed {
    #[validate(length(min = 1, max = 40))]
    lot: String,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
    /// In every shop that has the lot.
    #[serde(default)]
    every: String,
    /// Where the form stood: `list`, or here.
    #[serde(default)]
    back: String,
}

impl Typed {
    fn which(&self, spot: &Spot) -> Which {
        let shop = if self.every == "1" { None } else { Some(spot.shop) };
        Which { sku: spot.sku, ext: spot.ext.clone(), lot_no: self.lot.clone(), shop }
    }
    fn back(&self, base: &str, done: &str) -> String {
        if self.back == "list" { format!("/lots?done={done}") } else { format!("{base}?done={done}") }
    }
}

/// Whose lots they are comes before what may be done with them.
async fn spot(ctx: &Ctx, merchant: MerchantId, ext: &str, shop: ShopId) -> Result<Spot> {
    let ext = ext.to_owned();
    ctx.db.read(move |c| list::spot(c, merchant, &ext, shop)).await
}

/// `POST /lots/{sku}/{shop}/stop`
pub async fn stop(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let spot = spot(&ctx, seat.merchant, &ext, shop).await?;
    let seat = seat.may(Permission::EditStock)?;
    let form = match input.or_form() {
        Ok(typed) => {
            let reason = typed.reason.trim().to_owned();
            if !reason.is_empty() {
                let (cause, which) = (seat.cause.clone(), typed.which(&spot));
                ctx.db.write(move |tx| stops::stop(tx, &cause, &which, &reason)).await?;
                return Ok(redirect(&ctx, &typed.back(&base(&ext, shop), "stopped")));
            }
            Form::filled([("lot", typed.lot), ("every", typed.every)]).with_error("reason", Text::new("lots-reason-needed"))
        }
        Err(form) => form,
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let view = shown(&ctx, &seat, &ext, shop, &Asked::default()).await?;
    ctx.invalid(Place { wrong: Some((form.value("lot").to_owned(), form)), ..view })
}

/// `DELETE /lots/{sku}/{shop}/stop`
pub async fn resume(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let spot = spot(&ctx, seat.merchant, &ext, shop).await?;
    let seat = seat.may(Permission::EditStock)?;
    let typed = input.or_form().map_err(Error::invalid)?;
    let (cause, which) = (seat.cause.clone(), typed.which(&spot));
    ctx.db.write(move |tx| stops::resume(tx, &cause, &which)).await?;
    Ok(redirect(&ctx, &typed.back(&base(&ext, shop), "resumed")))
}
