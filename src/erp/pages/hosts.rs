//! `/merchants/{code}/erp`: the hosts at which the platform lets a merchant's ERP be called.

use crate::erp::link::{self, Host, Link};
use crate::form::Form;
use crate::merchants::{self, Merchant};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// More than a merchant's ERP has.
const MOST: usize = 20;
/// The mark behind a host in the platform's own network.
const INSIDE: &str = "inside";

#[derive(Template)]
#[template(path = "erp/hosts.html", blocks = ["part"])]
struct Hosts {
    frame: Frame,
    now: DateTime<Utc>,
    merchant: Merchant,
    link: Option<Link>,
    form: Form,
}
show!(Hosts, |v| json!({ "merchant": v.merchant.code, "hosts": v.form.value("hosts"), "url": v.link.as_ref().map(|l| &l.url) }));

#[derive(Deserialize, Default)]
pub struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize, Validate)]
pub struct HostsForm {
    /// One a line; `inside` behind a host of the platform's own network.
    #[serde(default)]
    #[validate(length(max = 6000))]
    hosts: String,
}

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.platform_seat()?.may(Permission::ManageMerchants)
}

fn written(hosts: &[Host]) -> String {
    hosts.iter().map(|h| if h.inside { format!("{} {INSIDE}", h.host) } else { h.host.clone() }).collect::<Vec<_>>().join("\n")
}

async fn shown(ctx: &Ctx, code: String) -> Result<Hosts> {
    let (merchant, hosts, link) = ctx
        .db
        .snapshot(move |c| {
            let merchant = merchants::by_code(c, &code)?;
            let hosts = link::hosts(c, merchant.id)?;
            let link = link::of(c, merchant.id)?;
            Ok((merchant, hosts, link))
        })
        .await?;
    Ok(Hosts { frame: ctx.frame("merchants"), now: ctx.now, form: Form::filled([("hosts", written(&hosts))]), merchant, link })
}

/// `GET /merchants/{code}/erp`
pub async fn page(ctx: Ctx, code: Path<String>, done: Query<Done>) -> Reply {
    let ctx = if done.done == "saved" { ctx.noticing(Text::new("erp-hosts-saved")) } else { ctx };
    seat(&ctx)?;
    let view = shown(&ctx, code.into_inner()).await?;
    ctx.reply(view)
}

/// `POST /merchants/{code}/erp`
pub async fn save(ctx: Ctx, code: Path<String>, input: Input<HostsForm>) -> Reply {
    let seat = seat(&ctx)?;
    let view = shown(&ctx, code.into_inner()).await?;
    let hosts = match input.or_form().and_then(|typed| read(&typed.hosts)) {
        Ok(hosts) => hosts,
        Err(form) if ctx.wants == Wants::Json => return Err(Error::invalid(form)),
        Err(form) => return ctx.invalid(Hosts { form, ..view }),
    };
    let cause = seat.cause.at(view.merchant.id);
    ctx.db.write(move |tx| link::set_hosts(tx, &cause, &hosts)).await?;
    Ok(redirect(&ctx, &format!("/merchants/{}/erp?done=saved", view.merchant.code)))
}

/// Hosts as they are typed.
fn read(typed: &str) -> Result<Vec<Host>, Form> {
    let again = |text: Text| Form::filled([("hosts", typed.to_owned())]).with_error("hosts", text);
    let mut hosts: Vec<Host> = Vec::new();
    for line in typed.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let mut words = line.split_whitespace();
        let host = words.next().unwrap_or_default().to_lowercase();
        let inside = match (words.next(), words.next()) {
            (None, _) => false,
            (Some(INSIDE), None) => true,
            _ => return Err(again(Text::new("erp-hosts-wrong").with(line))),
        };
        // What stays the same as a URL's host: no scheme, no port, no path.
        let same = reqwest::Url::parse(&format!("https://{host}/")).ok().is_some_and(|u| u.host_str() == Some(&host) && u.port().is_none());
        if !same {
            return Err(again(Text::new("erp-hosts-wrong").with(line)));
        }
        hosts.push(Host { host, inside });
    }
    hosts.sort_by(|a, b| a.host.cmp(&b.host));
    if let Some([twice, _]) = hosts.array_windows::<2>().find(|[a, b]| a.host == b.host) {
        return Err(again(Text::new("erp-hosts-twice").with(&twice.host)));
    }
    if hosts.len() > MOST {
        return Err(again(Text::new("erp-hosts-many").with(MOST)));
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_line_by_line() {
        let hosts = read("ERP.example.com\n\n10.0.0.8 inside\n").unwrap();
        assert_eq!(written(&hosts), "10.0.0.8 inside\nerp.example.com");
        for odd in ["https://erp.example.com", "erp.example.com:8069", "erp.example.com/api", "a b", "erp.example.com inside more", "a\na"]
        {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}
