//! Writes the pages as files a browser can open from disk, to be looked at. Run by hand, with the folder to write to.

use super::{OWNER, lines, one, stocked};
use crate::support::shots;
use serde_json::json;

#[actix_web::test]
#[ignore = "writes pages to the folder named in DUIJIE_SHOTS"]
#[expect(clippy::disallowed_methods, reason = "its one setting")]
async fn pages_to_look_at() {
    let out = std::env::var("DUIJIE_SHOTS").expect("DUIJIE_SHOTS");
    let (house, cast) = stocked(60).await;
    house.push(&cast, lines(40, |_| 0)).await.expect(200);
    house.push(&cast, one(1, 4)).await.expect(200);
    house
        .push(&cast, json!([{ "skuId": "NIL", "shopId": "1", "inventory": 3 }, { "skuId": "S3", "shopId": "77", "inventory": 3 }]))
        .await
        .expect(200);
    let product = |id: &str| json!({ "prodId": id, "erpProdCode": id, "prodName": "围栏", "catalogId": "X-9", "unit": "盒", "price": "8.60", "enable": 1 });
    house.api(&cast.erp, "prod.add_or_edit", json!([product("N1"), product("N2")])).send().await.expect(200);
    house.push(&cast, json!([{ "skuId": "S41", "shopId": "1", "inventory": 10, "saled": 4, "freeze": 1 }])).await.expect(200);
    let rows: String = (1..=60).map(|i| format!("S{i}\t{}\n", i % 11)).collect();
    house.post("/sync/reconciliations").by(OWNER).form(&[("name", "2026-11-22"), ("rows", &rows)]).send().await.expect(303);
    house
        .post("/sync/freshness")
        .by(OWNER)
        .form(&[("module", "stock"), ("watched", "1"), ("every_minutes", "10"), ("extra_safety", "2")])
        .send()
        .await
        .expect(303);
    house.later(chrono::Duration::minutes(75));
    duijie::sync::watch_silence(&house.platform.db, house.now()).await.expect("watch");
    house.log_in(OWNER).await;
    for theme in ["light", "dark"] {
        for (name, path) in [
            ("list", "/sync/quarantine"),
            ("one", "/sync/quarantine/1"),
            ("failures", "/sync/failures"),
            ("conflicts", "/sync/conflicts?view=counters"),
            ("freshness", "/sync/freshness"),
            ("reconciliations", "/sync/reconciliations"),
            ("reconciliation", "/sync/reconciliations/1"),
            ("rules", "/settings/guards"),
            ("overview", "/"),
            ("pulse", "/sync/pulse"),
        ] {
            let body = house.get(path).by(OWNER).send().await.expect(200).body;
            let body = body.replace("data-theme=\"auto\"", &format!("data-theme=\"{theme}\""));
            shots::keep(&house, &out, &format!("{name}-{theme}"), &body).await;
        }
    }
}
