//! Columns of a day as an SVG draws them: at most four grid lines, failures stacked on top.

use super::lanes::Hour;
use serde::Serialize;

// The template draws the frame of the same size: viewBox 0 0 360 190, lines from 34 to 358, labels at 186.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 2.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 20.0;
const HOURS: u32 = 24;
/// A label under every third column.
const LABEL_EVERY: u32 = 3;

#[derive(Clone, Debug, Serialize)]
pub struct Column {
    pub hour: u32,
    pub calls: i64,
    pub failed: i64,
    #[serde(skip)]
    pub x: String,
    #[serde(skip)]
    pub width: String,
    #[serde(skip)]
    pub y: String,
    #[serde(skip)]
    pub height: String,
    #[serde(skip)]
    pub bad_y: String,
    #[serde(skip)]
    pub bad_height: String,
    /// Where its label stands, when it has one.
    #[serde(skip)]
    pub label_x: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    pub columns: Vec<Column>,
    /// Height and number of every grid line.
    #[serde(skip)]
    pub grid: Vec<(String, i64)>,
}

impl Chart {
    pub fn of(hours: &[Hour]) -> Self {
        let most = hours.iter().map(|h| h.calls).max().unwrap_or(0);
        let step = step(most);
        let lines = (most + step - 1) / step;
        let top = (lines.max(1) * step) as f64;
        let y = |n: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - n / top);
        let each = (WIDTH - LEFT - RIGHT) / f64::from(HOURS);
        let column = |hour: u32| {
            let found = hours.iter().find(|h| u32::try_from(h.hour).is_ok_and(|n| n == hour));
            let (calls, failed) = found.map_or((0, 0), |h| (h.calls, h.failed));
            let fine = (calls - failed) as f64;
            let bad = if failed == 0 { 0.0 } else { (y(0.0) - y(failed as f64)).max(2.5) };
            let x = LEFT + f64::from(hour) * each + 1.5;
            Column {
                hour,
                calls,
                failed,
                x: round(x),
                width: round(each - 3.0),
                y: round(y(fine)),
                height: round(y(0.0) - y(fine)),
                bad_y: round(y(fine) - bad - 1.0),
                bad_height: round(bad),
                label_x: hour.is_multiple_of(LABEL_EVERY).then(|| round(x + each / 2.0 - 1.5)),
            }
        };
        let grid = (0..=lines.max(1)).map(|k| (round(y((k * step) as f64)), k * step)).collect();
        Self { columns: (0..HOURS).map(column).collect(), grid }
    }

    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(|c| c.calls == 0)
    }
    /// The hours there is something to say about, for the table behind the chart.
    pub fn busy(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| c.calls > 0)
    }
}

/// The smallest round step that needs no more than four lines above zero.
pub(super) fn step(most: i64) -> i64 {
    let mut unit = 1;
    loop {
        for factor in [1, 2, 5] {
            if factor * unit * 4 >= most {
                return factor * unit;
            }
        }
        unit *= 10;
    }
}

fn round(n: f64) -> String {
    format!("{n:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_round_and_short() {
        assert_eq!([step(0), step(4), step(5), step(999), step(1001), step(40_000)], [1, 1, 2, 500, 500, 10_000]);
    }

    #[test]
    fn a_failure_is_seen_among_thousands() {
        let chart = Chart::of(&[Hour { hour: 9, calls: 5000, failed: 1 }]);
        let column = &chart.columns[9];
        assert_eq!((column.bad_height.as_str(), chart.columns.len(), chart.busy().count()), ("2.5", 24, 1));
        assert_eq!(chart.grid.iter().map(|g| g.1).collect::<Vec<_>>(), [0, 2000, 4000, 6000]);
    }
}
