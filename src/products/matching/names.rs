//! Names: what a product is called, its trade names, and the dosage form its name ends in.

use crate::catalog::keys::{coverage, fold, is_blank, is_mark, name_key, split_brackets, text_key};

/// A product's names as keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The name with every bracket that means something.
    whole: String,
    /// The name without any bracket.
    bare: String,
    /// What stands in the brackets.
    brackets: Vec<String>,
    /// Trade names, in every way they can be read from the text.
    trades: Vec<String>,
    /// The stored key: the whole name, except for brackets that only repeat a trade name.
    key: String,
    /// The form the name ends in.
    form: Option<String>,
    /// Words that make a variant of the product, wherever they stand.
    variants: Vec<&'static str>,
}

/// How two products' names stand to one another; a higher one includes the lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameRelation {
    Missing,
    Different,
    /// Enough in common to confirm a number, not enough to identify.
    Related,
    /// The same name, spelled or completed differently.
    Spelled,
    Same,
}

/// Variants under one name, sold side by side.
const VARIANTS: [&str; 8] = ["无糖", "无蔗糖", "糖衣", "薄膜衣", "水蜜", "浓缩", "儿童", "便携"];

impl Names {
    /// Reads the names; `spec` is looked at for variants only.
    pub(super) fn read(name: &str, trade_name: &str, spec: &str) -> Self {
        let (outside, brackets) = split_brackets(&fold(name));
        let brackets: Vec<String> = brackets.iter().map(|b| text_key(b)).filter(|b| !is_mark(b)).collect();
        let bare = text_key(&outside);
        let (whole, trades) = (name_key(name), trade_keys(trade_name));
        let trades: Vec<String> = trades.into_iter().filter(|t| *t != whole && *t != bare).collect();
        let telling = brackets.iter().filter(|bracket| !trades.contains(bracket)).map(String::as_str);
        let key = [bare.as_str()].into_iter().chain(telling).collect();
        let texts = [name, trade_name, spec].map(fold);
        let variants = VARIANTS.into_iter().filter(|word| texts.iter().any(|text| text.contains(word))).collect();
        Self { form: form_of(&bare), whole, bare, brackets, trades, key, variants }
    }

    /// The stored key.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Every key the same product may be stored under.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys = vec![self.key.clone(), self.whole.clone()];
        // The last brackets are the likeliest to be a trade name not known as such here.
        let mut prefix = self.bare.clone();
        keys.push(prefix.clone());
        for bracket in &self.brackets {
            prefix.push_str(bracket);
            keys.push(prefix.clone());
        }
        keys.extend(self.trades.iter().cloned());
        keys.retain(|key| !key.is_empty());
        keys.sort();
        keys.dedup();
        keys
    }

    /// Whether a word is part of these names, so that it says nothing new elsewhere.
    pub(super) fn explain(&self, word: &str) -> bool {
        self.trades.iter().chain([&self.whole]).any(|name| name.contains(word))
    }

    pub(super) fn is_missing(&self) -> bool {
        self.whole.is_empty() && self.trades.is_empty()
    }

    /// Compares.
    pub(super) fn relation(&self, other: &Self) -> NameRelation {
        if self.is_missing() || other.is_missing() {
            return NameRelation::Missing;
        }
        if !self.whole.is_empty() && self.whole == other.whole {
            return NameRelation::Same;
        }
        if !self.bare.is_empty() && self.bare == other.bare && self.brackets_agree(other) {
            return NameRelation::Spelled;
        }
        if !self.forms_differ(other) && self.alike(other) { NameRelation::Related } else { NameRelation::Different }
    }

    /// Whatever stands in the brackets of one side only is a trade name.
    fn brackets_agree(&self, other: &Self) -> bool {
        let explained = |names: &Self, bracket: &String| {
            names.brackets.contains(bracket) || self.trades.contains(bracket) || other.trades.contains(bracket) || *bracket == names.bare
        };
        self.brackets.iter().all(|b| explained(other, b)) && other.brackets.iter().all(|b| explained(self, b))
    }

    /// Both names end in a form, and not in the same one: 片 is not 缓释片.
    pub(super) fn forms_differ(&self, other: &Self) -> bool {
        self.form.is_some() && other.form.is_some() && self.form != other.form
    }

    /// One side is a variant (sugar-free, for children …), the other is not.
    pub(super) fn variants_differ(&self, other: &Self) -> bool {
        self.variants != other.variants
    }

    /// Both sides have trade names, and these have nothing to do with each other: 便赛停 and 便塞停 are one,
    /// 开浦兰 and 佐依坦 are two.
    pub(super) fn trades_differ(&self, other: &Self) -> bool {
        let shared = |a: &str, b: &str| 2 * a.chars().filter(|c| b.contains(*c)).count() >= a.chars().count().min(b.chars().count());
        let known = |trade: &String, names: &Self| {
            names.trades.iter().any(|t| shared(trade, t)) || names.whole.contains(trade.as_str()) || trade.contains(names.bare.as_str())
        };
        !self.trades.is_empty()
            && !other.trades.is_empty()
            && !self.trades.iter().any(|trade| known(trade, other))
            && !other.trades.iter().any(|trade| known(trade, self))
    }

    /// The form read from the name.
    pub(super) fn form(&self) -> Option<&str> {
        self.form.as_deref()
    }

    /// One name contains the other or nearly so, or is the other's trade name (the columns get swapped). Two equal
    /// trade names under two different names prove nothing: it may be the maker's brand.
    fn alike(&self, other: &Self) -> bool {
        let near = |a: &str, b: &str| contains(a, b) || coverage_of(a, b);
        let cross = |names: &Self, trades: &Self| trades.trades.iter().any(|t| [&names.whole, &names.bare].into_iter().any(|n| near(n, t)));
        let unnamed = self.whole.is_empty() || other.whole.is_empty();
        near(&self.whole, &other.whole)
            || near(&self.bare, &other.bare)
            || cross(self, other)
            || cross(other, self)
            || (unnamed && self.trades.iter().any(|t| other.trades.contains(t)))
    }
}

fn contains(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    short.chars().nth(1).is_some() && long.contains(short)
}

fn coverage_of(a: &str, b: &str) -> bool {
    a.chars().nth(3).is_some() && b.chars().nth(3).is_some() && coverage(a, b) >= 0.75
}

/// A trade name column holds `唐林`, `依帕司他片(唐林)`, `优立通 非布司他片`, `盖三淳/海德威`.
fn trade_keys(trade_name: &str) -> Vec<String> {
    let folded = fold(trade_name);
    let (outside, brackets) = split_brackets(&folded);
    let mut parts = vec![text_key(&folded)];
    for text in brackets.iter().chain([&outside]) {
        parts.push(text_key(text));
        parts.extend(text.split(|c: char| is_blank(c) || matches!(c, '/' | '|' | ',' | ':' | '、')).map(text_key));
    }
    parts.retain(|part| part.chars().nth(1).is_some() && !is_mark(part));
    parts.sort();
    parts.dedup();
    parts
}

/// How forms are made: a manner and a body, `缓释` + `片`. Longer bodies first.
const BODIES: [&str; 44] = [
    "软胶囊",
    "胶囊",
    "颗粒",
    "口服溶液",
    "口服液",
    "滴眼液",
    "滴耳液",
    "滴鼻液",
    "注射液",
    "混悬滴剂",
    "干混悬剂",
    "混悬液",
    "溶液",
    "滴丸",
    "胶丸",
    "浓缩丸",
    "水蜜丸",
    "大蜜丸",
    "丸",
    "糖浆",
    "合剂",
    "乳膏",
    "软膏",
    "眼膏",
    "贴膏",
    "煎膏",
    "膏",
    "凝胶",
    "栓",
    "气雾剂",
    "粉雾剂",
    "喷雾剂",
    "吸入剂",
    "贴剂",
    "贴片",
    "搽剂",
    "洗剂",
    "滴剂",
    "乳剂",
    "酊",
    "散",
    "片",
    "酒",
    "茶",
];
const MANNERS: [&str; 15] =
    ["缓释", "控释", "肠溶", "分散", "咀嚼", "泡腾", "口崩", "口腔崩解", "舌下", "含", "阴道", "滴", "眼用", "粉吸入", "速释"];

fn form_of(bare: &str) -> Option<String> {
    // 颗粒剂 and 颗粒 are one; 合剂 and 贴剂 are bodies of their own.
    let short = bare.strip_suffix('剂').filter(|s| ["颗粒", "片", "胶囊", "丸", "栓", "膏", "散"].iter().any(|b| s.ends_with(b)));
    let mut rest = short.unwrap_or(bare);
    let body = BODIES.iter().find(|body| rest.ends_with(**body))?;
    let mut form = (*body).to_owned();
    rest = rest.strip_suffix(body)?;
    while let Some(manner) = MANNERS.iter().find(|manner| rest.ends_with(**manner)) {
        form.insert_str(0, manner);
        rest = rest.strip_suffix(manner)?;
    }
    Some(form)
}

/// Families of dosage forms, as the column 剂型 tells them; the order matters (软胶囊 before 片, 滴眼液 before 液).
const FAMILIES: [(&str, &str); 20] = [
    ("胶囊", "胶囊"),
    ("颗粒", "颗粒"),
    ("冲剂", "颗粒"),
    ("注射", "注射"),
    ("粉针", "注射"),
    ("滴眼", "滴眼"),
    ("眼膏", "眼膏"),
    ("栓", "栓"),
    ("贴", "贴"),
    ("气雾", "吸入"),
    ("粉雾", "吸入"),
    ("吸入", "吸入"),
    ("片", "片"),
    ("丸", "丸"),
    ("糖浆", "液"),
    ("合剂", "液"),
    ("膏", "膏"),
    ("凝胶", "凝胶"),
    ("散", "散"),
    ("液", "液"),
];

/// The family a dosage form belongs to.
pub(super) fn family(form: &str) -> Option<&'static str> {
    FAMILIES.iter().find(|(word, _)| form.contains(word)).map(|(_, family)| *family)
}
