//! The shape of one field on the wire.

/// What a value must look like. Lengths count characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters. C0 and C1 control characters are refused (line breaks and tabs pass in long texts).
    Text(usize),
    /// An external id: text or number, at most 20 characters, no spaces at the ends.
    Id,
    /// an i64, sent as number or string, answered as string.
    Shop,
    /// number or string, at most two decimals, never rounded.
    Money,
    /// Money whose empty text means null: what is blank is inherited, never zero.
    Price,
    /// A shop like [`Kind::Shop`]; without one all of them are meant.
    ShopOrAll,
    /// Kilograms: number or string, at most two decimals.
    Weight,
    /// A whole number of pieces, zero or more.
    Count,
    /// 0/1/true/false/"0"/"1".
    Bit,
    /// V-02: `yyyy-MM-dd HH:mm:ss` at +08:00, or RFC 3339.
    Time,
    /// Any JSON, at most so many characters when written out.
    Json(usize),
    /// A whole number within limits, with a default when missing.
    Number { min: i64, max: i64, default: i64 },
    /// One of a closed list.
    OneOf(&'static [&'static str]),
    /// Ids separated by commas or as an array.
    Ids,
}

/// When a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// In every line: it says which row is meant.
    Always,
    /// It, or another field of the method that may stand for it, says which row is meant.
    Either,
    /// Not always; where it is, it is part of what says which row is meant.
    Part,
    /// When the row is new; on edit a missing key leaves the value as it is.
    Insert,
    Optional,
}

/// One field of a method.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub need: Need,
    /// Text key of what it means.
    pub about: &'static str,
}

impl Field {
    /// It says which row is meant, rather than what it holds.
    pub fn names_the_row(&self) -> bool {
        matches!(self.need, Need::Always | Need::Either | Need::Part)
            || matches!(self.kind, Kind::Shop | Kind::ShopOrAll)
            || matches!(self.name, "skuId" | "prodId")
    }
    pub const fn always(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Always, about }
    }
    pub const fn either(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Either, about }
    }
    pub const fn part(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Part, about }
    }
    pub const fn insert(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Insert, about }
    }
    pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, need: Need::Optional, about }
    }
}
