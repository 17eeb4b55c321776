//! What is shown of one product: rows of the comparison, its figures, how long it waits.

use crate::products::audit::checks::{Check, Offer};
use crate::products::audit::consequences::Preview;
use crate::products::audit::history::Fared;
use crate::products::audit::review::{AliasKind, Choice, Review, dearest};
use crate::products::audit::work::Work;
use crate::products::evidence::{Line, Stretch, Verdict};
use crate::text::Text;
use crate::web::COUNT_CAP;
use chrono::{DateTime, Utc};

/// The product in the middle, its candidates and everything beside it.
pub struct Desk {
    pub work: Work,
    pub url: String,
    pub review: Review,
    pub rows: Vec<Row>,
    pub remark: Option<Text>,
    pub checks: Vec<Check>,
    pub offer: Offer,
    pub fared: Fared,
    pub preview: Preview,
    /// 1 for the first; 0 when it is not in the part of the queue that is shown.
    pub position: i64,
    pub total: i64,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub holder: Option<String>,
    /// Who settled it and when, if it does not wait any more.
    pub settled: Option<Text>,
    pub wait: Text,
}

/// A line of the comparison.
pub struct Row {
    /// Text key.
    pub label: &'static str,
    pub theirs: Vec<Stretch>,
    pub ours: Vec<Stretch>,
    /// Text key.
    pub verdict: &'static str,
    /// `eq`, `nm`, `df` or `ms`.
    pub class: &'static str,
    pub icon: &'static str,
    /// `3 / 10`, or empty where nothing is scored.
    pub points: String,
}

impl Row {
    fn of(line: &Line) -> Self {
        let (class, icon) = look(line.verdict);
        Self {
            label: line.field.text_key(),
            theirs: line.theirs.clone(),
            ours: line.ours.clone(),
            verdict: line.verdict.text_key(),
            class,
            icon,
            points: if line.verdict == Verdict::MissingBoth { String::new() } else { format!("{} / {}", line.points, line.max) },
        }
    }
    /// A field that matching does not weigh.
    fn plain(label: &'static str, theirs: &str, ours: Option<&str>) -> Self {
        let whole = |text: &str| {
            if text.is_empty() { Vec::new() } else { vec![Stretch { only_here: false, text: text.to_owned() }] }
        };
        let verdict = match ours {
            None => Verdict::MissingBoth,
            Some(ours) => match (theirs.trim().is_empty(), ours.trim().is_empty()) {
                (true, true) => Verdict::MissingBoth,
                (true, false) => Verdict::MissingThere,
                (false, true) => Verdict::MissingHere,
                _ if theirs.trim() == ours.trim() => Verdict::Same,
                _ => Verdict::SpelledDifferently,
            },
        };
        // Trees and units differ by merchant: another word is no contradiction.
        let (class, icon) = if verdict == Verdict::SpelledDifferently { ("ms", "circle-dashed") } else { look(verdict) };
        let key = if verdict == Verdict::SpelledDifferently { "audit-verdict-own-word" } else { verdict.text_key() };
        Self { label, theirs: whole(theirs), ours: whole(ours.unwrap_or_default()), verdict: key, class, icon, points: String::new() }
    }
}

fn look(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Same => ("eq", "equal"),
        Verdict::SpelledDifferently | Verdict::ConvertsEqual => ("nm", "equal"),
        Verdict::Different => ("df", "equal-not"),
        Verdict::MissingHere | Verdict::MissingThere | Verdict::MissingBoth => ("ms", "circle-dashed"),
    }
}

/// All rows: what matching weighs, then what only people look at. Without a candidate, what the merchant says.
pub fn rows(work: &Work, choice: Option<&Choice>) -> Vec<Row> {
    let ours = |pick: fn(&Choice) -> &str| choice.map(pick);
    let mut rows: Vec<Row> = match choice {
        Some(choice) => choice.evidence.lines.iter().map(Row::of).collect(),
        None => [
            ("products-match-field-barcode", &work.barcode),
            ("products-match-field-approval-no", &work.approval_no),
            ("products-match-field-name", &work.name),
            ("products-match-field-spec", &work.spec),
            ("products-match-field-manufacturer", &work.manufacturer),
            ("products-match-field-dosage-form", &work.dosage_form),
        ]
        .into_iter()
        .map(|(label, text)| Row::plain(label, text, None))
        .collect(),
    };
    rows.push(Row::plain("audit-field-unit", &work.unit, ours(|c| &c.base.unit)));
    rows.push(Row::plain("audit-field-brand", &work.brand, ours(|c| &c.base.brand)));
    rows.push(Row::plain("audit-field-category", &work.category, ours(|c| &c.category)));
    rows
}

impl Desk {
    /// Which one it is of how many; counts stop at a thousand.
    pub fn spot(&self) -> (String, String) {
        let told = |n: i64| if n >= COUNT_CAP { format!("{}+", COUNT_CAP - 1) } else { n.to_string() };
        (told(self.position), told(self.total))
    }
    pub fn chosen(&self) -> Option<&Choice> {
        self.review.chosen()
    }
    pub fn is_chosen(&self, at: &usize) -> bool {
        self.review.chosen == Some(*at)
    }
    pub fn score(&self) -> i64 {
        self.chosen().map_or(0, |c| c.evidence.score.into())
    }
    /// Where the points went.
    pub fn lost(&self) -> Option<Text> {
        let (field, n) = dearest(&self.chosen()?.evidence)?;
        Some(Text::new("audit-score-lost").with(Text::new(field.text_key())).with(i64::from(n)))
    }
    /// The address that puts a candidate beside the submission.
    pub fn candidate(&self, choice: &Choice, query: &str) -> String {
        let base: String = form_urlencoded::byte_serialize(choice.base.code.as_bytes()).collect();
        if query.is_empty() { format!("{}?base={base}", self.url) } else { format!("{}{query}&base={base}", self.url) }
    }
    /// `maker` or `spec`, when the chosen candidate's difference can be taught.
    pub fn teachable(&self) -> Option<&'static str> {
        self.chosen()?.teachable.map(AliasKind::as_str)
    }
    pub fn can_approve(&self) -> bool {
        self.chosen().is_some() && self.preview.refused.is_none() && self.settled.is_none()
    }
    pub fn open(&self) -> bool {
        self.settled.is_none()
    }
}

/// How long something waits, in the largest two units.
pub fn wait(since: DateTime<Utc>, now: DateTime<Utc>) -> Text {
    let minutes = (now - since).num_minutes().max(0);
    match minutes {
        0..60 => Text::new("audit-wait-minutes").with(minutes),
        60..1440 => Text::new("audit-wait-hours").with(minutes / 60).with(minutes % 60),
        _ => Text::new("audit-wait-days").with(minutes / 1440).with(minutes % 1440 / 60),
    }
}

/// The drawn stand-in for a picture.
pub struct Thumb {
    pub kind: &'static str,
    pub hue: &'static str,
}

impl Thumb {
    pub fn of(name: &str, id: i64) -> Self {
        const KINDS: [(&str, &str); 12] = [
            ("胶囊", "box"),
            ("片", "blister"),
            ("注射", "syringe"),
            ("颗粒", "sachet"),
            ("散", "sachet"),
            ("冲剂", "sachet"),
            ("口罩", "mask"),
            ("液", "bottle"),
            ("糖浆", "bottle"),
            ("酒", "bottle"),
            ("油", "bottle"),
            ("水", "bottle"),
        ];
        const HUES: [&str; 8] = ["teal", "green", "violet", "blue", "pink", "slate", "amber", "red"];
        let kind = KINDS.iter().find(|(word, _)| name.contains(word)).map_or("box", |(_, kind)| kind);
        let hue = usize::try_from(id.rem_euclid(8)).ok().and_then(|at| HUES.get(at)).copied().unwrap_or("blue");
        Self { kind, hue }
    }
}
