//! What auditors see and press. A decision is a noun of the product's address; taking it back is DELETE of the same.

mod acts;
mod bench;
mod desk;
mod past;
mod rules;
mod search;

use super::queue::{Filter, View};
use crate::Result;
use crate::web::{Ctx, Permission, Seat};
use actix_web::web::{ServiceConfig, resource};
use serde::Deserialize;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/audit").get(bench::first))
        .service(resource("/audit/done").get(past::list))
        .service(resource("/audit/rules").get(rules::page))
        .service(resource("/audit/done/{merchant}/{id}").get(past::one))
        .service(resource("/audit/{merchant}/{product}").get(bench::item))
        .service(resource("/audit/{merchant}/{product}/lease").post(acts::lease))
        .service(resource("/audit/{merchant}/{product}/candidates").get(search::candidates))
        .service(resource("/audit/{merchant}/{product}/approval").post(acts::approve).delete(acts::unapprove))
        .service(resource("/audit/{merchant}/{product}/base-product").get(search::draft).post(acts::new_base).delete(acts::unbase))
        .service(resource("/audit/{merchant}/{product}/return").get(bench::returning).post(acts::send_back).delete(acts::unreturn))
        .service(resource("/audit/{merchant}/{product}/difficulty").post(acts::postpone).delete(acts::unpostpone))
        .service(resource("/audit/{merchant}/{product}/skip").post(acts::skip).delete(acts::unskip));
}

/// What the address says beside the product: the part of the queue somebody works on, and the candidate looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    cat: String,
    merchant: String,
    base: String,
    after: String,
    q: String,
}

impl Asked {
    fn filter(&self, seat: &Seat) -> Filter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        Filter { reviewer: seat.person.user, view: View::of(&self.view), category: some(&self.cat), merchant: some(&self.merchant) }
    }
    /// The queue's part of the query, with a leading `?` when there is any.
    fn query(&self) -> String {
        self.with(&[])
    }
    /// The same with further pairs; an empty value leaves its pair out.
    fn with(&self, more: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(&str, &str)> = self.part();
        pairs.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        pairs.extend(more);
        query_of(&pairs)
    }
    /// What a form sends along, so that the part of the queue stays chosen.
    fn kept(&self) -> Vec<(&'static str, String)> {
        self.part().into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())).collect()
    }
    fn part(&self) -> Vec<(&'static str, &str)> {
        let view = if View::of(&self.view) == View::Waiting { "" } else { self.view.as_str() };
        vec![("view", view), ("cat", &self.cat), ("merchant", &self.merchant)]
    }
}

fn query_of(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

/// The address of a product under review.
fn place(merchant: &str, prod_id: &str) -> String {
    let segment = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    format!("/audit/{}/{}", segment(merchant), segment(prod_id))
}

/// Auditors' pages do not exist for merchants' people.
fn auditor(ctx: &Ctx) -> Result<Seat> {
    ctx.platform_seat()?.may(Permission::Audit)
}
