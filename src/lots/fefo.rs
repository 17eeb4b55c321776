//! What is taken first: the lots that expire first (B-03).

use super::Lot;

/// Some units of a lot.
#[derive(Clone, Debug)]
pub struct Take<'a> {
    pub lot: &'a Lot,
    pub qty: i64,
}

/// Takes so many units from lots in their order ([`super::sellable`] has them by expiry), with what no lot holds. A lot whose
/// quantity nobody keeps holds all that is asked of it.
pub fn fefo<'a>(qty: i64, lots: &[&'a Lot]) -> (Vec<Take<'a>>, i64) {
    let mut missing = qty;
    let mut taken = Vec::new();
    for lot in lots {
        let qty = lot.qty.unwrap_or(missing).min(missing);
        if missing > 0 && qty > 0 {
            taken.push(Take { lot, qty });
            missing -= qty;
        }
    }
    (taken, missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ShopId, SkuId};

    #[test]
    fn what_expires_first_goes_first_and_what_is_missing_is_told() {
        let lot = |no: &str, qty| Lot {
            sku: SkuId(1),
            shop: ShopId(1),
            lot_no: no.into(),
            produced_on: None,
            expires_on: None,
            month: false,
            qty,
        };
        let (a, empty, b, any) = (lot("A", Some(3)), lot("-", Some(0)), lot("B", Some(4)), lot("ANY", None));
        let told = |qty, lots: &[&Lot]| {
            let (taken, missing) = fefo(qty, lots);
            (taken.iter().map(|t| (t.lot.lot_no.clone(), t.qty)).collect::<Vec<_>>(), missing)
        };
        assert_eq!(told(5, &[&a, &empty, &b]), (vec![("A".into(), 3), ("B".into(), 2)], 0));
        assert_eq!(told(9, &[&a, &b]), (vec![("A".into(), 3), ("B".into(), 4)], 2));
        assert_eq!(told(9, &[&a, &any, &b]), (vec![("A".into(), 3), ("ANY".into(), 6)], 0));
        assert_eq!(told(0, &[&a]), (vec![], 0));
    }
}
