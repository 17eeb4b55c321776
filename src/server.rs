//! The application as main serves it and tests call it, and the server around it.

use crate::accounts;
use crate::routes::routes;
use crate::web::{Platform, dress, health, present, same_origin};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, Error, HttpServer};
use std::net::SocketAddr;
use std::time::Duration;

/// The most a form of the back office may send.
const FORM_LIMIT: usize = 1024 * 1024;

/// Everything a request passes, from the outside in: request id and headers, the door for failures, the session, who it
/// is, whether it may change things.
pub fn app(
    platform: &Data<Platform>,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<impl MessageBody + use<>>, Error = Error, InitError = ()>
    + use<>,
> {
    App::new()
        .app_data(Data::clone(platform))
        .app_data(PayloadConfig::new(FORM_LIMIT))
        .wrap(from_fn(same_origin))
        .wrap(from_fn(accounts::identify))
        .wrap(accounts::session_layer(platform))
        .wrap(from_fn(present))
        .wrap(from_fn(dress))
        .wrap(Compress::default())
        .service(web::resource("/healthz").get(health::alive))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/metrics").get(health::metrics))
        .configure(routes)
}

/// Serves until SIGTERM or SIGINT, then finishes what is under way for at most 30 seconds.
pub async fn serve(platform: Data<Platform>, listen: SocketAddr, threads: usize) -> std::io::Result<()> {
    HttpServer::new(move || app(&platform))
        .workers(threads)
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(30)
        .bind(listen)?
        .run()
        .await
}
