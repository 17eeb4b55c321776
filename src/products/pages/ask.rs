//! The query string of a list: everything that says which products are meant, so that an address shows the same anywhere.

use crate::ids::ProductId;
use crate::products::reads::{From, Listing, Search, View};
use crate::products::sellable::Condition;
use crate::web::Cursor;
use serde::Deserialize;

#[derive(Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub(super) struct Ask {
    pub view: String,
    pub q: String,
    pub cat: String,
    pub brand: String,
    pub listing: String,
    /// The condition that is missing, on the listing page.
    pub lack: String,
    pub after: String,
    pub before: String,
    /// What was just done, to say so once.
    pub done: String,
}

impl Ask {
    pub fn view(&self, views: &[View]) -> View {
        let view = views.iter().copied().find(|v| v.name() == self.view).or_else(|| views.first().copied()).unwrap_or_default();
        match view {
            View::Missing(_) => View::Missing(self.lack()),
            other => other,
        }
    }
    pub fn lack(&self) -> Option<Condition> {
        Condition::ALL.into_iter().find(|c| c.code() == self.lack)
    }
    pub fn listing(&self) -> Option<Listing> {
        Listing::ALL.into_iter().find(|l| l.as_str() == self.listing)
    }
    pub fn from(&self) -> From {
        if let Some(id) = Cursor::read::<i64>(&self.after) {
            From::Below(ProductId(id))
        } else if let Some(id) = Cursor::read::<i64>(&self.before) {
            From::Above(ProductId(id))
        } else {
            From::Top
        }
    }

    /// The search it means; `reads::within` adds the category.
    pub fn search(&self, views: &[View]) -> Search {
        Search {
            view: self.view(views),
            q: self.q.trim().replace('\0', ""),
            leaves: Vec::new(),
            brand: self.brand.trim().replace('\0', ""),
            listing: self.listing(),
        }
    }

    /// The filters without the place in the list, with some of them set anew (or emptied).
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mine = [
            ("view", &self.view),
            ("q", &self.q),
            ("cat", &self.cat),
            ("brand", &self.brand),
            ("listing", &self.listing),
            ("lack", &self.lack),
        ];
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in mine {
            let value = changes.iter().find(|(n, _)| *n == name).map_or(value.as_str(), |(_, v)| *v);
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        for (name, value) in changes.iter().filter(|(n, v)| matches!(*n, "after" | "before" | "done") && !v.is_empty()) {
            out.append_pair(name, value);
        }
        out.finish()
    }

    pub fn href(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let query = self.with(changes);
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Anything but a view and a place.
    pub fn is_filtered(&self) -> bool {
        [&self.q, &self.cat, &self.brand, &self.listing].iter().any(|v| !v.trim().is_empty())
    }

    /// From the query of an address, as forms carry it along.
    pub fn read(query: &str) -> Self {
        serde_html_form::from_str(query).unwrap_or_default()
    }
}

/// The links under a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    pub prev: String,
    pub next: String,
}

impl Turn {
    /// `more`: there are rows beyond this page in the direction it was read.
    pub fn of(ask: &Ask, path: &str, ids: &[ProductId], from: From, more: bool) -> Self {
        let link =
            |name: &str, id: Option<&ProductId>| id.map(|id| ask.href(path, &[(name, &Cursor::of(&id.0).to_string())])).unwrap_or_default();
        let up = matches!(from, From::Above(_));
        let newer = if up { more } else { from != From::Top };
        let older = up || more;
        Self {
            prev: if newer { link("before", ids.first()) } else { String::new() },
            next: if older { link("after", ids.last()) } else { String::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_comes_back_as_it_was() {
        let ask = Ask::read("view=listed&q=%E8%92%99%E8%84%B1&cat=30101&lack=&done=listed");
        assert_eq!(ask.with(&[]), "view=listed&q=%E8%92%99%E8%84%B1&cat=30101");
        assert_eq!(ask.with(&[("cat", ""), ("after", "31")]), "view=listed&q=%E8%92%99%E8%84%B1&after=31");
        assert_eq!(ask.href("/products", &[("view", ""), ("q", ""), ("cat", "")]), "/products");
    }

    #[test]
    fn nonsense_is_the_first_view_and_the_first_page() {
        let ask = Ask::read("view=drop%20table&after=zz&listing=x&lack=y");
        assert_eq!((ask.view(&View::PRODUCTS), ask.from(), ask.listing(), ask.lack()), (View::All, From::Top, None, None));
    }

    #[test]
    fn turning_back_and_forth() {
        let (ask, ids) = (Ask::default(), [ProductId(9), ProductId(7)]);
        let top = Turn::of(&ask, "/products", &ids, From::Top, true);
        assert!(top.prev.is_empty() && top.next.starts_with("/products?after="));
        let last = Turn::of(&ask, "/products", &ids, From::Below(ProductId(10)), false);
        assert!(last.prev.starts_with("/products?before=") && last.next.is_empty());
        let back = Turn::of(&ask, "/products", &ids, From::Above(ProductId(6)), false);
        assert!(back.prev.is_empty() && back.next.starts_with("/products?after="));
    }
}
