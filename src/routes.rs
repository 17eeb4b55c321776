//! Every URL of the product on one screen.

use crate::feeds::gateway::{self, Methods};
use crate::web::{NavGroup, NavItem, Permission, Person, assets};
use crate::wire::{Method, openapi};
use crate::{accounts, catalog, docs, feeds, merchants, products, stock};
use actix_web::web::{self, Data, ServiceConfig};

/// The open platform, in the order of the seeds.
pub static METHODS: &[&Method] = &[
    &catalog::api::CATALOG_LIST_GET,
    &catalog::api::CATALOG_ADD_OR_EDIT,
    &catalog::api::CATALOG_ADD,
    &catalog::api::CATALOG_EDIT,
    &catalog::api::BASE_PROD_SEARCH,
    &stock::upload::PROD_ADD_OR_EDIT,
    &products::api::PROD_LIST_GET,
    &products::api::SKU_ADD_OR_EDIT,
    &products::api::SKU_LIST_GET,
    &products::api::SKU_DETAIL,
    &products::api::SHELF_UPDATE,
    &products::sellable::EXPLAIN_SELLABLE,
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
        .configure(products::routes)
        .configure(feeds::routes)
        .configure(catalog::routes)
        .configure(products::audit::routes)
        .configure(stock::routes);
}

/// The pages somebody has. What a role cannot open is not in its navigation.
pub fn nav(person: &Person) -> Vec<NavGroup> {
    let mut groups = if person.role.is_platform() { platform_nav(person) } else { merchant_nav(person) };
    groups.insert(0, group(None, vec![item("overview", "/", "layout-dashboard", "nav-overview")]));
    groups.retain(|g| !g.items.is_empty());
    groups
}

fn item(id: &'static str, href: &'static str, icon: &'static str, label: &'static str) -> NavItem {
    NavItem { id, href, icon, label, count: None, hot: false }
}

fn group(title: Option<&'static str>, items: Vec<NavItem>) -> NavGroup {
    NavGroup { title, items }
}

fn merchant_nav(person: &Person) -> Vec<NavGroup> {
    let mut sync = vec![item("calls", "/sync/calls", "arrows-exchange", "nav-calls")];
    if person.may(Permission::ManageKeys) {
        sync.push(item("keys", "/api-keys", "key", "nav-keys"));
    }
    sync.push(item("docs", "/docs", "books", "nav-docs"));
    let mut manage = Vec::new();
    if person.may(Permission::ManageUsers) {
        manage.push(item("users", "/users", "shield-lock", "nav-users"));
    }
    vec![
        group(
            Some("nav-group-goods"),
            vec![
                item("products", "/products", "package", "nav-products"),
                item("listing", "/listing", "switch-vertical", "nav-listing"),
                item("categories", "/categories", "binary-tree-2", "nav-categories"),
            ],
        ),
        group(Some("nav-group-stock"), vec![item("stock", "/stock", "building-warehouse", "nav-stock")]),
        group(Some("nav-group-sync"), sync),
        group(Some("nav-group-manage"), manage),
    ]
}

fn platform_nav(person: &Person) -> Vec<NavGroup> {
    let mut manage = Vec::new();
    if person.may(Permission::ManageUsers) {
        manage.push(item("users", "/users", "shield-lock", "nav-users"));
    }
    let mut audit = Vec::new();
    if person.may(Permission::Audit) {
        audit.push(item("audit", "/audit", "clipboard-check", "nav-audit"));
        audit.push(item("audited", "/audit/done", "checks", "nav-audited"));
    }
    let master = vec![
        item("base-products", "/base-products", "books", "nav-base-products"),
        item("platform-categories", "/platform-categories", "binary-tree-2", "nav-platform-categories"),
        item("aliases", "/aliases", "link", "nav-aliases"),
        item("blocklist", "/blocklist", "ban", "nav-blocklist"),
    ];
    vec![
        group(Some("nav-group-audit"), audit),
        group(Some("nav-group-master"), master),
        group(Some("nav-group-manage"), manage),
    ]
}

/// The OpenAPI 3.1 description of the open platform, as `docs/openapi.json` holds it.
pub fn openapi() -> String {
    let described = openapi::describe(METHODS);
    serde_json::to_string_pretty(&described).unwrap_or_else(|_| described.to_string()) + "\n"
}
