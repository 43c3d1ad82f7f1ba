//! The one reader of AWS's errors: by their code, never by their text.
//!
//! Knows the kinds of failure that the SDK distinguishes and turns each into a [`Refusal`], and a refusal into an [`Unknown`]; has
//! never heard of a service. A message is one short line without control characters, and never the SDK's own dump of a
//! request or response, which may hold credentials.

use std::error::Error;
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::calls::Call;
use super::end::{DEADLINE, Ended, STOPPED};
use super::secrets::Secrets;
use crate::account::Unknown;
use crate::arn::Arn;

/// What the SDK says of a request that brought no answer.
pub(super) type Failure<E> = SdkError<E, HttpResponse>;

/// An operation's own errors.
pub(super) trait AwsError: ProvideErrorMetadata + Error + 'static {}

impl<E: ProvideErrorMetadata + Error + 'static> AwsError for E {}

/// What is known beside a failure.
pub(super) struct Seen<'a> {
    /// Is the endpoint one that the user chose?
    pub(super) emulated: bool,
    pub(super) now: SystemTime,
    pub(super) secrets: &'a Secrets,
}

/// Why a call brought no answer.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    action: &'static str,
    resource: String,
    /// AWS's own code, or a word for what kept it from giving one.
    pub(super) code: String,
    /// What AWS said, in one line.
    pub(super) message: String,
    pub(super) kind: Kind,
    /// How many seconds this machine's clock is ahead of the server's, where they differ by more than AWS lets pass.
    pub(super) skew: Option<i32>,
    /// The region in which the bucket is, where S3 answers that it is elsewhere.
    pub(super) bucket_region: Option<Box<str>>,
}

/// What a refusal says of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It answered.
    Answered,
    /// It throttled to the end.
    Throttled,
    /// The endpoint does not have the operation.
    Missing,
    /// It did not answer, or only that it is out of order.
    Broken,
    /// The credentials have expired, or cannot be renewed.
    Expired,
}

/// How many seconds AWS's clocks and ours may differ (Signature Version 4: five minutes; S3 lets 15 pass; 2026-11).
const MOST_SKEW: u32 = 300;

/// How long a message may be, in characters.
const MESSAGE: usize = 300;

/// The codes by which services throttle, as aws-runtime 1.10 has them (`retries/classifiers.rs`, 2026-11).
const THROTTLING: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// The code of an answer that throttles without one.
const TOO_MANY: &str = "Http429";

/// How a service says that it does not know an operation: the JSON protocols, the query protocol.
const UNKNOWN_OPERATION: [&str; 2] = ["UnknownOperationException", "InvalidAction"];

impl Refusal {
    /// Reads what the SDK says.
    pub(super) fn of<E: AwsError>(call: &Call, resource: &str, failure: &Failure<E>, seen: &Seen<'_>) -> Self {
        let Seen { emulated, now, secrets } = *seen;
        let line = |text: &str| line(&secrets.mask(text));
        let own = failure.code();
        let response = failure.raw_response();
        let missing = response.is_some_and(|response| is_missing(response, own, emulated))
            || own.is_some_and(|code| UNKNOWN_OPERATION.contains(&code));
        let (kind, code) = match failure {
            _ if missing => (Kind::Missing, "NotSupported".to_owned()),
            SdkError::TimeoutError(_) => (Kind::Broken, "Timeout".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => (Kind::Broken, "Timeout".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_io() => (Kind::Broken, "NoConnection".to_owned()),
            SdkError::DispatchFailure(_) if causes(failure).any(<dyn Error>::is::<CredentialsError>) => {
                (Kind::Expired, "NoCredentials".to_owned())
            }
            SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) => (Kind::Broken, "NotSent".to_owned()),
            SdkError::ServiceError(error) => of_answer(error.raw(), own),
            // The connection broke before the body was there.
            SdkError::ResponseError(error) if error.raw().body().bytes().is_none() => {
                (Kind::Broken, "BrokenOff".to_owned())
            }
            SdkError::ResponseError(error) => of_answer(error.raw(), None),
            _ => (Kind::Answered, "Malformed".to_owned()),
        };
        let message = match failure.message() {
            Some(message) => line(message),
            None if missing => "the endpoint does not have this operation".to_owned(),
            // What the SDK did not understand of a page is of no use to a reader.
            None if code.starts_with("Http") => "it is no answer of AWS's".to_owned(),
            None => line(&innermost(failure)),
        };
        let code = secrets.mask(&code);
        let skew = response.and_then(|response| response.headers().get("date")).and_then(|date| skew(date, now));
        let bucket_region = response
            .filter(|response| is_elsewhere(response, &code))
            .and_then(|response| response.headers().get("x-amz-bucket-region").map(Box::from));
        Self { action: call.action, resource: resource.to_owned(), code, message, kind, skew, bucket_region }
    }

    /// A call that was not made, or whose answer was not waited for, because the collecting ends.
    pub(super) fn ended(call: &Call, ended: Ended) -> Self {
        Self {
            action: call.action,
            resource: "*".to_owned(),
            code: ended.code().to_owned(),
            message: ended.message(),
            kind: Kind::Answered,
            skew: None,
            bucket_region: None,
        }
    }

    /// The same for all that is not asked because of it.
    pub(super) fn of_all(self, what: &str) -> Self {
        // A list names its region; a single resource is not what this is about.
        let resource = if self.resource.ends_with('*') { self.resource } else { "*".to_owned() };
        let message = format!("{}; {what} was not asked again", self.message);
        Self { resource, message, ..self }
    }

    /// The same for all the rest of a run whose credentials have expired.
    pub(super) fn of_the_run(self) -> Self {
        let what = "the credentials expired while the account was read, and nothing was asked from then on: renew them, and run again";
        Self { resource: "*".to_owned(), message: format!("{what} ({})", self.message), ..self }
    }

    pub(super) fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl From<Refusal> for Unknown {
    fn from(Refusal { action, resource, code, message, .. }: Refusal) -> Self {
        Self::refused(action, &resource, &code, &message)
    }
}

/// Is nothing to be asked about each resource after this refusal of a call for many? Whoever throttles that one would
/// throttle these; and at the end of the collecting nothing is asked.
pub(super) fn is_final(gap: &Unknown) -> bool {
    [TOO_MANY, DEADLINE, STOPPED].contains(&gap.code()) || THROTTLING.contains(&gap.code())
}

/// How many seconds a clock is ahead of the time in a `Date` header, if it is more than AWS lets pass.
fn skew(date: &str, now: SystemTime) -> Option<i32> {
    let theirs = DateTime::from_str(date, Format::HttpDate).ok()?;
    let seconds = i32::try_from(DateTime::from(now).secs() - theirs.secs()).ok()?;
    (seconds.unsigned_abs() > MOST_SKEW).then_some(seconds)
}

/// What could not be understood in an answer.
pub(super) fn malformed(action: &str, resource: &str, message: &str) -> Unknown {
    Unknown::refused(action, resource, "Malformed", line(message))
}

/// An ARN of an answer. What is missing or no ARN spoils only what it would have named.
pub(super) fn arn(action: &str, text: Option<&str>) -> Result<Arn, Unknown> {
    let text = text.unwrap_or_default();
    Arn::parse(text).map_err(|error| malformed(action, if text.is_empty() { "*" } else { text }, &error.to_string()))
}

fn of_answer(response: &HttpResponse, code: Option<&str>) -> (Kind, String) {
    let status = response.status();
    match code {
        Some(code) if THROTTLING.contains(&code) => (Kind::Throttled, line(code)),
        Some(code) if code.starts_with("ExpiredToken") => (Kind::Expired, line(code)),
        Some(code) if status.is_server_error() => (Kind::Broken, line(code)),
        Some(code) => (Kind::Answered, line(code)),
        // An answer, and the SDK could not read it.
        None if status.is_success() => (Kind::Answered, "Malformed".to_owned()),
        None if status.as_u16() == 429 => (Kind::Throttled, TOO_MANY.to_owned()),
        None if status.is_server_error() => (Kind::Broken, format!("Http{}", status.as_u16())),
        None => (Kind::Answered, format!("Http{}", status.as_u16())),
    }
}

/// Does the endpoint not have the operation? Status 501 says so, and 404 of what is nothing that an operation could look
/// for. Emulators also answer with 500 and a page of HTML, and with a list of the bucket where they pass over a part of it
/// that they do not know; AWS does neither.
pub(super) fn is_missing(response: &HttpResponse, code: Option<&str>, emulated: bool) -> bool {
    let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let is_page = || {
        let start = body.trim_start().get(..5).unwrap_or_default();
        ["<!doc", "<html"].iter().any(|page| start.eq_ignore_ascii_case(page))
    };
    match response.status().as_u16() {
        501 => true,
        500 => emulated && code.is_none() && is_page(),
        200 => emulated && body.contains("<ListBucketResult"),
        404 => !code.is_some_and(|code| ["NoSuch", "NotFound", "NotInUse"].iter().any(|none| code.contains(none))),
        _ => false,
    }
}

/// Does S3 say that the bucket is not where it was asked for? The SDK does not follow.
fn is_elsewhere(response: &HttpResponse, code: &str) -> bool {
    response.status().as_u16() == 301
        || ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"].contains(&code)
}

/// The innermost cause of an error: what lies above it says only that there was one.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// An error and all that caused it, outermost first.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The first line of a text: what follows in a `SignatureDoesNotMatch` is the request with its session token.
pub(super) fn line(text: &str) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default().trim_end();
    let plain: String = first.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE).collect();
    if first.chars().nth(MESSAGE).is_some() { format!("{plain}…") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_from_five_minutes_on() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_350_896);
        for (date, ahead) in [
            ("Sun, 22 Nov 2026 12:34:56 GMT", None),
            ("Sun, 22 Nov 2026 12:39:56 GMT", None),
            ("Sun, 22 Nov 2026 12:39:57 GMT", Some(-301)),
            ("Sun, 22 Nov 2026 11:34:56 GMT", Some(3600)),
            ("yesterday", None),
        ] {
            assert_eq!(skew(date, now), ahead, "{date}");
        }
    }

    #[test]
    fn a_message_is_one_short_line_without_control_characters() {
        assert_eq!(line("\n not\u{1b}[31m yours \nx-amz-security-token:SECRET"), "not [31m yours");
        let long = line(&"é".repeat(MESSAGE + 1));
        assert_eq!(long.chars().count(), MESSAGE + 1);
        assert!(long.ends_with('…'));
        assert_eq!(line(&"é".repeat(MESSAGE)).chars().count(), MESSAGE);
    }
}
