//! The fields of a product, each with who says so.

use crate::catalog::base::BaseProduct;
use crate::products::Product;

/// One field. Where both speak, the platform's word counts and the ERP's is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// Text key.
    pub label: &'static str,
    pub value: String,
    /// `erp` or `plat`.
    pub source: &'static str,
    /// What the ERP sends instead.
    pub erp: Option<String>,
}

pub(super) fn of(p: &Product, base: Option<&BaseProduct>, path: &[String]) -> Vec<Fact> {
    let erp = |label, value: &str| Fact { label, value: value.to_owned(), source: "erp", erp: None };
    let shared = |label, mine: &str, ours: Option<&str>| both(label, mine, ours.unwrap_or_default());
    let mut all = vec![
        shared("shelf-field-name", &p.name, base.map(|b| b.name.as_str())),
        Fact { label: "shelf-field-category", value: path.join(" › "), source: "erp", erp: None },
        shared("shelf-field-spec", &p.spec, base.map(|b| b.spec.as_str())),
        shared("shelf-field-maker", &p.manufacturer, base.map(|b| b.manufacturer.as_str())),
        shared("shelf-field-approval", &p.approval_no, base.map(|b| b.approval_no.as_str())),
        shared("shelf-field-form", p.detail("dosageForm"), base.map(|b| b.dosage_form.as_str())),
        erp("shelf-field-barcode", &p.barcode),
        shared("shelf-field-unit", &p.unit, base.filter(|_| p.unit.is_empty()).map(|b| b.unit.as_str())),
        shared("shelf-field-brand", &p.brand, base.filter(|_| p.brand.is_empty()).map(|b| b.brand.as_str())),
    ];
    let weight = p.details.get("grossWeight").map(|v| v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned)).unwrap_or_default();
    let weight = if weight.is_empty() || weight == "null" { String::new() } else { format!("{weight} kg") };
    all.push(erp("shelf-field-weight", &weight));
    for (label, name) in
        [("shelf-field-origin", "originPlace"), ("shelf-field-shipping", "shippingPlace"), ("shelf-field-supplier", "supplier")]
    {
        all.push(erp(label, p.detail(name)));
    }
    // A field nobody filled is not worth a line, but for those that matching asks for.
    all.retain(|f| {
        !f.value.is_empty() || ["shelf-field-spec", "shelf-field-maker", "shelf-field-approval", "shelf-field-barcode"].contains(&f.label)
    });
    all
}

fn both(label: &'static str, mine: &str, ours: &str) -> Fact {
    if ours.is_empty() {
        return Fact { label, value: mine.to_owned(), source: "erp", erp: None };
    }
    let differs = !mine.is_empty() && mine.trim() != ours.trim();
    Fact { label, value: ours.to_owned(), source: "plat", erp: differs.then(|| mine.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_speaks_first_and_the_erp_beside_it() {
        assert_eq!(both("x", "3g*10袋", "3g×10袋/盒").erp.as_deref(), Some("3g*10袋"));
        assert_eq!(both("x", "3g×10袋/盒", "3g×10袋/盒").erp, None);
        let unmatched = both("x", "3g*10袋", "");
        assert_eq!((unmatched.value.as_str(), unmatched.source), ("3g*10袋", "erp"));
    }
}
