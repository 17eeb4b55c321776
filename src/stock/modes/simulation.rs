//! A day of one SKU (§4.4 of the law of stock): buyers, an ERP that books what it pulls, pushes that are late, doubled and out
//! of order. What the ERP cannot reserve when it books an order was sold twice.
//!
//! The day moves the same pure rules as the database does, so that a rule that sells twice shows here within a second.

mod days;

use super::{Mode, Paid, Triple, Watermark};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeMap;

const SECOND: i64 = 1000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// The same seeds give the same days on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 33).unwrap() % n
    }
    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }
    /// How long a message is under way.
    fn latency(&mut self) -> i64 {
        300 + self.below(2700)
    }
}

#[derive(Clone, Copy)]
struct Weather {
    /// Late pushes and very late repetitions.
    late: bool,
    /// Time between pushes.
    every: i64,
    /// How far the ERP's clock is ahead.
    ahead: i64,
    /// Percent of acknowledgements that get lost.
    lost_acks: i64,
    /// The ERP sells over its own counter as well.
    counter: bool,
    /// Units we keep back.
    safety: i64,
}

const CLEAN: Weather = Weather { late: false, every: 120 * SECOND, ahead: 0, lost_acks: 0, counter: false, safety: 0 };
const LATE: Weather = Weather { late: true, ..CLEAN };

/// How a push is taken in.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    By(Mode),
    /// What everybody does at first: one number of what is available, counted down by sales and overwritten by pushes.
    Overwrite,
    /// Nearly right: what is acknowledged when the push arrives counts as inside, though the figure was read before.
    AckedOnArrival,
}

#[derive(Clone, Copy)]
struct Push {
    order: i64,
    salable: i64,
    on_hand: i64,
    freeze: i64,
    saled: i64,
    booked: i64,
    as_of: i64,
}

enum Event {
    Buy,
    Pay(usize),
    Cancel(usize),
    Pull,
    Ack(usize),
    Ship(usize),
    HearOfShipping(usize),
    Read,
    Arrive(Push),
    Restock,
    Counter,
}

#[derive(Default)]
struct Order {
    qty: i64,
    /// Its place in the feed once paid.
    seq: Option<i64>,
    acked: Option<i64>,
    imported: Option<i64>,
    shipped: Option<i64>,
    heard_shipped: Option<i64>,
    inside: bool,
}

struct World {
    rule: Rule,
    weather: Weather,
    dice: Dice,
    now: i64,
    queue: BTreeMap<(i64, usize), Event>,
    events: usize,
    orders: Vec<Order>,
    // Ours.
    number: i64,
    frozen: i64,
    sold: i64,
    open: i64,
    seq: i64,
    offset: Option<i64>,
    newest: i64,
    previous: Option<i64>,
    lag: Option<i64>,
    // The ERP's.
    on_hand: i64,
    reserved: i64,
    pulled: i64,
    heard: (i64, i64),
    pushes: i64,
    missing: i64,
}

fn moment(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap() + Duration::milliseconds(at)
}

impl World {
    fn new(rule: Rule, weather: Weather, seed: u64) -> Self {
        let mut world = World {
            rule,
            weather,
            dice: Dice(seed * 7_919 + 17),
            now: 0,
            queue: BTreeMap::new(),
            events: 0,
            orders: Vec::new(),
            number: 60,
            frozen: 0,
            sold: 0,
            open: 0,
            seq: 0,
            offset: None,
            newest: 0,
            previous: None,
            lag: None,
            on_hand: 60,
            reserved: 0,
            pulled: 0,
            heard: (0, 0),
            pushes: 0,
            missing: 0,
        };
        for (after, event) in [(0, Event::Read), (5 * SECOND, Event::Pull), (100 * SECOND, Event::Buy), (HOUR, Event::Restock)] {
            world.put(after, event);
        }
        if weather.counter {
            world.put(150 * SECOND, Event::Counter);
        }
        world
    }

    fn put(&mut self, after: i64, event: Event) {
        self.events += 1;
        self.queue.insert((self.now + after, self.events), event);
    }

    /// Units that the ERP could not reserve for what we had sold.
    fn oversold(mut self) -> i64 {
        self.live();
        self.missing
    }

    fn live(&mut self) {
        while let Some(((at, _), event)) = self.queue.pop_first() {
            self.now = at;
            match event {
                Event::Buy => self.buy(),
                Event::Pay(i) => self.pay(i),
                Event::Cancel(i) => self.cancel(i),
                Event::Pull => self.pull(),
                Event::Ack(i) => self.orders[i].acked = Some(at),
                Event::Ship(i) => self.ship(i),
                Event::HearOfShipping(i) => self.orders[i].heard_shipped = self.orders[i].shipped,
                Event::Read => self.read(),
                Event::Arrive(push) => self.arrive(push),
                Event::Restock => {
                    self.on_hand += 12;
                    if at < DAY {
                        self.put(HOUR, Event::Restock);
                    }
                }
                Event::Counter => self.sell_elsewhere(),
            }
        }
    }

    /// What buyers may still take.
    fn available(&self) -> i64 {
        self.number - self.frozen - self.open - self.weather.safety
    }

    /// Over its own counter the ERP sells what it has.
    fn sell_elsewhere(&mut self) {
        if self.now < DAY {
            let pause = (300 + self.dice.below(1200)) * SECOND;
            self.put(pause, Event::Counter);
        }
        if self.on_hand > self.reserved {
            self.on_hand -= 1;
        }
    }

    fn buy(&mut self) {
        if self.now < DAY {
            let pause = (30 + self.dice.below(360)) * SECOND;
            self.put(pause, Event::Buy);
        }
        let qty = 1 + self.dice.below(2);
        if self.available() < qty {
            return;
        }
        if self.rule == Rule::Overwrite {
            self.number -= qty;
        } else {
            self.frozen += qty;
        }
        self.orders.push(Order { qty, ..Order::default() });
        let order = self.orders.len() - 1;
        if self.dice.chance(85) {
            let thinking = (5 + self.dice.below(300)) * SECOND;
            self.put(thinking, Event::Pay(order));
        } else {
            self.put(600 * SECOND, Event::Cancel(order));
        }
    }

    fn pay(&mut self, i: usize) {
        self.seq += 1;
        let order = &mut self.orders[i];
        order.seq = Some(self.seq);
        self.sold += order.qty;
        if self.rule != Rule::Overwrite {
            self.frozen -= order.qty;
            self.open += order.qty;
        }
    }

    fn cancel(&mut self, i: usize) {
        let qty = self.orders[i].qty;
        if self.rule == Rule::Overwrite { self.number += qty } else { self.frozen -= qty }
    }

    /// The ERP books what has been paid, in the order of the feed.
    fn pull(&mut self) {
        if self.now < DAY + 3 * HOUR {
            self.put(30 * SECOND, Event::Pull);
        }
        self.heard = (self.frozen, self.sold);
        let mut new: Vec<(i64, usize)> =
            (0..).zip(&self.orders).filter_map(|(i, o)| Some((o.seq?, i))).filter(|(s, _)| *s > self.pulled).collect();
        new.sort_unstable();
        for (seq, i) in new {
            let qty = self.orders[i].qty;
            self.missing += (qty - (self.on_hand - self.reserved)).clamp(0, qty);
            self.reserved += qty;
            self.pulled = seq;
            self.orders[i].imported = Some(self.now + self.weather.ahead);
            let (back, packing) = (self.dice.latency(), (600 + self.dice.below(7200)) * SECOND);
            if !self.dice.chance(self.weather.lost_acks) {
                self.put(back, Event::Ack(i));
            }
            self.put(packing, Event::Ship(i));
        }
    }

    fn ship(&mut self, i: usize) {
        self.on_hand -= self.orders[i].qty;
        self.reserved -= self.orders[i].qty;
        self.orders[i].shipped = Some(self.now + self.weather.ahead);
        let back = self.dice.latency();
        self.put(back, Event::HearOfShipping(i));
    }

    fn read(&mut self) {
        if self.now < DAY + 4 * HOUR {
            self.put(self.weather.every, Event::Read);
        }
        self.pushes += 1;
        let push = Push {
            order: self.pushes,
            salable: (self.on_hand - self.reserved).max(0),
            on_hand: self.on_hand,
            freeze: self.heard.0,
            saled: self.heard.1,
            booked: self.pulled,
            as_of: self.now + self.weather.ahead,
        };
        let mut delay = self.dice.latency();
        if self.weather.late && self.dice.chance(5) {
            delay *= 20 + self.dice.below(180);
        }
        self.put(delay, Event::Arrive(push));
        if self.weather.late && self.dice.chance(3) {
            self.put(delay + HOUR, Event::Arrive(push));
        }
    }

    fn arrive(&mut self, push: Push) {
        let mode = match self.rule {
            Rule::By(mode) => mode,
            Rule::AckedOnArrival => Mode::Bare,
            Rule::Overwrite => {
                self.number = push.salable;
                return;
            }
        };
        if push.order <= self.newest {
            return;
        }
        self.newest = push.order;
        let lag = self.lag.map_or(self.now - push.as_of, |known| known.min(self.now - push.as_of));
        self.lag = Some(lag);
        let previous = self.previous.replace(self.now);
        let mark = Watermark {
            ack_seq: Some(push.booked),
            as_of: Some(moment(push.as_of)),
            previous: if self.rule == Rule::AckedOnArrival { Some(moment(self.now)) } else { previous.map(moment) },
            lag: Some(Duration::milliseconds(lag)),
        };
        self.number = match mode {
            Mode::Physical => push.on_hand,
            Mode::Triple => {
                let triple = Triple { inventory: push.salable - push.freeze, freeze: push.freeze, saled: push.saled };
                let offset = *self.offset.get_or_insert_with(|| triple.offset(self.sold));
                triple.number(self.sold, offset)
            }
            _ => push.salable,
        };
        for order in self.orders.iter_mut().filter(|o| !o.inside) {
            let Some(seq) = order.seq else { continue };
            let paid = Paid {
                seq,
                acked_at: order.acked.map(moment),
                // The acknowledgement is what tells us of it.
                imported_at: order.acked.and(order.imported).map(moment),
                shipped_at: order.heard_shipped.map(moment),
            };
            if mark.covers(mode, &paid) {
                order.inside = true;
                self.open -= order.qty;
            }
        }
    }
}
