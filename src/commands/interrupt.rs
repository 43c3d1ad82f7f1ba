//! Ctrl-C: once ends the collecting, twice the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::{io, thread};

use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::collect::Stop;

/// While it lives, the first Ctrl-C stops the collecting; each other one ends the program at once.
pub(super) struct Listening(Arc<AtomicBool>);

impl Listening {
    pub(super) fn begin(stop: &Stop) -> io::Result<Self> {
        let collecting = Arc::new(AtomicBool::new(true));
        let mut signals = Signals::new([SIGINT])?;
        let (stop, still) = (stop.clone(), Arc::clone(&collecting));
        thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if still.swap(false, Relaxed) {
                    stop.stop();
                } else {
                    drop(emulate_default_handler(signal));
                }
            }
        })?;
        Ok(Self(collecting))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}
