//! On sale or not (P-06, P-08, P-11, Q-24).
//!
//! Three may decide: the auto-list rule, the ERP, a person. A wish and the permission are apart: who asks for listing before
//! the audit is done is remembered, and it happens on approval. What a person took off sale, only a person puts back; what the
//! ERP took off, the rule leaves alone.

mod facts;
pub mod recheck;
mod restore;
mod upload;

use crate::Result;
use crate::ids::{MerchantId, ProductId};
use crate::text::Text as Sentence;
use crate::trail::{self, Cause, Entry, Kind};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use facts::Facts;
pub use restore::{Restored, restore};
use serde_json::json;
use std::collections::HashMap;
pub(super) use upload::apply;

/// What became of a wish to list or unlist.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is as wished now.
    Done,
    /// It was so before.
    Unchanged,
    /// Remembered: it will be listed when the audit permits.
    Waiting,
    /// Remembered: it cannot be sold yet, and this is what is missing.
    NotSellable(Sentence),
    /// A person took it off sale; the name, if it is known.
    HeldByPerson(String),
    /// No such product of this merchant.
    Unknown,
}

/// A row of `listing` to write.
#[derive(Clone, Debug, PartialEq)]
struct Next {
    listing: &'static str,
    unlisted_by: Option<&'static str>,
    wish: bool,
}

const LISTED: Next = Next { listing: "listed", unlisted_by: None, wish: false };

/// The rule, for these products of the cause's merchant: lists what may be sold, is wished or has stock, and unlists what may
/// not be sold any more. Returns those whose listing changed.
pub fn settle(tx: &mut PgConnection, cause: &Cause, products: &[ProductId]) -> Result<Vec<ProductId>> {
    let facts = facts::load(tx, cause.merchant, products, false)?;
    let candidates: Vec<ProductId> = facts.iter().filter(|f| by_rule(f).is_some()).map(|f| f.id).collect();
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    // Seldom anything is to be done; only then rows are locked, and looked at again.
    let facts = facts::load(tx, cause.merchant, &candidates, true)?;
    let changes: Vec<(&Facts, Next)> = facts.iter().filter_map(|f| Some((f, by_rule(f)?))).collect();
    write(tx, cause, &changes, "rule")?;
    Ok(changes.iter().map(|(f, _)| f.id).collect())
}

/// What stands against selling a product, beside the audit and the rule's own conditions.
pub fn missing(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Option<Sentence>> {
    Ok(facts::load(c, merchant, &[product], false)?.first().and_then(Facts::missing))
}

/// P-08, Q-24.
fn by_rule(f: &Facts) -> Option<Next> {
    let stocked = f.total > 0;
    if f.listing == "listed" {
        let lost = f.missing().is_some() || f.audit_status != "approved" || (f.auto_list && !stocked);
        return lost.then_some(Next { listing: "unlisted", unlisted_by: Some("rule"), wish: true });
    }
    let free = matches!(f.unlisted_by.as_deref(), None | Some("rule"));
    let wanted = free && if f.auto_list { stocked } else { f.list_wish };
    (wanted && f.audit_status == "approved" && f.missing().is_none()).then_some(LISTED)
}

/// Lists (`true`) or unlists (`false`) at the wish of the cause's actor. One answer per wish, in the order given.
pub fn change(tx: &mut PgConnection, cause: &Cause, wishes: &[(ProductId, bool)]) -> Result<Vec<Change>> {
    let ids: Vec<ProductId> = wishes.iter().map(|(id, _)| *id).collect();
    let facts = facts::load(tx, cause.merchant, &ids, true)?;
    let by_id: HashMap<ProductId, &Facts> = facts.iter().map(|f| (f.id, f)).collect();
    let mut answers = Vec::with_capacity(wishes.len());
    let (mut changes, mut again) = (Vec::new(), Vec::new());
    for (id, list) in wishes {
        let Some(f) = by_id.get(id).copied() else {
            answers.push(Change::Unknown);
            continue;
        };
        let (answer, next) = wished(f, *list, cause.kind);
        match next.filter(|next| !f.is(next)) {
            Some(next) => changes.push((f, next)),
            None if matches!(answer, Change::HeldByPerson(_)) => {}
            None => again.push(*id),
        }
        answers.push(answer);
    }
    write(tx, cause, &changes, "")?;
    note_again(tx, cause, &again)?;
    let held: Vec<&str> = answers
        .iter()
        .zip(wishes)
        .filter(|(a, _)| matches!(a, Change::HeldByPerson(_)))
        .filter_map(|(_, (id, _))| by_id.get(id))
        .map(|f| f.prod_id.as_str())
        .collect();
    let names = facts::who_unlisted(tx, cause.merchant, &held)?;
    for (answer, (id, _)) in answers.iter_mut().zip(wishes) {
        if let (Change::HeldByPerson(name), Some(f)) = (answer, by_id.get(id)) {
            *name = names.get(&f.prod_id).cloned().unwrap_or_default();
        }
    }
    Ok(answers)
}

fn wished(f: &Facts, list: bool, who: Kind) -> (Change, Option<Next>) {
    if !list {
        let by = match who {
            Kind::Person => "person",
            Kind::Erp => "erp",
            Kind::System => "rule",
        };
        // A person's word is not weakened by the ERP saying the same.
        if f.listing == "unlisted" && f.unlisted_by.as_deref() == Some("person") {
            return (Change::Unchanged, None);
        }
        let answer =
            if f.listing == "unlisted" && !f.list_wish && f.unlisted_by.as_deref() == Some(by) { Change::Unchanged } else { Change::Done };
        return (answer, Some(Next { listing: "unlisted", unlisted_by: Some(by), wish: false }));
    }
    if f.listing == "listed" {
        return (Change::Unchanged, None);
    }
    if who != Kind::Person && f.unlisted_by.as_deref() == Some("person") {
        return (Change::HeldByPerson(String::new()), None);
    }
    // Not yet: the wish is kept, and whoever took it off sale before has changed their mind.
    let kept = Some(Next { listing: "pending", unlisted_by: None, wish: true });
    if f.audit_status != "approved" {
        return (Change::Waiting, kept);
    }
    match f.missing() {
        Some(why) => (Change::NotSellable(why), kept),
        None if f.auto_list && f.total <= 0 => (Change::NotSellable(Sentence::new("products-missing-stock")), kept),
        None => (Change::Done, Some(LISTED)),
    }
}

/// The same was said once more: somebody's newer word, though nothing changes (I-9). Written once until it changes.
fn note_again(tx: &mut PgConnection, cause: &Cause, products: &[ProductId]) -> Result<()> {
    if products.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update products set listing_said_again_at = $2 where merchant_id = $1 and id = any($3) and listing_said_again_at is null",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(products)
    .execute(tx)?;
    Ok(())
}

/// One statement, and one for the trail.
fn write(tx: &mut PgConnection, cause: &Cause, changes: &[(&Facts, Next)], note: &'static str) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update products p set listing = d.listing, unlisted_by = d.unlisted_by, list_wish = d.wish, listing_said_again_at = null, updated_at = $3 \
         from unnest($2, $4, $5, $6) as d(id, listing, unlisted_by, wish) where p.merchant_id = $1 and p.id = d.id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(changes.iter().map(|(f, _)| f.id).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(changes.iter().map(|(_, n)| n.listing).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(changes.iter().map(|(_, n)| n.unlisted_by).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(changes.iter().map(|(_, n)| n.wish).collect::<Vec<_>>())
    .execute(tx)?;
    let entries: Vec<Entry> = changes.iter().map(|(f, next)| entry(f, next, note)).collect();
    trail::record(tx, cause, &entries)
}

fn entry(f: &Facts, next: &Next, note: &'static str) -> Entry {
    let verb = match next.listing {
        "listed" => "product.listed",
        "unlisted" => "product.unlisted",
        _ => "product.listing_wished",
    };
    let before = json!({ "listing": f.listing, "unlistedBy": f.unlisted_by, "wish": f.list_wish });
    let after = json!({ "listing": next.listing, "unlistedBy": next.unlisted_by, "wish": next.wish });
    let entry = Entry::new(verb, "product", &f.prod_id).change(before, after);
    if note.is_empty() { entry } else { entry.note(note) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts::sample(10)
    }

    // P-08
    #[test]
    fn the_rule_follows_the_stock() {
        assert_eq!(by_rule(&facts()), Some(LISTED));
        assert_eq!(by_rule(&Facts { total: 0, ..facts() }), None);
        let listed = Facts { listing: "listed".into(), ..facts() };
        assert_eq!(by_rule(&listed), None);
        assert_eq!(by_rule(&Facts { total: 0, ..listed }).map(|n| (n.listing, n.unlisted_by)), Some(("unlisted", Some("rule"))));
    }

    //
    #[test]
    fn the_rule_needs_permission_and_never_overrules() {
        for who in ["person", "erp"] {
            assert_eq!(by_rule(&Facts { listing: "unlisted".into(), unlisted_by: Some(who.into()), ..facts() }), None, "{who}");
        }
        for status in ["pending", "changes_requested", "rejected"] {
            assert_eq!(by_rule(&Facts { audit_status: status.into(), ..facts() }), None, "{status}");
        }
        assert_eq!(by_rule(&Facts { enabled: false, ..facts() }), None);
        assert_eq!(by_rule(&Facts { priced: false, ..facts() }), None);
        assert_eq!(by_rule(&Facts { base_ok: false, ..facts() }), None);
    }

    // P-06: without the rule, only a wish lists; stock does not matter then.
    #[test]
    fn without_the_rule_a_wish_is_needed() {
        let quiet = Facts { auto_list: false, total: 0, ..facts() };
        assert_eq!(by_rule(&quiet), None);
        assert_eq!(by_rule(&Facts { list_wish: true, ..quiet }), Some(LISTED));
    }

    #[test]
    fn wishes_are_kept_and_a_person_has_the_last_word() {
        let pending = Facts { audit_status: "pending".into(), ..facts() };
        assert!(matches!(wished(&pending, true, Kind::Erp), (Change::Waiting, Some(Next { wish: true, .. }))));
        let off = Facts { listing: "unlisted".into(), unlisted_by: Some("person".into()), ..facts() };
        assert!(matches!(wished(&off, true, Kind::Erp), (Change::HeldByPerson(_), None)));
        assert_eq!(wished(&off, true, Kind::Person), (Change::Done, Some(LISTED)));
        assert_eq!(wished(&off, false, Kind::Erp), (Change::Unchanged, None));
        assert!(matches!(wished(&Facts { total: 0, ..facts() }, true, Kind::Erp), (Change::NotSellable(_), Some(_))));
    }
}
