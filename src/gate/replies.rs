use crate::db::Prepare;
use crate::error::Code;
use crate::ids::MerchantId;
use crate::text::Text;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bytea, Int4, Text as SqlText, Timestamptz};

/// How long a reply is remembered.
const KEPT_DAYS: i64 = 7;

/// Whose key it is: keys of different credentials do not meet.
#[derive(Clone, Debug)]
pub struct Once {
    pub merchant: MerchantId,
    pub actor: String,
    pub key: String,
    /// SHA-256 over method and body.
    pub fingerprint: Vec<u8>,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Bytea)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Int4)]
    status: i32,
    #[diesel(sql_type = SqlText)]
    body: String,
}

/// `None`: this call is the first and must [`remember`] its answer before the transaction ends.
pub fn once(tx: &mut PgConnection, once: &Once, now: DateTime<Utc>) -> Result<Option<(u16, String)>> {
    if once.key.is_empty() || once.key.len() > 128 || once.key.chars().any(char::is_control) {
        return Err(Error::Call(Code::BadField, Text::new("api-bad-idempotency-key")));
    }
    // A reply past its time counts as forgotten even if the sweeper has not come by.
    diesel::sql_query("delete from replies where merchant_id = $1 and actor = $2 and key = $3 and created_at < $4")
        .bind::<BigInt, _>(once.merchant)
        .bind::<SqlText, _>(&once.actor)
        .bind::<SqlText, _>(&once.key)
        .bind::<Timestamptz, _>(now - Duration::days(KEPT_DAYS))
        .prepared()
        .execute(tx)?;
    let first = diesel::sql_query(
        "insert into replies (merchant_id, actor, key, fingerprint, status, body, created_at) values ($1, $2, $3, $4, 0, '', $5) on conflict do nothing",
    )
    .bind::<BigInt, _>(once.merchant)
    .bind::<SqlText, _>(&once.actor)
    .bind::<SqlText, _>(&once.key)
    .bind::<Bytea, _>(&once.fingerprint)
    .bind::<Timestamptz, _>(now)
    .prepared().execute(tx)?;
    if first == 1 {
        return Ok(None);
    }
    let stored: Stored =
        diesel::sql_query("select fingerprint, status, body from replies where merchant_id = $1 and actor = $2 and key = $3")
            .bind::<BigInt, _>(once.merchant)
            .bind::<SqlText, _>(&once.actor)
            .bind::<SqlText, _>(&once.key)
            .prepared()
            .get_result(tx)?;
    if stored.fingerprint != once.fingerprint {
        return Err(Error::Call(Code::KeyReused, Text::new("api-key-reused").with(&once.key)));
    }
    Ok(Some((u16::try_from(stored.status).map_err(Error::broken)?, stored.body)))
}

/// Stores the answer of a first call.
pub fn remember(tx: &mut PgConnection, once: &Once, status: u16, body: &str) -> Result<()> {
    diesel::sql_query("update replies set status = $4, body = $5 where merchant_id = $1 and actor = $2 and key = $3")
        .bind::<BigInt, _>(once.merchant)
        .bind::<SqlText, _>(&once.actor)
        .bind::<SqlText, _>(&once.key)
        .bind::<Int4, _>(i32::from(status))
        .bind::<SqlText, _>(body)
        .prepared()
        .execute(tx)?;
    Ok(())
}

/// Housekeeping: drops replies past their time.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::sql_query("delete from replies where created_at < $1")
        .bind::<Timestamptz, _>(now - Duration::days(KEPT_DAYS))
        .execute(tx)?)
}
