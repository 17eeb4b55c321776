//! Tells the pages that show what changes by itself: every two seconds one cheap question for all merchants somebody in this
//! process is looking at. No LISTEN: a transaction pooler would not pass it on.

use super::centre;
use crate::ids::MerchantId;
use crate::web::Platform;
use actix_web::web::Data;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

const EVERY: Duration = Duration::from_secs(2);

/// Runs until told to stop, or until the process is asked to end: streams must not keep the server from going.
pub(super) async fn watch_over(platform: Data<Platform>, mut stopped: watch::Receiver<bool>) {
    let mut known: HashMap<MerchantId, String> = HashMap::new();
    // One future for the whole time: a signal that comes while something is looked up is not missed.
    let mut ended = std::pin::pin!(asked_to_end());
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            () = &mut ended => break,
            () = tokio::time::sleep(EVERY) => look(&platform, &mut known).await,
        }
    }
    platform.live.end();
}

async fn look(platform: &Platform, known: &mut HashMap<MerchantId, String>) {
    let listened = platform.live.listened();
    known.retain(|merchant, _| listened.contains(merchant));
    if listened.is_empty() {
        return;
    }
    let now = platform.clock.now();
    match platform.db.read(move |c| centre::stamps(c, &listened, now)).await {
        Ok(stamps) => {
            for (merchant, stamp) in stamps {
                let before = known.insert(merchant, stamp.clone());
                if before.as_ref() != Some(&stamp) {
                    platform.live.tell(merchant, &stamp);
                }
            }
        }
        Err(why) => tracing::debug!(%why, "nothing can be told to those who listen"),
    }
}

async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}
