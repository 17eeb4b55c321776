//! Pages about a merchant's ERP: how it is called, what it must listen to, what waits for it; and the hosts the platform allows.

mod form;
mod hosts;
mod settings;

use crate::text::Text;
use actix_web::web::{self, ServiceConfig};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/settings/erp").get(settings::page).post(settings::save).delete(settings::remove))
        .service(web::resource("/settings/erp/test").post(settings::test))
        .service(web::resource("/settings/erp/outbox/{id}").post(settings::again).delete(settings::discard))
        .service(web::resource("/merchants/{code}/erp").get(hosts::page).post(hosts::save));
}

/// Why a call failed, in words: ours for what we found out, else the ERP's own.
pub fn why(problem: &str) -> Text {
    Text::new(match problem {
        "resting" => "erp-why-resting",
        "crowded" => "erp-why-crowded",
        "forbidden" => "erp-why-forbidden",
        "unreachable" => "erp-why-unreachable",
        "timed_out" => "erp-why-timed-out",
        "too_large" => "erp-why-too-large",
        "cut_short" => "erp-why-cut-short",
        "unreadable" => "erp-why-unreadable",
        "secret" => "erp-why-secret",
        words => return Text::new("erp-why-refused").with(words),
    })
}
