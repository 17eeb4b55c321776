//! What templates can do with a value. The language arrives as a runtime value, so that macros need no parameter for it.

use super::assets;
use crate::clock::china;
use crate::text::{self, Arg, Lang, Text};
use askama::filters::{HtmlSafe, Safe};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::fmt::{self, Display};

const LANG: &str = "lang";

/// The runtime values every template gets.
pub fn values(lang: Lang) -> [(&'static str, Box<dyn std::any::Any>); 1] {
    [(LANG, Box::new(lang))]
}

fn lang_of(values: &dyn askama::Values) -> askama::Result<Lang> {
    askama::get_value::<Lang>(values, LANG).copied()
}

/// An argument of `t1`…`t3`: numbers count, everything else is words.
pub trait Word {
    fn arg(&self, lang: Lang) -> Arg;
}
macro_rules! words {
    ($($number:ty)*) => { $(impl Word for $number {
        fn arg(&self, _: Lang) -> Arg { i64::try_from(*self).map_or_else(|_| Arg::Words(self.to_string()), Arg::Number) }
    })* };
}
words!(i64 i32 u64 usize i16 u16 u32);
impl Word for str {
    fn arg(&self, _: Lang) -> Arg {
        Arg::Words(self.to_owned())
    }
}
impl Word for String {
    fn arg(&self, _: Lang) -> Arg {
        Arg::Words(self.clone())
    }
}
impl Word for Text {
    fn arg(&self, lang: Lang) -> Arg {
        Arg::Words(self.say(lang))
    }
}
impl Word for Decimal {
    fn arg(&self, _: Lang) -> Arg {
        Arg::Words(text::money(*self))
    }
}
impl<T: Word + ?Sized> Word for &T {
    fn arg(&self, lang: Lang) -> Arg {
        (**self).arg(lang)
    }
}

/// `{{ "stock-title"|t }}`
#[askama::filter_fn]
pub fn t(key: impl Display, values: &dyn askama::Values) -> askama::Result<String> {
    Ok(lang_of(values)?.say(&key.to_string(), &[]))
}
/// `{{ "stock-why-label"|t1(n) }}`
#[askama::filter_fn]
pub fn t1<A: Word>(key: impl Display, values: &dyn askama::Values, a: A) -> askama::Result<String> {
    let lang = lang_of(values)?;
    Ok(lang.say(&key.to_string(), &[a.arg(lang)]))
}
#[askama::filter_fn]
pub fn t2<A: Word, B: Word>(key: impl Display, values: &dyn askama::Values, a: A, b: B) -> askama::Result<String> {
    let lang = lang_of(values)?;
    Ok(lang.say(&key.to_string(), &[a.arg(lang), b.arg(lang)]))
}
#[askama::filter_fn]
pub fn t3<A: Word, B: Word, C: Word>(key: impl Display, values: &dyn askama::Values, a: A, b: B, c: C) -> askama::Result<String> {
    let lang = lang_of(values)?;
    Ok(lang.say(&key.to_string(), &[a.arg(lang), b.arg(lang), c.arg(lang)]))
}
/// A [`Text`] made in Rust.
#[askama::filter_fn]
pub fn tx(text: &Text, values: &dyn askama::Values) -> askama::Result<String> {
    Ok(text.say(lang_of(values)?))
}

/// The hashed address of a static file.
#[askama::filter_fn]
pub fn asset(name: impl Display, _: &dyn askama::Values) -> askama::Result<&'static str> {
    let name = name.to_string();
    assets::url(&name).ok_or_else(|| askama::Error::custom(format!("no static file {name}")))
}

/// An icon of the sprite; decorative, the words stand beside it.
pub struct Icon {
    name: String,
    class: String,
}
impl Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sprite = assets::url("icons.svg").unwrap_or_default();
        let gap = if self.class.is_empty() { "" } else { " " };
        write!(f, r##"<svg class="i{gap}{}" aria-hidden="true"><use href="{sprite}#i-{}"/></svg>"##, self.class, self.name)
    }
}
impl HtmlSafe for Icon {}

#[askama::filter_fn]
pub fn icon(name: impl Display, _: &dyn askama::Values) -> askama::Result<Safe<Icon>> {
    Ok(Safe(Icon { name: name.to_string(), class: String::new() }))
}
#[askama::filter_fn]
pub fn icon_cls(name: impl Display, _: &dyn askama::Values, class: &str) -> askama::Result<Safe<Icon>> {
    Ok(Safe(Icon { name: name.to_string(), class: class.to_owned() }))
}

/// 14:32 of the same Chinese day is written by `ago`; this is the short absolute form.
#[askama::filter_fn]
pub fn when(at: &DateTime<Utc>, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(at.with_timezone(&china()).format("%m-%d %H:%M").to_string())
}
#[askama::filter_fn]
pub fn clock_time(at: &DateTime<Utc>, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(at.with_timezone(&china()).format("%H:%M:%S").to_string())
}
#[askama::filter_fn]
pub fn full_time(at: &DateTime<Utc>, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(crate::clock::on_the_wire(*at))
}
/// How long before `now`: relative under an hour, then the time of day, then the date.
#[askama::filter_fn]
pub fn ago(at: &DateTime<Utc>, values: &dyn askama::Values, now: &DateTime<Utc>) -> askama::Result<String> {
    let lang = lang_of(values)?;
    let seconds = (*now - *at).num_seconds();
    let (here, there) = (at.with_timezone(&china()), now.with_timezone(&china()));
    Ok(match seconds {
        i64::MIN..5 => lang.say("ui-just-now", &[]),
        5..60 => lang.say("ui-seconds-ago", &[seconds.into()]),
        60..3600 => lang.say("ui-minutes-ago", &[(seconds / 60).into()]),
        _ if here.date_naive() == there.date_naive() => lang.say("ui-today-at", &[here.format("%H:%M").to_string().into()]),
        _ => here.format("%m-%d %H:%M").to_string(),
    })
}

/// 1,075.40 without the currency sign.
#[askama::filter_fn]
pub fn money(amount: &Decimal, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(text::money(*amount))
}
/// 1,842
#[askama::filter_fn]
pub fn num(n: &i64, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(text::grouped(&n.to_string()))
}
