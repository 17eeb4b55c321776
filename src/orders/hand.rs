//! What a person does with many orders at once, and what would come of it: told before, done after (UI.md §5).

use super::model::{Order, Sync, of_nos};
use super::waits::{self, Obstacles, Why};
use super::{rules, steps};
use crate::Result;
use crate::ids::{CustomerId, MerchantId};
use crate::text::Text;
use crate::trail::Cause;
use diesel::PgConnection;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Handed to the ERP once more.
    Resend,
    /// What waits goes on.
    Release,
    /// Kept from the ERP.
    Hold,
}

impl What {
    pub const ALL: [What; 3] = [What::Resend, What::Release, What::Hold];
    pub fn as_str(self) -> &'static str {
        match self {
            What::Resend => "resend",
            What::Release => "release",
            What::Hold => "hold",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            What::Resend => "orders-resend",
            What::Release => "orders-release",
            What::Hold => "orders-hold",
        }
    }
}

/// One order, and why nothing would happen to it.
#[derive(Clone, Debug)]
pub struct Forecast {
    pub order: Order,
    pub stays: Option<Text>,
}

/// What would come of it.
pub fn forecast(c: &mut PgConnection, merchant: MerchantId, nos: &[String], what: What) -> Result<Vec<Forecast>> {
    let orders = of_nos(c, merchant, nos)?;
    let customers: Vec<CustomerId> = orders.iter().map(|o| o.customer).collect();
    let obstacles = Obstacles::of(c, merchant, &customers)?;
    let from_the_start = rules::of(c, merchant)?.from_the_start();
    let stays = |order: &Order| {
        let before = obstacles.before(order.customer);
        let for_the_erp = order.paid_at.is_some() || (from_the_start && !order.state().is_over()) || order.handed > 0;
        match (what, order.sync()) {
            (What::Hold, Sync::Unsynced | Sync::Delivered) => None,
            (What::Hold, Sync::Synced) => Some(Text::new("orders-stays-in-erp")),
            (What::Hold, Sync::Blocked) => Some(Text::new("orders-stays-held")),
            (What::Hold, Sync::None) => Some(Text::new("orders-stays-not-for-erp")),
            (What::Release, sync) if sync != Sync::Blocked => Some(Text::new("orders-stays-free")),
            (_, Sync::Unsynced) => Some(Text::new("orders-stays-queued")),
            (What::Resend, Sync::Blocked) if before.is_none() => Some(Text::new("orders-stays-release-it")),
            _ if !for_the_erp => Some(Text::new("orders-stays-not-for-erp")),
            _ => before.map(|why: Why| Text::new(why.label())),
        }
    };
    Ok(orders.into_iter().map(|order| Forecast { stays: stays(&order), order }).collect())
}

/// Does it to those it can be done to; which, by number.
pub fn act(tx: &mut PgConnection, cause: &Cause, nos: &[String], what: What, reason: &str) -> Result<Vec<String>> {
    let going: Vec<Forecast> = forecast(tx, cause.merchant, nos, what)?.into_iter().filter(|f| f.stays.is_none()).collect();
    let going: Vec<&str> = going.iter().map(|f| f.order.order_no.as_str()).collect();
    if going.is_empty() {
        return Ok(Vec::new());
    }
    match what {
        What::Hold => waits::hold_all(tx, cause, &going, reason),
        What::Resend | What::Release => waits::release(tx, cause, &going),
    }
}

/// A step a person confirms by hand, where nobody else reports it (O-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Sent,
    Received,
    Cancelled,
}

impl Step {
    pub const ALL: [Step; 3] = [Step::Sent, Step::Received, Step::Cancelled];
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Sent => "sent",
            Step::Received => "received",
            Step::Cancelled => "cancelled",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Step::Sent => "order-confirm-sent",
            Step::Received => "order-confirm-received",
            Step::Cancelled => "order-confirm-cancelled",
        }
    }
    /// The text key of what follows from it.
    pub fn consequence(self) -> &'static str {
        match self {
            Step::Sent => "order-confirm-sent-note",
            Step::Received => "order-confirm-received-note",
            Step::Cancelled => "order-confirm-cancelled-note",
        }
    }
    fn event(self) -> super::state::Event {
        match self {
            Step::Sent => super::state::Event::Sent,
            Step::Received => super::state::Event::Received,
            Step::Cancelled => super::state::Event::Cancelled,
        }
    }
    /// Whether it may be said of the order now.
    pub fn is_possible(self, order: &Order) -> bool {
        super::state::judge(order.state(), order.facts(), self.event()) == super::state::Verdict::News
    }
}

/// Confirms a step of one order.
pub fn confirm(tx: &mut PgConnection, cause: &Cause, no: &str, step: Step, reason: &str) -> Result<steps::Ended> {
    let saying = steps::Saying {
        no: 1,
        order_no: no.to_owned(),
        at: None,
        source_id: None,
        reason: Some(reason.to_owned()).filter(|r| !r.is_empty()),
    };
    let sayings = [saying];
    let ended = match step {
        Step::Cancelled => steps::cancel(tx, cause, &sayings, super::events::Origin::Person)?,
        Step::Sent | Step::Received => steps::note(tx, cause, &sayings, step.event(), super::events::Origin::Person)?,
    };
    ended.into_iter().next().ok_or(crate::Error::NotFound)
}
