//! Can this product be sold, and if not, what is missing? P-08, P-16, Q-24
//!
//! [`explain`] is pure and the only judge: the product's page, the listing control page, the previews of bulk actions
//! and the method `explain.sellable` all show its checks, in its order.

mod facts;
mod method;
#[cfg(test)]
mod tests;

pub use facts::facts;
pub use method::EXPLAIN_SELLABLE;

use crate::ids::ProductId;
use crate::text::Text;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What is known about a product that bears on selling it.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub product: ProductId,
    pub prod_id: String,
    /// The code of the base product it is matched to.
    pub base: Option<String>,
    pub match_kind: String,
    /// `pending`, `approved`, `changes_requested`, `rejected`.
    pub audit: String,
    pub audited_at: Option<DateTime<Utc>>,
    /// What the auditor wrote when sending it back.
    pub reason: Option<String>,
    /// The default SKU's price, else the lowest of its SKUs'.
    pub price: Option<Decimal>,
    pub enabled: bool,
    /// The base product is in use: neither disabled nor merged into another.
    pub base_active: bool,
    /// Its category, the base product's, and everything above them may be sold. P-16
    pub category_allowed: bool,
    /// Why it is on the block list.
    pub blocked: Option<String>,
    /// Sellable pieces in all shops.
    pub available: i64,
    /// Shops that have a stock row.
    pub shops: i64,
    /// `pending`, `listed`, `unlisted`.
    pub listing: String,
    /// `person`, `erp`, `rule`.
    pub unlisted_by: Option<String>,
    /// P-08: the merchant lets the rule list and unlist.
    pub auto_list: bool,
    /// to be listed once the audit permits.
    pub wish: bool,
}

/// One condition, in the order in which they are worth mending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    Enabled,
    Permitted,
    Category,
    Matched,
    Approved,
    Priced,
    InStock,
    Switch,
}

impl Condition {
    pub const ALL: [Condition; 8] = [
        Condition::Enabled,
        Condition::Permitted,
        Condition::Category,
        Condition::Matched,
        Condition::Approved,
        Condition::Priced,
        Condition::InStock,
        Condition::Switch,
    ];
    /// The name on the wire and in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Condition::Enabled => "enabled",
            Condition::Permitted => "permitted",
            Condition::Category => "category",
            Condition::Matched => "matched",
            Condition::Approved => "approved",
            Condition::Priced => "priced",
            Condition::InStock => "in_stock",
            Condition::Switch => "switch",
        }
    }
    /// What it is called when it is missing: 缺价格, 审核中 …
    pub fn missing(self) -> &'static str {
        match self {
            Condition::Enabled => "shelf-missing-enabled",
            Condition::Permitted => "shelf-missing-permitted",
            Condition::Category => "shelf-missing-category",
            Condition::Matched => "shelf-missing-matched",
            Condition::Approved => "shelf-missing-approved",
            Condition::Priced => "shelf-missing-priced",
            Condition::InStock => "shelf-missing-in-stock",
            Condition::Switch => "shelf-missing-switch",
        }
    }
    /// Without it nobody can list the product. Stock is needed only where the rule would take it down again at once; without
    /// the rule a person may list what is still on its way. The switch is what listing changes.
    pub fn is_wall(self, facts: &Facts) -> bool {
        match self {
            Condition::Switch => false,
            Condition::InStock => facts.auto_list,
            _ => true,
        }
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub condition: Condition,
    pub ok: bool,
    /// Without it nobody can list the product.
    pub required: bool,
    /// What was found, in words.
    pub detail: Text,
    /// What to do about it and where; empty address: it is done in the ERP.
    pub fix: Option<(Text, String)>,
}

/// The answer above the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Listed, and there is something to sell.
    OnSale,
    /// Listed, but nothing left.
    SoldOut,
    /// Could be listed now; somebody or the rule must do it.
    Ready,
    /// Something must be mended first.
    Missing(Condition),
}

impl Verdict {
    pub fn code(self) -> &'static str {
        match self {
            Verdict::OnSale => "on_sale",
            Verdict::SoldOut => "sold_out",
            Verdict::Ready => "ready",
            Verdict::Missing(_) => "missing",
        }
    }
    /// The text key of the answer.
    pub fn label(self) -> &'static str {
        match self {
            Verdict::OnSale => "shelf-verdict-on-sale",
            Verdict::SoldOut => "shelf-verdict-sold-out",
            Verdict::Ready => "shelf-verdict-ready",
            Verdict::Missing(what) => what.missing(),
        }
    }
    /// The tone of its badge.
    pub fn tone(self) -> &'static str {
        match self {
            Verdict::OnSale => "ok",
            Verdict::SoldOut => "warn",
            Verdict::Ready => "info",
            Verdict::Missing(Condition::Approved | Condition::Matched) => "warn",
            Verdict::Missing(_) => "bad",
        }
    }
}

/// Every condition with what was found, in order.
pub fn explain(facts: &Facts) -> Vec<Check> {
    Condition::ALL.into_iter().map(|condition| check(condition, facts)).collect()
}

/// The answer that these checks come to.
pub fn verdict(checks: &[Check]) -> Verdict {
    let fails = |what: Condition| checks.iter().any(|c| c.condition == what && !c.ok);
    let listed = !fails(Condition::Switch);
    match checks.iter().find(|c| c.required && !c.ok) {
        // Listed and just sold out: the rule takes it down with the next change of stock.
        Some(wall) if listed && wall.condition == Condition::InStock => Verdict::SoldOut,
        Some(wall) => Verdict::Missing(wall.condition),
        None if !listed => Verdict::Ready,
        None if fails(Condition::InStock) => Verdict::SoldOut,
        None => Verdict::OnSale,
    }
}

/// Whether anybody may list it.
pub fn may_list(facts: &Facts) -> bool {
    first_wall(facts).is_none()
}

/// What must be mended first before it can be listed.
pub fn first_wall(facts: &Facts) -> Option<Condition> {
    Condition::ALL.into_iter().find(|c| c.is_wall(facts) && !holds(*c, facts))
}

/// Whether the auto-list rule would list it now. P-08, Q-24
pub fn rule_lists(facts: &Facts) -> bool {
    let free = matches!(facts.unlisted_by.as_deref(), None | Some("rule"));
    may_list(facts) && facts.listing != "listed" && free && (facts.auto_list || facts.wish)
}

fn holds(condition: Condition, facts: &Facts) -> bool {
    match condition {
        Condition::Enabled => facts.enabled,
        Condition::Permitted => facts.blocked.is_none(),
        Condition::Category => facts.category_allowed,
        Condition::Matched => facts.base.is_some() && facts.base_active,
        Condition::Approved => facts.audit == "approved",
        Condition::Priced => facts.price.is_some(),
        Condition::InStock => facts.available > 0,
        Condition::Switch => facts.listing == "listed",
    }
}

fn check(condition: Condition, facts: &Facts) -> Check {
    let ok = holds(condition, facts);
    let required = condition.is_wall(facts);
    Check {
        condition,
        ok,
        required,
        detail: if ok { found(condition, facts) } else { lacking(condition, facts) },
        fix: if ok { None } else { fix(condition, facts) },
    }
}

fn found(condition: Condition, facts: &Facts) -> Text {
    match condition {
        Condition::Enabled => Text::new("shelf-check-enabled"),
        Condition::Permitted => Text::new("shelf-check-permitted"),
        Condition::Category => Text::new("shelf-check-category"),
        Condition::Matched => {
            let key = match facts.match_kind.as_str() {
                "auto" => "shelf-check-matched-auto",
                "explicit" => "shelf-check-matched-explicit",
                _ => "shelf-check-matched-person",
            };
            Text::new(key).with(facts.base.clone().unwrap_or_default())
        }
        Condition::Approved => match facts.audited_at {
            Some(at) => Text::new("shelf-check-approved-at").with(at.with_timezone(&crate::clock::china()).format("%Y-%m-%d").to_string()),
            None => Text::new("shelf-check-approved"),
        },
        Condition::Priced => Text::new("shelf-check-priced").with(facts.price.map(crate::text::money).unwrap_or_default()),
        Condition::InStock => Text::new("shelf-check-in-stock").with(facts.shops).with(facts.available),
        Condition::Switch => Text::new("shelf-check-switch"),
    }
}

fn lacking(condition: Condition, facts: &Facts) -> Text {
    match condition {
        Condition::Enabled => Text::new("shelf-lack-enabled"),
        Condition::Permitted => Text::new("shelf-lack-permitted").with(facts.blocked.clone().unwrap_or_default()),
        Condition::Category => Text::new("shelf-lack-category"),
        Condition::Matched => match &facts.base {
            Some(code) => Text::new("shelf-lack-matched-retired").with(code),
            None => Text::new("shelf-lack-matched"),
        },
        Condition::Approved => Text::new(match facts.audit.as_str() {
            "changes_requested" => "shelf-lack-approved-returned",
            "rejected" => "shelf-lack-approved-rejected",
            _ => "shelf-lack-approved-waiting",
        }),
        Condition::Priced => Text::new("shelf-lack-priced"),
        Condition::InStock if facts.shops == 0 => Text::new("shelf-lack-stock-never"),
        Condition::InStock => Text::new("shelf-lack-stock"),
        Condition::Switch => Text::new(match facts.unlisted_by.as_deref() {
            Some("person") => "shelf-lack-switch-person",
            Some("erp") => "shelf-lack-switch-erp",
            Some(_) => "shelf-lack-switch-rule",
            None if facts.wish => "shelf-lack-switch-wished",
            None => "shelf-lack-switch",
        }),
    }
}

/// Where the first failing line is mended. What the ERP owns is mended there: the link then shows what it sent.
fn fix(condition: Condition, facts: &Facts) -> Option<(Text, String)> {
    let page = format!("/products/{}", escaped(&facts.prod_id));
    match condition {
        Condition::Enabled => Some((Text::new("shelf-fix-erp-enabled"), format!("{page}/log"))),
        Condition::Category | Condition::Permitted => None,
        Condition::Matched => Some((Text::new("shelf-fix-matched"), format!("{page}/match"))),
        Condition::Approved => Some((Text::new("shelf-fix-approved"), format!("{page}/match"))),
        Condition::Priced => Some((Text::new("shelf-fix-priced"), format!("{page}/prices"))),
        Condition::InStock => Some((Text::new("shelf-fix-stock"), format!("{page}/stock"))),
        Condition::Switch => None,
    }
}

/// The rule in force, in words. P-08
pub fn rule(facts: &Facts) -> Text {
    Text::new(match (facts.auto_list, facts.unlisted_by.as_deref()) {
        (_, Some("person")) => "shelf-rule-person",
        (_, Some("erp")) => "shelf-rule-erp",
        (true, _) => "shelf-rule-auto",
        (false, _) if facts.wish => "shelf-rule-wish",
        (false, _) => "shelf-rule-hand",
    })
}

/// An external id as a path segment.
pub fn escaped(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}
