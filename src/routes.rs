//! Every URL of the product on one screen.

use crate::feeds::gateway::{self, Methods};
use crate::web::{NavGroup, NavItem, Permission, Person, assets};
use crate::wire::{Method, openapi};
use crate::{accounts, docs, feeds, merchants, products, stock};
use actix_web::web::{self, Data, ServiceConfig};

/// The open platform, in the order of the seeds.
pub static METHODS: &[&Method] = &[
    &stock::upload::PROD_ADD_OR_EDIT,
    &products::api::PROD_LIST_GET,
    &products::api::SKU_ADD_OR_EDIT,
    &products::api::SKU_LIST_GET,
    &products::api::SKU_DETAIL,
    &products::api::SHELF_UPDATE,
    &stock::api::INVENTORY_UPDATE,
    &stock::api::INVENTORY_GET,
];

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.app_data(Data::new(Methods(METHODS)))
        .service(web::resource("/static/{path:.*}").get(assets::serve))
        .service(web::resource("/api/{method}").post(gateway::call))
        .configure(accounts::routes)
        .configure(docs::routes)
        .configure(merchants::routes)
        .configure(feeds::routes)
        .configure(stock::routes);
}

/// The pages somebody has. What a role cannot open is not in its navigation.
pub fn nav(person: &Person) -> Vec<NavGroup> {
    let item = |id, href, icon, label| NavItem { id, href, icon, label, count: None, hot: false };
    let mut manage = Vec::new();
    if person.may(Permission::ManageUsers) {
        manage.push(item("users", "/users", "shield-lock", "nav-users"));
    }
    let mut groups = vec![NavGroup { title: None, items: vec![item("overview", "/", "layout-dashboard", "nav-overview")] }];
    if person.role.is_platform() {
        groups.push(NavGroup { title: Some("nav-group-manage"), items: manage });
    } else {
        let mut sync = vec![item("calls", "/sync/calls", "arrows-exchange", "nav-calls")];
        if person.may(Permission::ManageKeys) {
            sync.push(item("keys", "/api-keys", "key", "nav-keys"));
        }
        groups.push(NavGroup { title: Some("nav-group-stock"), items: vec![item("stock", "/stock", "building-warehouse", "nav-stock")] });
        groups.push(NavGroup { title: Some("nav-group-sync"), items: sync });
        groups.push(NavGroup { title: Some("nav-group-manage"), items: manage });
    }
    groups.retain(|g| !g.items.is_empty());
    groups
}

/// The OpenAPI 3.1 description of the open platform, as `docs/openapi.json` holds it.
pub fn openapi() -> String {
    let described = openapi::describe(METHODS);
    serde_json::to_string_pretty(&described).unwrap_or_else(|_| described.to_string()) + "\n"
}
