//! Which of the sent categories fit into the tree: pure thinking, no database.
//!
//! Lines of one call may come in any order and lean on one another (a child before its parent, a branch that moves with
//! its children). So the tree as it would become is imagined, what does not fit is taken out again, causes before
//! effects, until the rest fits.

use super::ROOT;
use std::collections::{HashMap, HashSet};

/// Where a category stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub level: i16,
    pub parent: String,
}

/// What the database knows of a category a line touches or leans on.
#[derive(Clone, Debug)]
pub struct Known {
    pub place: Place,
    /// Goods hang on it.
    pub goods: i64,
}

/// A category as a line wants it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub id: String,
    pub place: Place,
}

/// Why a wish does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The level does not follow from the parent: the level that would.
    Level(i16),
    /// There is no such parent.
    Parent,
    /// It would stand below itself.
    Cycle,
    /// Its level would change while so many goods hang on it.
    InUse(i64),
    /// Its level would change while this child stays where it is.
    Children(String),
}

/// The wishes that do not fit, by id. `known` holds the touched categories, their ancestors and their children.
pub fn misfits(known: &HashMap<String, Known>, wishes: &[Wish]) -> HashMap<String, Misfit> {
    let children = children_of(known, wishes);
    let mut out: HashMap<String, Misfit> = HashMap::new();
    loop {
        let tree =
            Imagined { known, wishes: wishes.iter().filter(|w| !out.contains_key(&w.id)).map(|w| (w.id.as_str(), &w.place)).collect() };
        let failing: Vec<(&Wish, Misfit)> =
            wishes.iter().filter(|w| !out.contains_key(&w.id)).filter_map(|w| tree.check(w, &children).map(|why| (w, why))).collect();
        if failing.is_empty() {
            return out;
        }
        // A wish whose parent's wish fails too may fit once that is taken back; a circle of failures goes as a whole.
        let names: HashSet<&str> = failing.iter().map(|(w, _)| w.id.as_str()).collect();
        let causes: Vec<_> = failing.iter().filter(|(w, _)| !names.contains(w.place.parent.as_str())).cloned().collect();
        let taken = if causes.is_empty() { failing } else { causes };
        out.extend(taken.into_iter().map(|(w, why)| (w.id.clone(), why)));
    }
}

fn children_of(known: &HashMap<String, Known>, wishes: &[Wish]) -> HashMap<String, Vec<String>> {
    let mut children: HashMap<String, Vec<String>> = HashMap::new();
    let places = known.iter().map(|(id, k)| (id, &k.place)).chain(wishes.iter().map(|w| (&w.id, &w.place)));
    for (id, place) in places {
        children.entry(place.parent.clone()).or_default().push(id.clone());
    }
    children.values_mut().for_each(|all| all.sort());
    children
}

struct Imagined<'a> {
    known: &'a HashMap<String, Known>,
    wishes: HashMap<&'a str, &'a Place>,
}

impl Imagined<'_> {
    fn place(&self, id: &str) -> Option<&Place> {
        self.wishes.get(id).copied().or_else(|| self.known.get(id).map(|k| &k.place))
    }

    fn check(&self, wish: &Wish, children: &HashMap<String, Vec<String>>) -> Option<Misfit> {
        let Place { level, parent } = &wish.place;
        if self.leads_back(wish) {
            return Some(Misfit::Cycle);
        }
        let fitting = if parent == ROOT { Some(1) } else { self.place(parent).map(|p| p.level + 1) };
        match fitting {
            None => return Some(Misfit::Parent),
            Some(fits) if fits != *level || fits > 3 => return Some(Misfit::Level(fits)),
            Some(_) => {}
        }
        let before = self.known.get(&wish.id)?;
        if before.place.level == *level {
            return None;
        }
        if before.goods > 0 {
            return Some(Misfit::InUse(before.goods));
        }
        let stays = |child: &&String| self.place(child).is_some_and(|p| p.parent == wish.id && p.level != level + 1);
        // A child that has a wish of its own is judged by that.
        let stuck = children.get(&wish.id)?.iter().filter(|child| !self.wishes.contains_key(child.as_str())).find(stays)?;
        Some(Misfit::Children(stuck.clone()))
    }

    fn leads_back(&self, wish: &Wish) -> bool {
        let (mut at, mut seen) = (wish.place.parent.as_str(), HashSet::new());
        while at != ROOT && seen.insert(at) {
            if at == wish.id {
                return true;
            }
            let Some(place) = self.place(at) else {
                return false;
            };
            at = &place.parent;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(rows: &[(&str, i16, &str)]) -> HashMap<String, Known> {
        rows.iter()
            .map(|(id, level, parent)| ((*id).to_owned(), Known { place: Place { level: *level, parent: (*parent).to_owned() }, goods: 0 }))
            .collect()
    }
    fn wish(id: &str, level: i16, parent: &str) -> Wish {
        Wish { id: id.into(), place: Place { level, parent: parent.into() } }
    }
    fn told(known: &HashMap<String, Known>, wishes: &[Wish]) -> Vec<(String, Misfit)> {
        let mut all: Vec<_> = misfits(known, wishes).into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    // C-04
    #[test]
    fn children_may_come_before_their_parents() {
        let all = [wish("c", 3, "b"), wish("b", 2, "a"), wish("a", 1, "0")];
        assert_eq!(told(&known(&[]), &all), []);
    }

    #[test]
    fn a_bad_parent_takes_its_new_children_along() {
        let all = [wish("c", 3, "b"), wish("b", 2, "nowhere")];
        assert_eq!(told(&known(&[]), &all), [("b".into(), Misfit::Parent), ("c".into(), Misfit::Parent)]);
    }

    #[test]
    fn a_failed_edit_of_the_parent_leaves_the_child_alone() {
        let tree = known(&[("a", 1, "0"), ("b", 2, "a")]);
        let all = [wish("c", 3, "b"), wish("b", 3, "a")];
        assert_eq!(told(&tree, &all), [("b".into(), Misfit::Level(2))]);
    }

    // C-06
    #[test]
    fn circles_and_wrong_levels_are_seen() {
        let tree = known(&[("a", 1, "0"), ("b", 2, "a")]);
        assert_eq!(told(&tree, &[wish("a", 1, "a")]), [("a".into(), Misfit::Cycle)]);
        assert_eq!(told(&tree, &[wish("a", 2, "b")]), [("a".into(), Misfit::Cycle)]);
        assert_eq!(told(&tree, &[wish("x", 1, "a")]), [("x".into(), Misfit::Level(2))]);
        assert_eq!(told(&tree, &[wish("x", 2, "0")]), [("x".into(), Misfit::Level(1))]);
        let deep = known(&[("a", 1, "0"), ("b", 2, "a"), ("c", 3, "b")]);
        assert_eq!(told(&deep, &[wish("x", 3, "c")]), [("x".into(), Misfit::Level(4))]);
        let mutual = [wish("x", 2, "y"), wish("y", 2, "x")];
        assert_eq!(told(&tree, &mutual), [("x".into(), Misfit::Cycle), ("y".into(), Misfit::Cycle)]);
    }

    #[test]
    fn a_level_changes_only_with_all_children_and_no_goods() {
        let mut tree = known(&[("a", 1, "0"), ("b", 2, "a"), ("c", 3, "b"), ("d", 1, "0")]);
        assert_eq!(told(&tree, &[wish("b", 1, "0")]), [("b".into(), Misfit::Children("c".into()))]);
        assert_eq!(told(&tree, &[wish("b", 1, "0"), wish("c", 2, "b")]), []);
        assert_eq!(told(&tree, &[wish("b", 2, "d")]), [], "a move at the same level");
        tree.get_mut("c").unwrap().goods = 4;
        let both = told(&tree, &[wish("b", 1, "0"), wish("c", 2, "b")]);
        assert_eq!(both, [("b".into(), Misfit::Children("c".into())), ("c".into(), Misfit::InUse(4))]);
    }
}
