//! Letting everything pass ends where applying it at once would have.

use super::{lines, stocked};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

async fn end(quantities: &[Vec<i64>], guarded: bool) -> (String, String, String) {
    let (house, cast) = stocked(40).await;
    if !guarded {
        house.sql(&format!(
            "insert into guard_rules (merchant_id, zero_on, zero_rows, zero_share, swing_rows, swing_percent, updated_at) values ({}, false, 30, 20, 10, 50, now())",
            cast.a
        ));
    }
    for call in quantities {
        house.later(chrono::Duration::seconds(30));
        let sent: Value = lines(i64::try_from(call.len()).unwrap(), |i| call[usize::try_from(i - 1).unwrap()]);
        house.push(&cast, sent).await.expect(200);
    }
    if guarded {
        let ids: i64 = house.ask("select coalesce(max(id), 0) from quarantines").parse().unwrap();
        for id in 1..=ids {
            house.decide(&format!("/sync/quarantine/{id}/approval"), "1", &[]).await.expect(303);
        }
        let waits = house.ask("select count(*) from parked_lines where settled_at is null");
        assert_eq!(waits, "0", "nothing is left behind");
        let odd = house.ask("select count(*) from parked_lines where outcome not in ('applied', 'stale')");
        assert_eq!(odd, "0");
    }
    house.marks_are_right(cast.a).await;
    let owners = house.ask("select string_agg(distinct qty_by, ',') from stock");
    (house.quantities(), house.marks(), owners)
}

#[test]
fn to_let_all_pass_is_to_have_applied_all() {
    let call = prop::collection::vec(prop_oneof![3 => Just(0_i64), 1 => 1_i64..15], 25..=40);
    let calls = prop::collection::vec(call, 1..=3);
    let mut runner = TestRunner::new(Config { cases: 6, ..Config::default() });
    runner
        .run(&calls, |calls| {
            let system = actix_web::rt::System::new();
            let (guarded, plain) = system.block_on(async { (end(&calls, true).await, end(&calls, false).await) });
            prop_assert_eq!(guarded, plain);
            Ok(())
        })
        .unwrap();
}
