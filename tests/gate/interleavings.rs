//! Any order of pushes, switches, exceptions, releases and rounds of the worker, against a model of ten lines: the value in
//! force and the shadow are what the model says after every step (I-6, G11).

use super::scene;
use crate::support::{Cast, House};
use duijie::feeds::{self, Batch, Channel};
use duijie::gate::exceptions::{self, Wanted};
use duijie::gate::held;
use duijie::gate::switches::{self, What};
use duijie::gate::terms::Term;
use duijie::stock::api::INVENTORY_UPDATE;
use duijie::text::Lang;
use duijie::trail::{Cause, Kind};
use duijie::wire::{Module, Scope};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

const SKUS: usize = 2;
const CASES: usize = 25;

#[derive(Clone, Debug)]
enum Op {
    Push(usize, i64),
    /// The merchant as a whole, or stock.
    Off(bool),
    On(bool, bool),
    Except(usize),
    End(usize, bool),
    Round,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => (0..SKUS, 0..1000_i64).prop_map(|(sku, qty)| Op::Push(sku, qty)),
        2 => any::<bool>().prop_map(Op::Off),
        2 => any::<(bool, bool)>().prop_map(|(all, apply)| Op::On(all, apply)),
        2 => (0..SKUS).prop_map(Op::Except),
        2 => (0..SKUS, any::<bool>()).prop_map(|(sku, apply)| Op::End(sku, apply)),
        3 => Just(Op::Round),
    ]
}

/// What waits: the quantity, and whether it waits for a switch (else for an exception).
type Shadow = Option<(i64, bool)>;

#[derive(Default)]
struct Model {
    value: [i64; SKUS],
    shadow: [Shadow; SKUS],
    off: [bool; 2],
    excepted: [bool; SKUS],
}

impl Model {
    fn is_off(&self) -> bool {
        self.off.contains(&true)
    }
    fn step(&mut self, op: &Op) {
        match *op {
            Op::Push(sku, qty) if self.is_off() => self.shadow[sku] = Some((qty, true)),
            Op::Push(sku, qty) if self.excepted[sku] => self.shadow[sku] = Some((qty, false)),
            Op::Push(sku, qty) => (self.value[sku], self.shadow[sku]) = (qty, None),
            Op::Off(all) => self.off[usize::from(all)] = true,
            Op::On(all, apply) => {
                let was = std::mem::take(&mut self.off[usize::from(all)]);
                if was && !apply {
                    self.shadow = self.shadow.map(|s| s.filter(|(_, switch)| !switch));
                }
            }
            Op::Except(sku) => self.excepted[sku] = true,
            Op::End(sku, apply) => {
                if std::mem::take(&mut self.excepted[sku]) && !apply {
                    self.shadow[sku] = self.shadow[sku].filter(|(_, switch)| *switch);
                }
            }
            Op::Round if self.is_off() => {}
            Op::Round => {
                for sku in 0..SKUS {
                    match self.shadow[sku] {
                        Some((qty, _)) if self.excepted[sku] => self.shadow[sku] = Some((qty, false)),
                        Some((qty, _)) => (self.value[sku], self.shadow[sku]) = (qty, None),
                        None => {}
                    }
                }
            }
        }
    }
}

async fn act(house: &House, cast: &Cast, op: &Op) {
    let (merchant, now) = (cast.a, house.now());
    let person = Cause { kind: Kind::Person, ..Cause::system(merchant, "王店长", now) };
    let what = |all: bool| if all { What::Everything } else { What::One(Module::Stock) };
    let mark = |all: bool| -> i64 { house.mark(what(all).as_str()).parse().unwrap_or(0) };
    let term = Term { until: None, reason: String::new() };
    let db = &house.platform.db;
    match *op {
        Op::Push(sku, qty) => {
            let erp = Cause { kind: Kind::Erp, ..Cause::system(merchant, "ERP", now) };
            let scope = Scope::whole(merchant, Lang::Zh, now);
            let batch = Batch { lines: vec![json!({ "skuId": format!("S{}", sku + 1), "inventory": qty })], ..Batch::default() };
            db.write(move |tx| feeds::run(tx, &erp, &scope, Channel::Api, &INVENTORY_UPDATE, batch)).await.expect("a push");
        }
        Op::Off(all) => {
            let seen = mark(all);
            db.write(move |tx| switches::turn_off(tx, &person, what(all), &term, seen)).await.expect("off");
        }
        Op::On(all, apply) => {
            let seen = mark(all);
            if seen != 0 {
                db.write(move |tx| {
                    switches::turn_on(tx, &person, what(all), seen)?;
                    held::decide(tx, &person, what(all), if apply { None } else { Some(&[]) })
                })
                .await
                .expect("on");
            }
        }
        Op::Except(sku) => {
            let wanted = Wanted { sku_id: format!("S{}", sku + 1), ..Wanted::default() };
            db.write(move |tx| exceptions::add(tx, &person, Module::Stock, &wanted, &term)).await.expect("an exception");
        }
        Op::End(sku, apply) => {
            let id = house.ask(&format!("select e.id from exceptions e join skus k on k.id = e.sku_id where k.sku_id = 'S{}'", sku + 1));
            if let Ok(id) = id.parse() {
                db.write(move |tx| exceptions::release(tx, &person, id, apply)).await.expect("an end");
            }
        }
        Op::Round => {
            house.release().await;
        }
    }
}

fn is(house: &House) -> ([i64; SKUS], [Shadow; SKUS]) {
    let number = |sql: String| house.ask(&sql).parse::<i64>().ok();
    let value = |i: usize| {
        number(format!("select s.erp_qty from stock s join skus k on k.id = s.sku_id where k.sku_id = 'S{}' and s.shop_id = 1", i + 1))
            .unwrap_or(-1)
    };
    let shadow = |i: usize| {
        let qty = number(format!("select line->>'inventory' from held_lines where key = 'S{}/1'", i + 1))?;
        Some((qty, house.ask(&format!("select why from held_lines where key = 'S{}/1'", i + 1)) == "switch"))
    };
    (std::array::from_fn(value), std::array::from_fn(shadow))
}

#[actix_web::test]
async fn the_value_and_the_shadow_are_what_the_model_says() {
    let (house, cast) = scene(2).await;
    let mut model = Model { value: [100; SKUS], ..Model::default() };
    let mut runner = TestRunner::deterministic();
    let mut told = vec![];
    for _ in 0..CASES {
        let ops = vec(op(), 1..24).new_tree(&mut runner).expect("ops").current();
        for op in ops {
            house.later(chrono::Duration::seconds(1));
            told.push(format!("{op:?}"));
            act(&house, &cast, &op).await;
            model.step(&op);
            assert_eq!(is(&house), (model.value, model.shadow), "after {told:?}");
        }
    }
}
