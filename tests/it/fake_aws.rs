//! An AWS in memory: real SDK clients, with their signing, retries, paging and parsing, speak to it over a connector
//! that answers from an [`Account`].
//!
//! Knows the wire formats of the operations in gt-audit's table of calls and no other; whatever else is asked of it
//! fails the test. Waiting takes no time here: there is a clock of its own, which is set on when all wait.

#![expect(clippy::expect_used, reason = "a request that is not what it should be fails the test")]

mod asked;
mod body;
mod clock;
mod fault;
mod iam;
mod kms;
mod organizations;
mod rest;
mod s3;
mod sagemaker;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{AsyncSleep, Credentials, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_types::sdk_config::{SharedCredentialsProvider, SharedTimeSource};
use gt_audit::account::{Account, Fact};
use gt_audit::collect::calls::{CALLS, Call};
use gt_audit::collect::{Aws, ConnectError, Connection};

use asked::Asked;
pub use clock::{passed, run, sleep};
pub use fault::{Fault, How, PAGE};

/// The region of the clients' configuration.
pub const HOME: &str = "us-east-1";

/// An AWS that has one account.
#[derive(Clone)]
pub struct FakeAws(Arc<Inner>);

struct Inner {
    account: Account,
    set: Switches,
    seen: Mutex<Seen>,
}

/// What is wrong with this AWS.
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
#[derive(Debug, Clone, Default)]
pub struct Switches {
    /// No page holds more than this.
    pub page: Option<usize>,
    /// Operations that are refused, with which code, and how many requests are answered before.
    pub refused: Vec<(&'static Call, &'static str, usize)>,
    /// Every so many requests, one is throttled.
    pub throttle_every: Option<usize>,
    /// Answers that go wrong.
    pub faults: Vec<Fault>,
    /// The endpoint is not Amazon's.
    pub emulated: bool,
    /// Operations that answer with something unreadable.
    pub garbled: Vec<&'static Call>,
    /// `ListBuckets` names no regions.
    pub no_bucket_regions: bool,
    /// `ListBuckets` names this region for buckets that are elsewhere.
    pub misplaced: Option<&'static str>,
    /// S3 answers as for a wrong signature, not with a redirect, when a bucket is elsewhere.
    pub malformed_authorization: bool,
    /// Managed policies that `GetAccountAuthorizationDetails` leaves out.
    pub left_out: BTreeSet<String>,
    /// The text of a role's inline policy, by the names of role and policy.
    pub inline_policy: Option<(&'static str, &'static str, &'static str)>,
    /// The tagging index answers that nothing is tagged, as LocalStack's does.
    pub empty_index: bool,
    /// The account manages its organization.
    pub manages: bool,
    /// The organization only shares the bill.
    pub consolidated_billing: bool,
    /// A kind of control policy that the organization has not enabled, and says so.
    pub not_enabled: Option<&'static str>,
    /// Lists repeat their first page forever.
    pub forgets_markers: bool,
    /// Lists never end, and their markers alternate between two.
    pub alternates_markers: bool,
}

#[derive(Default)]
struct Seen {
    requests: usize,
    by_operation: BTreeMap<(String, String), usize>,
    /// How often each fault could have struck.
    by_fault: Vec<usize>,
    /// When each request came.
    times: Vec<Duration>,
}

/// What is answered: the status, headers and the body.
struct Answer(u16, Vec<(&'static str, String)>, String);

/// What is no answer in one piece.
enum Trouble {
    Error(ConnectorError),
    Silence,
    /// An answer whose body does not come as it should.
    Body(Answer, How),
}

impl FakeAws {
    pub fn new(account: &Account, set: Switches) -> Self {
        clock::reset();
        let seen = Seen { by_fault: vec![0; set.faults.len()], ..Seen::default() };
        Self(Arc::new(Inner { account: account.clone(), set, seen: Mutex::new(seen) }))
    }

    pub fn serving(account: &Account) -> Self {
        Self::new(account, Switches::default())
    }

    /// A configuration whose clients speak to this AWS.
    pub fn config(&self) -> SdkConfig {
        let credentials = Credentials::new(
            "AKIDEXAMPLEEXAMPLE",
            "SECRETEXAMPLEEXAMPLE",
            Some("TOKENEXAMPLEEXAMPLE".to_owned()),
            None,
            "test",
        );
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(HOME))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.clone())
            .sleep_impl(SharedAsyncSleep::new(self.clone()))
            .time_source(SharedTimeSource::new(clock::OurTime));
        let emulated = self.0.set.emulated || self.0.set.empty_index;
        config.set_endpoint_url(emulated.then(|| "http://127.0.0.1:4566".to_owned()));
        config.build()
    }

    pub async fn connect(&self, connection: &Connection) -> Result<Aws, ConnectError> {
        Aws::new(self.config(), connection, Arc::new(|_| ())).await
    }

    /// How many requests came for each operation.
    pub fn requests(&self) -> BTreeMap<(String, String), usize> {
        self.0.seen.lock().unwrap().by_operation.clone()
    }

    pub fn requests_of(&self, call: &Call) -> usize {
        self.requests().get(&(call.service.to_owned(), call.operation.to_owned())).copied().unwrap_or_default()
    }

    pub fn requests_to(&self, service: &str) -> usize {
        self.requests().iter().filter(|((of, _), _)| of == service).map(|(_, count)| count).sum()
    }

    /// When each request came.
    pub fn times(&self) -> Vec<Duration> {
        self.0.seen.lock().unwrap().times.clone()
    }
}

impl Inner {
    fn answer(&self, request: &HttpRequest) -> Result<Answer, Trouble> {
        let asked = Asked::read(request);
        let call = CALLS
            .iter()
            .find(|call| (call.service, call.operation) == (asked.service, asked.operation.as_str()))
            .unwrap_or_else(|| panic!("{} {} is not in the table of calls", asked.service, asked.operation));
        let (number, of_operation, fault) = {
            let mut seen = self.seen.lock().unwrap();
            seen.requests += 1;
            seen.times.push(passed());
            let requests = seen.requests;
            let count = seen.by_operation.entry((call.service.to_owned(), call.operation.to_owned())).or_default();
            *count += 1;
            (requests, *count, self.fault(&asked, &mut seen.by_fault))
        };
        if self.set.throttle_every.is_some_and(|every| number % every == 0) {
            return Ok(throttled(&asked));
        }
        if let Some((_, code, _)) = self.set.refused.iter().find(|(c, _, after)| c == call && of_operation > *after) {
            let message = format!("User: arn:aws:iam::1:user/u is not authorized to perform: {}", call.action);
            return Ok(refusal(&asked, 403, code, &message));
        }
        match fault {
            None => {}
            Some(How::Refused(status, code)) => {
                let Answer(_, headers, body) = refusal(&asked, status, code, "something is wrong");
                return Ok(Answer(status, headers, body));
            }
            Some(How::Says(status, body)) => return Ok(Answer(status, vec![], body.to_owned())),
            Some(How::Half) => {
                let Answer(status, headers, mut body) = self.right_answer(&asked);
                let half = (body.len() / 2..body.len()).find(|at| body.is_char_boundary(*at)).unwrap_or_default();
                body.truncate(half);
                return Ok(Answer(status, headers, body));
            }
            Some(How::Tells(status, code, message)) => return Ok(refusal(&asked, status, code, message)),
            Some(How::At(date, status, code)) => {
                let Answer(status, mut headers, body) = refusal(&asked, status, code, "something is wrong");
                headers.push(("date", date.to_owned()));
                return Ok(Answer(status, headers, body));
            }
            Some(how @ (How::CutBody | How::StalledBody | How::DrippingBody)) => {
                return Err(Trouble::Body(self.right_answer(&asked), how));
            }
            Some(silence) => return Err(silence.connector_error().map_or(Trouble::Silence, Trouble::Error)),
        }
        if self.set.garbled.contains(call) {
            return Ok(Answer(200, vec![], "<html>{not what you think".to_owned()));
        }
        Ok(self.right_answer(&asked))
    }

    fn right_answer(&self, asked: &Asked) -> Answer {
        match asked.service {
            "IAM" => iam::answer(self, asked),
            "STS" => iam::caller_identity(self, asked),
            "SageMaker" => sagemaker::answer(self, asked),
            "S3" => s3::answer(self, asked),
            "KMS" => kms::answer(self, asked),
            "Organizations" => organizations::answer(self, asked),
            _ => rest::answer(self, asked),
        }
    }

    /// The first fault that strikes.
    fn fault(&self, asked: &Asked, by_fault: &mut [usize]) -> Option<How> {
        let mut strikes = None;
        for (fault, count) in self.set.faults.iter().zip(by_fault) {
            if fault.is_about(asked.service, &asked.operation, &asked.region) {
                *count += 1;
                strikes = strikes.or(fault.strikes(*count).then_some(fault.how));
            }
        }
        strikes
    }

    /// One page of a list: how much is asked for, but never more than `most` or the switch allows.
    fn page<T>(
        &self,
        items: Vec<T>,
        asked: Option<&String>,
        most: usize,
        marker: Option<&String>,
    ) -> (Vec<T>, Option<String>) {
        let asked = asked.map_or(most, |text| text.parse().expect("a page size"));
        let size = asked.min(most).min(self.set.page.unwrap_or(usize::MAX));
        // Markers are opaque; this one has every character that an encoding could lose.
        let start = match marker {
            Some(_) if self.set.forgets_markers => 0,
            Some(marker) => marker.strip_prefix("p/ä+=&% ").expect("a marker of ours").parse().expect("a number"),
            None => 0,
        };
        if self.set.alternates_markers {
            return (items.into_iter().take(size).collect(), Some(format!("p/ä+=&% {}", usize::from(start == 0))));
        }
        let more = items.len() > start + size;
        let next = more.then(|| format!("p/ä+=&% {}", start + size));
        (items.into_iter().skip(start).take(size).collect(), next)
    }
}

/// A refusal as the service's protocol has it.
fn refusal(asked: &Asked, status: u16, code: &str, message: &str) -> Answer {
    match asked.service {
        "IAM" | "STS" => {
            let error = element("Error", &[("Type", "Sender"), ("Code", code), ("Message", message)]);
            Answer(status, vec![], format!("<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>"))
        }
        "S3" => Answer(status, vec![], element("Error", &[("Code", code), ("Message", message)])),
        "Resource Groups Tagging API" | "SageMaker" | "KMS" | "Organizations" => {
            Answer(400, vec![], json_refusal(code, message))
        }
        _ => Answer(
            status,
            vec![("x-amzn-errortype", code.to_owned())],
            serde_json::json!({"Message": message, "message": message}).to_string(),
        ),
    }
}

fn json_refusal(code: &str, message: &str) -> String {
    serde_json::json!({"__type": code, "message": message}).to_string()
}

fn throttled(asked: &Asked) -> Answer {
    let (status, code) = match asked.service {
        "S3" => (503, "SlowDown"),
        "IAM" | "STS" => (400, "Throttling"),
        "Lambda" => (429, "TooManyRequestsException"),
        _ => (429, "ThrottlingException"),
    };
    refusal(asked, status, code, "Rate exceeded")
}

/// An XML element with leaves, in order.
fn element(name: &str, leaves: &[(&str, &str)]) -> String {
    wrap(name, &leaves.iter().map(|(name, text)| wrap(name, &escape(text))).collect::<String>())
}

fn wrap(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' | '<' | '>' | '"' => format!("&#{};", u32::from(c)),
            c if c.is_control() => format!("&#x{:x};", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

/// What this AWS knows; facts that the account leaves open are absences here.
fn known<T: Clone + Default>(fact: &Fact<T>) -> T {
    fact.known().cloned().unwrap_or_default()
}

impl HttpClient for FakeAws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (Answer(status, headers, body), how) = match self.0.answer(&request) {
            Ok(answer) => (answer, None),
            Err(Trouble::Body(answer, how)) => (answer, Some(how)),
            Err(Trouble::Silence) => return HttpConnectorFuture::new(std::future::pending()),
            Err(Trouble::Error(error)) => return HttpConnectorFuture::ready(Err(error)),
        };
        let status = StatusCode::try_from(status).expect("a status");
        let body = how.map_or_else(|| SdkBody::from(body.clone()), |how| body::wrong(&body, how));
        let mut response = HttpResponse::new(status, body);
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl fmt::Debug for FakeAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeAws")
    }
}

impl AsyncSleep for FakeAws {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(clock::Until::after(duration))
    }
}
