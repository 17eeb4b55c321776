//! How we speak with the outside: who asks ([`Ctx`]), what they sent ([`Input`]), what they get ([`View`]).
//!
//! One handler serves three faces: a whole page, the part htmx swaps in, or the JSON envelope. All failures leave by one
//! door, [`present`]. Nothing in here knows a product or a table.

mod actor;
pub mod assets;
mod ctx;
pub mod filters;
mod frame;
mod guard;
pub mod health;
mod input;
mod listing;
mod live;
mod reply;
mod sheet;

pub use actor::{Actor, Permission, Person, Role, Seat};
pub use ctx::{Ctx, Platform, Shown};
pub use frame::{Frame, FrameTenant, FrameUser, NavGroup, NavItem};
pub use guard::{RequestId, dress, same_origin};
pub use input::Input;
pub use listing::{COUNT_CAP, Cursor, PER_PAGE, Page, Pager, Tab};
pub use live::{Ear, Live};
pub use reply::{Reply, View, Wants, envelope, present, redirect};
pub use sheet::Sheet;
