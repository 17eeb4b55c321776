//! `/settings/stock`: how the ERP lets us know what its number contains, explained and chosen; and whether the counters hold.

use crate::form::Form;
use crate::show;
use crate::stock::modes::Mode;
use crate::stock::verify::{self, Difference, Last};
use crate::stock::{rules, verify::Found};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// A check of so many rows is over before anybody waits; of more the worker does it every day.
const CHEAP_ROWS: i64 = 20_000;

/// A way as the page explains it.
struct Way {
    mode: Mode,
    name: &'static str,
    /// For whom it is.
    when: &'static str,
    /// What the ERP does.
    does: &'static str,
    /// What is sent.
    example: &'static str,
}

const WAYS: [Way; 6] = [
    Way {
        mode: Mode::Cursor,
        name: "mode-cursor",
        when: "mode-cursor-when",
        does: "mode-cursor-does",
        example: r#"{"skuId": "KZ-100382-1", "inventory": 112, "ackSeq": 41}"#,
    },
    Way {
        mode: Mode::ErpClock,
        name: "mode-erp-clock",
        when: "mode-erp-clock-when",
        does: "mode-erp-clock-does",
        example: r#"{"skuId": "KZ-100382-1", "inventory": 112, "asOf": "2026-11-22 14:32:08"}"#,
    },
    Way {
        mode: Mode::OurClock,
        name: "mode-our-clock",
        when: "mode-our-clock-when",
        does: "mode-our-clock-does",
        example: r#"{"skuId": "KZ-100382-1", "inventory": 112, "asOf": "2026-11-22 14:32:08"}"#,
    },
    Way {
        mode: Mode::Physical,
        name: "mode-physical",
        when: "mode-physical-when",
        does: "mode-physical-does",
        example: r#"{"skuId": "KZ-100382-1", "inventory": 148, "asOf": "2026-11-22 14:32:08"}"#,
    },
    Way {
        mode: Mode::Triple,
        name: "mode-triple",
        when: "mode-triple-when",
        does: "mode-triple-does",
        example: r#"{"skuId": "KZ-100382-1", "inventory": 112, "freeze": 36, "saled": 48}"#,
    },
    Way {
        mode: Mode::Bare,
        name: "mode-bare",
        when: "mode-bare-when",
        does: "mode-bare-does",
        example: r#"{"skuId": "KZ-100382-1", "inventory": 112}"#,
    },
];

/// The three questions, as asked.
#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    /// Does the ERP pull orders and acknowledge them? `yes`, `no`.
    #[serde(default)]
    orders: String,
    /// Can it say when, or up to where, it read its number? `seq`, `time`, `read`, `no`.
    #[serde(default)]
    time: String,
    /// Which number does it send? `sellable`, `physical`, `three`.
    #[serde(default)]
    number: String,
    #[serde(default)]
    done: String,
}

/// Which way fits the answers; exact ways first, and in doubt the one that asks nothing of the ERP.
fn advised(asked: &Asked) -> Option<Mode> {
    if asked.orders.is_empty() && asked.time.is_empty() && asked.number.is_empty() {
        return None;
    }
    Some(match (asked.number.as_str(), asked.orders.as_str(), asked.time.as_str()) {
        ("three", ..) => Mode::Triple,
        // Whatever else it can tell: as a sellable number it would count every unit that is paid and not shipped twice.
        ("physical", ..) => Mode::Physical,
        (_, "yes", "seq") => Mode::Cursor,
        (_, "yes", "read") => Mode::OurClock,
        (_, "yes", "time") => Mode::ErpClock,
        _ => Mode::Bare,
    })
}

#[derive(Template)]
#[template(path = "stock/modes.html", blocks = ["part"])]
struct Modes {
    frame: Frame,
    ways: &'static [Way],
    mode: Mode,
    advised: Option<Mode>,
    asked: Asked,
    form: Form,
    last: Option<Last>,
    differences: Vec<Difference>,
    /// A check may be asked for here.
    cheap: bool,
}
show!(Modes, |v| json!({
    "mode": v.mode.as_str(), "freezeMinutes": v.form.value("minutes").parse::<i64>().ok(), "advised": v.advised.map(Mode::as_str),
    "check": v.last.as_ref().map(|l| json!({ "at": l.at, "rows": l.rows, "differences": l.differences })),
}));

impl Modes {
    fn is_chosen(&self, way: &Way) -> bool {
        self.form.value("mode") == way.mode.as_str()
    }
    fn is_advised(&self, way: &Way) -> bool {
        self.advised == Some(way.mode)
    }
    fn says(&self, question: &str, answer: &str) -> bool {
        let said = match question {
            "orders" => &self.asked.orders,
            "time" => &self.asked.time,
            _ => &self.asked.number,
        };
        said == answer
    }
    fn advice(&self) -> Option<&Way> {
        self.ways.iter().find(|w| Some(w.mode) == self.advised)
    }
}

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageSettings)
}

async fn shown(ctx: &Ctx, seat: &Seat, asked: Asked) -> Result<Modes> {
    let merchant = seat.merchant;
    let (rules, last, rows) = ctx
        .db
        .snapshot(move |c| Ok((rules::of(c, merchant)?, verify::last(c, merchant)?, verify::rows(c, merchant, CHEAP_ROWS + 1)?)))
        .await?;
    let differences = match &last {
        Some(last) => serde_json::from_value(last.differences.clone()).map_err(Error::broken)?,
        None => Vec::new(),
    };
    let said = match asked.done.as_str() {
        "saved" => Some(Text::new("mode-saved")),
        "checked" => Some(Text::new("mode-checked")),
        _ => None,
    };
    Ok(Modes {
        frame: Frame { notice: said, ..ctx.frame("settings") },
        ways: &WAYS,
        mode: rules.mode,
        advised: advised(&asked),
        asked,
        form: Form::filled([("mode", rules.mode.as_str().to_owned()), ("minutes", rules.freeze_minutes.to_string())]),
        last,
        differences,
        cheap: rows <= CHEAP_ROWS,
    })
}

/// `GET /settings/stock`
pub async fn show(ctx: Ctx, asked: Query<Asked>) -> Reply {
    let seat = seat(&ctx)?;
    let view = shown(&ctx, &seat, asked.into_inner()).await?;
    ctx.reply(view)
}

#[derive(Deserialize, Validate)]
pub struct Chosen {
    mode: String,
    #[validate(range(min = 1, max = 10_080))]
    minutes: i32,
}

/// `POST /settings/stock`
pub async fn choose(ctx: Ctx, input: Input<Chosen>) -> Reply {
    let seat = seat(&ctx)?;
    let read = input.or_form().and_then(|typed| match Mode::of(&typed.mode) {
        Some(mode) => Ok((mode, typed.minutes)),
        None => {
            Err(Form::filled([("mode", typed.mode), ("minutes", typed.minutes.to_string())]).with_error("mode", Text::new("mode-unknown")))
        }
    });
    let (mode, minutes) = match read {
        Ok(read) => read,
        Err(form) if ctx.wants == Wants::Json => return Err(Error::invalid(form)),
        Err(form) => {
            let view = shown(&ctx, &seat, Asked::default()).await?;
            return ctx.invalid(Modes { form, ..view });
        }
    };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| rules::set(tx, &cause, mode, minutes)).await {
        Ok(()) => Ok(redirect(&ctx, "/settings/stock?done=saved")),
        Err(Error::Conflict(why)) if ctx.wants != Wants::Json => {
            let form = Form::filled([("mode", mode.as_str().to_owned()), ("minutes", minutes.to_string())]).with_error("mode", why);
            let view = shown(&ctx, &seat, Asked::default()).await?;
            ctx.invalid(Modes { form, ..view })
        }
        Err(e) => Err(e),
    }
}

/// `POST /settings/stock/check`: looks at the counters now.
pub async fn check(ctx: Ctx) -> Reply {
    let seat = seat(&ctx)?;
    let (merchant, now) = (seat.merchant, ctx.now);
    if ctx.db.read(move |c| verify::rows(c, merchant, CHEAP_ROWS + 1)).await? > CHEAP_ROWS {
        return Err(Error::Conflict(Text::new("mode-check-large").with(CHEAP_ROWS)));
    }
    let found: Found = ctx.db.snapshot(move |c| verify::check(c, merchant)).await?;
    ctx.db.write(move |tx| verify::keep(tx, merchant, now, &found)).await?;
    Ok(redirect(&ctx, "/settings/stock?done=checked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_lead_to_a_way() {
        let of = |orders: &str, time: &str, number: &str| {
            advised(&Asked { orders: orders.into(), time: time.into(), number: number.into(), done: String::new() }).map(Mode::as_str)
        };
        assert_eq!(of("", "", ""), None);
        assert_eq!(of("yes", "seq", "sellable"), Some("cursor"));
        assert_eq!(of("yes", "time", "sellable"), Some("erp_clock"));
        assert_eq!(of("yes", "time", "physical"), Some("physical"));
        assert_eq!(of("no", "no", "three"), Some("triple"));
        assert_eq!(of("yes", "no", "sellable"), Some("bare"));
        assert_eq!(of("yes", "read", "sellable"), Some("our_clock"));
        assert_eq!(of("no", "no", "physical"), Some("physical"));
        assert_eq!(of("no", "time", "sellable"), Some("bare"));
    }

    #[test]
    fn every_way_is_explained() {
        assert_eq!(WAYS.map(|w| w.mode), Mode::ALL);
        for way in WAYS {
            assert!(serde_json::from_str::<serde_json::Value>(way.example).is_ok(), "{}", way.example);
        }
    }
}
