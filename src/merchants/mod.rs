//! Merchants and their shops, and the overview each finds when logging in.

mod model;

pub use model::{Merchant, NewMerchant, Shop, add_shop, all, create, find, shops};

use actix_web::web::ServiceConfig;

pub fn routes(_cfg: &mut ServiceConfig) {}
