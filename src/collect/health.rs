//! Which services answer where, and which are not asked again.
//!
//! A service that is not there, or that fails for as long as a call is retried, would fail for the next call too: so that
//! one is not made, and has the first one's refusal for its answer. Knows services, regions and operations by their names
//! alone, and nothing of requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::calls::Call;
use super::lock::lock;
use super::refusal::{Kind, Refusal};

/// What is known of every service that was asked.
#[derive(Default)]
pub(super) struct Health {
    places: Mutex<BTreeMap<Place, Arc<Record>>>,
    /// The refusal after which nothing is worth asking: the credentials have expired.
    ended: Mutex<Option<Refusal>>,
    /// Is that told?
    told: AtomicBool,
}

/// A service in a region, or one operation of it.
type Place = (&'static str, String, Option<&'static str>);

#[derive(Default)]
struct Record {
    past: Mutex<Past>,
    /// Held by the first call, on whose answer the others wait.
    first: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct Past {
    answers: u64,
    given_up: Option<Refusal>,
}

/// A call that may be made.
pub(super) struct Admitted {
    call: &'static Call,
    region: String,
    service: Arc<Record>,
    operation: Arc<Record>,
    /// How often each had answered before.
    before: [u64; 2],
    /// Whoever waits for the first answer goes on when these are dropped.
    _first: [Option<OwnedMutexGuard<()>>; 2],
}

impl Health {
    /// Lets a call be made, unless it is known to be in vain. The first call to a service in a region goes alone, and where
    /// the endpoint may lack single operations, the first of each operation too.
    pub(super) async fn admit(
        &self,
        call: &'static Call,
        region: &str,
        may_lack_operations: bool,
    ) -> Result<Admitted, Refusal> {
        let service = self.record(call, region, None);
        let operation = self.record(call, region, Some(call.operation));
        let alone = service.alone().await?;
        let operation_alone =
            if may_lack_operations { operation.alone().await? } else { operation.check().map(|()| None)? };
        if let Some(ended) = &*lock(&self.ended) {
            return Err(ended.clone());
        }
        let before = [service.answers(), operation.answers()];
        Ok(Admitted { call, region: region.to_owned(), service, operation, before, _first: [alone, operation_alone] })
    }

    /// Notes what came of a call. What is refused for more than this call is refused in the words of the first.
    pub(super) fn note<T>(&self, admitted: &Admitted, answer: Result<T, Refusal>) -> Result<T, Refusal> {
        let Admitted { call, region, service, operation, before, .. } = admitted;
        let refusal = match answer {
            Err(refusal) if matches!(refusal.kind, Kind::Missing | Kind::Broken | Kind::Expired) => refusal,
            answer => {
                lock(&service.past).answers += 1;
                lock(&operation.past).answers += 1;
                return answer;
            }
        };
        if refusal.kind == Kind::Expired {
            return Err(lock(&self.ended).get_or_insert_with(|| refusal.of_the_run()).clone());
        }
        // What has ever answered is not missing; what answered others meanwhile is not out of order.
        let before = if refusal.kind == Kind::Missing { [0, 0] } else { *before };
        if service.answers() == before[0] {
            Err(service.give_up(refusal, &format!("{} in {region}", call.service)))
        } else if operation.answers() == before[1] {
            Err(operation.give_up(refusal, &format!("{} in {region}", call.operation)))
        } else {
            Err(refusal)
        }
    }

    /// Why nothing is worth asking any more, the first time that it is so.
    pub(super) fn ended_just_now(&self) -> Option<String> {
        let message = lock(&self.ended).as_ref().map(|ended| ended.message.clone())?;
        (!self.told.swap(true, Relaxed)).then_some(message)
    }

    fn record(&self, call: &Call, region: &str, operation: Option<&'static str>) -> Arc<Record> {
        lock(&self.places).entry((call.service, region.to_owned(), operation)).or_default().clone()
    }
}

impl Record {
    fn answers(&self) -> u64 {
        lock(&self.past).answers
    }

    fn check(&self) -> Result<(), Refusal> {
        lock(&self.past).given_up.clone().map_or(Ok(()), Err)
    }

    /// Waits for the first call's answer, or is the first.
    async fn alone(&self) -> Result<Option<OwnedMutexGuard<()>>, Refusal> {
        self.check()?;
        if self.answers() > 0 {
            return Ok(None);
        }
        let first = Arc::clone(&self.first).lock_owned().await;
        self.check()?;
        Ok((self.answers() == 0).then_some(first))
    }

    fn give_up(&self, refusal: Refusal, what: &str) -> Refusal {
        lock(&self.past).given_up.get_or_insert_with(|| refusal.of_all(what)).clone()
    }
}
