//! `/styleguide`: every component once on light and once on dark, for development only.

use crate::text::Lang;
use crate::web::{Ctx, Frame, Reply, View, filters};
use crate::{Error, Result};
use askama::Template;
use serde::Serialize;

#[derive(Template)]
#[template(path = "styleguide.html")]
struct Styleguide {
    frame: Frame,
}

impl View for Styleguide {
    fn page(&self, lang: Lang) -> askama::Result<String> {
        self.render_with_values(&filters::values(lang))
    }
    fn part(&self, lang: Lang) -> askama::Result<String> {
        self.page(lang)
    }
    fn data(&self) -> impl Serialize {}
}

pub async fn show(ctx: Ctx) -> Reply {
    dev_only(&ctx)?;
    ctx.reply(Styleguide { frame: ctx.frame("styleguide") })
}

fn dev_only(ctx: &Ctx) -> Result<()> {
    if ctx.platform.dev { Ok(()) } else { Err(Error::NotFound) }
}
