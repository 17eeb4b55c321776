//! For the machines that watch us.

use super::Platform;
use crate::{Error, Result};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts collecting; once per process.
///
/// # Errors
/// When another recorder is installed already.
pub fn collect_metrics() -> Result<()> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(Error::broken)?;
    METRICS.set(handle).map_err(|_| Error::broken("metrics are collected already"))
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type(mime::TEXT_PLAIN_UTF_8).body("ok\n")
}

/// `GET /readyz`: the database answers too.
pub async fn ready(platform: Data<Platform>) -> Result<HttpResponse> {
    platform.db.ping().await?;
    Ok(HttpResponse::Ok().content_type(mime::TEXT_PLAIN_UTF_8).body("ready\n"))
}

/// `GET /metrics` in Prometheus' text format, for this machine only: a proxy's requests carry X-Forwarded-For.
pub async fn metrics(req: HttpRequest) -> Result<HttpResponse> {
    let local = req.peer_addr().is_some_and(|a| a.ip().is_loopback()) && !req.headers().contains_key("x-forwarded-for");
    let handle = METRICS.get().filter(|_| local).ok_or(Error::NotFound)?;
    handle.run_upkeep();
    Ok(HttpResponse::Ok().content_type(mime::TEXT_PLAIN_UTF_8).body(handle.render()))
}
