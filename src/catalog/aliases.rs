//! Learned aliases (P-05): another spelling that an auditor once declared to mean ours. Each can be taken back.

use super::keys;
use super::spec::Spec;
use crate::form::Form;
use crate::ids::MerchantId;
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text as SqlText, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two names of one company.
    Maker,
    /// Two writings of one pack, of products of one name.
    Spec,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Maker => "maker",
            Kind::Spec => "spec",
        }
    }
    pub fn label(kind: &str) -> &'static str {
        if kind == "spec" { "alias-kind-spec" } else { "alias-kind-maker" }
    }
}

/// An alias in force.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alias {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// `maker` or `spec`.
    #[diesel(sql_type = SqlText)]
    pub kind: String,
    /// Theirs. Of a spec: the name key, `|`, the spec key; see [`Alias::within`].
    #[diesel(sql_type = SqlText)]
    pub from_key: String,
    /// Ours.
    #[diesel(sql_type = SqlText)]
    pub to_key: String,
    #[diesel(sql_type = SqlText)]
    pub from_text: String,
    #[diesel(sql_type = SqlText)]
    pub to_text: String,
}

impl Alias {
    /// Of a spec alias: the name key it holds for, and their and our spec key. A name key has no `|` in it.
    pub fn within(&self) -> Option<(&str, &str, &str)> {
        let (name, theirs) = self.from_key.split_once('|')?;
        let (_, ours) = self.to_key.split_once('|')?;
        (self.kind == Kind::Spec.as_str()).then_some((name, theirs, ours))
    }
}

/// An alias to learn, by the texts as people read them.
#[derive(Clone, Debug)]
pub struct NewAlias {
    kind: Kind,
    from: (String, String),
    to: (String, String),
}

impl NewAlias {
    /// Their manufacturer is our manufacturer.
    pub fn maker(theirs: &str, ours: &str) -> Self {
        let side = |text: &str| (keys::maker_key(text), text.trim().to_owned());
        Self { kind: Kind::Maker, from: side(theirs), to: side(ours) }
    }
    /// Of products called `name`, their spec is our spec.
    pub fn spec(name: &str, theirs: &str, ours: &str) -> Self {
        let name_key = keys::name_key(name);
        let side = |text: &str| (format!("{name_key}|{}", Spec::parse(text).key()), text.trim().to_owned());
        Self { kind: Kind::Spec, from: side(theirs), to: side(ours) }
    }
    /// With keys somebody has already read.
    pub fn keyed(kind: Kind, from: (&str, &str), to: (&str, &str)) -> Self {
        let own = |(key, text): (&str, &str)| (key.to_owned(), text.trim().to_owned());
        Self { kind, from: own(from), to: own(to) }
    }
}

const COLUMNS: &str = "id, kind, from_key, to_key, from_text, to_text";

/// Every alias in force.
pub fn live(c: &mut PgConnection) -> Result<Vec<Alias>> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from aliases where revoked_at is null order by id")).load(c)?)
}

/// Learns an alias; one that is known already is simply returned. Only people teach.
pub fn add(tx: &mut PgConnection, cause: &Cause, new: &NewAlias) -> Result<Alias> {
    let by = cause.actor_id.filter(|_| cause.kind == trail::Kind::Person).ok_or_else(|| Error::broken("an alias was added by nobody"))?;
    let ((from_key, from_text), (to_key, to_text)) = (&new.from, &new.to);
    if from_key == to_key || from_text.is_empty() || to_text.is_empty() {
        return Err(Error::invalid(Form::default().with_error("", Text::new("alias-same"))));
    }
    let added: Option<Alias> = diesel::sql_query(format!(
        "insert into aliases (kind, from_key, to_key, from_text, to_text, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (kind, from_key, to_key) where revoked_at is null do nothing returning {COLUMNS}"
    ))
    .bind::<SqlText, _>(new.kind.as_str())
    .bind::<SqlText, _>(from_key)
    .bind::<SqlText, _>(to_key)
    .bind::<SqlText, _>(from_text)
    .bind::<SqlText, _>(to_text)
    .bind::<BigInt, _>(by)
    .bind::<Timestamptz, _>(cause.now)
    .get_result(tx)
    .optional()?;
    if let Some(alias) = added {
        trail::record(
            tx,
            &cause.at(MerchantId::PLATFORM),
            &[Entry::new("alias.added", "alias", alias.id).change(Value::Null, told(&alias))],
        )?;
        return Ok(alias);
    }
    let there = format!("select {COLUMNS} from aliases where kind = $1 and from_key = $2 and to_key = $3 and revoked_at is null");
    Ok(diesel::sql_query(there)
        .bind::<SqlText, _>(new.kind.as_str())
        .bind::<SqlText, _>(from_key)
        .bind::<SqlText, _>(to_key)
        .get_result(tx)?)
}

fn told(alias: &Alias) -> Value {
    json!({ "kind": alias.kind, "from": alias.from_text, "to": alias.to_text })
}

/// Takes an alias back. What was matched by it stays as it is; nothing more will be.
pub fn revoke(tx: &mut PgConnection, cause: &Cause, id: i64) -> Result<Alias> {
    let alias: Alias =
        diesel::sql_query(format!("select {COLUMNS} from aliases where id = $1 for update")).bind::<BigInt, _>(id).get_result(tx)?;
    let changed = diesel::sql_query("update aliases set revoked_by = $2, revoked_at = $3 where id = $1 and revoked_at is null")
        .bind::<BigInt, _>(id)
        .bind::<Nullable<BigInt>, _>(cause.actor_id)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    if changed > 0 {
        trail::record(tx, &cause.at(MerchantId::PLATFORM), &[Entry::new("alias.revoked", "alias", id).change(told(&alias), Value::Null)])?;
    }
    Ok(alias)
}

/// An alias as its page lists it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Taught {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = SqlText)]
    pub kind: String,
    #[diesel(sql_type = SqlText)]
    pub from_text: String,
    #[diesel(sql_type = SqlText)]
    pub to_text: String,
    /// Of a spec alias: the name key it holds for.
    #[diesel(sql_type = SqlText)]
    pub of: String,
    #[diesel(sql_type = SqlText)]
    pub created_by: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub revoked_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A page of aliases, newest first, older than `before`; those in force, or those taken back.
pub fn list(c: &mut PgConnection, revoked: bool, q: &str, before: Option<i64>, limit: i64) -> Result<Vec<Taught>> {
    Ok(diesel::sql_query(
        "select a.id, a.kind, a.from_text, a.to_text, case a.kind when 'spec' then split_part(a.from_key, '|', 1) else '' end as of, \
         u.name as created_by, a.created_at, r.name as revoked_by, a.revoked_at \
         from aliases a join users u on u.id = a.created_by left join users r on r.id = a.revoked_by \
         where (a.revoked_at is not null) = $1 and ($2 = '' or strpos(a.from_text, $2) > 0 or strpos(a.to_text, $2) > 0 or strpos(a.from_key, $2) > 0) \
         and ($3::bigint is null or a.id < $3) order by a.id desc limit $4",
    )
    .bind::<Bool, _>(revoked)
    .bind::<SqlText, _>(q.trim())
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}
