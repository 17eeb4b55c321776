//! Pollers in parallel, orders arriving, crashes before receipts: every order is seen at least once and booked exactly once
//! (G9, G10, I-10).

use super::{order, shop};
use chrono::Duration;
use serde_json::json;
use std::collections::BTreeSet;

#[actix_web::test]
async fn pollers_that_crash_and_repeat_themselves_lose_nothing() {
    let (house, cast) = shop(1, 1000).await;
    let (house, cast) = (&house, &cast);
    let placing = async {
        for n in 0..30 {
            house.sells(cast, "create", order(&format!("SO{n:02}"), &[("S1", 1)])).await.expect(200);
            house.sells(cast, "pay", json!({ "orderNo": format!("SO{n:02}") })).await.expect(200);
        }
    };
    // Three ERP workers; one never acknowledges anything, one does it twice, one loses every third answer.
    let poll = |mood: usize| async move {
        let mut seen = Vec::new();
        for round in 0..12 {
            let (nos, _) = house.pull(cast, json!({ "pageSize": 3 })).await;
            let lost = mood == 2 && round % 3 == 0;
            if mood != 0 && !lost {
                for _ in 0..mood {
                    let acks: Vec<_> = nos.iter().map(|no| json!({ "orderNo": no, "erpOrderNo": format!("XS-{no}") })).collect();
                    if !acks.is_empty() {
                        house.erp(cast, "ack", acks.into()).await.expect(200);
                    }
                }
            }
            seen.extend(nos);
        }
        seen
    };
    let (_, a, b, c) = tokio::join!(placing, poll(0), poll(1), poll(2));
    let mut seen: Vec<String> = [a, b, c].concat();
    // While nothing ran out, nobody was handed what another held.
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "handed over twice within its lease");
    // What was never acknowledged comes again until it is.
    for _ in 0..20 {
        house.later(Duration::minutes(11));
        let (nos, _) = house.pull(cast, json!({ "pageSize": 100 })).await;
        let acks: Vec<_> = nos.iter().map(|no| json!({ "orderNo": no, "erpOrderNo": format!("XS-{no}") })).collect();
        if acks.is_empty() {
            break;
        }
        house.erp(cast, "ack", acks.into()).await.expect(200);
        seen.extend(nos);
    }
    let expected: BTreeSet<String> = (0..30).map(|n| format!("SO{n:02}")).collect();
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(house.ask("select count(*) filter (where sync = 'synced' and erp_order_no = 'XS-' || order_no)::text from orders"), "30");
    assert_eq!(house.ask("select count(*)::text from order_events where kind = 'synced'"), "30", "booked exactly once");
    // The feed has no gap: a reader by cursor alone sees all of it.
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let (nos, next) = house.pull(cast, json!({ "syncStatus": "all", "pageSize": 7, "cursor": cursor })).await;
        all.extend(nos);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), expected);
    house.counters_are_proven(cast).await;
}
