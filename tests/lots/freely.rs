//! Any lists in any order; afterwards the shelf is what the last one said (I-7).

use super::house;
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::prelude::*;
use duijie::clock;
use duijie::ids::{MerchantId, ShopId, SkuId};
use duijie::lots::model::{Replace, replace};
use duijie::lots::told::Told;
use duijie::lots::{Day, rules};
use duijie::stock::shelf::{LotMode, LotRules};
use duijie::stock::{read, verify};
use duijie::trail::{Cause, Kind};
use duijie::wire::Outcome;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Lot number, days until it expires, quantity.
type Tale = Vec<(u8, Option<i64>, i64)>;

fn tale() -> impl Strategy<Value = Tale> {
    proptest::collection::vec((0..5_u8, proptest::option::of(-3..4_i64), 0..9_i64), 0..5)
        .prop_map(|all| all.into_iter().map(|(no, days, n)| (no, (no, days, n))).collect::<BTreeMap<_, _>>().into_values().collect())
}

fn as_told((no, days, quantity): &(u8, Option<i64>, i64), today: NaiveDate) -> Told {
    let date = |days: i64| if days < 0 { today - Days::new(days.unsigned_abs()) } else { today + Days::new(days.unsigned_abs()) };
    Told {
        lot_no: format!("B{no}"),
        produced_on: None,
        expires_on: days.map(|d| Day { date: date(d), month: false }),
        quantity: Some(*quantity),
    }
}

fn play(c: &mut PgConnection, merchant: MerchantId, skus: [SkuId; 3], now: DateTime<Utc>, carry: bool, calls: Vec<[Option<Tale>; 3]>) {
    let cause = Cause { kind: Kind::Erp, ..Cause::system(merchant, "ERP", now) };
    let today = clock::day(now);
    rules::set(c, &cause, LotRules { mode: LotMode::All, carry }).expect("rules");
    let mut last: [Option<Tale>; 3] = [None, None, None];
    for call in calls {
        let mut all = Vec::new();
        for (at, tale) in call.into_iter().enumerate() {
            let Some(tale) = tale else { continue };
            let lots = tale.iter().map(|l| as_told(l, today)).collect();
            let no = i32::try_from(at).expect("few") + 1;
            all.push(Replace { no, sku: skus[at], shop: ShopId(1), lots, source_time: None, ack_seq: None, as_of: None });
            last[at] = Some(tale);
        }
        let expected = all.len();
        let done = c.transaction(|tx| replace(tx, &cause, all)).expect("replace");
        assert_eq!(done.len(), expected);
        assert!(done.iter().all(|d| matches!(d.outcome, Outcome::Applied | Outcome::Unchanged)), "{done:?}");
    }
    for (sku, tale) in skus.into_iter().zip(last) {
        let Some(tale) = tale else { continue };
        let there: Vec<_> = tale.iter().filter(|l| l.2 > 0).collect();
        let good = |l: &&&(u8, Option<i64>, i64)| l.1.is_none_or(|d| d >= 0);
        let sellable = duijie::lots::sellable(c, merchant, &[(sku, ShopId(1))], today).expect("sellable");
        let mut names: Vec<String> = sellable.iter().map(|l| l.lot_no.clone()).collect();
        assert!(sellable.is_sorted_by_key(|l| l.expires_on.unwrap_or(NaiveDate::MAX)));
        names.sort();
        assert_eq!(names, there.iter().filter(good).map(|l| format!("B{}", l.0)).collect::<Vec<_>>());
        if carry {
            let row = read::rows(c, merchant, sku, &[ShopId(1)]).expect("rows").remove(0);
            let sum = |all: &mut dyn Iterator<Item = i64>| all.sum::<i64>();
            assert_eq!(row.erp_qty, sum(&mut there.iter().map(|l| l.2)), "the number is the sum");
            assert_eq!(row.figures(now).available(), sum(&mut there.iter().filter(good).map(|l| l.2)), "what is expired is not sold");
        }
    }
    assert_eq!(verify::check(c, merchant).expect("check").differences, []);
}

// I-7
#[actix_web::test]
async fn the_shelf_is_what_the_last_list_said() {
    let (house, cast) = house(3).await;
    let (merchant, now) = (cast.a, house.now());
    house
        .platform
        .db
        .write(move |c| {
            #[derive(QueryableByName)]
            struct Id {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                id: SkuId,
            }
            let ids: Vec<Id> = diesel::sql_query(format!("select id from skus where merchant_id = {merchant} order by id")).load(c)?;
            let skus = [ids[0].id, ids[1].id, ids[2].id];
            let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
            let c = RefCell::new(c);
            let call = [(); 3].map(|()| proptest::option::of(tale()));
            runner
                .run(&(any::<bool>(), proptest::collection::vec(call, 1..6)), |(carry, calls)| {
                    // Each case in a world of its own.
                    let back = c.borrow_mut().transaction::<(), diesel::result::Error, _>(|c| {
                        play(c, merchant, skus, now, carry, calls);
                        Err(diesel::result::Error::RollbackTransaction)
                    });
                    prop_assert!(back.is_err());
                    Ok(())
                })
                .expect("any order");
            Ok(())
        })
        .await
        .expect("played");
}

// A replacement that fails changes nothing (I-7).
#[actix_web::test]
async fn all_or_nothing_where_the_call_says_so() {
    let (house, cast) = house(1).await;
    let batch = serde_json::json!({ "onError": "all", "lines": [
        super::told("S1", &[super::lot("B1", "2028-04", 3)]), { "skuId": "S1", "shopId": "2", "lots": [{ "lotNo": "" }] } ] });
    house.tell(&cast, batch).await.expect(422);
    assert_eq!(
        house.ask("select (select count(*) from lots) + (select count(*) from lot_heads) + (select count(*) from lot_snapshots)"),
        "0"
    );
}
