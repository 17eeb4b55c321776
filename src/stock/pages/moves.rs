//! A movement of the ledger in words.

use crate::stock::ledger::Movement;
use crate::text::Text;

/// A movement as the timeline tells it.
pub(super) struct Told {
    pub m: Movement,
    /// From what to what, where a number was replaced.
    pub from: Option<i64>,
    /// The new number, or how many units moved.
    pub figure: i64,
    pub details: Vec<Text>,
}

impl Told {
    /// Movements newest first; each is told with what was available before it, which the one before knows.
    pub fn all(moves: Vec<Movement>) -> Vec<Self> {
        let before: Vec<Option<i64>> = moves.iter().skip(1).map(|m| Some(m.available)).chain([None]).collect();
        moves.into_iter().zip(before).map(|(m, before)| Self::of(m, before)).collect()
    }

    fn of(m: Movement, before: Option<i64>) -> Self {
        let (from, figure) = match m.kind.as_str() {
            "reserve" | "release" | "expire" => (None, m.d_frozen.abs()),
            "confirm" => (None, m.d_sold),
            "restock" => (None, m.d_sold.abs()),
            "settle" => (None, m.d_open.abs()),
            "hold" | "hold_change" | "hold_end" | "rule" => (before.filter(|b| *b != m.available), m.available),
            _ => (Some(m.before), m.after),
        };
        let mut details = Vec::new();
        if let Some(no) = &m.reservation {
            details.push(Text::new("move-reservation").with(no.clone()));
        }
        if is_number(&m.kind) && m.d_open < 0 {
            details.push(Text::new("move-inside").with(-m.d_open));
        }
        if is_number(&m.kind) && m.held.is_some() {
            details.push(Text::new("move-shadow"));
        }
        if let Some(reason) = m.reason.as_ref().filter(|r| !r.is_empty()) {
            details.push(Text::new("move-reason").with(reason.clone()));
        }
        Self { from, figure, details, m }
    }

    /// Who did it is worth saying when it was not a machine in its ordinary course.
    pub fn by_somebody(&self) -> bool {
        self.m.actor_kind == "person"
    }
}

/// The ERP's number itself changed.
fn is_number(kind: &str) -> bool {
    matches!(kind, "erp_set" | "erp_step" | "manual_set" | "undo" | "lot_sum")
}
