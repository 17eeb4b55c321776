//! `prod.price.update` and `sku.price.update`: from lines to prices and back.

use super::book::{self, Done};
use super::codes::Codes;
use super::entries::{self, Entry};
use super::place::{Place, Span};
use super::resolve::Member;
use super::rules::rules;
use super::sheet::{Move, Wish};
use super::shops::Shops;
use crate::Result;
use crate::gate::{self, Cover, Guarded};
use crate::guards::{self, codes as theirs};
use crate::ids::{MerchantId, ProductId, ShopId, SkuId};
use crate::products::draft::two_places;
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Module, Outcome, Patch, Problem, Scope, Withheld};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Text};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What lines wait for that nobody can price yet.
pub const WAITS_FOR_SKU: &str = "sku";

#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Goods {
    #[diesel(sql_type = Int4)]
    no: i32,
    #[diesel(sql_type = BigInt)]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt)]
    product: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
}

/// A line whose goods and shop are known.
struct Job {
    line: Line,
    goods: Goods,
    shop: Option<ShopId>,
    told: Vec<Problem>,
    parts: Vec<Withheld>,
}

/// like [`apply`], where the member price is all there is to say.
pub fn apply_member(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let (said, silent): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.has("vipPrice"));
    let mut results = apply(tx, cause, scope, said)?;
    results.extend(silent.iter().map(|line| LineResult::rejected(line, Problem::new(LineCode::Missing, "vipPrice", ""))));
    Ok(results)
}

/// Applies lines, each whole or not at all. Codes of groups that are not ours yet are waited for.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let goods = resolve(tx, cause.merchant, &lines)?;
    let mut results = Vec::with_capacity(lines.len());
    let mut jobs = Vec::with_capacity(lines.len());
    let shops = Shops::of(tx, scope, &lines)?;
    for line in lines {
        match place(line, &goods, &shops) {
            Ok(job) => jobs.push(job),
            Err(end) => results.push(*end),
        }
    }
    let jobs = withhold(tx, cause, scope, jobs, &mut results)?;
    let mut read: Vec<(Job, Vec<Entry>)> = Vec::with_capacity(jobs.len());
    for job in jobs {
        match entries::read(&job.line) {
            Ok((entries, mut warnings)) => {
                let mut job = job;
                job.told.append(&mut warnings);
                read.push((job, entries));
            }
            Err(problems) => results.push(refused(&job.line, problems)),
        }
    }
    let known = Known::load(tx, cause.merchant, &read)?;
    let member = rules(tx, cause.merchant)?.member;
    let mut wishes = Vec::with_capacity(read.len());
    let mut by_no = HashMap::with_capacity(read.len());
    for (mut job, entries) in read {
        match known.moves(&job, &entries, member) {
            Ok(moves) => {
                job.told.extend(shops.differing(&job.line, job.goods.sku, job.shop, member));
                let source_time = job.line.time("sourceTime").value();
                let if_version = job.line.number("ifVersion").value();
                wishes.push(Wish { no: job.line.no, sku: job.goods.sku, moves, source_time, if_version });
                by_no.insert(job.line.no, job);
            }
            Err(end) => results.push(*end),
        }
    }
    for done in book::set(tx, cause, &known.codes, &wishes)? {
        if let Some(job) = by_no.remove(&done.no) {
            results.push(told(job, done));
        }
    }
    Ok(results)
}

fn refused(line: &Line, problems: Vec<Problem>) -> LineResult {
    let mut result = LineResult::of(line, Outcome::Rejected);
    result.problems.splice(0..0, problems);
    result
}

/// The SKU each line names, by its own id or as the default one of a product.
pub(super) fn resolve(c: &mut PgConnection, merchant: MerchantId, lines: &[Line]) -> Result<HashMap<i32, Goods>> {
    let found: Vec<Goods> = diesel::sql_query(
        "select l.no, k.id as sku, p.id as product, p.prod_id from unnest($2, $3, $4) as l(no, sku, prod) cross join lateral ( \
           select k.id, k.product_id from skus k where k.merchant_id = $1 and k.sku_id = l.sku union all \
           (select k.id, k.product_id from products o join skus k on k.merchant_id = o.merchant_id and k.product_id = o.id and k.is_default \
             where l.sku = '' and o.merchant_id = $1 and o.prod_id = l.prod order by k.id limit 1) offset 0) k \
         cross join lateral (select id, prod_id from products where merchant_id = $1 and id = k.product_id offset 0) p",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Int4>, _>(lines.iter().map(|l| l.no).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty("skuId")).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty("prodId")).collect::<Vec<_>>())
    .load(c)?;
    Ok(found.into_iter().map(|goods| (goods.no, goods)).collect())
}

fn place(line: Line, goods: &HashMap<i32, Goods>, shops: &Shops) -> Result<Job, Box<LineResult>> {
    let shop = line.shop("shopId").value();
    if let Some(shop) = shop.filter(|shop| !shops.knows(*shop)) {
        return Err(Box::new(LineResult::rejected(&line, Problem::new(LineCode::UnknownShop, "shopId", shop.to_string()))));
    }
    let (sku, prod) = (line.text_or_empty("skuId"), line.text_or_empty("prodId"));
    match goods.get(&line.no) {
        Some(goods) if !prod.is_empty() && goods.prod_id != prod => {
            Err(Box::new(LineResult::rejected(&line, Problem::new(LineCode::OtherProduct, "skuId", &sku).detail(&goods.prod_id))))
        }
        Some(goods) => Ok(Job { goods: goods.clone(), line, shop, told: Vec::new(), parts: Vec::new() }),
        None => {
            let (code, field, id) =
                if sku.is_empty() { (LineCode::UnknownProduct, "prodId", prod) } else { (LineCode::UnknownSku, "skuId", sku) };
            let result = LineResult::of(&line, Outcome::Parked).because(Problem::new(code, field, &id));
            Err(Box::new(result.waiting_for(WAITS_FOR_SKU, &id)))
        }
    }
}

/// Takes out what exceptions and locks keep from being changed by itself (W-03, W-04); lines that are left with nothing end here.
fn withhold(tx: &mut PgConnection, cause: &Cause, scope: &Scope, jobs: Vec<Job>, ends: &mut Vec<LineResult>) -> Result<Vec<Job>> {
    let whole: Vec<gate::Place> = jobs.iter().map(|j| (Some(j.goods.product), Some(j.goods.sku), None)).collect();
    let in_shop: Vec<gate::Place> = jobs.iter().map(|j| (Some(j.goods.product), Some(j.goods.sku), j.shop)).collect();
    let (whole, in_shop) = (gate::covering(tx, cause, Module::Price, &whole)?, gate::covering(tx, cause, Module::Price, &in_shop)?);
    let mut products: Vec<ProductId> = jobs.iter().map(|j| j.goods.product).collect();
    products.sort_unstable();
    products.dedup();
    let guarded = gate::guarded(tx, cause, &[Module::Price], &products)?;
    let mut left = Vec::with_capacity(jobs.len());
    for ((mut job, whole), in_shop) in jobs.into_iter().zip(whole).zip(in_shop) {
        if let Some(cover) = whole {
            let place = (Some(job.goods.product), Some(job.goods.sku), None);
            let part = Withheld { module: Module::Price, why: cover.why(), line: None, under: None, place };
            ends.push(LineResult::of(&job.line, Outcome::Held).because(cover.problem("", "", scope.lang)).keeping(part));
            continue;
        }
        let shop = in_shop.filter(|_| job.shop.is_some());
        take_out(&mut job, shop.as_ref(), &guarded, scope);
        if !job.parts.is_empty() && !entries::FIELDS.iter().any(|field| job.line.has(field)) {
            let mut end = LineResult::of(&job.line, Outcome::Held);
            end.problems.append(&mut job.told);
            end.withheld = job.parts;
            ends.push(end);
        } else {
            left.push(job);
        }
    }
    Ok(left)
}

fn take_out(job: &mut Job, shop: Option<&Cover>, guarded: &Guarded, scope: &Scope) {
    let (mut taken, mut why) = (Map::new(), "item");
    for field in entries::FIELDS {
        let locked = || guarded.field(Module::Price, job.goods.product, Some(job.goods.sku), field);
        let cover = shop.filter(|_| field == "vipPrice").cloned().or_else(locked);
        let Some(cover) = cover.filter(|_| job.line.has(field)) else { continue };
        let sent = job.line.decimal(field).value().map(two_places).unwrap_or_default();
        taken.extend(job.line.take_out(&[field]));
        job.told.push(cover.problem(field, sent, scope.lang));
        why = cover.why();
    }
    if taken.is_empty() {
        return;
    }
    for name in ["skuId", "prodId", "shopId", "sourceTime"] {
        if let Some(value) = job.line.sent.get(name) {
            taken.insert(name.to_owned(), value.clone());
        }
    }
    let place = (Some(job.goods.product), Some(job.goods.sku), job.shop);
    job.parts.push(Withheld { module: Module::Price, why, line: Some(Value::Object(taken)), under: None, place });
}

/// Codes of groups, as the ERP and as we have them.
struct Known {
    codes: Codes,
    regions: HashMap<String, String>,
    groups: HashMap<String, String>,
}

impl Known {
    fn load(tx: &mut PgConnection, merchant: MerchantId, read: &[(Job, Vec<Entry>)]) -> Result<Self> {
        let all = || read.iter().flat_map(|(_, entries)| entries);
        let some = |pick: fn(&Entry) -> &Option<String>| {
            let mut codes: Vec<String> = all().filter_map(|e| pick(e).clone()).collect();
            codes.sort_unstable();
            codes.dedup();
            codes
        };
        let (regions, groups, customers) = (some(|e| &e.region), some(|e| &e.group), some(|e| &e.customer));
        // Most pushes speak of nobody in particular.
        let codes = if all().next().is_none() { Codes::default() } else { Codes::by_customer_codes(tx, merchant, &customers)? };
        Ok(Self {
            codes,
            regions: theirs::ours(tx, merchant, theirs::Kind::RegionGroup, &regions)?,
            groups: theirs::ours(tx, merchant, theirs::Kind::CustomerGroup, &groups)?,
        })
    }

    fn moves(&self, job: &Job, entries: &[Entry], member: Member) -> Result<Vec<Move>, Box<LineResult>> {
        let line = &job.line;
        let mut moves = Vec::new();
        for (place, field) in Place::PLAIN {
            let to = match line.decimal(field) {
                Patch::Missing => continue,
                Patch::Null if place == Place::Default => {
                    let problem = Problem::new(LineCode::Empty, field, "null");
                    return Err(Box::new(LineResult::rejected(line, problem)));
                }
                Patch::Null => None,
                Patch::Value(amount) => Some(amount),
            };
            let of = |place| Move { path: field.to_owned(), place, span: Span::STANDING, to };
            match job.shop.filter(|_| place == Place::Member) {
                // where members pay one price in all shops, whichever shop says it last says it for all.
                Some(shop) if member == Member::Uniform => moves.extend([of(Place::Shop(shop)), of(Place::Member)]),
                Some(shop) => moves.push(of(Place::Shop(shop))),
                None => moves.push(of(place)),
            }
        }
        for entry in entries {
            let place = self.place(entry).map_err(|unknown| Box::new(unknown.end(line)))?;
            if moves.iter().any(|m| m.place == place && m.span == entry.span) {
                let problem = Problem::new(LineCode::DuplicateInBatch, &entry.path, place.name(&self.codes));
                return Err(Box::new(LineResult::rejected(line, problem)));
            }
            moves.push(Move { path: format!("{}.price", entry.path), place, span: entry.span, to: entry.to });
        }
        Ok(moves)
    }

    fn place(&self, entry: &Entry) -> Result<Place, Unknown> {
        let unknown = |code, field: &str, value: &String, waits_for| Unknown {
            problem: Problem::new(code, &format!("{}.{field}", entry.path), value),
            waits_for,
            code: value.clone(),
        };
        let region = match &entry.region {
            None => None,
            Some(code) => {
                let id = self.codes.region_by(self.regions.get(code).unwrap_or(code));
                Some(id.ok_or_else(|| unknown(LineCode::UnknownRegionGroup, "regionGroup", code, Some("region_group")))?)
            }
        };
        if let Some(code) = &entry.customer {
            let id = self.codes.customer_by(code).ok_or_else(|| unknown(LineCode::UnknownCustomer, "customerId", code, None))?;
            return Ok(Place::Customer(id, region));
        }
        match (&entry.group, region) {
            (Some(code), region) => {
                let id = self.codes.group_by(self.groups.get(code).unwrap_or(code));
                let id = id.ok_or_else(|| unknown(LineCode::UnknownCustomerGroup, "customerGroup", code, Some("customer_group")))?;
                Ok(Place::Group(id, region))
            }
            (None, Some(region)) => Ok(Place::Region(region)),
            (None, None) => Err(unknown(LineCode::Missing, "regionGroup", &String::new(), None)),
        }
    }
}

/// A group or customer that is not ours.
struct Unknown {
    problem: Problem,
    waits_for: Option<&'static str>,
    code: String,
}

impl Unknown {
    /// The whole line waits; which values stay in force it keeps in mind, so that only a newer word on them takes its place.
    fn end(self, line: &Line) -> LineResult {
        let Some(waits_for) = self.waits_for else {
            return LineResult::rejected(line, self.problem);
        };
        let mut result = LineResult::of(line, Outcome::Parked).waiting_for(waits_for, &self.code);
        result.problems.insert(0, self.problem);
        for field in entries::FIELDS.into_iter().filter(|field| line.has(field)) {
            result = result.telling(field, Value::Null);
        }
        result
    }
}

fn told(job: Job, done: Done) -> LineResult {
    let mut result = LineResult::of(&job.line, done.outcome);
    let rejected = matches!(done.outcome, Outcome::Rejected | Outcome::Stale);
    result.problems.splice(0..0, done.problems);
    if !rejected {
        result.problems.extend(job.told);
        result.withheld = job.parts;
    }
    if let Some(stopped) = done.stopped {
        result = guards::stopped(result, stopped.quarantine, &stopped.path, &stopped.sent, stopped.in_force);
    }
    result.now.extend(done.now);
    result
}
