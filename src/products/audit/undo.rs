//! Taking a decision back: an inverse record, the product exactly as it was, and its old place in the queue.

use super::record::{DECIDED, Decided, State};
use super::work::{self, Work};
use crate::catalog::aliases;
use crate::ids::{BaseId, MerchantId, ProductId, UserId};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text as SqlText, Timestamptz};
use serde_json::{Value, json};

/// How long a decision can be taken back.
pub const UNDO: Duration = Duration::seconds(60);

/// What somebody can take back right now: their last decision, or their last skip if that is newer.
#[derive(QueryableByName, Clone, Debug, serde::Serialize)]
pub struct Undoable {
    #[diesel(sql_type = SqlText)]
    pub merchant: String,
    #[diesel(sql_type = SqlText)]
    pub prod_id: String,
    #[diesel(sql_type = SqlText)]
    pub name: String,
    #[diesel(sql_type = SqlText)]
    pub decision: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

impl Undoable {
    /// The noun of the address to delete.
    pub fn noun(&self) -> &'static str {
        noun(&self.decision)
    }
}

/// The noun a decision goes by in addresses.
pub fn noun(decision: &str) -> &'static str {
    match decision {
        "approved" => "approval",
        "new_base" => "base-product",
        "returned" | "rejected" => "return",
        "skipped" => "skip",
        _ => "difficulty",
    }
}

pub fn undoable(c: &mut PgConnection, me: UserId, now: DateTime<Utc>) -> Result<Option<Undoable>> {
    Ok(diesel::sql_query(
        "select m.code as merchant, p.prod_id, p.name, l.decision, l.at from ( \
         (select d.merchant_id, d.product_id, d.decision, d.at from audit_decisions d where d.reviewer_id = $1 and d.at > $2 and d.decision not in ('undone', 'automatic') \
          and coalesce((d.snapshot->>'along')::boolean, false) = false \
          and not exists (select 1 from audit_decisions x where x.merchant_id = d.merchant_id and x.product_id = d.product_id and x.undoes = d.id) order by d.at desc, d.id desc limit 1) \
         union all (select s.merchant_id, s.product_id, 'skipped', s.at from audit_skips s where s.reviewer_id = $1 and s.at > $2 order by s.at desc limit 1)) l \
         join merchants m on m.id = l.merchant_id join products p on (p.merchant_id, p.id) = (l.merchant_id, l.product_id) order by l.at desc limit 1",
    )
    .bind::<BigInt, _>(me)
    .bind::<Timestamptz, _>(now - UNDO)
    .get_result(c)
    .optional()?)
}

/// Takes the reviewer's latest decision about a product back, with everything it settled along.
///
/// # Errors
/// `Conflict`, saying why, once it cannot be taken back: too late, decided or changed since, the new base product in use.
pub fn undo(tx: &mut PgConnection, cause: &Cause, me: UserId, merchant: &str, prod_id: &str, wanted: &str) -> Result<Work> {
    let seen = work::find(tx, merchant, prod_id)?;
    let main = super::record::last(tx, seen.merchant_id, seen.product_id)?.ok_or(Error::NotFound)?;
    if main.decision == "undone" || noun(&main.decision) != wanted {
        return Err(Error::Conflict(Text::new("audit-undo-nothing")));
    }
    if main.reviewer_id != Some(me) {
        return Err(Error::Conflict(Text::new("audit-undo-others").with(main.reviewer)));
    }
    if cause.now - main.at > UNDO {
        return Err(Error::Conflict(Text::new("audit-undo-late").with(UNDO.num_seconds())));
    }
    let mut acts = same_act(tx, me, &main)?;
    acts.sort_by_key(|d| (d.merchant_id, d.product_id));
    let keys: Vec<(MerchantId, ProductId)> = acts.iter().map(|d| (d.merchant_id, d.product_id)).collect();
    let works = work::lock(tx, &keys)?;
    let mut before = Vec::new();
    for (act, work) in acts.iter().zip(&works) {
        before.push(unchanged(act, work)?);
    }
    restore(tx, cause, &works, &before)?;
    take_back_lessons(tx, cause, &main)?;
    take_back_base(tx, cause, &main)?;
    write_inverse(tx, cause, me, &acts, &works)?;
    for (act, (work, was)) in acts.iter().zip(works.iter().zip(&before)) {
        let entry = Entry::new("product.review_undone", "product", &work.prod_id).change(State::of(work).shown(), was.shown());
        trail::record(tx, &cause.at(act.merchant_id), &[entry])?;
    }
    work::find(tx, merchant, prod_id)
}

/// The rows written by the same act; they share its time, its reviewer and its request.
fn same_act(c: &mut PgConnection, me: UserId, main: &Decided) -> Result<Vec<Decided>> {
    let act = main.snapshot.get("act").and_then(Value::as_str).unwrap_or_default();
    Ok(diesel::sql_query(format!(
        "{DECIDED} where d.reviewer_id = $1 and d.at = $2 and (d.id = $3 or d.snapshot->>'act' = $4) and d.decision = $5"
    ))
    .bind::<BigInt, _>(me)
    .bind::<Timestamptz, _>(main.at)
    .bind::<BigInt, _>(main.id)
    .bind::<SqlText, _>(act)
    .bind::<SqlText, _>(&main.decision)
    .load(c)?)
}

/// What to restore, if nothing happened to the product since.
fn unchanged(act: &Decided, work: &Work) -> Result<State> {
    let state = |name: &str| serde_json::from_value::<State>(act.snapshot.get(name).cloned().unwrap_or_default()).map_err(Error::broken);
    let (before, after) = (state("before")?, state("after")?);
    if State::of(work) == after { Ok(before) } else { Err(Error::Conflict(Text::new("audit-undo-changed").with(&work.name))) }
}

fn restore(tx: &mut PgConnection, cause: &Cause, works: &[Work], before: &[State]) -> Result<()> {
    let (merchants, products) = work::columns(works);
    let text = |pick: fn(&State) -> &String| before.iter().map(|s| pick(s).clone()).collect::<Vec<_>>();
    diesel::sql_query(
        "update products p set base_product_id = w.base, match_kind = w.kind, audit_status = w.status, listing = w.listing, unlisted_by = w.by, list_wish = w.wish, \
         version = p.version + 1, updated_at = $9 \
         from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[]) as w(m, p, base, kind, status, listing, by, wish) \
         where (p.merchant_id, p.id) = (w.m, w.p)",
    )
    .bind::<Array<BigInt>, _>(&merchants)
    .bind::<Array<BigInt>, _>(&products)
    .bind::<Array<Nullable<BigInt>>, _>(before.iter().map(|s| s.base_product_id).collect::<Vec<Option<BaseId>>>())
    .bind::<Array<SqlText>, _>(text(|s| &s.match_kind))
    .bind::<Array<SqlText>, _>(text(|s| &s.audit_status))
    .bind::<Array<SqlText>, _>(text(|s| &s.listing))
    .bind::<Array<Nullable<SqlText>>, _>(before.iter().map(|s| s.unlisted_by.clone()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(before.iter().map(|s| s.list_wish).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    diesel::sql_query(
        "update audit_items i set state = w.s, version = i.version + 1 from unnest($1::bigint[], $2::bigint[], $3::text[]) as w(m, p, s) where (i.merchant_id, i.product_id) = (w.m, w.p)",
    )
    .bind::<Array<BigInt>, _>(merchants)
    .bind::<Array<BigInt>, _>(products)
    .bind::<Array<SqlText>, _>(text(|s| &s.item_state))
    .execute(tx)?;
    Ok(())
}

/// What was learned with the decision is forgotten with it.
fn take_back_lessons(tx: &mut PgConnection, cause: &Cause, main: &Decided) -> Result<()> {
    let learned = main.snapshot.get("aliases").and_then(Value::as_array).cloned().unwrap_or_default();
    for id in learned.iter().filter_map(Value::as_i64) {
        aliases::revoke(tx, cause, id)?;
    }
    Ok(())
}

/// A base product made by the decision is switched off, unless somebody relies on it by now. Records keep naming it.
fn take_back_base(tx: &mut PgConnection, cause: &Cause, main: &Decided) -> Result<()> {
    if main.decision != "new_base" {
        return Ok(());
    }
    let code = main.base.as_str();
    let changed = diesel::sql_query(
        "update base_products b set status = 'disabled', version = version + 1, updated_at = $2 where code = $1 and status = 'active' \
         and not exists (select 1 from products p where p.base_product_id = b.id)",
    )
    .bind::<SqlText, _>(code)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    if changed == 0 {
        return Err(Error::Conflict(Text::new("audit-undo-base-used").with(code)));
    }
    let entry = Entry::new("base.disabled", "base_product", code).change(json!({ "status": "active" }), json!({ "status": "disabled" }));
    trail::record(tx, &cause.at(MerchantId::PLATFORM), &[entry])
}

fn write_inverse(tx: &mut PgConnection, cause: &Cause, me: UserId, acts: &[Decided], works: &[Work]) -> Result<()> {
    let (merchants, products) = work::columns(works);
    let snapshots: Vec<Value> = acts
        .iter()
        .map(|act| json!({ "submitted": act.snapshot.get("submitted"), "undone": act.decision, "along": act.along() }))
        .collect();
    diesel::sql_query(
        "insert into audit_decisions (merchant_id, product_id, at, decision, reviewer_id, snapshot, undoes) \
         select w.m, w.p, $1, 'undone', $2, w.s, w.d from unnest($3::bigint[], $4::bigint[], $5::jsonb[], $6::bigint[]) as w(m, p, s, d)",
    )
    .bind::<Timestamptz, _>(cause.now)
    .bind::<BigInt, _>(me)
    .bind::<Array<BigInt>, _>(merchants)
    .bind::<Array<BigInt>, _>(products)
    .bind::<Array<Jsonb>, _>(snapshots)
    .bind::<Array<BigInt>, _>(acts.iter().map(|act| act.id).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}
