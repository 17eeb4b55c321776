//! Who may come in: people with a login and a session, machines with an API credential (G-05).
//!
//! [`users`] and [`sessions`] are about people, [`apps`] about the credentials of ERPs; [`sealing`] keeps their secrets,
//! [`buckets`] counts what is limited per time.

pub mod apps;
mod buckets;
pub mod form;
mod pages;
pub mod sealing;
mod sessions;
pub mod users;

pub use sessions::{SessionLayer, address, identify, is_logged_in, session_layer};

use crate::Result;
use actix_web::web::ServiceConfig;
use chrono::{DateTime, Utc};
use diesel::PgConnection;

pub fn routes(cfg: &mut ServiceConfig) {
    sessions::routes(cfg);
    users::routes(cfg);
    apps::routes(cfg);
}

/// Housekeeping: what time has made meaningless.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(sessions::forget_old(tx, now)? + apps::forget_old(tx, now)? + buckets::forget_old(tx, now)?)
}
