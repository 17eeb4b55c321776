//! `/events`: one stream a tab. A message says only that something has changed; the page then asks for itself, with its own
//! session, language and permissions.

use crate::accounts;
use crate::web::{Ctx, Ear, Reply};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often a quiet stream shows that it is alive, and its session is looked at.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Stream {
    ctx: Ctx,
    ear: Ear,
    /// The public name of the session.
    sid: String,
    greeted: bool,
}

/// `GET /events`
pub async fn stream(ctx: Ctx, session: Session) -> Reply {
    let seat = ctx.merchant()?;
    let ear = ctx.platform.live.listen(seat.merchant);
    let sid = session.get("sid").ok().flatten().unwrap_or_default();
    let state = Stream { ctx, ear, sid, greeted: false };
    let body = stream::unfold(state, |mut state| async move {
        let said = state.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(said)), state))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Compressed, it would wait for more; so would a proxy that buffers.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

impl Stream {
    /// What to say next; `None` ends the stream: the session is over, or the server is going.
    async fn next(&mut self) -> Option<String> {
        if !self.greeted {
            self.greeted = true;
            return Some("retry: 2000\n\n: here\n\n".to_owned());
        }
        if *self.ear.over.borrow() {
            return None;
        }
        tokio::select! {
            _ = self.ear.over.changed() => None,
            heard = self.ear.messages.recv() => match heard {
                Ok(message) => Some(event(&message)),
                // Whoever slept through some messages asks once for everything.
                Err(RecvError::Lagged(_)) => Some(event("late")),
                Err(RecvError::Closed) => None,
            },
            () = tokio::time::sleep(HEARTBEAT) => {
                if self.is_logged_in().await { Some(": still here\n\n".to_owned()) } else { None }
            }
        }
    }

    async fn is_logged_in(&self) -> bool {
        let (Ok(seat), sid, now) = (self.ctx.seat(), self.sid.clone(), self.now()) else { return false };
        let user = seat.person.user;
        match self.ctx.db.read(move |c| accounts::is_logged_in(c, user, &sid, now)).await {
            Ok(live) => live,
            // The database is away for a moment: the stream waits with everybody else.
            Err(why) => {
                tracing::debug!(%why, "a stream's session could not be looked at");
                true
            }
        }
    }
    fn now(&self) -> DateTime<Utc> {
        self.ctx.platform.clock.now()
    }
}

/// A fresh element replaces the content of `#live-now`, and asks as soon as it is there.
fn event(stamp: &str) -> String {
    let stamp: String = stamp.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':')).collect();
    format!(
        "data: <hx-partial hx-target=\"#live-now\" hx-swap=\"innerHTML\"><i hx-get=\"/sync\" hx-trigger=\"load\" hx-target=\"#centre\" \
         hx-swap=\"outerMorph\" data-n=\"{stamp}\"></i></hx-partial>\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn a_message_is_one_partial_and_nothing_can_break_out_of_it() {
        let said = event("3.<script>\n\n1");
        assert!(said.starts_with("data: <hx-partial ") && said.ends_with("</hx-partial>\n\n"), "{said}");
        assert!(said.contains("data-n=\"3.script1\"") && said.matches('\n').count() == 2, "{said}");
    }
}
