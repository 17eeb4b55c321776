//! What a reviewer is shown: the candidates of today, compared afresh, and the reason a person is asked (P-04, Q-26).

use super::work::Work;
use crate::Result;
use crate::catalog::aliases::{Kind, NewAlias};
use crate::catalog::base::{self, BaseProduct};
use crate::catalog::keys;
use crate::ids::BaseId;
use crate::products::evidence::{Evidence, Field, Line, Stretch, Verdict};
use crate::products::matching::{Aliases, AskReason, Candidate, Decision, Item, Submitted, Texts, decide, lookup_keys};
use crate::products::matching_pass;
use crate::text::Text;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text as SqlText};
use serde::{Deserialize, Serialize};

/// Base products fetched to each side of the specification that share only the name.
const ALIKE: usize = 20;

/// What an auditor can teach with an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AliasKind {
    Maker,
    Spec,
}

impl AliasKind {
    pub fn as_str(self) -> &'static str {
        match self {
            AliasKind::Maker => "maker",
            AliasKind::Spec => "spec",
        }
    }
}

/// A base product the submission is compared with.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub base: BaseProduct,
    /// Of the base product's category.
    pub category: String,
    pub evidence: Evidence,
    /// What would make this comparison agree from now on.
    pub teachable: Option<AliasKind>,
}

/// The submission beside its candidates.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    pub choices: Vec<Choice>,
    /// The one being looked at.
    pub chosen: Option<usize>,
    /// Why a person is asked; absent when the keys determine the match by now, for instance by a new alias.
    pub why: Option<AskReason>,
    /// Nothing alike is known (P-09).
    pub unknown: bool,
}

impl Review {
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(self.chosen?)
    }
}

/// The submission as matching reads it.
pub fn texts(work: &Work) -> Texts {
    Texts {
        name: work.name.clone(),
        trade_name: work.trade_name.clone(),
        spec: work.spec.clone(),
        manufacturer: work.manufacturer.clone(),
        approval_no: work.approval_no.clone(),
        barcode: work.barcode.clone(),
        dosage_form: work.dosage_form.clone(),
    }
}

/// The numbers of base products: those of the unit, and those of a carton of it.
pub struct Numbers(Vec<Number>);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    base_id: BaseId,
    #[diesel(sql_type = SqlText)]
    gtin: String,
    #[diesel(sql_type = SqlText)]
    barcode: String,
    #[diesel(sql_type = Bool)]
    carton: bool,
}

/// Read for all candidates at once.
pub fn numbers(c: &mut PgConnection, bases: &[BaseProduct]) -> Result<Numbers> {
    let ids: Vec<i64> = bases.iter().map(|b| b.id.0).collect();
    Ok(Numbers(
        diesel::sql_query("select base_id, gtin, barcode, carton from base_barcodes where base_id = any($1) order by gtin")
            .bind::<Array<BigInt>, _>(ids)
            .load(c)?,
    ))
}

impl Numbers {
    /// Of several numbers the one that can agree stands for all.
    fn of(&self, base: BaseId, carton: bool, wanted: &[String]) -> String {
        let own = || self.0.iter().filter(|n| n.base_id == base && n.carton == carton);
        own().find(|n| wanted.contains(&n.gtin)).or_else(|| own().next()).map(|n| n.barcode.clone()).unwrap_or_default()
    }
}

/// A base product as matching reads it.
fn candidate(base: &BaseProduct, item: &Item, numbers: &Numbers) -> Candidate<BaseId> {
    let wanted: Vec<String> = item.gtin().into_iter().flat_map(|g| [Some(g), g.unit_inside()]).flatten().map(|g| g.to_string()).collect();
    let texts = Texts {
        name: base.name.clone(),
        trade_name: base.trade_name.clone(),
        spec: base.spec.clone(),
        manufacturer: base.manufacturer.clone(),
        approval_no: base.approval_no.clone(),
        barcode: numbers.of(base.id, false, &wanted),
        dosage_form: base.dosage_form.clone(),
    };
    Candidate::new(base.id, texts, &numbers.of(base.id, true, &wanted))
}

/// The comparison with one base product, whatever it is.
pub fn compare(work: &Work, base: &BaseProduct, numbers: &Numbers, known: &Aliases) -> Evidence {
    // Naming it makes matching show it, even if nothing is alike.
    let submitted = Submitted::new(texts(work), Some(base.id));
    match decide(&submitted, &[candidate(base, &submitted.item, numbers)], known) {
        Decision::Match { evidence, .. } => evidence,
        Decision::Ask { mut candidates, .. } => candidates.pop().map_or_else(|| Evidence::of(Vec::new()), |ranked| ranked.evidence),
        Decision::None => Evidence::of(Vec::new()),
    }
}

/// Compares a submission with what is known today. `pick` is the code of a base product to look at, a candidate or not.
pub fn review(c: &mut PgConnection, work: &Work, pick: Option<&str>) -> Result<Review> {
    let known = matching_pass::aliases(c)?;
    let explicit = match &work.explicit_base {
        Some(code) => Some(base::by_codes(c, std::slice::from_ref(code))?.remove(code).map_or(BaseId(-1), |b| b.id)),
        None => None,
    };
    let submitted = Submitted::new(texts(work), explicit);
    let keys = lookup_keys(&submitted, &known);
    let ids = alike(c, &keys, explicit)?;
    let mut found = base::by_ids(c, &ids)?;
    let numbers = numbers(c, &found)?;
    let candidates: Vec<Candidate<BaseId>> = found.iter().map(|b| candidate(b, &submitted.item, &numbers)).collect();
    let (ranked, why, unknown) = match decide(&submitted, &candidates, &known) {
        Decision::Match { base, evidence, .. } => (vec![(base, evidence)], None, false),
        Decision::Ask { candidates, why } => (candidates.into_iter().map(|r| (r.base, r.evidence)).collect(), Some(why), false),
        Decision::None => (Vec::new(), None, true),
    };
    let mut choices = Vec::new();
    for (id, evidence) in ranked {
        if let Some(at) = found.iter().position(|b| b.id == id) {
            choices.push(choice(c, work, found.swap_remove(at), evidence)?);
        }
    }
    let mut chosen = (!choices.is_empty()).then_some(0);
    if let Some(code) = pick {
        chosen = choices.iter().position(|choice| choice.base.code == code).or(chosen);
        let shown = chosen.and_then(|at| choices.get(at)).is_some_and(|choice| choice.base.code == code);
        let asked = if shown { None } else { base::by_codes(c, &[code.to_owned()])?.remove(code) };
        if let Some(asked) = asked {
            let evidence = compare(work, &asked, &self::numbers(c, std::slice::from_ref(&asked))?, &known);
            choices.push(choice(c, work, asked, evidence)?);
            chosen = Some(choices.len() - 1);
        }
    }
    Ok(Review { choices, chosen, why, unknown })
}

fn choice(c: &mut PgConnection, work: &Work, base: BaseProduct, evidence: Evidence) -> Result<Choice> {
    let category = match &base.category_id {
        Some(id) => category_names(c, id)?,
        None => String::new(),
    };
    let teachable = teachable(work, &base, &evidence);
    Ok(Choice { base, category, evidence, teachable })
}

/// The platform's names for a category of its tree.
fn category_names(c: &mut PgConnection, id: &str) -> Result<String> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = SqlText)]
        names: String,
    }
    let named: Option<Named> = diesel::sql_query(
        "select concat_ws(' › ', l1.name, l2.name, l3.name) as names from categories l3 left join categories l2 on l2.merchant_id = 0 and l2.id = l3.parent_id \
         left join categories l1 on l1.merchant_id = 0 and l1.id = l2.parent_id where l3.merchant_id = 0 and l3.id = $1",
    )
    .bind::<SqlText, _>(id)
    .get_result(c)
    .optional()?;
    Ok(named.map(|n| n.names).unwrap_or_default())
}

/// The ids of base products that share a key; all of those that can determine identity, some of those only named alike.
fn alike(c: &mut PgConnection, keys: &crate::products::matching::LookupKeys, explicit: Option<BaseId>) -> Result<Vec<BaseId>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        id: BaseId,
    }
    let named = base::nearest("p.name_key = n.name", "$5", ALIKE);
    let found: Vec<Found> = diesel::sql_query(format!(
        "select id from base_products where status <> 'merged' and id in ( \
         select base_id from base_barcodes where gtin = any($1) \
         union select id from base_products where approval_key = $2 and approval_key <> '' \
         union select id from base_products where name_key = any($3) and maker_key = any($4) \
         union select x.id from unnest($3) n(name) cross join lateral ({named}) x \
         union select $6)",
    ))
    .bind::<Array<SqlText>, _>(&keys.gtins)
    .bind::<Nullable<SqlText>, _>(keys.approval_key.as_deref())
    .bind::<Array<SqlText>, _>(&keys.name_keys)
    .bind::<Array<SqlText>, _>(&keys.maker_keys)
    .bind::<SqlText, _>(keys.spec_key.as_deref().unwrap_or_default())
    .bind::<Nullable<BigInt>, _>(explicit)
    .load(c)?;
    Ok(found.into_iter().map(|f| f.id).collect())
}

/// Both sides name a maker and it is another text, or both state a pack and it is not plainly the same.
fn teachable(work: &Work, base: &BaseProduct, evidence: &Evidence) -> Option<AliasKind> {
    let differs = |field| evidence.line(field).is_some_and(|line| line.verdict == Verdict::Different);
    if differs(Field::Manufacturer)
        && !keys::maker(&work.manufacturer).key.is_empty()
        && keys::maker(&work.manufacturer).key != keys::maker(&base.manufacturer).key
    {
        return Some(AliasKind::Maker);
    }
    let item = Item::new(texts(work));
    (differs(Field::Spec) && !item.spec().key().is_empty() && item.spec().key() != base.spec_key && !base.spec_key.is_empty())
        .then_some(AliasKind::Spec)
}

/// What is to be learned when this submission is that base product; nothing when the keys say so already.
pub(super) fn lesson(work: &Work, base: &BaseProduct, kind: AliasKind) -> Option<NewAlias> {
    let item = Item::new(texts(work));
    let (kind, from, to, texts) = match kind {
        AliasKind::Maker => (Kind::Maker, item.maker_key().to_owned(), base.maker_key.clone(), (&work.manufacturer, &base.manufacturer)),
        // `100片` is `0.1g×100片` of one drug only, so the drug belongs to what is taught.
        AliasKind::Spec => {
            let key = |spec: &str| {
                if spec.is_empty() { String::new() } else { format!("{}|{spec}", base.name_key) }
            };
            (Kind::Spec, key(item.spec().key()), key(&base.spec_key), (&work.spec, &base.spec))
        }
    };
    let useful = !from.is_empty() && !to.is_empty() && from != to;
    useful.then(|| NewAlias::keyed(kind, (&from, texts.0), (&to, texts.1)))
}

/// The sentence under the table: the most telling difference, or why matching asks.
pub fn remark(review: &Review) -> Option<Text> {
    let chosen = review.chosen()?;
    let only = |line: &Line| -> Option<(String, bool)> {
        let extra = |side: &[Stretch]| side.iter().filter(|s| s.only_here).map(|s| s.text.as_str()).collect::<String>();
        match (extra(&line.theirs), extra(&line.ours)) {
            (theirs, ours) if theirs.is_empty() && !ours.is_empty() => Some((ours, true)),
            (theirs, ours) if ours.is_empty() && !theirs.is_empty() => Some((theirs, false)),
            _ => None,
        }
    };
    let differing: Vec<&Line> = chosen.evidence.lines.iter().filter(|line| line.verdict == Verdict::Different).collect();
    if let [line] = differing.as_slice()
        && let Some((letters, ours)) = only(line)
    {
        let key = if ours { "audit-note-ours-has" } else { "audit-note-theirs-has" };
        return Some(Text::new(key).with(Text::new(line.field.text_key())).with(letters));
    }
    review.why.map(|why| Text::new(why.text_key()))
}

/// The field that costs the chosen candidate most, and how many points.
pub fn dearest(evidence: &Evidence) -> Option<(Field, u8)> {
    // What only one side says counts half.
    let lost = |line: &Line| match line.verdict {
        Verdict::MissingBoth => 0,
        Verdict::MissingHere | Verdict::MissingThere => line.max / 2,
        _ => line.max.saturating_sub(line.points),
    };
    evidence.lines.iter().map(|line| (line.field, lost(line))).max_by_key(|(_, n)| *n).filter(|(_, n)| *n > 0)
}
