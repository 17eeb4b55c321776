//! docs/API.md, docs/API.en.md and docs/openapi.json say what the program does: they are written by it.
//! `UPDATE_DOCS=1 cargo test --test main manual` writes them anew.

use duijie::routes::{self, METHODS};
use duijie::text::Lang;
use duijie::wire::{Kind, Module, manual};

#[test]
fn the_written_manual_is_the_programs_own() {
    #[expect(clippy::disallowed_methods, reason = "whether to write or to compare")]
    let update = std::env::var("UPDATE_DOCS").is_ok();
    let mut stale = vec![];
    for (file, text) in [
        ("docs/API.md", manual::write(METHODS, Lang::Zh)),
        ("docs/API.en.md", manual::write(METHODS, Lang::En)),
        ("docs/openapi.json", routes::openapi()),
    ] {
        if update {
            std::fs::write(file, text).unwrap_or_else(|why| panic!("{file}: {why}"));
        } else if std::fs::read_to_string(file).ok().as_deref() != Some(text.as_str()) {
            stale.push(file);
        }
    }
    assert!(stale.is_empty(), "{stale:?} differ from the program: run `UPDATE_DOCS=1 cargo test --test main manual`");
}

// G-06: what is said with which fields, who may say it, and which switch stands before it, out of one constant for each method.
#[test]
fn every_method_tells_its_fields_its_scopes_and_its_switch() {
    for lang in [Lang::Zh, Lang::En] {
        let written = manual::write(METHODS, lang);
        for method in METHODS {
            let (_, section) =
                written.split_once(&format!("\n## {}\n", method.name)).unwrap_or_else(|| panic!("{} is not there", method.name));
            let section = section.split("\n## ").next().unwrap_or_default();
            assert!(section.contains(&method.scopes()), "{}: who may call it", method.name);
            for field in method.fields {
                assert!(section.contains(field.name), "{}: {}", method.name, field.name);
            }
            assert!(!method.is_told() || Module::SERVED.contains(&method.module), "{}: nothing switches it off", method.name);
        }
    }
}

// G-02: a shop is named where there are pieces and prices; what goods are, how they are sorted and whether they are on sale is so in
// all shops. What a SKU reads as has its stock beside it (K-03).
#[test]
fn only_stock_and_prices_name_a_shop() {
    const IN_SHOPS: [Module; 4] = [Module::Stock, Module::Lot, Module::Price, Module::Order];
    let names = |shop: bool| {
        let in_shop = move |m: &&&duijie::wire::Method| m.fields.iter().any(|f| matches!(f.kind, Kind::Shop | Kind::ShopOrAll)) == shop;
        METHODS.iter().filter(in_shop).collect::<Vec<_>>()
    };
    for method in names(true) {
        assert!(IN_SHOPS.contains(&method.module) || method.name == "sku.detail", "{} names a shop", method.name);
    }
    let silent: Vec<&str> = names(false).into_iter().filter(|m| m.is_told() && m.module == Module::Price).map(|m| m.name).collect();
    assert_eq!(silent, Vec::<&str>::new(), "prices of which shop");
}
