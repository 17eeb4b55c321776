//! Where a row lies, as PostgreSQL itself says (`ctid`): a row that is locked is written there without being looked up again.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::SqlType;
use std::io::Write;

/// PostgreSQL's `tid`.
#[derive(SqlType, QueryId)]
#[diesel(postgres_type(oid = 27, array_oid = 1010))]
pub struct Tid;

/// Handed back as it came: what is in it is PostgreSQL's business.
#[derive(AsExpression, FromSqlRow, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[diesel(sql_type = Tid)]
pub struct Place([u8; 6]);

impl FromSql<Tid, Pg> for Place {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(bytes.as_bytes().try_into()?))
    }
}

impl ToSql<Tid, Pg> for Place {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}
