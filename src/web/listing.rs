//! Lists that scale: keyset cursors in the query string, tabs with capped counts.

use crate::text::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows a page shows when nothing else is said, and at most.
pub const PER_PAGE: i64 = 50;

/// Where a page starts: the sort key of the row before it, as opaque text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    pub fn of(key: &impl Serialize) -> Self {
        let json = serde_json::to_vec(key).unwrap_or_default();
        Self(json.iter().map(|b| format!("{b:02x}")).collect())
    }
    /// A cursor somebody has tampered with starts from the beginning.
    pub fn read<K: DeserializeOwned>(text: &str) -> Option<K> {
        let bytes: Option<Vec<u8>> =
            text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
        serde_json::from_slice(&bytes?).ok()
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Some rows and where the next ones start.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// The cursor of the next page; absent on the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// From `limit + 1` rows: the extra one only tells that there are more.
    pub fn cut<K: Serialize>(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> K) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(|last| Cursor::of(&key(last)).to_string()) } else { None };
        Self { rows, next }
    }
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(f).collect(), next: self.next }
    }
}

/// The links under a list.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// Back to the first page, when not on it.
    pub first: Option<String>,
    pub next: Option<String>,
    pub shown: usize,
}

impl Pager {
    /// `query` is the list's query without the cursor, e.g. `view=low&q=`.
    pub fn of<T>(path: &str, query: &str, after: Option<&str>, page: &Page<T>) -> Self {
        let link = |cursor: &str| {
            if query.is_empty() { format!("{path}?after={cursor}") } else { format!("{path}?{query}&after={cursor}") }
        };
        let bare = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Self { first: after.filter(|a| !a.is_empty()).map(|_| bare), next: page.next.as_deref().map(link), shown: page.rows.len() }
    }
}

/// A saved view of a list.
#[derive(Clone, Debug)]
pub struct Tab {
    pub label: Text,
    pub href: String,
    pub current: bool,
    /// Already capped; `None` when not counted.
    pub count: Option<i64>,
    /// `warn`, `bad`, `hold` or empty: only for states that need work.
    pub tone: &'static str,
}

/// Tab counts stop here and read `999+`.
pub const COUNT_CAP: i64 = 1000;

impl Tab {
    pub fn shown_count(&self) -> String {
        match self.count {
            Some(n) if n >= COUNT_CAP => format!("{}+", COUNT_CAP - 1),
            Some(n) => n.to_string(),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let key = ("KZ-100382".to_owned(), 3_i64);
        assert_eq!(Cursor::read::<(String, i64)>(&Cursor::of(&key).to_string()), Some(key));
        assert_eq!(Cursor::read::<(String, i64)>("zz"), None);
        assert_eq!(Cursor::read::<(String, i64)>("é"), None);
    }

    #[test]
    fn the_last_page_has_no_next() {
        assert!(Page::cut(vec![1, 2], 2, |n| *n).next.is_none());
        let page = Page::cut(vec![1, 2, 3], 2, |n| *n);
        assert_eq!((page.rows, page.next), (vec![1, 2], Some(Cursor::of(&2).to_string())));
    }
}
