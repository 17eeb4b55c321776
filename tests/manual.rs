//! docs/API.md, docs/API.en.md and docs/openapi.json say what the program does: they are written by it.
//! `UPDATE_DOCS=1 cargo test --test main manual` writes them anew.

use duijie::routes::{self, METHODS};
use duijie::text::Lang;
use duijie::wire::manual;

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
