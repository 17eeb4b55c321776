//! All prices of one SKU that a call speaks of, and what becomes of them: planned without touching the database.

use super::place::{Place, Span};
use super::rules::Rules;
use crate::clock::on_the_wire;
use crate::guards::{self, Danger};
use crate::ids::{ProductId, SkuId};
use crate::products;
use crate::trail::Kind;
use crate::wire::{LineCode, Problem};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// One value that is to be something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// How the line names it, e.g. `regionPrices[2].price`.
    pub path: String,
    pub place: Place,
    pub span: Span,
    /// `None`: back to what it inherits; never zero.
    pub to: Option<Decimal>,
}

/// What one line, or one row of a form, wants of one SKU: all of it or nothing.
#[derive(Clone, Debug)]
pub struct Wish {
    pub no: i32,
    pub sku: SkuId,
    pub moves: Vec<Move>,
    pub source_time: Option<DateTime<Utc>>,
    /// The version of the SKU's prices that the wish was made upon.
    pub if_version: Option<i64>,
}

/// One price as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub amount: Decimal,
    pub source_time: Option<DateTime<Utc>>,
}

/// A SKU with those of its prices that are spoken of.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub sku: SkuId,
    pub sku_id: String,
    pub product: ProductId,
    pub version: i32,
    /// The clock of what stands on the SKU itself; rows have their own.
    pub quoted_at: Option<DateTime<Utc>>,
    /// The version at which one of its prices was last said once more without changing.
    pub said_again: Option<i32>,
    /// A wish laid over it says so now.
    pub again: bool,
    pub cells: BTreeMap<(Place, Span), Cell>,
    /// The clocks of rows that were taken away, by when they began: what is older must not bring them back (I-5).
    pub gone: BTreeMap<(Place, Since), DateTime<Utc>>,
}

/// When a row of `prices` begins; none for the standing one. See [`Span::since`].
pub type Since = Option<DateTime<Utc>>;

/// How a wish ends before it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// The cells that are different now, by their names in `moves`.
    Changes {
        warnings: Vec<Problem>,
        danger: Option<(Danger, usize)>,
    },
    Unchanged {
        warnings: Vec<Problem>,
    },
    Stale(Problem),
    Rejected(Vec<Problem>),
}

impl Sheet {
    pub fn amount(&self, place: Place, span: Span) -> Option<Decimal> {
        self.cells.get(&(place, span)).map(|cell| cell.amount)
    }
    pub fn plain(&self, place: Place) -> Option<Decimal> {
        self.amount(place, Span::STANDING)
    }

    /// Lays a wish over the sheet. Only when it ends as `Changes` or `Unchanged` is the sheet another one.
    pub(super) fn take(&mut self, wish: &Wish, rules: &Rules, guards: &guards::Rules, who: Kind) -> Verdict {
        if let Some(wanted) = wish.if_version.filter(|v| *v != i64::from(self.version)) {
            return Verdict::Rejected(vec![Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(self.version)]);
        }
        if let Some(stale) = self.stale(wish) {
            return Verdict::Stale(stale);
        }
        let mut next = self.clone();
        let problems: Vec<Problem> = wish.moves.iter().filter_map(|m| next.step(m, wish.source_time).err()).collect();
        if !problems.is_empty() {
            return Verdict::Rejected(problems);
        }
        let stands = |sheet: &Self, m: &Move| sheet.begun(m.place, m.span).map(|(span, cell)| (span, cell.amount));
        let changed: Vec<(usize, &Move)> = wish.moves.iter().enumerate().filter(|(_, m)| stands(self, m) != stands(&next, m)).collect();
        let floor: Vec<Problem> = changed.iter().filter_map(|(_, m)| next.below_floor(m, rules)).collect();
        if who == Kind::Person && !floor.is_empty() {
            return Verdict::Rejected(floor);
        }
        let warnings = next.warnings(wish);
        let danger = changed.iter().find_map(|(at, m)| Some((self.danger(m, &next, wish.no, guards, !floor.is_empty())?, *at)));
        if wish.moves.iter().any(|m| m.place.is_plain()) {
            next.quoted_at = wish.source_time.or(self.quoted_at);
        }
        next.again |= changed.len() < wish.moves.len();
        let unchanged = changed.is_empty();
        *self = next;
        if unchanged { Verdict::Unchanged { warnings } } else { Verdict::Changes { warnings, danger } }
    }

    /// older than any value it touches.
    fn stale(&self, wish: &Wish) -> Option<Problem> {
        let sent = wish.source_time?;
        let newest = wish.moves.iter().filter_map(|m| self.clock(m.place, m.span)).max().filter(|newest| *newest > sent)?;
        Some(Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(newest)))
    }

    /// The source time of the last word on a price, be it that there is none.
    fn clock(&self, place: Place, span: Span) -> Option<DateTime<Utc>> {
        if place.is_plain() {
            return self.quoted_at;
        }
        let standing = self.begun(place, span).and_then(|(_, cell)| cell.source_time);
        standing.or_else(|| self.gone.get(&(place, span.since())).copied())
    }
    /// What stands there or begins then: one price of a place, though its end may be another.
    fn begun(&self, place: Place, span: Span) -> Option<(Span, Cell)> {
        if let Some(cell) = self.cells.get(&(place, span)) {
            return Some((span, *cell));
        }
        let same = |at: &&(Place, Span)| at.0 == place && at.1.since() == span.since();
        let at = self.cells.keys().filter(|_| span.is_dated()).find(same)?;
        Some((at.1, *self.cells.get(at)?))
    }

    fn step(&mut self, m: &Move, source_time: Option<DateTime<Utc>>) -> Result<(), Problem> {
        let clock = source_time.or_else(|| self.clock(m.place, m.span));
        let row = (m.place, m.span.since());
        let Some(amount) = m.to else {
            if let Some((span, _)) = self.begun(m.place, m.span) {
                self.cells.remove(&(m.place, span));
            }
            if let Some(clock) = clock.filter(|_| !m.place.is_plain()) {
                self.gone.insert(row, clock);
            }
            return Ok(());
        };
        if m.span.is_dated() {
            // One that begins when another began takes its place: its end may move.
            let other = |(place, span): &(Place, Span)| *place == m.place && span.is_dated() && span.from != m.span.from;
            if let Some((_, span)) = self.cells.keys().find(|key| other(key) && key.1.overlaps(m.span)) {
                return Err(Problem::new(LineCode::Overlap, &m.path, m.span.words()).detail(span.words()));
            }
            self.cells.retain(|(place, span), _| *place != m.place || !span.is_dated() || span.from != m.span.from);
        }
        self.gone.remove(&row);
        self.cells.insert((m.place, m.span), Cell { amount, source_time: clock });
        Ok(())
    }

    /// what a person may not go below.
    fn below_floor(&self, m: &Move, rules: &Rules) -> Option<Problem> {
        let floor = self.floor(rules)?;
        let amount = m.to.filter(|amount| m.place.is_paid() && *amount < floor)?;
        Some(Problem::new(LineCode::BelowFloor, &m.path, amount.to_string()).detail(floor))
    }
    /// The lowest price a person may set.
    pub fn floor(&self, rules: &Rules) -> Option<Decimal> {
        let percent = Decimal::from(rules.floor_percent?);
        Some((self.plain(Place::Cost)? * percent / Decimal::ONE_HUNDRED).round_dp(2))
    }

    /// What is worth saying though it is done: a price below cost.
    fn warnings(&self, wish: &Wish) -> Vec<Problem> {
        let Some(cost) = self.plain(Place::Cost) else {
            return Vec::new();
        };
        let low = |m: &&Move| m.place.is_paid() && m.to.is_some_and(|amount| amount < cost);
        let mut found: Vec<Problem> = wish
            .moves
            .iter()
            .filter(low)
            .map(|m| Problem::new(LineCode::BelowCost, &m.path, m.to.unwrap_or_default().to_string()))
            .collect();
        let raised = wish.moves.iter().find(|m| m.place == Place::Cost);
        if let (Some(m), Some(price), true) = (raised, self.plain(Place::Default), found.is_empty())
            && price < cost
        {
            found.push(Problem::new(LineCode::CostAbovePrice, &m.path, cost.to_string()).detail(price));
        }
        found
    }

    /// What a machine's change is in danger of. What was inherited before is compared with what it was inherited from.
    fn danger(&self, m: &Move, next: &Sheet, no: i32, guards: &guards::Rules, below_floor: bool) -> Option<Danger> {
        if !m.place.is_paid() {
            return None;
        }
        let before = self.begun(m.place, m.span).map(|(_, cell)| cell.amount).or(self.plain(Place::Default));
        let after = m.to.or(next.plain(Place::Default));
        let danger = products::price_danger(guards, no, before, after, next.plain(Place::Cost));
        let floor = || (below_floor && guards.floor_on && before.is_some()).then_some(Danger { no, guard: guards::Guard::Floor });
        danger.or_else(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{RegionGroupId, ShopId};

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }
    fn at(text: &str) -> DateTime<Utc> {
        crate::clock::off_the_wire(&format!("2026-{text} 00:00:00")).unwrap()
    }
    const HN: Place = Place::Region(RegionGroupId(1));

    fn sheet(prices: &[(Place, &str)]) -> Sheet {
        let cell = |text: &str| Cell { amount: d(text), source_time: None };
        Sheet {
            sku: SkuId(1),
            sku_id: "S1".into(),
            product: ProductId(1),
            version: 3,
            quoted_at: None,
            said_again: None,
            again: false,
            cells: prices.iter().map(|(place, amount)| ((*place, Span::STANDING), cell(amount))).collect(),
            gone: BTreeMap::new(),
        }
    }
    fn to(place: Place, amount: &str) -> Move {
        Move { path: place.field().into(), place, span: Span::STANDING, to: (!amount.is_empty()).then(|| d(amount)) }
    }
    fn wish(moves: Vec<Move>) -> Wish {
        Wish { no: 1, sku: SkuId(1), moves, source_time: None, if_version: None }
    }
    fn take(sheet: &mut Sheet, moves: Vec<Move>, who: Kind) -> Verdict {
        let rules = Rules { floor_percent: Some(105), ..Rules::default() };
        sheet.take(&wish(moves), &rules, &guards::Rules::default(), who)
    }
    fn codes(verdict: &Verdict) -> Vec<LineCode> {
        match verdict {
            Verdict::Changes { warnings, .. } | Verdict::Unchanged { warnings } => warnings.iter().map(|p| p.code).collect(),
            Verdict::Stale(problem) => vec![problem.code],
            Verdict::Rejected(problems) => problems.iter().map(|p| p.code).collect(),
        }
    }

    // one wish, many kinds, all or nothing.
    #[test]
    fn a_wish_is_taken_whole_or_not_at_all() {
        let mut s = sheet(&[(Place::Default, "10.00")]);
        assert!(matches!(
            take(&mut s, vec![to(Place::Default, "11.00"), to(HN, "9.00")], Kind::Erp),
            Verdict::Changes { danger: None, .. }
        ));
        assert_eq!((s.plain(Place::Default), s.plain(HN)), (Some(d("11.00")), Some(d("9.00"))));
        assert!(matches!(take(&mut s, vec![to(Place::Default, "11.0"), to(HN, "9")], Kind::Erp), Verdict::Unchanged { .. }));
        // Blank goes back to what is inherited.
        assert!(matches!(take(&mut s, vec![to(HN, "")], Kind::Erp), Verdict::Changes { .. }));
        assert_eq!(s.plain(HN), None);
        let before = s.cells.clone();
        let dated = |from: &str, until: &str| Move { span: Span { from: Some(at(from)), until: Some(at(until)) }, ..to(HN, "8.00") };
        let clash = take(&mut s, vec![to(Place::Default, "12.00"), dated("12-01", "12-11"), dated("12-10", "12-12")], Kind::Erp);
        let Verdict::Rejected(problems) = clash else { panic!("{clash:?}") };
        assert_eq!(problems[0].code, LineCode::Overlap);
        assert_eq!(problems[0].details, ["2026-12-01 00:00:00 ~ 2026-12-11 00:00:00"], "both ranges are named");
        assert_eq!(s.cells, before);
        // What begins as another began takes its place.
        take(&mut s, vec![dated("12-01", "12-11")], Kind::Erp);
        take(&mut s, vec![dated("12-01", "12-20")], Kind::Erp);
        assert_eq!(s.cells.keys().filter(|(_, span)| span.is_dated()).count(), 1);
    }

    // I-9: what is said once more is known for it, alone or beside what changes.
    #[test]
    fn what_is_said_once_more_is_noted() {
        let again = |moves: Vec<Move>| {
            let mut s = sheet(&[(Place::Default, "10.00"), (HN, "9.00")]);
            take(&mut s, moves, Kind::Erp);
            s.again
        };
        assert!(again(vec![to(Place::Default, "10.00")]) && again(vec![to(Place::Default, "11.00"), to(HN, "9")]));
        assert!(!again(vec![to(Place::Default, "11.00")]) && !again(vec![]));
    }

    //
    #[test]
    fn prices_below_cost_are_told_and_below_the_floor_refused_to_people() {
        let mut s = sheet(&[(Place::Default, "10.00"), (Place::Cost, "8.00")]);
        assert_eq!(codes(&take(&mut s, vec![to(HN, "8.39")], Kind::Person)), [LineCode::BelowFloor]);
        assert_eq!(codes(&take(&mut s, vec![to(HN, "8.40")], Kind::Person)), []);
        let low = take(&mut s, vec![to(HN, "7.99")], Kind::Erp);
        assert!(matches!(&low, Verdict::Changes { danger: Some((danger, 0)), .. } if danger.guard == guards::Guard::Floor), "{low:?}");
        assert_eq!(codes(&low), [LineCode::BelowCost]);
        assert_eq!(codes(&take(&mut s, vec![to(Place::Cost, "10.01")], Kind::Erp)), [LineCode::CostAbovePrice]);
        // Retail and reference are told to buyers, not paid by them.
        assert_eq!(codes(&take(&mut s, vec![to(Place::Retail, "1.00")], Kind::Person)), []);
    }

    #[test]
    fn a_first_price_is_measured_by_what_it_takes_the_place_of() {
        let danger = |from: &[(Place, &str)], m: Move| match take(&mut sheet(from), vec![m], Kind::Erp) {
            Verdict::Changes { danger, .. } => danger.map(|(d, _)| d.guard),
            other => panic!("{other:?}"),
        };
        assert_eq!(danger(&[(Place::Default, "10.00")], to(HN, "5.00")), None);
        assert_eq!(danger(&[(Place::Default, "10.00")], to(HN, "4.99")), Some(guards::Guard::Swing));
        assert_eq!(danger(&[(Place::Default, "10.00"), (HN, "30.00")], to(HN, "")), Some(guards::Guard::Swing));
        assert_eq!(danger(&[(Place::Default, "10.00")], to(Place::Shop(ShopId(1)), "0.00")), Some(guards::Guard::Floor));
        assert_eq!(danger(&[], to(Place::Default, "0.01")), None, "the first of all");
        assert_eq!(danger(&[(Place::Cost, "1.00")], to(Place::Cost, "9.00")), None);
    }

    //
    #[test]
    fn what_is_older_than_what_it_touches_is_stale() {
        let mut s = sheet(&[(Place::Default, "10.00")]);
        s.quoted_at = Some(at("11-20"));
        s.cells.insert((HN, Span::STANDING), Cell { amount: d("9.00"), source_time: Some(at("11-22")) });
        let mut of = |moves: Vec<Move>, time: &str| {
            let wish = Wish { source_time: Some(at(time)), ..wish(moves) };
            s.take(&wish, &Rules::default(), &guards::Rules::default(), Kind::Erp)
        };
        assert!(matches!(of(vec![to(Place::Default, "9.50")], "11-19"), Verdict::Stale(_)));
        assert!(matches!(of(vec![to(Place::Default, "9.50"), to(HN, "8.00")], "11-21"), Verdict::Stale(_)));
        assert!(matches!(of(vec![to(HN, "8.00")], "11-22"), Verdict::Changes { .. }));
        assert!(matches!(of(vec![to(Place::Shop(ShopId(2)), "8.00")], "11-01"), Verdict::Changes { .. }), "a clock of its own");
        assert!(matches!(
            s.take(&Wish { if_version: Some(2), ..wish(vec![]) }, &Rules::default(), &guards::Rules::default(), Kind::Erp),
            Verdict::Rejected(_)
        ));
    }

    // I-5: in whatever order messages arrive, what they come to is what the last one said.
    #[test]
    fn messages_in_any_order_come_to_the_same() {
        let december = Span { from: Some(at("12-01")), until: Some(at("12-11")) };
        let longer = Span { until: Some(at("12-20")), ..december };
        let said = |day: &str, span: Span, amount: &str| (at(day), Move { span, ..to(HN, amount) });
        let messages = [
            said("11-20", Span::STANDING, "9.00"),
            said("11-21", Span::STANDING, ""),
            said("11-22", december, "8.00"),
            said("11-23", longer, "7.00"),
            said("11-24", longer, ""),
        ];
        let end = |order: &[usize]| {
            let mut s = sheet(&[(Place::Default, "10.00")]);
            for n in order {
                let (time, m) = messages[*n].clone();
                s.take(&Wish { source_time: Some(time), ..wish(vec![m]) }, &Rules::default(), &guards::Rules::default(), Kind::Erp);
            }
            (s.cells.keys().copied().collect::<Vec<_>>(), s.gone)
        };
        let in_order = end(&[0, 1, 2, 3, 4]);
        assert_eq!(in_order.0, [(Place::Default, Span::STANDING)], "nothing is left");
        for order in [[1, 0, 2, 3, 4], [4, 3, 2, 1, 0], [4, 0, 3, 1, 2], [2, 4, 1, 3, 0], [0, 2, 4, 1, 3]] {
            assert_eq!(end(&order), in_order, "{order:?}");
        }
        // A person has no clock; what the ERP said last goes on counting.
        let mut s = sheet(&[(Place::Default, "10.00")]);
        s.cells.insert((HN, Span::STANDING), Cell { amount: d("9.00"), source_time: Some(at("11-22")) });
        take(&mut s, vec![to(HN, "")], Kind::Person);
        take(&mut s, vec![to(HN, "9.50")], Kind::Person);
        assert_eq!(s.clock(HN, Span::STANDING), Some(at("11-22")));
    }
}
