//! `/groups/regions`: regions priced alike (UI §4.10).

use crate::form::Form;
use crate::ids::RegionGroupId;
use crate::pricing::gone::{self, Gone, Kind};
use crate::pricing::groups::Fallback;
use crate::pricing::region_groups::{self, Division, Draft, Group};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Template)]
#[template(path = "prices/regions.html", blocks = ["part"])]
struct List {
    frame: Frame,
    groups: Vec<Group>,
    gone: Vec<Gone>,
    now: DateTime<Utc>,
    may: bool,
}
show!(List, |v| json!({ "groups": v.groups, "deleted": v.gone }));

#[derive(Template)]
#[template(path = "prices/region_group.html", blocks = ["part"])]
struct One {
    frame: Frame,
    /// `None` while it is being made.
    group: Option<Group>,
    form: Form,
    areas: Vec<Area>,
    fallback: Vec<Fallback>,
    may: bool,
}
show!(One, |v| json!({ "group": v.group, "errors": v.form }));

/// Provinces that belong together, as people know the country.
struct Area {
    name: String,
    provinces: Vec<Province>,
}

struct Province {
    of: Division,
    cities: Vec<Division>,
    /// A city of it is picked or taken by somebody.
    open: bool,
}

impl One {
    fn picked(&self, d: &Division) -> bool {
        self.form.holds("region", &d.code)
    }
    /// Another group has it.
    fn taken<'a>(&self, d: &'a Division) -> Option<&'a str> {
        let mine = self.group.as_ref().map(|g| g.id);
        d.by.as_deref().filter(|_| d.group != mine)
    }
    fn action(&self) -> String {
        self.group.as_ref().map_or_else(|| "/groups/regions".to_owned(), |g| format!("/groups/regions/{}", g.id))
    }
}

fn areas(divisions: Vec<Division>, form: &Form) -> Vec<Area> {
    let (provinces, cities): (Vec<Division>, Vec<Division>) = divisions.into_iter().partition(|d| d.level == 1);
    let mut areas: Vec<Area> = Vec::new();
    for of in provinces {
        let cities: Vec<Division> = cities.iter().filter(|c| c.parent == of.code).cloned().collect();
        let open = cities.iter().any(|c| c.group.is_some() || form.holds("region", &c.code));
        let name = of.area.clone();
        let province = Province { of, cities, open };
        match areas.iter_mut().find(|a| a.name == name) {
            Some(area) => area.provinces.push(province),
            None => areas.push(Area { name, provinces: vec![province] }),
        }
    }
    areas
}

#[derive(Deserialize, Default)]
pub struct Done {
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: i64,
    #[serde(default)]
    left: i64,
}

impl Done {
    pub(super) fn said(&self, ctx: Ctx) -> Ctx {
        match self.done.as_str() {
            "saved" => ctx.noticing(Text::new("groups-saved")),
            "made" => ctx.noticing(Text::new("groups-made")),
            "gone" => ctx.noticing(Text::new("groups-gone").with(self.n)),
            "back" if self.left == 0 => ctx.noticing(Text::new("groups-back").with(self.n)),
            "back" => ctx.noticing(Text::new("groups-back-in-part").with(self.n).with(self.left)),
            "joined" => ctx.noticing(Text::new("groups-joined").with(self.n)),
            "left" => ctx.noticing(Text::new("groups-left").with(self.n)),
            _ => ctx,
        }
    }
}

/// `GET /groups/regions`
pub async fn list(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.merchant()?;
    let merchant = seat.merchant;
    let (groups, gone) = ctx.db.snapshot(move |c| Ok((region_groups::list(c, merchant)?, gone::list(c, merchant, Kind::Region)?))).await?;
    ctx.reply(List { frame: ctx.frame("regions"), groups, gone, now: ctx.now, may: seat.person.may(Permission::EditPrices) })
}

async fn shown(ctx: &Ctx, seat: &Seat, id: Option<RegionGroupId>, typed: Option<Form>) -> Result<One> {
    let merchant = seat.merchant;
    let (group, divisions, fallback) = ctx
        .db
        .snapshot(move |c| {
            let group = id.map(|id| region_groups::find(c, merchant, id)).transpose()?;
            let fallback = id.map(|id| region_groups::fallback(c, merchant, id)).transpose()?;
            Ok((group, region_groups::divisions(c, merchant)?, fallback.unwrap_or_default()))
        })
        .await?;
    let form = typed.unwrap_or_else(|| match &group {
        None => Form::default(),
        Some(g) => {
            let plain = [("code", g.code.clone()), ("name", g.name.clone())];
            Form::filled(plain.into_iter().chain(g.regions.iter().map(|r| ("region", r.clone()))))
        }
    });
    let may = seat.person.may(Permission::EditPrices);
    Ok(One { frame: ctx.frame("regions"), areas: areas(divisions, &form), group, form, fallback, may })
}

#[derive(Deserialize)]
pub struct Which {
    id: i64,
}

/// `GET /groups/regions/{id}`; `new` is the form of one to make.
pub async fn one(ctx: Ctx, id: Path<String>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.merchant()?;
    let id = match id.as_str() {
        "new" => None,
        id => Some(RegionGroupId(id.parse().map_err(|_| Error::NotFound)?)),
    };
    let page = shown(&ctx, &seat, id, None).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate)]
pub struct GroupForm {
    #[validate(length(min = 1, max = 20))]
    code: String,
    #[validate(length(min = 1, max = 60))]
    name: String,
    #[serde(default)]
    #[validate(length(max = 1000))]
    region: Vec<String>,
    #[serde(default)]
    version: i32,
}

/// The seat of somebody who may change this group; a stranger's is not found, whatever the form says.
async fn seat(ctx: &Ctx, id: Option<RegionGroupId>) -> Result<Seat> {
    let seat = ctx.merchant()?.may(Permission::EditPrices)?;
    if let Some(id) = id {
        let merchant = seat.merchant;
        ctx.db.read(move |c| region_groups::find(c, merchant, id)).await?;
    }
    Ok(seat)
}

async fn put(ctx: Ctx, id: Option<RegionGroupId>, input: Input<GroupForm>) -> Reply {
    let seat = seat(&ctx, id).await?;
    let form = match input.or_form() {
        Err(form) => form,
        Ok(typed) => {
            let draft = Draft { code: typed.code.trim().to_owned(), name: typed.name.trim().to_owned(), regions: typed.region };
            let (cause, of) = (seat.cause.clone(), id.map(|id| (id, typed.version)));
            match ctx.db.write(move |tx| region_groups::save(tx, &cause, of, &draft)).await {
                Ok(made) if id.is_none() => return Ok(redirect(&ctx, &format!("/groups/regions/{made}?done=made"))),
                Ok(id) => return Ok(redirect(&ctx, &format!("/groups/regions/{id}?done=saved"))),
                Err(Error::Invalid(form)) => *form,
                Err(e) => return Err(e),
            }
        }
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let page = shown(&ctx, &seat, id, Some(form)).await?;
    ctx.invalid(page)
}

/// `POST /groups/regions`
pub async fn create(ctx: Ctx, input: Input<GroupForm>) -> Reply {
    put(ctx, None, input).await
}

/// `POST /groups/regions/{id}`
pub async fn save(ctx: Ctx, id: Path<Which>, input: Input<GroupForm>) -> Reply {
    put(ctx, Some(RegionGroupId(id.id)), input).await
}

/// What the person saw when deciding.
#[derive(Deserialize, Validate)]
pub struct Seen {
    pub version: i32,
    #[serde(default)]
    pub prices: i64,
}

/// `DELETE /groups/regions/{id}`
pub async fn delete(ctx: Ctx, id: Path<Which>, input: Input<Seen>) -> Reply {
    let id = RegionGroupId(id.id);
    let seat = seat(&ctx, Some(id)).await?;
    let seen = input.checked()?;
    let gone = ctx.db.write(move |tx| region_groups::delete(tx, &seat.cause, id, seen.version, seen.prices)).await?;
    Ok(redirect(&ctx, &format!("/groups/regions?done=gone&n={gone}")))
}

/// `DELETE /groups/regions/{id}/deletion`: the group comes back with what went with it.
pub async fn restore(ctx: Ctx, id: Path<Which>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditPrices)?;
    let id = RegionGroupId(id.id);
    let back = ctx.db.write(move |tx| gone::restore(tx, &seat.cause, Kind::Region, id.0)).await?;
    Ok(redirect(&ctx, &format!("/groups/regions/{id}?done=back&n={}&left={}", back.prices, back.left)))
}
