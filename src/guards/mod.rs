//! What stands between what an ERP says and what is believed.
//!
//! An ERP that has lost its database sends zeros for everything, and sends them with the best of signatures. [`weigh`] looks
//! at what the lines of a call would do, together with the last minutes: past a line the merchant draws ([`rules`]), the
//! dangerous lines wait for a person, and the rest of the call is applied as ever. Nothing a person does is weighed.
//! [`codes`] translates what an ERP calls by another name.
//!
//! The lines themselves are parked lines that wait for `quarantine`; whoever decides about them stands above (`sync`).

pub mod codes;
mod pages;
mod rules;
mod weigh;

pub use pages::routes;
pub use rules::{Rules, rules, set_rules};
pub use weigh::{Danger, Guard, RECONCILER, REPLAYER, WAITS_FOR, forget_old, stopped, turns_down, weigh};
