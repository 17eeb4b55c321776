//! Merchants and their shops, and the overview each finds when logging in.

mod model;
pub mod overview;
mod pages;
pub mod recheck;
pub mod risks;
mod settings;

pub use model::{Merchant, NewMerchant, Shop, add_shop, all, by_codes, create, find, shops};
pub use pages::routes;
pub use settings::{LowStockMoved, by_code};
