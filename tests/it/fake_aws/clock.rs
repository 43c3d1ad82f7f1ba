//! Time that passes only when all wait for it: at once, to the moment for which the first of them waits.
//!
//! Each test has a thread of its own, and so a clock of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use aws_types::sdk_config::TimeSource;

/// When every clock begins: 2026-11-22T12:34:56Z.
const START: Duration = Duration::from_secs(1_795_350_896);

thread_local! {
    static CLOCK: RefCell<Clock> = RefCell::default();
}

#[derive(Default)]
struct Clock {
    passed: Duration,
    sleepers: BTreeMap<(Duration, usize), Waker>,
    slept: usize,
}

/// Sets the clock back to its beginning.
pub(super) fn reset() {
    CLOCK.with_borrow_mut(|clock| *clock = Clock::default());
}

/// How much time has passed since an AWS was made.
pub fn passed() -> Duration {
    CLOCK.with_borrow(|clock| clock.passed)
}

/// Runs a future to its end; while nothing is ready, time passes.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    loop {
        if woken.0.swap(false, Relaxed) {
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return done;
            }
            continue;
        }
        let next = CLOCK.with_borrow_mut(|clock| {
            let ((time, _), sleeper) = clock.sleepers.pop_first().expect("somebody waits, and not for time");
            clock.passed = time;
            sleeper
        });
        next.wake();
    }
}

/// Waits until so much time has passed.
pub async fn sleep(duration: Duration) {
    Until::after(duration).await;
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// Waits until a moment.
pub(super) struct Until {
    place: (Duration, usize),
}

impl Until {
    pub(super) fn after(duration: Duration) -> Self {
        CLOCK.with_borrow_mut(|clock| {
            clock.slept += 1;
            Self { place: (clock.passed + duration, clock.slept) }
        })
    }
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            if clock.passed >= self.place.0 {
                return Poll::Ready(());
            }
            clock.sleepers.insert(self.place, context.waker().clone());
            Poll::Pending
        })
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        CLOCK.with_borrow_mut(|clock| drop(clock.sleepers.remove(&self.place)));
    }
}

#[derive(Debug)]
pub(super) struct OurTime;

impl TimeSource for OurTime {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + START + passed()
    }
}
