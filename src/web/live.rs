//! Who is looking at something that changes by itself: one channel a merchant, fed by whoever knows what has changed.

use crate::ids::MerchantId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, watch};

/// Messages somebody may be behind before they are told to start over.
const BACKLOG: usize = 16;

/// The listeners of this process.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    channels: Mutex<HashMap<MerchantId, broadcast::Sender<String>>>,
    over: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self(Arc::new(Inner { channels: Mutex::default(), over: watch::Sender::new(false) }))
    }
}

/// One listener: what arrives, and the end of it all.
pub struct Ear {
    pub messages: broadcast::Receiver<String>,
    pub over: watch::Receiver<bool>,
}

impl Live {
    pub fn listen(&self, merchant: MerchantId) -> Ear {
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.entry(merchant).or_insert_with(|| broadcast::Sender::new(BACKLOG));
        Ear { messages: channel.subscribe(), over: self.0.over.subscribe() }
    }

    /// The merchants somebody listens to; channels nobody listens to any more are dropped.
    pub fn listened(&self) -> Vec<MerchantId> {
        let mut channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels.keys().copied().collect()
    }

    /// Tells everybody who listens to a merchant. Nobody listening is no failure: they have just left.
    pub fn tell(&self, merchant: MerchantId, message: &str) {
        let channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&merchant)
            && channel.send(message.to_owned()).is_err()
        {
            tracing::debug!(%merchant, "nobody listens any more");
        }
    }

    /// Ends every stream: a server that shuts down waits for its connections.
    pub fn end(&self) {
        self.0.over.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_those_who_listen_are_told() {
        let live = Live::default();
        let mut ear = live.listen(MerchantId(1));
        assert_eq!(live.listened(), [MerchantId(1)]);
        live.tell(MerchantId(2), "x");
        live.tell(MerchantId(1), "y");
        assert_eq!(ear.messages.recv().await.unwrap(), "y");
        live.end();
        assert!(*ear.over.borrow());
        drop(ear);
        assert!(live.listened().is_empty());
    }
}
