//! What speaks for and against "these two are the same product", field by field, fit to be shown to an auditor
//! and to be kept with the decision (P-16, Q-26).

use serde::{Deserialize, Serialize};

/// The compared fields, with the points each can give; together 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Barcode,
    ApprovalNo,
    Name,
    Spec,
    Pack,
    Manufacturer,
    DosageForm,
}

impl Field {
    /// Every field, in the order shown.
    pub const ALL: [Self; 7] = [Self::Barcode, Self::ApprovalNo, Self::Name, Self::Spec, Self::Pack, Self::Manufacturer, Self::DosageForm];

    /// The points full agreement gives.
    #[must_use]
    pub fn weight(self) -> u8 {
        match self {
            Self::Barcode => 40,
            Self::ApprovalNo => 30,
            Self::Name => 5,
            Self::Spec | Self::Manufacturer => 10,
            Self::Pack => 3,
            Self::DosageForm => 2,
        }
    }

    /// The key of its label.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::Barcode => "products-match-field-barcode",
            Self::ApprovalNo => "products-match-field-approval-no",
            Self::Name => "products-match-field-name",
            Self::Spec => "products-match-field-spec",
            Self::Pack => "products-match-field-pack",
            Self::Manufacturer => "products-match-field-manufacturer",
            Self::DosageForm => "products-match-field-dosage-form",
        }
    }
}

/// The judgement on one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 一致
    Same,
    /// 写法不同: other spelling, same meaning (also by a learned alias)
    SpelledDifferently,
    /// 折算相同: other figures that come to the same
    ConvertsEqual,
    /// 不同
    Different,
    /// 平台缺失: the base product does not say
    MissingHere,
    /// 商家未填: the merchant did not say
    MissingThere,
    /// Neither says
    MissingBoth,
}

impl Verdict {
    /// Both sides say the same thing.
    #[must_use]
    pub fn agrees(self) -> bool {
        matches!(self, Self::Same | Self::SpelledDifferently | Self::ConvertsEqual)
    }

    /// The key of its word.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::Same => "products-match-same",
            Self::SpelledDifferently => "products-match-spelled-differently",
            Self::ConvertsEqual => "products-match-converts-equal",
            Self::Different => "products-match-different",
            Self::MissingHere => "products-match-missing-here",
            Self::MissingThere => "products-match-missing-there",
            Self::MissingBoth => "products-match-missing-both",
        }
    }
}

/// A stretch of text in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Only on this side: `<del>` at the merchant's, `<ins>` at ours.
    pub only_here: bool,
    pub text: String,
}

/// One field compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub field: Field,
    pub verdict: Verdict,
    pub points: u8,
    pub max: u8,
    /// The merchant's text, cut into what is common and what is not.
    pub theirs: Vec<Stretch>,
    /// The base product's text, likewise.
    pub ours: Vec<Stretch>,
}

/// All fields compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// 0–100, see [`Evidence::of`].
    pub score: u8,
    pub lines: Vec<Line>,
}

impl Evidence {
    /// Adds up. What neither side says does not count; what only one side says counts half, because it is neither
    /// confirmed nor contradicted. The score ranks and colours; it never decides a match.
    #[must_use]
    pub fn of(lines: Vec<Line>) -> Self {
        Self { score: score(lines.iter().map(|line| (line.field, line.verdict, line.points))), lines }
    }

    /// The line of one field.
    #[must_use]
    pub fn line(&self, field: Field) -> Option<&Line> {
        self.lines.iter().find(|line| line.field == field)
    }
}

/// The score alone, without the texts.
#[must_use]
pub fn score(judged: impl Iterator<Item = (Field, Verdict, u8)>) -> u8 {
    let (mut points, mut max) = (0_u32, 0_u32);
    for (field, verdict, given) in judged {
        points += 2 * u32::from(given);
        max += match verdict {
            Verdict::MissingBoth => 0,
            Verdict::MissingHere | Verdict::MissingThere => u32::from(field.weight()),
            _ => 2 * u32::from(field.weight()),
        };
    }
    let share = (100 * points).checked_div(max).unwrap_or_default();
    u8::try_from(share.min(100)).unwrap_or(100)
}

/// Cuts two texts into common and differing stretches, character by character: concatenated, each side gives its
/// text back.
#[must_use]
pub fn diff(theirs: &str, ours: &str) -> (Vec<Stretch>, Vec<Stretch>) {
    if theirs == ours {
        let whole = || {
            if theirs.is_empty() { Vec::new() } else { vec![Stretch { only_here: false, text: theirs.to_owned() }] }
        };
        return (whole(), whole());
    }
    let (a, b): (Vec<char>, Vec<char>) = (theirs.chars().collect(), ours.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let room = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(x, y)| x == y).count();
    let (mut left, mut right) = (Cut::default(), Cut::default());
    for c in a.iter().take(head) {
        left.push(*c, false);
        right.push(*c, false);
    }
    let middle_a = a.get(head..a.len() - tail).unwrap_or_default();
    let middle_b = b.get(head..b.len() - tail).unwrap_or_default();
    middle(middle_a, middle_b, &mut left, &mut right);
    for c in a.iter().skip(a.len() - tail) {
        left.push(*c, false);
        right.push(*c, false);
    }
    (left.done, right.done)
}

/// Longer middles are shown as replaced as a whole: nobody reads such a patchwork, and the table grows with the square.
const LONGEST: usize = 64;

/// The longest common subsequence of what lies between the common head and tail.
fn middle(a: &[char], b: &[char], left: &mut Cut, right: &mut Cut) {
    let width = b.len() + 1;
    let mut table = Vec::new();
    if a.len() <= LONGEST && b.len() <= LONGEST {
        table.resize((a.len() + 1) * width, 0_u16);
    }
    let at = |table: &[u16], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or_default();
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let best = if a.get(i) == b.get(j) { at(&table, i + 1, j + 1) + 1 } else { at(&table, i + 1, j).max(at(&table, i, j + 1)) };
            match table.get_mut(i * width + j) {
                Some(cell) => *cell = best,
                None => break,
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y && !table.is_empty() => {
                left.push(*x, false);
                right.push(*y, false);
                i += 1;
                j += 1;
            }
            (Some(x), y) if y.is_none() || at(&table, i + 1, j) >= at(&table, i, j + 1) => {
                left.push(*x, true);
                i += 1;
            }
            (_, Some(y)) => {
                right.push(*y, true);
                j += 1;
            }
            _ => break,
        }
    }
}

#[derive(Default)]
struct Cut {
    done: Vec<Stretch>,
}

impl Cut {
    fn push(&mut self, c: char, only_here: bool) {
        match self.done.last_mut() {
            Some(last) if last.only_here == only_here => last.text.push(c),
            _ => self.done.push(Stretch { only_here, text: c.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(stretches: &[Stretch]) -> String {
        stretches.iter().map(|s| if s.only_here { format!("[{}]", s.text) } else { s.text.clone() }).collect()
    }

    #[test]
    fn weights_make_a_hundred() {
        assert_eq!(Field::ALL.iter().map(|f| u32::from(f.weight())).sum::<u32>(), 100);
    }

    #[test]
    fn differences_are_marked() {
        let (theirs, ours) = diff("江州药业有限公司", "江州药业股份有限公司");
        assert_eq!((show(&theirs), show(&ours)), ("江州药业有限公司".into(), "江州药业[股份]有限公司".into()));
        let (theirs, ours) = diff("0.25g*24粒", "0.25g×24粒");
        assert_eq!((show(&theirs), show(&ours)), ("0.25g[*]24粒".into(), "0.25g[×]24粒".into()));
    }

    #[test]
    fn one_sided_counts_half() {
        let line = |field, verdict, points| (field, verdict, points);
        let full = [line(Field::Name, Verdict::Same, 5), line(Field::Barcode, Verdict::MissingBoth, 0)];
        assert_eq!(score(full.into_iter()), 100);
        let half = [line(Field::Spec, Verdict::Same, 10), line(Field::Manufacturer, Verdict::MissingThere, 0)];
        assert_eq!(score(half.into_iter()), 66);
        assert_eq!(score(std::iter::empty()), 0);
    }

    proptest! {
        #[test]
        fn both_texts_come_back(a in "\\PC{0,80}", b in "\\PC{0,80}") {
            let (theirs, ours) = diff(&a, &b);
            let join = |s: &[Stretch], all: bool| -> String {
                s.iter().filter(|s| all || !s.only_here).map(|s| s.text.as_str()).collect()
            };
            prop_assert_eq!(join(&theirs, true), a);
            prop_assert_eq!(join(&ours, true), b);
            prop_assert_eq!(join(&theirs, false), join(&ours, false));
        }
    }
}
