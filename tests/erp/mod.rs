//! The ERP as somebody we call: asked when a buyer orders, told what becomes of orders and units.

mod asking;
mod mirroring;
mod pages;
mod pushing;

use crate::support::cast::{ADMIN, OWNER};
use crate::support::erp::{APP_KEY, Erp, SECRET};
use crate::support::{Answer, Cast, House};

/// What A wants of its ERP; the fields of the form that are not there by themselves.
pub async fn link(house: &House, erp: &Erp, wants: &[(&str, &str)]) -> Answer {
    house.post("/merchants/jia/erp").by(ADMIN).form(&[("hosts", "127.0.0.1 inside")]).send().await.expect(303);
    let mut fields = vec![("url", erp.url.as_str()), ("app_key", APP_KEY), ("secret", SECRET), ("buffer", "0"), ("when_silent", "open")];
    fields.retain(|(name, _)| wants.iter().all(|(wanted, _)| wanted != name));
    fields.extend_from_slice(wants);
    house.post("/settings/erp").by(OWNER).form(&fields).send().await
}

/// Goods S1…S<n> at A, `stock` of each here, and an ERP that listens.
pub async fn shop(n: i64, stock: i64, wants: &[(&str, &str)]) -> (House, Cast, Erp) {
    let (house, cast) = crate::orders::shop(n, stock).await;
    let erp = Erp::open().await;
    link(&house, &erp, wants).await.expect(303);
    (house, cast, erp)
}
