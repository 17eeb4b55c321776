//! Anything may happen to a row in any order; afterwards it is what a simple model of it says (I-1, I-2, I-5…I-7; §4.5 I1–I7).

mod shelf;

use super::house;
use crate::support::House;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use duijie::ids::{MerchantId, ShopId, SkuId};
use duijie::stock::holds::{self, Place, Release, Terms};
use duijie::stock::model::{Set, set};
use duijie::stock::reservations::{self, Ack, Back, Want};
use duijie::stock::{read, verify};
use duijie::trail::{Cause, Kind};
use duijie::wire::Outcome;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

#[derive(Clone, Debug)]
enum Step {
    /// The ERP reports; `None`: its last report arrives once more.
    Push(Option<i64>),
    /// A report that was read so many seconds ago.
    LatePush(i64, i64),
    Freeze(usize, i64),
    Deduct(usize),
    Rollback(usize),
    Ack(usize),
    Hold(i64, i64, bool),
    Extend(i64),
    Release(bool),
    /// The ERP tells all lots of the row.
    Tell(shelf::Tale),
    /// A person takes a lot off sale, or puts it back.
    Stop(u8),
    Resume(u8),
    /// Time goes by.
    Wait(i64),
    /// Half a day goes by: lots expire at midnight.
    Night,
    /// The worker comes round.
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..40_i64).prop_map(|n| Step::Push(Some(n))),
        1 => Just(Step::Push(None)),
        1 => (1..400_i64, 0..40_i64).prop_map(|(age, n)| Step::LatePush(age, n)),
        5 => (0..6_usize, 1..12_i64).prop_map(|(r, n)| Step::Freeze(r, n)),
        3 => (0..6_usize).prop_map(Step::Deduct),
        2 => (0..6_usize).prop_map(Step::Rollback),
        2 => (0..6_usize).prop_map(Step::Ack),
        2 => (0..60_i64, 1..20_i64, any::<bool>()).prop_map(|(n, minutes, keeps)| Step::Hold(n, minutes, keeps)),
        1 => (1..20_i64).prop_map(Step::Extend),
        1 => any::<bool>().prop_map(Step::Release),
        3 => shelf::tale().prop_map(Step::Tell),
        1 => (0..4_u8).prop_map(Step::Stop),
        1 => (0..4_u8).prop_map(Step::Resume),
        1 => Just(Step::Night),
        4 => (1..900_i64).prop_map(Step::Wait),
        2 => Just(Step::Sweep),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Frozen,
    Paid,
    Inside,
    Gone,
}

/// What one reservation of the row is, told without counters.
#[derive(Clone, Debug)]
struct Taken {
    qty: i64,
    state: State,
    hold: Option<usize>,
    expires: DateTime<Utc>,
    acked: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
struct Over {
    id: usize,
    qty: i64,
    until: DateTime<Utc>,
    keeps: bool,
}

/// The row as a list of facts; every figure is a sum over them.
struct Model {
    number: i64,
    read_at: Option<DateTime<Utc>>,
    last_push: Option<DateTime<Utc>>,
    taken: Vec<Option<Taken>>,
    hold: Option<Over>,
    holds: usize,
    shelf: shelf::Shelf,
}

impl Model {
    fn sum(&self, states: &[State]) -> i64 {
        self.taken.iter().flatten().filter(|t| states.contains(&t.state)).map(|t| t.qty).sum()
    }
    fn held(&self, now: DateTime<Utc>) -> Option<&Over> {
        self.hold.as_ref().filter(|h| h.keeps || h.until > now)
    }
    fn available(&self, now: DateTime<Utc>) -> i64 {
        match self.held(now) {
            Some(hold) => {
                let used: i64 =
                    self.taken.iter().flatten().filter(|t| t.hold == Some(hold.id) && t.state != State::Gone).map(|t| t.qty).sum();
                hold.qty - used
            }
            None => self.number - self.shelf.off_sale(self.number, now) - self.sum(&[State::Frozen]) - self.sum(&[State::Paid]),
        }
    }
}

/// One row, its model, and the time.
struct Play<'a> {
    c: &'a mut PgConnection,
    merchant: MerchantId,
    sku: SkuId,
    ext: String,
    now: DateTime<Utc>,
    model: Model,
}

const SHOP: ShopId = ShopId(1);

impl Play<'_> {
    fn cause(&self, kind: Kind) -> Cause {
        Cause { kind, ..Cause::system(self.merchant, "somebody", self.now) }
    }
    fn no(&self, r: usize) -> String {
        format!("{}-{r}", self.ext)
    }

    fn push(&mut self, qty: i64, read_at: DateTime<Utc>) {
        let cause = self.cause(Kind::Erp);
        let (sku, model) = (self.sku, &mut self.model);
        let sent = Set { source_time: Some(read_at), ..Set::quantity(1, sku, SHOP, qty) };
        let done = self.c.transaction(|tx| set(tx, &cause, vec![sent])).expect("set").remove(0);
        if model.read_at.is_some_and(|known| read_at < known) {
            assert_eq!(done.outcome, Outcome::Stale);
            return;
        }
        if model.shelf.is_the_number() {
            assert_eq!(done.outcome, Outcome::Rejected, "the lots have said what the number is");
            return;
        }
        model.read_at = Some(read_at);
        self.counted(qty);
        assert_eq!(done.outcome == Outcome::Held, self.model.held(self.now).is_some());
    }

    /// A new number has come in.
    fn counted(&mut self, qty: i64) {
        let model = &mut self.model;
        model.number = qty;
        for taken in model.taken.iter_mut().flatten().filter(|t| t.state == State::Paid) {
            if taken.acked.zip(model.last_push).is_some_and(|(acked, last)| acked <= last) {
                taken.state = State::Inside;
            }
        }
        model.last_push = Some(self.now);
        if model.hold.as_ref().is_some_and(|h| h.keeps && h.until <= self.now) {
            model.hold = None;
        }
    }

    fn freeze(&mut self, r: usize, qty: i64) {
        let cause = self.cause(Kind::Erp);
        let want = Want { no: 1, reservation: self.no(r), sku: self.sku, shop: SHOP, qty, order_no: None, minutes: Some(10) };
        let ended = self.c.transaction(|tx| reservations::freeze(tx, &cause, vec![want], None)).expect("freeze").remove(0);
        let expected = match &self.model.taken[r] {
            Some(old) if old.qty != qty || old.state == State::Gone => Outcome::Rejected,
            Some(_) => Outcome::Unchanged,
            None if self.model.available(self.now) >= qty => {
                let hold = self.model.held(self.now).map(|h| h.id);
                let expires = self.now + Duration::minutes(10);
                self.model.taken[r] = Some(Taken { qty, state: State::Frozen, hold, expires, acked: None });
                Outcome::Applied
            }
            None => Outcome::Rejected,
        };
        assert_eq!(ended.outcome, expected, "{:?}", ended.problem);
    }

    fn deduct(&mut self, r: usize) {
        let (cause, no) = (self.cause(Kind::Erp), self.no(r));
        let ended = self.c.transaction(|tx| reservations::confirm(tx, &cause, &[(1, no)])).expect("confirm").remove(0);
        let expected = match &mut self.model.taken[r] {
            None | Some(Taken { state: State::Gone, .. }) => Outcome::Rejected,
            Some(taken @ Taken { state: State::Frozen, .. }) => {
                taken.state = State::Paid;
                Outcome::Applied
            }
            Some(_) => Outcome::Unchanged,
        };
        assert_eq!(ended.outcome, expected);
    }

    fn rollback(&mut self, r: usize) {
        let (cause, no) = (self.cause(Kind::Erp), self.no(r));
        let back = Back { no: 1, reservation: no, sku: None };
        let ended = self.c.transaction(|tx| reservations::release(tx, &cause, &[back], "storefront", None)).expect("release").remove(0);
        let expected = match &mut self.model.taken[r] {
            None => Outcome::Rejected,
            Some(Taken { state: State::Gone, .. }) => Outcome::Unchanged,
            Some(taken) => {
                taken.state = State::Gone;
                Outcome::Applied
            }
        };
        assert_eq!(ended.outcome, expected);
    }

    fn ack(&mut self, r: usize) {
        let cause = self.cause(Kind::Erp);
        let ack = Ack { no: 1, reservation: self.no(r), imported_at: None, shipped_at: None };
        self.c.transaction(|tx| reservations::acknowledge(tx, &cause, &[ack])).expect("ack");
        if let Some(taken) = self.model.taken[r].as_mut().filter(|t| matches!(t.state, State::Paid | State::Inside)) {
            taken.acked = taken.acked.or(Some(self.now));
        }
    }

    fn hold(&mut self, qty: i64, minutes: i64, keeps: bool) {
        let cause = self.cause(Kind::Person);
        let until = self.now + Duration::minutes(minutes);
        let place = Place { sku: self.sku, shop: SHOP, ext: self.ext.clone(), qty, version: None };
        let terms = Terms { until: Some(until), keeps, reason: "在途补货".into() };
        self.c.transaction(|tx| holds::start(tx, &cause, vec![place], &terms)).expect("hold");
        self.model.holds += 1;
        self.model.hold = Some(Over { id: self.model.holds, qty, until, keeps });
    }

    fn extend(&mut self, minutes: i64) {
        let cause = self.cause(Kind::Person);
        let until = self.now + Duration::minutes(minutes);
        let (sku, ext) = (self.sku, self.ext.clone());
        let done = self.c.transaction(|tx| holds::extend(tx, &cause, sku, &ext, SHOP, Some(until)));
        let on = self.model.held(self.now).is_some();
        assert_eq!(done.is_ok(), on);
        if let Some(hold) = self.model.hold.as_mut().filter(|_| on) {
            hold.until = until;
        }
    }

    fn release(&mut self, at_once: bool) {
        let cause = self.cause(Kind::Person);
        let how = if at_once { Release::Now } else { Release::AtNextPush };
        let (sku, ext) = (self.sku, self.ext.clone());
        let done = self.c.transaction(|tx| holds::release(tx, &cause, sku, &ext, SHOP, how));
        let on = self.model.held(self.now).is_some();
        assert_eq!(done.is_ok(), on);
        if on && at_once {
            self.model.hold = None;
        } else if let Some(hold) = self.model.hold.as_mut().filter(|_| on) {
            (hold.until, hold.keeps) = (self.now, true);
        }
    }

    fn sweep(&mut self) {
        let (merchant, now) = (self.merchant, self.now);
        self.c.transaction(|tx| reservations::expire(tx, merchant, now)).expect("expire");
        self.c.transaction(|tx| holds::expire(tx, merchant, now)).expect("expire");
        self.c.transaction(|tx| duijie::stock::shelf::expire(tx, merchant, now)).expect("expire");
        for taken in self.model.taken.iter_mut().flatten().filter(|t| t.state == State::Frozen && t.expires <= now) {
            taken.state = State::Gone;
        }
        if self.model.held(now).is_none() {
            self.model.hold = None;
        }
    }

    fn go(&mut self, step: &Step) {
        match *step {
            Step::Push(Some(n)) => self.push(n, self.now),
            Step::Push(None) => {
                if let Some(read_at) = self.model.read_at {
                    self.push(self.model.number, read_at);
                }
            }
            Step::LatePush(age, n) => self.push(n, self.now - Duration::seconds(age)),
            Step::Freeze(r, n) => self.freeze(r, n),
            Step::Deduct(r) => self.deduct(r),
            Step::Rollback(r) => self.rollback(r),
            Step::Ack(r) => self.ack(r),
            Step::Hold(n, minutes, keeps) => self.hold(n, minutes, keeps),
            Step::Extend(minutes) => self.extend(minutes),
            Step::Release(at_once) => self.release(at_once),
            Step::Tell(ref tale) => self.tell(tale),
            Step::Stop(no) => self.stop(no),
            Step::Resume(no) => self.resume(no),
            Step::Wait(seconds) => self.now += Duration::seconds(seconds),
            Step::Night => self.now += Duration::hours(12),
            Step::Sweep => self.sweep(),
        }
    }

    fn compare(&mut self) {
        let rows = read::rows(self.c, self.merchant, self.sku, &[SHOP]).expect("rows");
        let row = rows.first().expect("a row");
        let model = &self.model;
        let paid = [State::Paid, State::Inside];
        assert_eq!(
            (row.erp_qty, row.frozen, row.sold_open, row.sold),
            (model.number, model.sum(&[State::Frozen]), model.sum(&[State::Paid]), model.sum(&paid)),
        );
        // After midnight a row may be behind until somebody sells or the worker comes round; a sale has caught up.
        if row.lots_until.is_none_or(|until| until >= duijie::clock::day(self.now)) {
            assert_eq!(row.figures(self.now).available(), model.available(self.now));
        }
        assert_eq!(row.held_by(self.now).is_some(), model.held(self.now).is_some());
    }
}

#[expect(clippy::disallowed_methods, reason = "tests look at the database from outside")]
fn connect(house: &House) -> PgConnection {
    PgConnection::establish(&house.url()).expect("connect")
}

#[actix_web::test]
async fn any_order_of_events_ends_as_the_model_says() {
    const CASES: u32 = 20;
    let (house, cast) = house(300).await;
    let (mut c, merchant, start) = (connect(&house), cast.a, house.now());
    tokio::task::spawn_blocking(move || {
        let first: i64 = {
            #[derive(QueryableByName)]
            struct Id {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                id: i64,
            }
            let id: Id =
                diesel::sql_query(format!("select min(id) as id from skus where merchant_id = {merchant}")).get_result(&mut c).unwrap();
            id.id
        };
        let next = Cell::new(0_i64);
        let c = std::cell::RefCell::new(c);
        // Lots beside a number that stands by itself, and lots that are the number.
        for carry in [false, true] {
            shelf::rule(&mut c.borrow_mut(), merchant, start, carry);
            let mut runner =
                TestRunner::new(Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
            let played = runner.run(&prop::collection::vec(step(), 10..40), |steps| {
                let n = next.replace(next.get() + 1);
                let mut c = c.borrow_mut();
                let ext = format!("S{}", n + 1);
                let model = Model {
                    number: 20,
                    read_at: None,
                    last_push: None,
                    taken: vec![None; 6],
                    hold: None,
                    holds: 0,
                    shelf: shelf::Shelf::new(carry),
                };
                let mut play = Play { c: &mut c, merchant, sku: SkuId(first + n), ext, now: start, model };
                play.push(20, start);
                for step in &steps {
                    play.go(step);
                    play.compare();
                }
                // Marks made anew know no clock: a hold whose time is over counts until the worker has come round.
                play.go(&Step::Sweep);
                play.compare();
                Ok(())
            });
            played.unwrap_or_else(|why| panic!("{why}"));
        }
        let found = verify::check(&mut c.borrow_mut(), merchant).expect("check");
        assert_eq!(found.differences, [], "G14");
    })
    .await
    .expect("played");
    house.marks_are_right(cast.a).await;
}
