//! What the pages of this feature share.

use crate::Error;
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Reply, View, Wants};
use serde::Deserialize;

/// A form that was not accepted: shown again to people, told field by field to programs.
pub fn again<V: View>(ctx: &Ctx, form: Form, page: impl FnOnce(Form) -> V) -> Reply {
    if ctx.wants == Wants::Json { Err(Error::invalid(form)) } else { ctx.invalid(page(form)) }
}

/// What the page before has done, to be said on this one.
#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    pub fn said(&self, ctx: Ctx) -> Ctx {
        let text = match self.done.as_str() {
            "password" => Text::new("account-password-done"),
            "ended" => Text::new("account-sessions-ended"),
            "created" => Text::new("account-user-created"),
            "saved" => Text::new("account-user-saved"),
            "revoked" => Text::new("keys-revoked-done"),
            _ => return ctx,
        };
        ctx.noticing(text)
    }
}
