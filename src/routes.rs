//! Every URL of the product on one screen.

use crate::customers::WaitingOrders;
use crate::feeds::gateway::{self, Methods};
use crate::merchants::LowStockMoved;
use crate::web::{NavGroup, NavItem, Permission, Person, assets};
use crate::wire::{Method, openapi};
use crate::{
    accounts, catalog, customers, docs, erp, feeds, gate, guards, lots, merchants, orders, pricing, products, reconcile, search, stock,
    sync,
};
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
    &pricing::api::PROD_PRICE_UPDATE,
    &pricing::api::SKU_PRICE_UPDATE,
    &pricing::api::SKU_PRICE_GET,
    &pricing::api::REGION_GROUPS,
    &pricing::api::CUSTOMER_GROUPS,
    &pricing::api::EXPLAIN_PRICE,
    &lots::api::BATCH_REPLACE,
    &stock::api::INVENTORY_UPDATE,
    &stock::api::INVENTORY_ADJUST,
    &stock::api::INVENTORY_GET,
    &reconcile::STOCK_DIGEST,
    &reconcile::STOCK_RECONCILE,
    &stock::reservations::api::FREEZE,
    &stock::reservations::api::DEDUCT,
    &stock::reservations::api::ROLLBACK,
    &stock::reservations::api::ACK,
    &customers::api::CUSTOMER_REGISTER,
    &customers::api::CUSTOMER_ADD_OR_EDIT,
    &customers::api::CUSTOMER_BIND,
    &customers::api::CUSTOMER_LIST_GET,
    &orders::api::CREATE,
    &orders::api::PAY,
    &orders::api::CANCEL,
    &orders::api::RECEIVE,
    &orders::api::LIST_GET,
    &orders::api::GET,
    &orders::api::ACK,
    &orders::api::SYNC_RESET,
    &orders::shipments::api::CARRIER_LIST_GET,
    &orders::shipments::api::LOGISTICS_UPDATE,
    &orders::shipments::api::SHIPMENT_ADD,
    &orders::shipments::api::SHIPMENT_WITHDRAW,
    &orders::api::STATUS_UPDATE,
    &gate::api::SWITCH_GET,
];

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.app_data(Data::new(Methods(METHODS)))
        .app_data(Data::new(stock::live::AHEAD))
        .app_data(Data::new(LowStockMoved(stock::remark)))
        .app_data(Data::new(WaitingOrders { of: orders::waiting_by_customer, release: orders::release_unmapped }))
        .service(web::resource("/static/{path:.*}").get(assets::serve))
        .service(web::resource("/api/{method}").post(gateway::call))
        .configure(accounts::routes)
        .configure(erp::routes)
        .configure(docs::routes)
        .configure(merchants::routes)
        // One of its pages is a tab among those of products.
        .configure(pricing::routes)
        .configure(products::routes)
        .configure(sync::routes)
        .configure(feeds::routes)
        .configure(catalog::routes)
        .configure(products::audit::routes)
        .configure(stock::routes)
        .configure(customers::routes)
        .configure(orders::routes)
        .configure(lots::routes)
        .configure(orders::shipments::routes)
        .configure(guards::routes)
        .configure(reconcile::routes)
        .configure(search::routes);
}

/// The pages somebody has. What a role cannot open is not in its navigation.
pub fn nav(person: &Person) -> Vec<NavGroup> {
    let mut groups = if person.role.is_platform() { platform_nav(person) } else { merchant_nav(person) };
    groups.insert(0, group(None, vec![item("overview", "/", "layout-dashboard", "nav-overview")]));
    groups.retain(|g| !g.items.is_empty());
    groups
}

/// What people open most: the bar at the bottom of a phone holds four of them.
const IN_REACH: [&str; 7] = ["overview", "products", "stock", "orders", "audit", "base-products", "merchants"];

fn item(id: &'static str, href: &'static str, icon: &'static str, label: &'static str) -> NavItem {
    NavItem { id, href, icon, label, count: None, hot: false, in_reach: IN_REACH.contains(&id) }
}

fn group(title: Option<&'static str>, items: Vec<NavItem>) -> NavGroup {
    NavGroup { title, items }
}

fn merchant_nav(person: &Person) -> Vec<NavGroup> {
    let mut sync = vec![item("sync", "/sync", "arrows-exchange", "nav-sync")];
    if person.may(Permission::ManageKeys) {
        sync.push(item("keys", "/api-keys", "key", "nav-keys"));
    }
    sync.push(item("docs", "/docs", "books", "nav-docs"));
    let mut manage = Vec::new();
    if person.may(Permission::ManageUsers) {
        manage.push(item("users", "/users", "shield-lock", "nav-users"));
    }
    manage.extend(manage_nav(person));
    vec![
        group(
            Some("nav-group-goods"),
            vec![
                item("products", "/products", "package", "nav-products"),
                item("listing", "/listing", "switch-vertical", "nav-listing"),
                item("categories", "/categories", "binary-tree-2", "nav-categories"),
            ],
        ),
        group(
            Some("nav-group-stock"),
            vec![
                item("prices", "/prices", "currency-yuan", "nav-prices"),
                item("regions", "/groups/regions", "map-pin", "nav-regions"),
                item("groups", "/groups/customers", "users-group", "nav-customer-groups"),
                item("stock", "/stock", "building-warehouse", "nav-stock"),
                item("lots", "/lots", "calendar-due", "nav-lots"),
                item("holds", "/holds", "hand-stop", "nav-holds"),
                item("freezes", "/freezes", "lock", "nav-freezes"),
            ],
        ),
        group(
            Some("nav-group-trade"),
            vec![
                item("orders", "/orders", "receipt", "nav-orders"),
                item("shipments", "/shipments", "truck-delivery", "nav-shipments"),
                item("customers", "/customers", "users-group", "nav-customers"),
            ],
        ),
        group(Some("nav-group-sync"), sync),
        group(Some("nav-group-manage"), manage),
    ]
}

fn platform_nav(person: &Person) -> Vec<NavGroup> {
    let mut manage = Vec::new();
    if person.may(Permission::ManageUsers) {
        manage.push(item("users", "/users", "shield-lock", "nav-users"));
    }
    manage.extend(manage_nav(person));
    let mut merchants = Vec::new();
    if person.may(Permission::ManageMerchants) {
        merchants.push(item("merchants", "/merchants", "building-store", "nav-merchants"));
    }
    if person.may(Permission::ManageKeys) {
        merchants.push(item("storefronts", "/storefronts", "key", "nav-storefronts"));
    }
    let master = vec![
        item("base-products", "/base-products", "books", "nav-base-products"),
        item("platform-categories", "/platform-categories", "binary-tree-2", "nav-platform-categories"),
        item("aliases", "/aliases", "link", "nav-aliases"),
        item("blocklist", "/blocklist", "ban", "nav-blocklist"),
    ];
    let mut audit = Vec::new();
    if person.may(Permission::Audit) {
        audit.push(item("audit", "/audit", "clipboard-check", "nav-audit"));
        audit.push(item("audited", "/audit/done", "checks", "nav-audited"));
        audit.push(item("audit-rules", "/audit/rules", "adjustments-horizontal", "nav-audit-rules"));
    }
    vec![
        group(Some("nav-group-audit"), audit),
        group(Some("nav-group-master"), master),
        group(Some("nav-group-merchants"), merchants),
        group(Some("nav-group-manage"), manage),
    ]
}

/// The trail shows everybody's doings: to those who answer for everybody.
fn manage_nav(person: &Person) -> Vec<NavItem> {
    let mut items = Vec::new();
    if person.may(Permission::ManageUsers) {
        items.push(item("trail", "/trail", "history", "nav-trail"));
    }
    if person.may(Permission::ManageSettings) {
        items.push(item("settings", "/settings", "settings", "nav-settings"));
    }
    items
}

/// The OpenAPI 3.1 description of the open platform, as `docs/openapi.json` holds it.
pub fn openapi() -> String {
    let described = openapi::describe(METHODS);
    serde_json::to_string_pretty(&described).unwrap_or_else(|_| described.to_string()) + "\n"
}
