use crate::Result;
use crate::db::Prepare;
use crate::ids::{FeedId, MerchantId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// What kind of actor caused a change: the source chip on every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Person,
    Erp,
    System,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Person => "person",
            Kind::Erp => "erp",
            Kind::System => "system",
        }
    }
}

/// Who changes something of which merchant, when, and by which request. Passed to every verb of a model.
#[derive(Clone, Debug)]
pub struct Cause {
    pub merchant: MerchantId,
    pub kind: Kind,
    /// The user's or credential's id.
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub now: DateTime<Utc>,
    pub request_id: Option<Uuid>,
    /// Set while the lines of a feed are applied.
    pub feed: Option<FeedId>,
}

impl Cause {
    /// The same cause, acting on another merchant's rows: an auditor's decision.
    #[must_use]
    pub fn at(&self, merchant: MerchantId) -> Self {
        Self { merchant, ..self.clone() }
    }
    pub fn system(merchant: MerchantId, name: &str, now: DateTime<Utc>) -> Self {
        Self { merchant, kind: Kind::System, actor_id: None, actor_name: name.to_owned(), now, request_id: None, feed: None }
    }
}

/// One change of one thing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Past tense in the trade's words, e.g. `product.listed`; its text key is `trail-<verb with dashes>`.
    pub verb: &'static str,
    pub subject_kind: &'static str,
    /// The id by which people know the subject.
    pub subject_id: String,
    pub before: Value,
    pub after: Value,
    pub note: Option<String>,
    pub line_no: Option<i32>,
}

impl Entry {
    pub fn new(verb: &'static str, subject_kind: &'static str, subject_id: impl ToString) -> Self {
        Self { verb, subject_kind, subject_id: subject_id.to_string(), before: Value::Null, after: Value::Null, note: None, line_no: None }
    }
    #[must_use]
    pub fn change(mut self, before: Value, after: Value) -> Self {
        self.before = before;
        self.after = after;
        self
    }
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
    #[must_use]
    pub fn line(mut self, line_no: i32) -> Self {
        self.line_no = Some(line_no);
        self
    }
}

/// Writes any number of entries with one statement.
pub fn record(tx: &mut PgConnection, cause: &Cause, entries: &[Entry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let column = |pick: fn(&Entry) -> String| entries.iter().map(pick).collect::<Vec<_>>();
    let json = |pick: fn(&Entry) -> &Value| entries.iter().map(|e| (!pick(e).is_null()).then(|| pick(e).clone())).collect::<Vec<_>>();
    diesel::sql_query(
        "insert into trail (merchant_id, at, actor_kind, actor_id, actor_name, request_id, feed_id, verb, subject_kind, subject_id, before, after, note, line_no) \
         select $1, $2, $3, $4, $5, $6, $7, e.* from unnest($8, $9, $10, $11, $12, $13, $14) as e(verb, subject_kind, subject_id, before, after, note, line_no)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(cause.kind.as_str())
    .bind::<Nullable<BigInt>, _>(cause.actor_id)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Nullable<BigInt>, _>(cause.feed)
    .bind::<Array<Text>, _>(column(|e| e.verb.to_owned()))
    .bind::<Array<Text>, _>(column(|e| e.subject_kind.to_owned()))
    .bind::<Array<Text>, _>(column(|e| e.subject_id.clone()))
    .bind::<Array<Nullable<Jsonb>>, _>(json(|e| &e.before))
    .bind::<Array<Nullable<Jsonb>>, _>(json(|e| &e.after))
    .bind::<Array<Nullable<Text>>, _>(entries.iter().map(|e| e.note.clone()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Int4>>, _>(entries.iter().map(|e| e.line_no).collect::<Vec<_>>())
    .prepared().execute(tx)?;
    Ok(())
}

/// A row of the trail as pages show it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Event {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub actor_kind: String,
    #[diesel(sql_type = Text)]
    pub actor_name: String,
    #[diesel(sql_type = Text)]
    pub verb: String,
    #[diesel(sql_type = Text)]
    pub subject_kind: String,
    #[diesel(sql_type = Text)]
    pub subject_id: String,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub before: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub after: Option<Value>,
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub feed_id: Option<i64>,
    #[diesel(sql_type = Nullable<Int4>)]
    pub line_no: Option<i32>,
}

impl Event {
    /// The text key of what happened.
    pub fn key(&self) -> String {
        format!("trail-{}", self.verb.replace(['.', '_'], "-"))
    }
}

const COLUMNS: &str =
    "select at, id, actor_kind, actor_name, verb, subject_kind, subject_id, before, after, note, request_id, feed_id, line_no from trail";

/// The latest events of one thing, newest first.
pub fn of_subject(c: &mut PgConnection, merchant: MerchantId, kind: &str, id: &str, limit: i64) -> Result<Vec<Event>> {
    let sql = format!("{COLUMNS} where merchant_id = $1 and subject_kind = $2 and subject_id = $3 order by at desc, id desc limit $4");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(kind).bind::<Text, _>(id).bind::<BigInt, _>(limit).load(c)?)
}

/// A page of a merchant's trail, newest first, older than `before`.
pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId, before: Option<(DateTime<Utc>, i64)>, limit: i64) -> Result<Vec<Event>> {
    let (at, id) = before.map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let sql =
        format!("{COLUMNS} where merchant_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3)) order by at desc, id desc limit $4");
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<BigInt>, _>(id)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// What one batch changed, in the order it happened.
pub fn of_feed(c: &mut PgConnection, merchant: MerchantId, feed: FeedId, at: DateTime<Utc>) -> Result<Vec<Event>> {
    let sql = format!("{COLUMNS} where merchant_id = $1 and at = $2 and feed_id = $3 order by id");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Timestamptz, _>(at).bind::<BigInt, _>(feed).load(c)?)
}

/// What a list of the trail is asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// `person`, `erp` or `system`; empty or anything else: everybody.
    pub kind: String,
    /// The id of a subject, or part of an actor's name.
    pub q: String,
    pub before: Option<(DateTime<Utc>, i64)>,
}

/// How many events a filtered page looks through at most; paging on continues from there.
const LOOKED_THROUGH: i64 = 50_000;

/// A page of a merchant's trail, newest first, by who did it and what it was done to. Without a filter this is a range of
/// the key; with one, the key's newest rows are looked through, so that what nobody has ever done costs a bounded while.
pub fn search(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<Event>> {
    let kind = if matches!(search.kind.as_str(), "person" | "erp" | "system") { search.kind.as_str() } else { "" };
    if kind.is_empty() && search.q.is_empty() {
        return of_merchant(c, merchant, search.before, limit);
    }
    let (at, id) = search.before.map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let sql = format!(
        "select * from ({COLUMNS} where merchant_id = $1 and ($2::timestamptz is null or (at, id) < ($2, $3)) order by at desc, id desc limit $4) newest \
         where ($5 = '' or actor_kind = $5) and ($6 = '' or subject_id = $6 or strpos(lower(actor_name), lower($6)) > 0) order by at desc, id desc limit $7"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<BigInt>, _>(id)
        .bind::<BigInt, _>(LOOKED_THROUGH)
        .bind::<Text, _>(kind)
        .bind::<Text, _>(&search.q)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// One field of a change, as short text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Empty when the whole is meant.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Event {
    /// What differs, field by field.
    pub fn changes(&self) -> Vec<Change> {
        let of = |value: &Option<Value>| match value {
            Some(Value::Object(map)) => map.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(other) => vec![(String::new(), other.clone())],
        };
        let (before, after): (Vec<(String, Value)>, Vec<(String, Value)>) = (of(&self.before), of(&self.after));
        let find = |all: &[(String, Value)], field: &str| all.iter().find(|(f, v)| f == field && !v.is_null()).map(|(_, v)| v.clone());
        let gone = before.iter().filter(|(field, _)| !after.iter().any(|(f, _)| f == field));
        after
            .iter()
            .chain(gone)
            .map(|(field, _)| (field, find(&before, field), find(&after, field)))
            .filter(|(_, was, is)| was != is)
            .map(|(field, was, is)| Change {
                field: field.clone(),
                before: was.as_ref().and_then(short),
                after: is.as_ref().and_then(short),
            })
            .collect()
    }
}

/// Longer values are cut; the whole is in the JSON face.
const SHOWN: usize = 60;

fn short(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN {
        return Some(text);
    }
    Some(text.chars().take(SHOWN - 1).chain(std::iter::once('…')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_names_only_what_differs() {
        let event = |before, after| Event {
            at: DateTime::UNIX_EPOCH,
            id: 1,
            actor_kind: "person".into(),
            actor_name: String::new(),
            verb: "x.y".into(),
            subject_kind: String::new(),
            subject_id: String::new(),
            before,
            after,
            note: None,
            request_id: None,
            feed_id: None,
            line_no: None,
        };
        let shown = |before, after| {
            event(before, after)
                .changes()
                .into_iter()
                .map(|c| (c.field, c.before.unwrap_or_default(), c.after.unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        let row = |f: &str, b: &str, a: &str| (f.to_owned(), b.to_owned(), a.to_owned());
        assert_eq!(
            shown(Some(json!({ "qty": 64, "by": "erp", "old": true })), Some(json!({ "qty": 260, "by": "erp" }))),
            [row("qty", "64", "260"), row("old", "true", "")]
        );
        assert_eq!(shown(None, Some(json!({ "name": "一号店", "none": null }))), [row("name", "", "一号店")]);
        assert_eq!(shown(Some(json!(1)), Some(json!(2))), [row("", "1", "2")]);
        assert_eq!(shown(None, None), []);
    }
}
