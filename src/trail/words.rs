//! What fields and values of a change are called: as people say it, not as they are stored. What has no words yet stays as it is.

use super::Change;
use crate::text::Lang;

const FIELDS: [(&str, &str); 20] = [
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
    ("ip", "trail-field-ip"),
];

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
        let key = FIELDS.iter().find(|(name, _)| *name == self.field).map(|(_, key)| *key);
        Self { field: key.map_or(self.field, |key| lang.say(key, &[])), before, after }
    }
}

/// A note in words: some are written by rules.
pub fn note(lang: Lang, note: String) -> String {
    word(lang, "note", note)
}
