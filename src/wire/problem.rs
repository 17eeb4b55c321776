//! What can be wrong with a line, told by line, field, value and remedy.

use crate::text::{Lang, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

macro_rules! line_codes {
    ($($(#[$doc:meta])* $name:ident $wire:literal $text:literal)*) => {
        /// Why a line was not plainly applied, or what to note about it. Closed list; each has one sentence with its remedy.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum LineCode { $($(#[$doc])* #[serde(rename = $wire)] $name,)* }
        impl LineCode {
            pub const ALL: &'static [LineCode] = &[$(LineCode::$name,)*];
            pub fn wire(self) -> &'static str { match self { $(LineCode::$name => $wire,)* } }
            /// Text key; `$a` is the field, `$b` the value, `$c` and `$d` details.
            pub fn text(self) -> &'static str { match self { $(LineCode::$name => $text,)* } }
        }
    };
}
line_codes! {
    /// The line is not a JSON object.
    NotAnObject "NOT_AN_OBJECT" "line-not-an-object"
    /// A field that is always needed, or needed for a new row, is missing.
    Missing "MISSING" "line-missing"
    /// `null` or an empty text for a field that cannot be empty.
    Empty "EMPTY" "line-empty"
    WrongType "WRONG_TYPE" "line-wrong-type"
    TooLong "TOO_LONG" "line-too-long"
    /// More than two decimals in money.
    Decimals "DECIMALS" "line-decimals"
    TooBig "TOO_BIG" "line-too-big"
    Negative "NEGATIVE" "line-negative"
    BadTime "BAD_TIME" "line-bad-time"
    /// Not a day or a month.
    BadDate "BAD_DATE" "line-bad-date"
    BadChoice "BAD_CHOICE" "line-bad-choice"
    /// Control characters, NUL, U+FFFD.
    BadCharacter "BAD_CHARACTER" "line-bad-character"
    BadBarcode "BAD_BARCODE" "line-bad-barcode"
    /// Warning: the unified social credit code cannot be right; it was kept and matches nothing by itself (U-05).
    BadUscc "BAD_USCC" "line-bad-uscc"
    /// Warning: no such division code; the region stays as it was.
    UnknownRegion "UNKNOWN_REGION" "line-unknown-region"
    /// Warning: the field is not known here; it was ignored.
    UnknownField "UNKNOWN_FIELD" "line-unknown-field"
    UnknownCategory "UNKNOWN_CATEGORY" "line-unknown-category"
    /// Warning: catalogChain differs from the tree; the tree counts.
    CategoryChain "CATEGORY_CHAIN" "line-category-chain"
    /// The category is not a leaf of level 3 (C-04).
    NotALeaf "NOT_A_LEAF" "line-not-a-leaf"
    CategoryLevel "CATEGORY_LEVEL" "line-category-level"
    CategoryParent "CATEGORY_PARENT" "line-category-parent"
    CategoryCycle "CATEGORY_CYCLE" "line-category-cycle"
    CategoryInUse "CATEGORY_IN_USE" "line-category-in-use"
    /// The level would change while a child keeps its own.
    CategoryChildren "CATEGORY_CHILDREN" "line-category-children"
    /// The parent is of level 3.
    CategoryTooDeep "CATEGORY_TOO_DEEP" "line-category-too-deep"
    UnknownShop "UNKNOWN_SHOP" "line-unknown-shop"
    UnknownSku "UNKNOWN_SKU" "line-unknown-sku"
    UnknownProduct "UNKNOWN_PRODUCT" "line-unknown-product"
    UnknownBase "UNKNOWN_BASE" "line-unknown-base"
    UnknownCustomer "UNKNOWN_CUSTOMER" "line-unknown-customer"
    /// Warning: the ERP has this credit code under several customers; a person says which is meant (U-05).
    SeveralCustomers "SEVERAL_CUSTOMERS" "line-several-customers"
    /// A prodId equals a skuId of the merchant, or the other way round (P-14).
    IdTaken "ID_TAKEN" "line-id-taken"
    /// The id of a default SKU made from prodId would not fit: give skuId.
    NoDefaultSku "NO_DEFAULT_SKU" "line-no-default-sku"
    /// The SKU belongs to another product.
    OtherProduct "OTHER_PRODUCT" "line-other-product"
    DuplicateInBatch "DUPLICATE_IN_BATCH" "line-duplicate-in-batch"
    /// sourceTime is older than what is stored.
    Stale "STALE" "line-stale"
    /// The ERP has begun anew since: a higher epoch is in force.
    OldEpoch "OLD_EPOCH" "line-old-epoch"
    /// sourceTime is more than five minutes ahead of our clock.
    ClockAhead "CLOCK_AHEAD" "line-clock-ahead"
    /// ifVersion is not the current version.
    Conflict "CONFLICT" "line-conflict"
    /// Too much at once, or too far: it waits for a person.
    Quarantined "QUARANTINED" "line-quarantined"
    /// Reconciliation: the number sent is not ours.
    Differs "DIFFERS" "line-differs"
    /// The reconciliation has had its final line.
    Closed "CLOSED" "line-closed"
    /// A lot expires before it was made.
    ExpiryBeforeProduction "EXPIRY_BEFORE_PRODUCTION" "line-expiry-before-production"
    /// The same lot twice in one list.
    DuplicateLot "DUPLICATE_LOT" "line-duplicate-lot"
    /// The number of this row is the sum of its lots (B-05): it is told by prod.batch.replace.
    LotSum "LOT_SUM" "line-lot-sum"
    /// A change by so much would leave less than nothing.
    BelowZero "BELOW_ZERO" "line-below-zero"
    /// A change by so much, and nobody has told the number yet.
    NoNumber "NO_NUMBER" "line-no-number"
    /// A change by so much cannot be kept until what stands before it is gone.
    CannotWait "CANNOT_WAIT" "line-cannot-wait"
    /// So many rows would be emptied that a person should look, and a change by so much cannot wait for one.
    MassChange "MASS_CHANGE" "line-mass-change"
    /// Another line of the call was rejected and onError is "all".
    AllOrNothing "ALL_OR_NOTHING" "line-all-or-nothing"
    /// Not listed: waits for the audit; listed by itself when approved.
    WaitsForAudit "WAITS_FOR_AUDIT" "line-waits-for-audit"
    /// Not listed: no price, no stock, disabled or forbidden.
    NotSellable "NOT_SELLABLE" "line-not-sellable"
    /// Not listed: a person took it off sale, and only a person puts it back.
    UnlistedByPerson "UNLISTED_BY_PERSON" "line-unlisted-by-person"
    /// Warning: differs from the platform's own counters, which were kept.
    CounterDrift "COUNTER_DRIFT" "line-counter-drift"
    /// Warning: the SKUs have their own prices; the product's price was not used.
    PriceIgnored "PRICE_IGNORED" "line-price-ignored"
    /// Warning: handed to an auditor.
    InAudit "IN_AUDIT" "line-in-audit"
    /// Kept: the module is switched off, or the merchant has paused.
    SyncOff "SYNC_OFF" "line-sync-off"
    /// A person holds the value, by a hold, an exception or a lock: the ERP's is kept as its shadow (W-02, W-03).
    Held "HELD" "line-held"
    /// A buyer wants more than there is.
    NotEnough "NOT_ENOUGH" "line-not-enough"
    /// The ERP, asked at this moment, does not sell it (S-04).
    ErpRefuses "ERP_REFUSES" "line-erp-refuses"
    /// The ERP did not answer in time, and the merchant sells nothing then.
    ErpSilent "ERP_SILENT" "line-erp-silent"
    UnknownReservation "UNKNOWN_RESERVATION" "line-unknown-reservation"
    /// The reservation has gone on already, and this step is not possible any more (I-2).
    WrongState "WRONG_STATE" "line-wrong-state"
    /// The same reservation id with other goods.
    OtherLines "OTHER_LINES" "line-other-lines"
    /// Two prices of one buyer would be in force at one time.
    Overlap "OVERLAP" "line-overlap"
    /// It would end before it begins.
    BadSpan "BAD_SPAN" "line-bad-span"
    /// Warning: less than the goods cost.
    BelowCost "BELOW_COST" "line-below-cost"
    /// Warning: the goods cost more than their default price.
    CostAbovePrice "COST_ABOVE_PRICE" "line-cost-above-price"
    /// A person's price below the merchant's limit.
    BelowFloor "BELOW_FLOOR" "line-below-floor"
    /// Waits: no group of ours has this code.
    UnknownRegionGroup "UNKNOWN_REGION_GROUP" "line-unknown-region-group"
    UnknownCustomerGroup "UNKNOWN_CUSTOMER_GROUP" "line-unknown-customer-group"
    /// Warning: members pay one price in all shops, and the shops send different ones.
    ShopsDiffer "SHOPS_DIFFER" "line-shops-differ"
    /// It counts in all shops, and the credential speaks for some of them.
    SharedPrice "SHARED_PRICE" "line-shared-price"
    UnknownOrder "UNKNOWN_ORDER" "line-unknown-order"
    /// The order has gone on already, or not far enough.
    OrderState "ORDER_STATE" "line-order-state"
    /// An amount that is not what the others make it (O-04).
    Amount "AMOUNT" "line-amount"
    /// The units went back before it was paid.
    UnitsGone "UNITS_GONE" "line-units-gone"
    /// The ERP has booked the order under another number.
    OtherErpOrder "OTHER_ERP_ORDER" "line-other-erp-order"
    /// It may not go to the ERP yet (O-11).
    OrderWaits "ORDER_WAITS" "line-order-waits"
    /// An ERP status that nobody has explained (L-06).
    UnknownStatus "UNKNOWN_STATUS" "line-unknown-status"
    NotOnSale "NOT_ON_SALE" "line-not-on-sale"
    /// Nobody has set a price for this buyer.
    NoPrice "NO_PRICE" "line-no-price"
    /// The storefront showed another price than the one that counts.
    PriceChanged "PRICE_CHANGED" "line-price-changed"
    /// The order has no such line.
    UnknownOrderLine "UNKNOWN_ORDER_LINE" "line-unknown-order-line"
    /// More would have left than was ordered (I-11).
    OverShipped "OVER_SHIPPED" "line-over-shipped"
    /// The quantity is not the sum of its lots.
    LotsDiffer "LOTS_DIFFER" "line-lots-differ"
    /// A carrier nobody has explained: waits.
    UnknownCarrier "UNKNOWN_CARRIER" "line-unknown-carrier"
    /// Warning: a lot that keeps shorter than those the buyer saw.
    ShorterExpiry "SHORTER_EXPIRY" "line-shorter-expiry"
    /// Warning: a lot that had expired when it left.
    ExpiredLot "EXPIRED_LOT" "line-expired-lot"
    /// No shipment or package of the order's is meant.
    UnknownShipment "UNKNOWN_SHIPMENT" "line-unknown-shipment"
    /// Something follows from it already: it cannot be taken back.
    ShipmentStays "SHIPMENT_STAYS" "line-shipment-stays"
    /// It was withdrawn; what did leave needs a number of its own.
    Withdrawn "WITHDRAWN" "line-withdrawn"
    /// Warning: this carrier's numbers look otherwise.
    OddTracking "ODD_TRACKING" "line-odd-tracking"
    /// On the platform's block list, or in a forbidden category.
    Forbidden "FORBIDDEN_GOODS" "line-forbidden-goods"
}

/// One thing about one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub code: LineCode,
    /// The wire name of the field; empty when the whole line is meant.
    pub field: String,
    /// The value as sent, shortened for display.
    pub value: String,
    /// Details for the sentence: limits, the expected value, what to use instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

impl Problem {
    pub fn new(code: LineCode, field: &str, value: impl Into<String>) -> Self {
        Self { code, field: field.to_owned(), value: shorten(value.into()), details: Vec::new() }
    }
    #[must_use]
    pub fn detail(mut self, detail: impl ToString) -> Self {
        self.details.push(detail.to_string());
        self
    }
    /// Cause and remedy in one sentence.
    pub fn text(&self) -> Text {
        let text = Text::new(self.code.text()).with(&self.field).with(&self.value);
        self.details.iter().fold(text, Text::with)
    }
    pub fn to_wire(&self, lang: Lang) -> Value {
        json!({ "code": self.code.wire(), "field": self.field, "value": self.value, "msg": self.text().say(lang) })
    }
}

const SHOWN: usize = 60;

fn shorten(value: String) -> String {
    if value.chars().count() <= SHOWN {
        return value;
    }
    value.chars().take(SHOWN - 1).chain(std::iter::once('…')).collect()
}
