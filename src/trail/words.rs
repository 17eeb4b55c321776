//! What fields and values of a change are called: as people say it, not as they are stored. What has no words yet stays as it is.

use super::Change;
use crate::text::Lang;

const FIELDS: [(&str, &str); 26] = [
    ("listing", "trail-field-listing"),
    ("unlistedBy", "trail-field-unlisted-by"),
    ("wish", "trail-field-wish"),
    ("auditStatus", "trail-field-audit-status"),
    ("name", "trail-field-name"),
    ("prodName", "trail-field-name"),
    ("enable", "trail-field-enable"),
    ("enabled", "trail-field-enable"),
    ("allowed", "trail-field-allowed"),
    ("autoList", "trail-field-auto-list"),
    ("lowStock", "trail-field-low-stock"),
    ("status", "trail-field-status"),
    ("spec", "trail-field-spec"),
    ("manufacturer", "trail-field-manufacturer"),
    ("approvalNo", "trail-field-approval-no"),
    ("brand", "trail-field-brand"),
    ("unit", "trail-field-unit"),
    ("basePrice", "trail-field-base-price"),
    ("barCode", "trail-field-barcode"),
    ("price", "trail-field-base-price"),
    ("retailPrice", "trail-field-retail-price"),
    ("referencePrice", "trail-field-reference-price"),
    ("originalPurchasePrice", "trail-field-cost-price"),
    ("vipPrice", "trail-field-member-price"),
    ("promotion", "trail-field-promotion"),
    ("ip", "trail-field-ip"),
];

/// Fields that name somebody after a colon, as in `region:HN`.
const PREFIXES: [(&str, &str); 4] = [
    ("region", "trail-field-region-group"),
    ("group", "trail-field-customer-group"),
    ("customer", "trail-field-customer"),
    ("shop", "trail-field-shop"),
];

fn field(lang: Lang, name: String) -> String {
    // A price for a time: `promotion [… ~ …]`.
    if let Some((of, dates)) = name.split_once(" [") {
        return format!("{} [{dates}", field(lang, of.to_owned()));
    }
    if let Some((_, key)) = FIELDS.iter().find(|(of, _)| *of == name) {
        return lang.say(key, &[]);
    }
    let named = name.split_once(':').and_then(|(kind, who)| Some((PREFIXES.iter().find(|(of, _)| *of == kind)?.1, who)));
    named.map_or_else(|| name.clone(), |(key, who)| lang.say(key, &[who.into()]))
}

const VALUES: [(&str, &str, &str); 18] = [
    ("listing", "pending", "trail-value-pending"),
    ("listing", "listed", "trail-value-listed"),
    ("listing", "unlisted", "trail-value-unlisted"),
    ("unlistedBy", "person", "trail-value-person"),
    ("unlistedBy", "erp", "trail-value-erp"),
    ("unlistedBy", "rule", "trail-value-rule"),
    ("auditStatus", "pending", "trail-value-in-audit"),
    ("auditStatus", "approved", "trail-value-approved"),
    ("auditStatus", "changes_requested", "trail-value-returned"),
    ("auditStatus", "rejected", "trail-value-rejected"),
    ("status", "active", "trail-value-active"),
    ("status", "disabled", "trail-value-disabled"),
    ("status", "suspended", "trail-value-disabled"),
    ("status", "merged", "trail-value-merged"),
    ("", "true", "trail-value-yes"),
    ("", "false", "trail-value-no"),
    ("note", "rule", "trail-note-rule"),
    ("note", "undo", "trail-note-undo"),
];

fn word(lang: Lang, field: &str, value: String) -> String {
    let key = VALUES.iter().find(|(of, is, _)| *is == value && (of.is_empty() || *of == field)).map(|(_, _, key)| *key);
    key.map_or(value, |key| lang.say(key, &[]))
}

impl Change {
    /// The same in words.
    #[must_use]
    pub fn in_words(self, lang: Lang) -> Self {
        let say = |side: Option<String>| side.map(|value| word(lang, &self.field, value));
        let (before, after) = (say(self.before), say(self.after));
        Self { field: field(lang, self.field), before, after }
    }
}

/// A note in words: some are written by rules.
pub fn note(lang: Lang, note: String) -> String {
    word(lang, "note", note)
}
