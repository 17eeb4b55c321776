//! The verbs of an auditor. Each is one transaction: rows locked in order, the item's version compared so that two
//! auditors never both decide, the change, the immutable record with what was seen (P-16), the merchant's trail.

use super::checks;
use super::record::{self, New, State};
use super::review::{self, AliasKind};
use super::work::{self, Work};
use crate::catalog::aliases;
use crate::catalog::base::{self, BaseProduct, Draft};
use crate::form::Form;
use crate::ids::{BaseId, MerchantId, ProductId, UserId};
use crate::products::evidence::{Evidence, Field, Verdict};
use crate::products::matching::Aliases;
use crate::products::{listing, matching_pass};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text as SqlText, Timestamptz};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Waiting products settled by one decision, at most.
const AT_ONCE: i64 = 1000;

/// Who decides about which product.
#[derive(Clone, Copy, Debug)]
pub struct On<'a> {
    pub reviewer: UserId,
    /// The merchant's code.
    pub merchant: &'a str,
    pub prod_id: &'a str,
    /// The item's version the reviewer saw.
    pub version: i32,
}

/// Linking to a base product that exists.
#[derive(Clone, Debug, Default)]
pub struct Approval {
    /// The base product's code.
    pub base: String,
    /// What is to be learned from it.
    pub learn: Vec<AliasKind>,
    /// Settle the same product wherever else it waits.
    pub others: bool,
}

/// Why a product goes back, in the order of the keys 1–6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    PackAndApproval,
    MakerAndApproval,
    Picture,
    OutOfScope,
    /// The goods must not be sold here: the one reason that rejects for good.
    Prohibited,
    /// Said in the note.
    Other,
}

impl Reason {
    pub const ALL: [Reason; 6] =
        [Reason::PackAndApproval, Reason::MakerAndApproval, Reason::Picture, Reason::OutOfScope, Reason::Prohibited, Reason::Other];
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::PackAndApproval => "pack_and_approval",
            Reason::MakerAndApproval => "maker_and_approval",
            Reason::Picture => "picture",
            Reason::OutOfScope => "out_of_scope",
            Reason::Prohibited => "prohibited",
            Reason::Other => "other",
        }
    }
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == code)
    }
    pub fn text_key(self) -> &'static str {
        match self {
            Reason::PackAndApproval => "audit-reason-pack-and-approval",
            Reason::MakerAndApproval => "audit-reason-maker-and-approval",
            Reason::Picture => "audit-reason-picture",
            Reason::OutOfScope => "audit-reason-out-of-scope",
            Reason::Prohibited => "audit-reason-prohibited",
            Reason::Other => "audit-reason-other",
        }
    }
}

/// What a decision did.
#[derive(Clone, Debug, Serialize)]
pub struct Settled {
    /// The product as it is now.
    pub work: Work,
    pub decision: i64,
    pub base: Option<BaseProduct>,
    /// The same product elsewhere, settled along.
    pub others: Vec<Work>,
}

/// P-03, P-05: a person has judged that the submission is this base product.
///
/// # Errors
/// `Conflict` when somebody else decided or the submission changed, `Invalid` for forbidden goods (P-09) or an unknown base product.
pub fn approve(tx: &mut PgConnection, cause: &Cause, on: &On<'_>, approval: &Approval) -> Result<Settled> {
    let base = base::by_codes(tx, std::slice::from_ref(&approval.base))?.remove(&approval.base);
    let base = base.ok_or_else(|| refusal("base", Text::new("audit-no-such-base").with(&approval.base)))?;
    if base.status != "active" {
        return Err(refusal("base", Text::new("audit-base-inactive").with(&base.code)));
    }
    let (main, others) = take(tx, cause, on, approval.others.then_some(base.code.as_str()))?;
    let known = matching_pass::aliases(tx)?;
    let mut learned = Vec::new();
    for kind in &approval.learn {
        if let Some(lesson) = review::lesson(&main, &base, *kind) {
            learned.push(aliases::add(tx, cause, &lesson)?.id);
        }
    }
    link(tx, cause, on, main, others, base, "approved", &known, &learned)
}

/// P-09: nothing alike is known; the submission becomes a base product and is linked to it.
///
/// # Errors
/// As [`approve`], and whatever is wrong with the draft.
pub fn new_base(tx: &mut PgConnection, cause: &Cause, on: &On<'_>, draft: &Draft, others: bool) -> Result<Settled> {
    let (main, others) = take(tx, cause, on, others.then_some(""))?;
    let known = matching_pass::aliases(tx)?;
    let base = base::create(tx, cause, draft)?;
    link(tx, cause, on, main, others, base, "new_base", &known, &[])
}

fn refusal(field: &str, text: Text) -> Error {
    Error::invalid(Form::default().with_error(field, text))
}

/// Locks the product and, if `others` names the base product, the same products waiting elsewhere, in id order.
fn take(tx: &mut PgConnection, cause: &Cause, on: &On<'_>, others: Option<&str>) -> Result<(Work, Vec<Work>)> {
    let seen = work::find(tx, on.merchant, on.prod_id)?;
    let mut keys = match others {
        Some(base) => same(tx, &seen, on.reviewer, base, cause)?,
        None => Vec::new(),
    };
    keys.push((seen.merchant_id, seen.product_id));
    let mut works = work::lock(tx, &keys)?;
    let at = works.iter().position(|w| (w.merchant_id, w.product_id) == (seen.merchant_id, seen.product_id)).ok_or(Error::NotFound)?;
    let main = works.swap_remove(at);
    if main.settled() || main.version != on.version {
        return Err(Error::Conflict(told_settled(tx, &main)?));
    }
    works.retain(|w| w.state == "waiting");
    Ok((main, works))
}

/// Why a decision comes too late.
pub(super) fn told_settled(c: &mut PgConnection, work: &Work) -> Result<Text> {
    let last = record::last(c, work.merchant_id, work.product_id)?.filter(|_| work.state != "waiting");
    Ok(match last {
        Some(last) if last.reviewer.is_empty() => Text::new("audit-conflict-automatic"),
        Some(last) => Text::new("audit-conflict-decided")
            .with(last.reviewer)
            .with(last.at.with_timezone(&crate::clock::china()).format("%H:%M").to_string()),
        None => Text::new("audit-conflict-changed"),
    })
}

/// The same product by its keys, waiting at any merchant and not just being looked at by somebody else. Names, packs and
/// makers must be stated and equal; numbers must not contradict; the merchant must not have named another base product.
fn same(c: &mut PgConnection, of: &Work, me: UserId, base: &str, cause: &Cause) -> Result<Vec<(MerchantId, ProductId)>> {
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
        #[diesel(sql_type = BigInt)]
        product_id: ProductId,
    }
    let keys: Vec<Key> = diesel::sql_query(
        "select k.merchant_id, k.product_id from product_keys o join product_keys k on (k.name_key, k.spec_key, k.maker_key) = (o.name_key, o.spec_key, o.maker_key) \
         and (k.gtin = o.gtin or k.gtin = '' or o.gtin = '') and (k.approval_key = o.approval_key or k.approval_key = '' or o.approval_key = '') \
         join audit_items i on (i.merchant_id, i.product_id) = (k.merchant_id, k.product_id) join products p on (p.merchant_id, p.id) = (k.merchant_id, k.product_id) \
         where o.merchant_id = $1 and o.product_id = $2 and (k.merchant_id, k.product_id) <> ($1, $2) and o.name_key <> '' and o.spec_key <> '' and o.maker_key <> '' \
         and i.state = 'waiting' and (i.leased_by is null or i.leased_by = $3 or i.leased_until <= $4) and (p.explicit_base is null or p.explicit_base = $5) \
         order by k.merchant_id, k.product_id limit $6",
    )
    .bind::<BigInt, _>(of.merchant_id)
    .bind::<BigInt, _>(of.product_id)
    .bind::<BigInt, _>(me)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<SqlText, _>(base)
    .bind::<BigInt, _>(AT_ONCE)
    .load(c)?;
    Ok(keys.into_iter().map(|k| (k.merchant_id, k.product_id)).collect())
}

/// Links all of them but those whose own numbers contradict the base product, lists what may and wants to be listed, and records it.
#[expect(clippy::too_many_arguments, reason = "both verbs of approval end here, with all they have found out")]
fn link(
    tx: &mut PgConnection,
    cause: &Cause,
    on: &On<'_>,
    main: Work,
    others: Vec<Work>,
    base: BaseProduct,
    decision: &'static str,
    known: &Aliases,
    learned: &[i64],
) -> Result<Settled> {
    if let Some(text) = checks::forbidden(tx, std::slice::from_ref(&main), Some(&base))?.pop().flatten() {
        return Err(refusal("", text));
    }
    let refused = checks::forbidden(tx, &others, None)?;
    let numbers = review::numbers(tx, std::slice::from_ref(&base))?;
    // What the reviewer saw: the comparison before anything was learned from it.
    let seen = |work: Work| (review::compare(&work, &base, &numbers, known), work);
    let allowed = others
        .into_iter()
        .zip(refused)
        .filter(|(_, why)| why.is_none())
        .map(|(work, _)| seen(work))
        .filter(|(evidence, _)| !contradicts(evidence));
    let (evidence, before): (Vec<Evidence>, Vec<Work>) = std::iter::once(seen(main)).chain(allowed).unzip();
    set_products(tx, cause, &before, Some(base.id), "approved")?;
    set_items(tx, &before, "settled")?;
    for (merchant, products) in by_merchant(&before) {
        listing::settle(tx, &cause.at(merchant), &products)?;
    }
    let after = work::reload(tx, &before)?;
    let offers: Vec<New<'_>> = before
        .iter()
        .zip(&after)
        .zip(&evidence)
        .enumerate()
        .map(|(at, ((was, is), evidence))| New {
            was,
            is,
            seconds: was.seconds(on.reviewer, cause.now).filter(|_| at == 0),
            snapshot: json!({
                "base": base, "evidence": evidence, "along": at > 0,
                "aliases": learned, "newBase": decision == "new_base",
            }),
        })
        .collect();
    let ids = record::write(tx, cause, on.reviewer, decision, Some(base.id), None, None, &offers)?;
    tell(tx, cause, "product.approved", &before, &after, Some(&base.code), None)?;
    let mut after = after.into_iter();
    let work = after.next().ok_or(Error::NotFound)?;
    Ok(Settled { work, decision: ids.first().copied().unwrap_or_default(), base: Some(base), others: after.collect() })
}

/// A number of the submission's own says that it is another product.
fn contradicts(evidence: &Evidence) -> bool {
    [Field::Barcode, Field::ApprovalNo].into_iter().any(|field| evidence.line(field).is_some_and(|line| line.verdict == Verdict::Different))
}

/// P-16: back to the merchant with a reason it sees; prohibited goods are rejected for good.
///
/// # Errors
/// `Conflict` when it is too late, `Invalid` when `Other` comes without a note.
pub fn send_back(tx: &mut PgConnection, cause: &Cause, on: &On<'_>, reason: Reason, note: &str) -> Result<Settled> {
    if reason == Reason::Other && note.trim().is_empty() {
        return Err(refusal("note", Text::new("audit-note-needed")));
    }
    let (decision, status, verb) = if reason == Reason::Prohibited {
        ("rejected", "rejected", "product.rejected")
    } else {
        ("returned", "changes_requested", "product.returned")
    };
    let (main, _) = take(tx, cause, on, None)?;
    let before = [main];
    set_products(tx, cause, &before, None, status)?;
    set_items(tx, &before, "settled")?;
    conclude(tx, cause, on, &before, decision, Some((reason, note)), verb)
}

/// Aside for somebody who knows more.
pub fn postpone(tx: &mut PgConnection, cause: &Cause, on: &On<'_>) -> Result<Settled> {
    let (main, _) = take(tx, cause, on, None)?;
    if main.state == "difficult" {
        return Err(Error::Conflict(Text::new("audit-conflict-difficult")));
    }
    let before = [main];
    set_items(tx, &before, "difficult")?;
    conclude(tx, cause, on, &before, "difficult", None, "product.review_postponed")
}

fn conclude(
    tx: &mut PgConnection,
    cause: &Cause,
    on: &On<'_>,
    before: &[Work],
    decision: &'static str,
    why: Option<(Reason, &str)>,
    verb: &'static str,
) -> Result<Settled> {
    let after = work::reload(tx, before)?;
    let (was, is) = before.first().zip(after.first()).ok_or(Error::NotFound)?;
    let seen = review::review(tx, was, None)?;
    let new = New {
        was,
        is,
        seconds: was.seconds(on.reviewer, cause.now),
        snapshot: json!({ "evidence": seen.chosen().map(|c| &c.evidence), "base": seen.chosen().map(|c| &c.base) }),
    };
    let note = why.map(|(_, note)| note.trim()).filter(|note| !note.is_empty());
    let ids = record::write(tx, cause, on.reviewer, decision, None, why.map(|(reason, _)| reason.as_str()), note, &[new])?;
    tell(tx, cause, verb, before, &after, None, why)?;
    Ok(Settled { work: is.clone(), decision: ids.first().copied().unwrap_or_default(), base: None, others: Vec::new() })
}

/// Ids grouped by merchant, merchants in order.
pub(super) fn by_merchant(works: &[Work]) -> std::collections::BTreeMap<MerchantId, Vec<ProductId>> {
    let mut groups = std::collections::BTreeMap::<MerchantId, Vec<ProductId>>::new();
    for work in works {
        groups.entry(work.merchant_id).or_default().push(work.product_id);
    }
    groups
}

/// One statement for all products: linked and approved with a base product, otherwise out of sale with the status.
fn set_products(tx: &mut PgConnection, cause: &Cause, works: &[Work], base: Option<BaseId>, status: &str) -> Result<()> {
    let (merchants, products) = work::columns(works);
    diesel::sql_query(
        "update products p set audit_status = $3, base_product_id = coalesce($4, p.base_product_id), match_kind = case when $4 is null then p.match_kind else 'person' end, \
         listing = case when $4 is null and p.listing = 'listed' then 'unlisted' else p.listing end, \
         unlisted_by = case when $4 is null and p.listing = 'listed' then 'rule' else p.unlisted_by end, version = p.version + 1, updated_at = $5 \
         from unnest($1::bigint[], $2::bigint[]) as w(merchant_id, id) where (p.merchant_id, p.id) = (w.merchant_id, w.id)",
    )
    .bind::<Array<BigInt>, _>(merchants)
    .bind::<Array<BigInt>, _>(products)
    .bind::<SqlText, _>(status)
    .bind::<Nullable<BigInt>, _>(base)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    Ok(())
}

fn set_items(tx: &mut PgConnection, works: &[Work], state: &str) -> Result<()> {
    let (merchants, products) = work::columns(works);
    diesel::sql_query(
        "update audit_items i set state = $3, version = i.version + 1, leased_by = null, leased_until = null \
         from unnest($1::bigint[], $2::bigint[]) as w(merchant_id, id) where (i.merchant_id, i.product_id) = (w.merchant_id, w.id)",
    )
    .bind::<Array<BigInt>, _>(merchants)
    .bind::<Array<BigInt>, _>(products)
    .bind::<SqlText, _>(state)
    .execute(tx)?;
    Ok(())
}

/// The merchants' trail: what became of their product, by whom.
fn tell(
    tx: &mut PgConnection,
    cause: &Cause,
    verb: &'static str,
    before: &[Work],
    after: &[Work],
    base: Option<&str>,
    why: Option<(Reason, &str)>,
) -> Result<()> {
    let mut entries = std::collections::BTreeMap::<MerchantId, Vec<Entry>>::new();
    for (was, is) in before.iter().zip(after) {
        let mut now = State::of(is).shown();
        if let (Some(map), Some(base)) = (now.as_object_mut(), base) {
            map.insert("base".into(), base.into());
        }
        if let (Some(map), Some((reason, _))) = (now.as_object_mut(), why) {
            map.insert("reason".into(), reason.as_str().into());
        }
        let entry = Entry::new(verb, "product", &was.prod_id).change(State::of(was).shown(), now);
        let entry = match why {
            Some((_, note)) if !note.trim().is_empty() => entry.note(note.trim()),
            _ => entry,
        };
        entries.entry(was.merchant_id).or_default().push(entry);
    }
    for (merchant, entries) in entries {
        trail::record(tx, &cause.at(merchant), &entries)?;
    }
    Ok(())
}
