//! Whole days, and what is left of them.

use super::{CLEAN, LATE, Mode, Rule, SECOND, Weather, World};

fn days(n: u64, rule: Rule, weather: Weather) -> i64 {
    (1..=n).map(|seed| World::new(rule, weather, seed).oversold()).sum()
}

#[test]
fn overwriting_sells_twice() {
    assert!(days(10, Rule::Overwrite, CLEAN) > 20);
}

// §4.5 E4
#[test]
fn looking_at_the_acknowledgement_when_the_push_arrives_sells_twice() {
    assert!(days(20, Rule::AckedOnArrival, LATE) > 0);
}

#[test]
fn no_mode_sells_twice() {
    for mode in Mode::ALL {
        for (name, weather) in [("clean", CLEAN), ("late and doubled", LATE), ("every half hour", Weather { every: 1800 * SECOND, ..LATE })]
        {
            assert_eq!(days(10, Rule::By(mode), weather), 0, "{mode:?}, {name}");
        }
    }
}

#[test]
fn a_wrong_clock_and_lost_acknowledgements_only_hide_stock() {
    for mode in Mode::ALL {
        for weather in
            [Weather { ahead: 300 * SECOND, ..LATE }, Weather { ahead: -300 * SECOND, ..LATE }, Weather { lost_acks: 20, ..LATE }]
        {
            assert_eq!(days(5, Rule::By(mode), weather), 0, "{mode:?}");
        }
    }
}

// Between two pushes nobody can know what the ERP's own counter sells: no rule covers that, and a few units kept back do.
#[test]
fn another_channel_is_the_erps_blind_time_and_a_safety_stock_covers_it() {
    let counter = Weather { counter: true, ..CLEAN };
    let naive = days(10, Rule::Overwrite, counter);
    let mut blind_in_all = 0;
    for mode in Mode::ALL {
        let blind = days(10, Rule::By(mode), counter);
        assert!(blind * 4 < naive, "{mode:?}: {blind}, overwriting {naive}");
        blind_in_all += blind;
        let kept_back = days(10, Rule::By(mode), Weather { safety: 3, ..counter });
        assert!(kept_back <= 1, "{mode:?}: {kept_back} with three units kept back");
    }
    assert!(blind_in_all > 0, "the counter is felt");
}

// §4.5 I7: when traffic stops, what we offer is what the ERP could still sell.
#[test]
fn when_traffic_stops_both_sides_agree() {
    for mode in Mode::ALL {
        for (seed, weather) in (1..).zip([CLEAN, LATE, Weather { counter: true, ..LATE }, Weather { ahead: 300 * SECOND, ..CLEAN }]) {
            let mut world = World::new(Rule::By(mode), weather, seed);
            world.live();
            assert_eq!((world.available(), world.frozen), (world.on_hand - world.reserved, 0), "{mode:?}, {seed}");
        }
    }
}
