//! `/orders/export`: exactly what the list shows, an order, a line of one or a lot to pick per row (O-10).

use super::bulk::MOST;
use super::filter::Filter;
use super::list::told;
use crate::clock::on_the_wire;
use crate::ids::MerchantId;
use crate::orders::list::{self, Item};
use crate::orders::model::OrderLine;
use crate::orders::picks::{Picks, Take};
use crate::orders::rules;
use crate::orders::tables::{self, Content, Layout};
use crate::orders::waits::why_not_in_erp;
use crate::text::Lang;
use crate::web::{Ctx, Reply, Sheet};
use crate::wire::Module;
use crate::{Result, gate};
use actix_web::web::Query;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// Orders read at a time.
const STEP: i64 = 1000;

fn heads(layout: Layout) -> &'static [&'static str] {
    match layout {
        Layout::Orders => &ORDER_HEADS,
        Layout::Lines => &LINE_HEADS,
        Layout::Picks => &PICK_HEADS,
    }
}

fn file(layout: Layout) -> &'static str {
    match layout {
        Layout::Orders => "orders",
        Layout::Lines => "order-lines",
        Layout::Picks => "picks",
    }
}

#[derive(Deserialize)]
pub struct Asked {
    /// `orders` (also without it), `lines` or `picks`.
    #[serde(default)]
    layout: String,
}

const ORDER_HEADS: [&str; 24] = [
    "orders-col-no",
    "orders-col-placed",
    "orders-col-paid",
    "orders-col-state",
    "orders-col-erp",
    "orders-col-erp-no",
    "orders-col-channel",
    "orders-col-shop",
    "customers-col-id",
    "customers-col-name",
    "customers-col-code",
    "orders-col-kinds",
    "orders-col-units",
    "orders-col-goods",
    "orders-col-freight",
    "orders-col-discount",
    "orders-col-cards",
    "orders-col-payable",
    "orders-col-refunded",
    "orders-col-consignee",
    "orders-col-phone",
    "orders-col-region",
    "orders-col-address",
    "orders-col-remark",
];

const LINE_HEADS: [&str; 20] = [
    "orders-col-no",
    "orders-col-placed",
    "orders-col-state",
    "orders-col-erp-no",
    "customers-col-name",
    "customers-col-code",
    "orders-col-line",
    "orders-col-sku",
    "orders-col-erp-code",
    "orders-col-product",
    "orders-col-spec",
    "orders-col-maker",
    "orders-col-unit",
    "orders-col-qty",
    "orders-col-price",
    "orders-col-amount",
    "orders-col-lots",
    "orders-col-shipped",
    "orders-col-closed",
    "orders-col-left",
];

const PICK_HEADS: [&str; 11] = [
    "orders-col-shop",
    "orders-col-erp-code",
    "orders-col-sku",
    "orders-col-product",
    "orders-col-spec",
    "orders-col-maker",
    "ship-lot",
    "ship-ends",
    "orders-col-qty",
    "orders-col-unit",
    "orders-col-for-orders",
];

/// What tells where an order is on its way.
struct Moment {
    off: bool,
    alert: i32,
    now: DateTime<Utc>,
    lang: Lang,
}

/// `GET /orders/export`
pub async fn csv(ctx: Ctx, asked: Query<Asked>, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, lang, filter) = (seat.merchant, ctx.now, ctx.lang, filter.into_inner());
    let layout = Layout::of(&asked.layout).unwrap_or(Layout::Orders);
    let sheet = ctx
        .db
        .snapshot(move |c| {
            let mut sheet = Sheet::with_heads(heads(layout), lang)?;
            let rules = rules::of(c, merchant)?;
            let off = gate::switches::why_off(c, merchant, Module::Order, now)?.is_some();
            let moment = Moment { off, alert: rules.alert_minutes, now, lang };
            let mut search = filter.all(now, &rules, layout == Layout::Picks);
            // What is picked together is added up together.
            let step = if layout == Layout::Picks { MOST } else { STEP };
            loop {
                let items = list::page(c, merchant, &search, step)?;
                write(&mut sheet, &items, &tables::content(c, merchant, &items, layout, now)?, &moment)?;
                let full = layout != Layout::Picks && i64::try_from(items.len()).unwrap_or(i64::MAX) == step;
                match items.last().filter(|_| full) {
                    Some(last) => search.after = Some(last.place()),
                    None => return Ok(sheet),
                }
            }
        })
        .await?;
    sheet.answer(&ctx, file(layout))
}

/// The table of some orders, named one by one.
pub async fn chosen(ctx: &Ctx, merchant: MerchantId, nos: Vec<String>, layout: Layout) -> Reply {
    let (now, lang) = (ctx.now, ctx.lang);
    let sheet = ctx
        .db
        .snapshot(move |c| {
            let mut sheet = Sheet::with_heads(heads(layout), lang)?;
            let items = list::of_nos(c, merchant, &nos)?;
            let off = gate::switches::why_off(c, merchant, Module::Order, now)?.is_some();
            let moment = Moment { off, alert: rules::of(c, merchant)?.alert_minutes, now, lang };
            write(&mut sheet, &items, &tables::content(c, merchant, &items, layout, now)?, &moment)?;
            Ok(sheet)
        })
        .await?;
    sheet.answer(ctx, file(layout))
}

fn write(sheet: &mut Sheet, items: &[Item], content: &Content, moment: &Moment) -> Result<()> {
    match content {
        Content::Orders => items.iter().try_for_each(|item| sheet.row(&order_row(item, moment))),
        Content::Lines(lines) => {
            let of = |item: &Item| lines.get(&item.order.id).map_or(&[][..], Vec::as_slice);
            items.iter().try_for_each(|item| write_lines(sheet, item, of(item), moment.lang))
        }
        Content::Picks(list) => write_picks(sheet, list),
    }
}

/// A row per lot; units no lot is known to hold have one of their own.
fn write_picks(sheet: &mut Sheet, list: &Picks) -> Result<()> {
    for pick in &list.picks {
        let rest = (pick.missing > 0).then(|| Take { lot_no: String::new(), ends: String::new(), qty: pick.missing });
        let orders: Vec<String> = pick.orders.iter().map(|(no, n)| format!("{no}×{n}")).collect();
        for lot in pick.lots.iter().chain(&rest) {
            sheet.row(&[
                pick.shop.clone(),
                pick.erp_code.clone(),
                pick.sku_id.clone(),
                pick.name.clone(),
                pick.spec.clone(),
                pick.manufacturer.clone(),
                lot.lot_no.clone(),
                lot.ends.clone(),
                lot.qty.to_string(),
                pick.unit.clone(),
                orders.join("; "),
            ])?;
        }
    }
    Ok(())
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn time(at: Option<DateTime<Utc>>) -> String {
    at.map(on_the_wire).unwrap_or_default()
}

fn order_row(item: &Item, moment: &Moment) -> Vec<String> {
    let o = &item.order;
    let buyer = |pick: fn(&crate::customers::Customer) -> String| item.customer.as_ref().map(pick).unwrap_or_default();
    let (way, _) = told(&why_not_in_erp(o, moment.off, moment.alert, moment.now));
    vec![
        o.order_no.clone(),
        on_the_wire(o.placed_at),
        time(o.paid_at),
        moment.lang.say(o.state().label(), &[]),
        way.say(moment.lang),
        o.erp_order_no.clone().unwrap_or_default(),
        o.channel.clone(),
        item.shop.clone(),
        buyer(|c| c.customer_id.clone()),
        buyer(|c| c.name.clone()),
        buyer(|c| c.erp_code.clone().unwrap_or_default()),
        item.goods.kinds.to_string(),
        item.goods.units.to_string(),
        o.goods.to_string(),
        o.freight.to_string(),
        o.discount.to_string(),
        o.cards_paid.to_string(),
        o.payable.to_string(),
        o.refunded.to_string(),
        word(&o.delivery, "consignee"),
        word(&o.delivery, "phone"),
        item.region.join(" "),
        word(&o.delivery, "address"),
        o.remark.clone(),
    ]
}

fn write_lines(sheet: &mut Sheet, item: &Item, lines: &[OrderLine], lang: Lang) -> Result<()> {
    let o = &item.order;
    for line in lines {
        sheet.row(&[
            o.order_no.clone(),
            on_the_wire(o.placed_at),
            lang.say(o.state().label(), &[]),
            o.erp_order_no.clone().unwrap_or_default(),
            item.customer.as_ref().map(|c| c.name.clone()).unwrap_or_default(),
            item.customer.as_ref().and_then(|c| c.erp_code.clone()).unwrap_or_default(),
            line.no.to_string(),
            line.sku_id.clone(),
            line.erp_code.clone(),
            line.name.clone(),
            line.spec.clone(),
            line.manufacturer.clone(),
            line.unit.clone(),
            line.qty.to_string(),
            line.unit_price.to_string(),
            line.amount.to_string(),
            lots(&line.lots),
            line.shipped.to_string(),
            line.closed.to_string(),
            line.units().left().to_string(),
        ])?;
    }
    Ok(())
}

/// The lots the buyer was promised, in one cell.
fn lots(lots: &Value) -> String {
    let all = lots.as_array().map_or(&[][..], Vec::as_slice);
    all.iter().map(|l| format!("{} {}", word(l, "lotNo"), word(l, "expiresOn")).trim().to_owned()).collect::<Vec<_>>().join("; ")
}
