//! Whom a call is for.
//!
//! A merchant's credential speaks for its merchant and names nobody. The platform's own storefronts sell for many, and name the
//! merchant in each call: `?merchant=<code>`. It stands in the address since that is signed, and since one call is one
//! merchant's: its transaction, log, trail, remembered reply and rate are.

use super::model::Door;
use crate::error::Code;
use crate::ids::MerchantId;
use crate::text::Text;
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text as SqlText};

/// The merchant of a call.
#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Served {
    #[diesel(sql_type = BigInt)]
    pub id: MerchantId,
    #[diesel(sql_type = SqlText)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub active: bool,
}

/// The merchant a credential speaks for now; `named` are the values of the address's `merchant`.
///
/// # Errors
/// `Call` with `OutOfScope` when a merchant's credential names one, `NoMerchant` when the platform's does not name exactly one,
/// `NotFound` for a merchant that is not there or that the credential does not serve: which of the two is not told.
pub(super) fn served(c: &mut PgConnection, door: &Door, named: &[String]) -> Result<Served> {
    if door.merchant_id != MerchantId::PLATFORM {
        return match named.first() {
            None => Ok(Served { id: door.merchant_id, name: door.merchant_name.clone(), active: door.merchant_active }),
            Some(code) => Err(Error::Call(Code::OutOfScope, Text::new("api-merchant-own").with(code))),
        };
    }
    let [code] = named else { return Err(Error::Call(Code::NoMerchant, Text::new("api-merchant-missing"))) };
    let found: Option<Served> =
        diesel::sql_query("select id, name, status = 'active' as active from merchants where code = lower($1) and id <> 0")
            .bind::<SqlText, _>(code)
            .get_result(c)
            .optional()?;
    let serves = |m: &Served| door.merchants.as_ref().is_none_or(|all| all.contains(&m.id));
    found.filter(serves).ok_or_else(|| Error::Call(Code::NotFound, Text::new("api-merchant-unknown").with(code)))
}
