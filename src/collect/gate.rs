//! The one door to AWS: every request passes through it with its entry in the table of calls.
//!
//! Holds back what would be too much at once, counts what is really sent, and tells who watches. Knows no service and
//! no answer; what AWS's errors mean is read in `refusal`, and which service is not asked any more in `health`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::future::Future;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_s3::config::{AsyncSleep, SharedAsyncSleep};
use aws_types::sdk_config::SharedTimeSource;
use futures_util::future::pending;
use futures_util::stream::{self, StreamExt};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::calls::{CALLS, Call, GET_ACCOUNT_AUTHORIZATION_DETAILS};
use super::connection::Connection;
use super::count::Count;
use super::end::{End, Ended};
use super::health::Health;
use super::lock::lock;
use super::refusal::{AwsError, Failure, Refusal, Seen, malformed};
use super::retries::{RETRIES, Retries};
use super::sdk::endpoint;
use super::secrets::Secrets;
use super::watch::{Event, Open, OpenCall, Progress, Watcher};
use crate::account::Unknown;
use crate::account::snapshot::Collection;

/// Requests under way at once: S3 answers as many as are sent, a control plane throttles soon. (Measured: 32 is the
/// knee for S3; above 8 the others only retry more.)
const S3_AT_ONCE: usize = 32;
const CONTROL_PLANE_AT_ONCE: usize = 8;

/// Requests prepared at once. More than may be under way, so that the door is never idle; bounded, so that memory is.
const PREPARED: usize = 64;

const SECOND: Duration = Duration::from_secs(1);

/// The door.
pub(super) struct Gate {
    count: Count,
    services: BTreeMap<&'static str, Semaphore>,
    /// The services that are asked at an endpoint of the user's choice, and so most likely an emulator's.
    emulated: BTreeSet<&'static str>,
    health: Health,
    rate: Option<RateLimiter>,
    end: End,
    open: Open,
    secrets: Secrets,
    clock: SharedTimeSource,
    sleep: Option<SharedAsyncSleep>,
    started: SystemTime,
    finished: Mutex<SystemTime>,
    watcher: Watcher,
}

/// What the door is told of the run that it serves.
pub(super) struct Run<'a> {
    pub(super) connection: &'a Connection,
    /// When the run began.
    pub(super) begun: SystemTime,
    /// The credentials in use.
    pub(super) secrets: Secrets,
    pub(super) watcher: Watcher,
}

impl Gate {
    pub(super) fn new(config: &SdkConfig, Run { connection, begun, secrets, watcher }: Run<'_>) -> Self {
        let clock = config.time_source().unwrap_or_default();
        let started = clock.now();
        let permits = |service| match (connection.concurrency, service) {
            (Some(chosen), _) => chosen.clamp(1, Semaphore::MAX_PERMITS),
            (None, "S3") => S3_AT_ONCE,
            (None, _) => CONTROL_PLANE_AT_ONCE,
        };
        Self {
            count: Count::default(),
            services: CALLS.iter().map(|call| (call.service, Semaphore::new(permits(call.service)))).collect(),
            emulated: CALLS.iter().map(|call| call.service).filter(|id| endpoint(config, id).is_some()).collect(),
            health: Health::default(),
            rate: connection.max_rps.zip(config.sleep_impl()).map(|(rps, sleep)| RateLimiter::new(rps, sleep)),
            end: End::new(config, connection, begun),
            open: Open::default(),
            secrets,
            clock,
            sleep: config.sleep_impl(),
            started,
            finished: Mutex::new(started),
            watcher,
        }
    }

    /// Sends a request of a client of a region, when there is room for it, unless it is known to be in vain.
    pub(super) fn ask<T, E: AwsError>(
        &self,
        call: &'static Call,
        region: &str,
        resource: &str,
        request: impl Future<Output = Result<T, Failure<E>>>,
    ) -> impl Future<Output = Result<T, Refusal>> {
        // The SDK's futures are large: on the heap they neither fill the stack nor are moved about.
        let request = Box::pin(request);
        async move {
            let answered = async {
                let _permit = self.permit(call.service).await;
                let admitted = self.health.admit(call, region, self.is_emulated(call.service)).await?;
                let answer = self.send(call, resource, request, false).await;
                let noted = self.health.note(&admitted, answer);
                if let Some(why) = self.health.ended_just_now() {
                    (self.watcher)(Event::Ended { message: &why });
                }
                noted
            };
            self.until_the_end(call, answered).await
        }
    }

    /// Sends the first request of all, which shows whether anybody is there.
    pub(super) async fn ask_first<T, E: AwsError>(
        &self,
        call: &'static Call,
        request: impl Future<Output = Result<T, Failure<E>>>,
    ) -> Result<T, Refusal> {
        self.until_the_end(call, self.send(call, "*", Box::pin(request), true)).await
    }

    /// Waits for what a call brings, unless the collecting ends first.
    pub(super) async fn until_the_end<T>(
        &self,
        call: &'static Call,
        answer: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        match self.end.cut(answer).await {
            Ok(answer) => answer,
            Err(ended) => Err(Refusal::ended(call, ended)),
        }
    }

    async fn send<T, E: AwsError>(
        &self,
        call: &'static Call,
        resource: &str,
        request: impl Future<Output = Result<T, Failure<E>>>,
        first: bool,
    ) -> Result<T, Refusal> {
        if let Some(rate) = &self.rate {
            rate.wait(self.clock.now()).await;
        }
        (self.watcher)(Event::Asked(self.progress(call, resource)));
        let _under_way = self.open.begin(call, resource, self.clock.now());
        let emulated = self.is_emulated(call.service);
        let told = {
            let (watcher, resource) = (self.watcher.clone(), resource.to_owned());
            move |reason: &str, wait| watcher(Event::Retried { call, resource: &resource, reason, wait })
        };
        let retries = Retries::new(self.clock.clone(), emulated, first, Box::new(told));
        let answer = RETRIES.scope(retries, request).await;
        let now = self.clock.now();
        *lock(&self.finished) = now;
        answer.map_err(|failure| Refusal::of(call, resource, &failure, &Seen { emulated, now, secrets: &self.secrets }))
    }

    fn progress<'a>(&self, call: &'static Call, resource: &'a str) -> Progress<'a> {
        Progress { call, resource, calls: self.count.calls(), retries: self.count.retries() }
    }

    /// Tells once a second of the oldest call under way, for ever.
    pub(super) async fn tell_what_is_under_way(&self) {
        let Some(sleep) = &self.sleep else { return pending().await };
        loop {
            sleep.sleep(SECOND).await;
            let now = self.clock.now();
            if let Some(OpenCall { call, resource, since }) = self.open.oldest() {
                let since_then = |then| now.duration_since(then).unwrap_or_default();
                (self.watcher)(Event::Waiting {
                    oldest: self.progress(call, &resource),
                    age: since_then(since),
                    passed: since_then(self.started),
                });
            }
        }
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.end.now() == Some(Ended::Stopped)
    }

    /// Is the service asked at an endpoint of the user's choice?
    pub(super) fn is_emulated(&self, service: &str) -> bool {
        self.emulated.contains(service)
    }

    async fn permit(&self, service: &str) -> Option<SemaphorePermit<'_>> {
        match self.services.get(service) {
            // INVARIANT: no semaphore is ever closed.
            Some(semaphore) => semaphore.acquire().await.ok(),
            None => None,
        }
    }

    /// What counts the calls of a client, to be registered with each.
    pub(super) fn count(&self) -> Count {
        self.count.clone()
    }

    /// When the collecting began.
    pub(super) fn started(&self) -> SystemTime {
        self.started
    }

    /// When the calls were made and how many.
    pub(super) fn collection(&self) -> Collection {
        Collection {
            started_at: rfc3339(self.started),
            finished_at: rfc3339(*lock(&self.finished)),
            api_calls: self.count.calls(),
            retries: self.count.retries(),
        }
    }
}

/// Asks about many things at once; the answers come in any order.
pub(super) async fn each<I, T>(items: impl IntoIterator<Item = I>, ask: impl AsyncFn(I) -> T) -> Vec<T> {
    let ask = &ask;
    stream::iter(items).map(|item| ask(item)).buffer_unordered(PREPARED).collect().await
}

/// Pages of a list at most, far above what AWS's quotas allow: a million buckets with tags are 10,000 pages.
const MOST_PAGES: usize = 20_000;
/// Pages of `GetAccountAuthorizationDetails` at most. They are large, and the quotas on roles, users, groups and policies
/// fill some 200, if IAM makes them as small as it does unless it is asked for more.
const MOST_PAGES_OF_DETAILS: usize = 1_000;

/// Follows a list page by page to its end. One page that is refused spoils the list: half a list is no list. So does a
/// list that has no end.
pub(super) async fn pages<T>(
    call: &'static Call,
    mut page: impl AsyncFnMut(Option<String>) -> Result<Page<T>, Unknown>,
) -> Result<Vec<T>, Unknown> {
    let most = if *call == GET_ACCOUNT_AUTHORIZATION_DETAILS { MOST_PAGES_OF_DETAILS } else { MOST_PAGES };
    let mut all = vec![];
    let mut marker = None;
    let mut followed = HashSet::new();
    for _ in 0..most {
        let Page { items, next } = page(marker).await?;
        all.extend(items);
        let Some(next) = next.filter(|next| !next.is_empty()) else { return Ok(all) };
        // Else a server that forgets its markers would be asked forever.
        if !followed.insert(next.clone()) {
            return Err(malformed(call.action, "*", "the list repeats one of its pages"));
        }
        marker = Some(next);
    }
    Err(malformed(call.action, "*", &format!("the list does not end after {most} pages")))
}

/// A page of a list, and the marker of the next.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn new(items: Option<Vec<T>>, next: Option<String>) -> Self {
        Self { items: items.unwrap_or_default(), next }
    }
}

fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    timestamp.unwrap_or_default().to_string()
}

/// Requests at an even distance, for accounts whose limits others need too.
struct RateLimiter {
    distance: Duration,
    next: Mutex<SystemTime>,
    sleep: SharedAsyncSleep,
}

impl RateLimiter {
    fn new(rps: u32, sleep: SharedAsyncSleep) -> Self {
        Self { distance: Duration::from_secs(1) / rps.max(1), next: Mutex::new(SystemTime::UNIX_EPOCH), sleep }
    }

    async fn wait(&self, now: SystemTime) {
        let wait = {
            let mut next = lock(&self.next);
            let turn = now.max(*next);
            *next = turn + self.distance;
            turn.duration_since(now).unwrap_or_default()
        };
        if !wait.is_zero() {
            self.sleep.sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::calls::LIST_BUCKETS;

    fn followed(call: &'static Call, next: impl Fn(usize) -> Option<String>) -> (usize, Result<usize, Unknown>) {
        let mut asked = 0;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let all = runtime.block_on(pages(call, async |_| {
            asked += 1;
            Ok(Page { items: vec![()], next: next(asked) })
        }));
        (asked, all.map(|all| all.len()))
    }

    #[test]
    fn a_list_without_an_end_ends_with_a_gap() {
        for (call, most) in [(&LIST_BUCKETS, MOST_PAGES), (&GET_ACCOUNT_AUTHORIZATION_DETAILS, MOST_PAGES_OF_DETAILS)] {
            let (asked, all) = followed(call, |page| Some(page.to_string()));
            let gap = all.unwrap_err();
            assert_eq!((asked, gap.action(), gap.code()), (most, call.action, "Malformed"));
            assert_eq!(gap.message(), format!("the list does not end after {most} pages"));
            let (asked, all) = followed(call, |page| (page < most).then(|| page.to_string()));
            assert_eq!((asked, all), (most, Ok(most)));
        }
        // A, B, A.
        let (asked, all) = followed(&LIST_BUCKETS, |page| Some((page % 2).to_string()));
        assert_eq!((asked, all.unwrap_err().message().as_str()), (3, "the list repeats one of its pages"));
    }
}
