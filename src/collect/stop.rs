//! The user's hand on the collecting: Ctrl-C.

use tokio::sync::watch;

/// What stops the collecting from outside. Clones stop the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Nothing is asked from now on.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Was it stopped?
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is stopped.
    pub(super) async fn stopped(&self) {
        // INVARIANT: the sender lives as long as this borrow of it.
        drop(self.0.subscribe().wait_for(|stopped| *stopped).await);
    }
}
