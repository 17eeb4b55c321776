//! Every batch of lines, from whatever channel: read, applied by one verb, told line by line.
//!
//! A call arrives at [`gateway`] (or a page makes a [`Batch`] itself), [`run`] reads its lines by the method's fields, lets
//! the feature apply the good ones and ends each line in one of six outcomes. Preview is the same verb, rolled back. The
//! feed keeps counts and every line that was not plainly applied, with what was sent and why; [`calls`] keeps the request
//! and the answer, masked. [`replay`] sends parked lines once more when what they wait for has come.

mod batch;
pub mod calls;
pub mod gateway;
pub mod minutes;
mod model;
mod pages;
pub mod replay;
mod run;
mod undoing;

pub use batch::{Batch, Policy};
pub use model::{Channel, FeedLine, FeedRow, Waiting, find, lines_of, merchants_waiting, of_merchant, settle_parked, waiting};
pub use pages::routes;
pub use run::{Counts, Report, run};
pub use undoing::Undoing;
