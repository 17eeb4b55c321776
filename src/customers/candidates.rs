//! The ERP's customers a buyer might be, with what speaks for each: for a person who decides.

use super::likeness;
use super::model::Customer;
use crate::Result;
use crate::catalog::grams;
use crate::ids::MerchantId;
use crate::text::Text as Said;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::BoxedSqlQuery;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use serde::Serialize;

/// Suggestions at most.
const SHOWN: usize = 6;
/// Names less alike are no suggestion.
const ALIKE: u8 = 45;
/// Rows looked at per way to be alike.
const PER_WAY: i64 = 40;

/// A customer of the ERP.
#[derive(QueryableByName, Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Theirs {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub uscc: String,
    #[diesel(sql_type = Bool)]
    pub uscc_ok: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub region_code: Option<String>,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// Somebody else has this code already.
    #[diesel(sql_type = Nullable<Text>)]
    pub taken_by: Option<String>,
}

/// One thing that speaks for or against a candidate, and how: `ok`, `warn`, `bad` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    pub tone: &'static str,
    pub text: Said,
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub theirs: Theirs,
    pub score: u8,
    pub signs: Vec<Sign>,
}

impl Candidate {
    fn of(ours: &Customer, theirs: Theirs) -> Self {
        let mut signs = Vec::new();
        let mut sign = |tone, text| signs.push(Sign { tone, text });
        let same_code = !ours.uscc.is_empty() && ours.uscc == theirs.uscc;
        if same_code && ours.uscc_ok {
            sign("ok", Said::new("customers-sign-code"));
        } else if same_code {
            sign("warn", Said::new("customers-sign-code-wrong"));
        } else if let Some(places) = differing(&ours.uscc, &theirs.uscc).filter(|n| *n <= 2) {
            sign("warn", Said::new("customers-sign-code-near").with(places));
        } else if ours.uscc_ok && theirs.uscc_ok {
            sign("bad", Said::new("customers-sign-code-other"));
        }
        let alike = likeness::of(&ours.name, &theirs.name);
        match alike {
            100 => sign("ok", Said::new("customers-sign-name")),
            ALIKE.. => sign("", Said::new("customers-sign-name-alike").with(i64::from(alike))),
            _ => {}
        }
        if !ours.phone.is_empty() && ours.phone == theirs.phone {
            sign("ok", Said::new("customers-sign-phone"));
        }
        if ours.region_code.is_some() && ours.region_code == theirs.region_code {
            sign("", Said::new("customers-sign-region"));
        }
        if let Some(other) = &theirs.taken_by {
            sign("warn", Said::new("customers-sign-taken").with(other));
        }
        if !theirs.enabled {
            sign("bad", Said::new("customers-sign-disabled"));
        }
        Self { score: if same_code { 100 } else { alike }, theirs, signs }
    }
    /// The best first; of equals those the ERP still uses, then by code.
    fn rank(&self) -> (std::cmp::Reverse<u8>, bool, String) {
        (std::cmp::Reverse(self.score), !self.theirs.enabled, self.theirs.code.clone())
    }
}

/// In how many places two codes of one length differ.
fn differing(a: &str, b: &str) -> Option<usize> {
    let same_length = !a.is_empty() && a.chars().count() == b.chars().count();
    same_length.then(|| a.chars().zip(b.chars()).filter(|(x, y)| x != y).count())
}

const THEIRS: &str = "e.code, e.name, e.uscc, e.uscc_ok, e.region_code, e.phone, e.enabled, \
     (select c.name from customers c where c.merchant_id = $1 and c.erp_code = e.code and c.id <> $2 limit 1) as taken_by";

/// Whom the ERP may mean: all with the same code, then those with a similar name. Names that differ somewhere are looked for
/// only where none is the same, since that takes longer.
pub fn of(c: &mut PgConnection, merchant: MerchantId, ours: &Customer) -> Result<Vec<Candidate>> {
    const SURE: u8 = 90;
    let ways = ways(merchant, &ours.name);
    let (whole, others) = ways.split_at(ways.len().min(1));
    let mut all = found_by(c, merchant, ours, whole)?;
    if !others.is_empty() && all.iter().all(|c| c.score < SURE) {
        all = found_by(c, merchant, ours, &ways)?;
    }
    all.retain(|c| c.score >= ALIKE);
    all.sort_by_key(Candidate::rank);
    // Somebody who has the same code must not be cut off by any number of similar names.
    let certain = all.iter().filter(|c| c.theirs.uscc == ours.uscc && !ours.uscc.is_empty()).count();
    all.truncate(certain.max(SHOWN));
    Ok(all)
}

/// Those with the same code, and those whose names have all tokens of one of these ways.
fn found_by(c: &mut PgConnection, merchant: MerchantId, ours: &Customer, ways: &[Vec<String>]) -> Result<Vec<Candidate>> {
    let alike = alike(ways.len(), 4);
    let sql = format!(
        "with same as (select code from erp_customers where merchant_id = $1 and uscc = $3 and uscc <> '' order by code limit 20) \
         select {THEIRS} from erp_customers e where e.merchant_id = $1 and e.code in (select code from same union {alike})"
    );
    let query =
        diesel::sql_query(sql).into_boxed::<Pg>().bind::<BigInt, _>(merchant).bind::<BigInt, _>(ours.id).bind::<Text, _>(ours.uscc.clone());
    let found: Vec<Theirs> = ways.iter().fold(query, |query, way| query.bind::<Array<Text>, _>(way.clone())).load(c)?;
    Ok(found.into_iter().map(|theirs| Candidate::of(ours, theirs)).collect())
}

/// Codes by so many ways, each a parameter of its own from `first` on: only so does the planner know how rare its tokens are.
fn alike(ways: usize, first: usize) -> String {
    let way = |n: usize| format!("(select code from erp_customers where merchant_id = $1 and grams @> ${n} limit {PER_WAY})");
    let all: Vec<String> = (first..first + ways).map(way).collect();
    if all.is_empty() { "select null::varchar where false".to_owned() } else { all.join(" union ") }
}

/// Names that have all telling pairs, or all but two neighbours: one mistyped character spoils two pairs.
fn ways(merchant: MerchantId, name: &str) -> Vec<Vec<String>> {
    const MOST: usize = 12;
    let mut pairs = likeness::telling_pairs(name);
    pairs.truncate(MOST);
    let tokens = |skip: Option<usize>| {
        let kept = pairs.iter().enumerate().filter(|(i, _)| skip.is_none_or(|s| *i != s && *i != s + 1)).map(|(_, pair)| pair.clone());
        kept.chain([grams::owner(merchant)]).collect::<Vec<_>>()
    };
    let mut all = vec![tokens(None)];
    match pairs.len() {
        0 => return Vec::new(),
        1 => {}
        2 => all.extend(pairs.iter().map(|pair| vec![pair.clone(), grams::owner(merchant)])),
        n => all.extend((0..n - 1).map(|skip| tokens(Some(skip)))),
    }
    all
}

/// The ERP's customers a person looks for by name, initials, code or USCC.
pub fn search(c: &mut PgConnection, merchant: MerchantId, ours: &Customer, text: &str) -> Result<Vec<Candidate>> {
    let owner = grams::owner(merchant);
    let ways: Vec<Vec<String>> = grams::query(text).into_iter().map(|way| way.into_iter().chain([owner.clone()]).collect()).collect();
    let sql = format!("select {THEIRS} from erp_customers e where e.merchant_id = $1 and e.code in ({})", alike(ways.len(), 3));
    let query = diesel::sql_query(sql).into_boxed::<Pg>().bind::<BigInt, _>(merchant).bind::<BigInt, _>(ours.id);
    let found: Vec<Theirs> = ways.into_iter().fold(query, BoxedSqlQuery::bind::<Array<Text>, _>).load(c)?;
    let mut all: Vec<Candidate> = found.into_iter().map(|theirs| Candidate::of(ours, theirs)).collect();
    all.sort_by_key(Candidate::rank);
    all.truncate(SHOWN * 2);
    Ok(all)
}

/// The ERP's customer of a code, if it has pushed one.
pub fn by_code(c: &mut PgConnection, merchant: MerchantId, ours: &Customer, code: &str) -> Result<Option<Candidate>> {
    let sql = format!("select {THEIRS} from erp_customers e where e.merchant_id = $1 and e.code = $3");
    let found: Option<Theirs> =
        diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(ours.id).bind::<Text, _>(code).get_result(c).optional()?;
    Ok(found.map(|theirs| Candidate::of(ours, theirs)))
}
