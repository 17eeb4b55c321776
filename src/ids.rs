//! Ids as types of their own, so that a shop number cannot pass for a product.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow)]
        #[diesel(sql_type = BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl FromSql<BigInt, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
                <i64 as FromSql<BigInt, Pg>>::from_sql(bytes).map(Self)
            }
        }
        impl ToSql<BigInt, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <i64 as ToSql<BigInt, Pg>>::to_sql(&self.0, out)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    )* };
}

ids! {
    /// A tenant; 0 is the platform itself.
    MerchantId
    /// The shop number the merchant and its ERP use (wire `shopId`, Q-05).
    ShopId
    UserId
    /// An API credential.
    AppId
    BaseId
    ProductId
    SkuId
    /// A buyer as one merchant knows it.
    CustomerId
    /// An order; people and machines name it by its number.
    OrderId
    /// Regions priced alike, of one merchant.
    RegionGroupId
    /// Customers priced alike, of one merchant.
    CustomerGroupId
    FeedId
    /// A person's hold over a value.
    HoldId
}

impl MerchantId {
    /// The owner of platform-wide rows, such as the platform's own category tree.
    pub const PLATFORM: Self = Self(0);
}
