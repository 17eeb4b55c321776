//! What must never be sold (禁售名录, P-16): by approval number, barcode, or a word in the name.

use super::approval::Approval;
use super::base::gtin_text;
use super::gtin::Gtin;
use super::keys;
use crate::form::Form;
use crate::ids::MerchantId;
use crate::merchants::recheck::{self, About};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text as SqlText, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ApprovalNo,
    Barcode,
    /// A word anywhere in the name.
    Name,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::ApprovalNo, Kind::Barcode, Kind::Name];
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::ApprovalNo => "approval_no",
            Kind::Barcode => "barcode",
            Kind::Name => "name",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == name)
    }
    /// Text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Kind::ApprovalNo => "block-kind-approval-no",
            Kind::Barcode => "block-kind-barcode",
            Kind::Name => "block-kind-name",
        }
    }
    fn key(self, text: &str) -> Result<String, Text> {
        match self {
            Kind::ApprovalNo => match Approval::parse(text) {
                None => Err(Text::new("form-missing")),
                Some(approval) if !approval.is_identity() => Err(Text::new("block-approval-vague")),
                Some(approval) => Ok(approval.key),
            },
            Kind::Barcode => Gtin::parse(text).map(|g| g.to_string()).map_err(gtin_text),
            Kind::Name => Some(keys::name_key(text)).filter(|key| key.chars().count() >= 2).ok_or_else(|| Text::new("block-word-short")),
        }
    }
}

/// What is known of goods that may be blocked; empty texts are not asked for.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    pub approval_key: String,
    /// Canonical barcode, 14 digits.
    pub gtin: String,
    pub name_key: String,
}

/// SQL: the live entry `x` of the list hits the goods whose keys are `k`. The one place that says so.
pub const HITS: &str = "x.lifted_at is null and x.key <> '' and ((x.kind = 'approval_no' and x.key = k.approval_key) \
     or (x.kind = 'barcode' and x.key = k.gtin) or (x.kind = 'name' and strpos(k.name_key, x.key) > 0))";

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = Int4)]
    no: i32,
    #[diesel(sql_type = SqlText)]
    reason: String,
}

/// The reason each probe is blocked for, if it is; one look for all of them.
pub fn hits(c: &mut PgConnection, probes: &[Probe]) -> Result<Vec<Option<String>>> {
    let mut reasons = vec![None; probes.len()];
    if probes.is_empty() {
        return Ok(reasons);
    }
    let numbers: Vec<i32> = (0..).take(probes.len()).collect();
    let found: Vec<Hit> = diesel::sql_query(format!(
        "select distinct on (k.no) k.no, x.reason from unnest($1, $2, $3, $4) as k(no, approval_key, gtin, name_key) \
         join block_list x on {HITS} order by k.no, x.id"
    ))
    .bind::<Array<Int4>, _>(numbers)
    .bind::<Array<SqlText>, _>(probes.iter().map(|p| p.approval_key.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(probes.iter().map(|p| p.gtin.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(probes.iter().map(|p| p.name_key.as_str()).collect::<Vec<_>>())
    .load(c)?;
    for hit in found {
        if let Some(slot) = usize::try_from(hit.no).ok().and_then(|no| reasons.get_mut(no)) {
            *slot = Some(hit.reason);
        }
    }
    Ok(reasons)
}

/// An entry of the list.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Blocked {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = SqlText)]
    pub kind: String,
    #[diesel(sql_type = SqlText)]
    pub key: String,
    #[diesel(sql_type = SqlText)]
    pub text: String,
    #[diesel(sql_type = SqlText)]
    pub reason: String,
    #[diesel(sql_type = SqlText)]
    pub created_by: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub lifted_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub lifted_at: Option<DateTime<Utc>>,
}

const SELECT: &str = "select b.id, b.kind, b.key, b.text, b.reason, u.name as created_by, b.created_at, l.name as lifted_by, b.lifted_at \
     from block_list b join users u on u.id = b.created_by left join users l on l.id = b.lifted_by";

/// A page of the list, newest first, older than `before`; what is blocked, or what was lifted.
pub fn list(c: &mut PgConnection, lifted: bool, before: Option<i64>, limit: i64) -> Result<Vec<Blocked>> {
    Ok(diesel::sql_query(format!(
        "{SELECT} where (b.lifted_at is not null) = $1 and ($2::bigint is null or b.id < $2) order by b.id desc limit $3"
    ))
    .bind::<Bool, _>(lifted)
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Blocks goods. The same key twice is refused, so that lifting one entry really lifts it.
pub fn add(tx: &mut PgConnection, cause: &Cause, kind: Kind, text: &str, reason: &str) -> Result<Blocked> {
    let by = cause.actor_id.filter(|_| cause.kind == trail::Kind::Person).ok_or_else(|| Error::broken("goods were blocked by nobody"))?;
    let (text, reason) = (text.trim(), reason.trim());
    let mut form = Form::default();
    let key = kind.key(text).unwrap_or_else(|why| {
        form.complain("text", why);
        String::new()
    });
    for (field, value) in [("text", text), ("reason", reason)] {
        if value.chars().count() > 200 {
            form.complain(field, Text::new("form-too-long").with(200));
        }
    }
    if reason.is_empty() {
        form.complain("reason", Text::new("form-missing"));
    }
    if form.is_bad() {
        return Err(Error::invalid(form));
    }
    let made: Option<Made> = diesel::sql_query(
        "insert into block_list (kind, key, text, reason, created_by, created_at) values ($1, $2, $3, $4, $5, $6) \
         on conflict (kind, key) where lifted_at is null do nothing returning id",
    )
    .bind::<SqlText, _>(kind.as_str())
    .bind::<SqlText, _>(key)
    .bind::<SqlText, _>(text)
    .bind::<SqlText, _>(reason)
    .bind::<BigInt, _>(by)
    .bind::<Timestamptz, _>(cause.now)
    .get_result(tx)
    .optional()?;
    let made = made.ok_or_else(|| Error::invalid(Form::default().with_error("text", Text::new("block-there"))))?;
    let entry =
        Entry::new("block.added", "block", made.id).change(Value::Null, json!({ "kind": kind.as_str(), "text": text })).note(reason);
    trail::record(tx, &cause.at(MerchantId::PLATFORM), &[entry])?;
    recheck::ask(tx, cause, &About::Block(made.id))?;
    find(tx, made.id)
}

fn find(c: &mut PgConnection, id: i64) -> Result<Blocked> {
    Ok(diesel::sql_query(format!("{SELECT} where b.id = $1")).bind::<BigInt, _>(id).get_result(c)?)
}

/// Takes an entry off the list.
pub fn lift(tx: &mut PgConnection, cause: &Cause, id: i64) -> Result<Blocked> {
    let changed = diesel::sql_query("update block_list set lifted_by = $2, lifted_at = $3 where id = $1 and lifted_at is null")
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(cause.actor_id)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    let entry = find(tx, id)?;
    if changed > 0 {
        let told = Entry::new("block.lifted", "block", id).change(json!({ "kind": entry.kind, "text": entry.text }), Value::Null);
        trail::record(tx, &cause.at(MerchantId::PLATFORM), &[told])?;
        recheck::ask(tx, cause, &About::Block(id))?;
    }
    Ok(entry)
}
