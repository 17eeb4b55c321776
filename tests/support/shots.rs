//! Pages as files that a browser opens from disk, for people to look at.

use super::House;

/// Writes a page to a folder, and what it is made of to `static/` beside it.
pub async fn keep(house: &House, folder: &str, name: &str, page: &str) {
    std::fs::create_dir_all(format!("{folder}/static/css")).expect("the folder");
    let sheet = house.get("/static/css/duijie.css").send().await.expect(200).body;
    std::fs::write(format!("{folder}/static/css/duijie.css"), sheet).expect("the sheet");
    let root = std::fs::canonicalize("static").expect("static").display().to_string();
    let mut alone = String::new();
    for (n, piece) in page.split("/static/").enumerate() {
        if n == 0 {
            alone.push_str(piece);
            continue;
        }
        // icons.0123456789ab.svg is the file icons.svg
        let end = piece.find(['"', '#']).unwrap_or(piece.len());
        let (path, rest) = piece.split_at(end);
        let plain: Vec<&str> = path.split('.').filter(|p| !(p.len() == 12 && p.chars().all(|c| c.is_ascii_hexdigit()))).collect();
        let plain = plain.join(".");
        let place = if plain == "css/duijie.css" { "static".to_owned() } else { format!("file://{root}") };
        alone.push_str(&format!("{place}/{plain}{rest}"));
    }
    std::fs::write(format!("{folder}/{name}.html"), alone).expect("the page");
}
