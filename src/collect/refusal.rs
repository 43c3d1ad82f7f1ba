//! The one reader of AWS's errors: by their code, never by their text.
//!
//! Knows the kinds of failure that the SDK tells apart and turns each into a [`Gap`]; has never heard of a service. A
//! message is one short line without control characters, and never the SDK's own dump of a request or response, which
//! may hold credentials.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::calls::Call;
use crate::account::Gap;
use crate::arn::Arn;

/// Why a request brought no answer.
pub(super) type Refusal<E> = SdkError<E, HttpResponse>;

/// An operation's own errors.
pub(super) trait Coded: ProvideErrorMetadata + Error + 'static {}

impl<E: ProvideErrorMetadata + Error + 'static> Coded for E {}

/// How long a message may be, in characters.
const MESSAGE: usize = 300;

/// What could not be learned, because this call was refused.
pub(super) fn gap<E: Coded>(call: &Call, resource: &str, refusal: &Refusal<E>) -> Gap {
    Gap {
        action: call.action.to_owned(),
        resource: resource.to_owned(),
        code: code(refusal),
        message: message(refusal),
    }
}

/// What could not be understood in an answer.
pub(super) fn malformed(action: &str, resource: &str, message: &str) -> Gap {
    Gap {
        action: action.to_owned(),
        resource: resource.to_owned(),
        code: "Malformed".to_owned(),
        message: line(message),
    }
}

/// An ARN of an answer. What is missing or no ARN spoils only what it would have named.
pub(super) fn arn(action: &str, text: Option<&str>) -> Result<Arn, Gap> {
    let text = text.unwrap_or_default();
    Arn::parse(text).map_err(|error| malformed(action, if text.is_empty() { "*" } else { text }, &error.to_string()))
}

/// AWS's own code, or a word for what kept it from giving one.
pub(super) fn code<E: Coded>(refusal: &Refusal<E>) -> String {
    match refusal {
        SdkError::TimeoutError(_) => "Timeout".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "Timeout".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_io() => "NoConnection".to_owned(),
        SdkError::DispatchFailure(_) if causes(refusal).any(<dyn Error>::is::<CredentialsError>) => {
            "NoCredentials".to_owned()
        }
        SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) => "NotSent".to_owned(),
        SdkError::ServiceError(error) => {
            let status = error.raw().status();
            match error.err().code() {
                _ if status.as_u16() == 501 => "NotSupported".to_owned(),
                Some(code) => line(code),
                // An answer, and the SDK could not read it.
                None if status.is_success() => "Malformed".to_owned(),
                None => format!("Http{}", status.as_u16()),
            }
        }
        _ => "Malformed".to_owned(),
    }
}

/// What AWS says, or else the innermost cause.
pub(super) fn message<E: Coded>(refusal: &Refusal<E>) -> String {
    match refusal.message() {
        Some(message) => line(message),
        None => cause(refusal),
    }
}

/// The innermost cause of an error: what lies above it says only that there was one.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, |innermost| line(&innermost.to_string()))
}

/// An error and all that caused it, outermost first.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The first line of a text: what follows in a `SignatureDoesNotMatch` is the request with its session token.
fn line(text: &str) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default().trim_end();
    let plain: String = first.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE).collect();
    if first.chars().nth(MESSAGE).is_some() { format!("{plain}…") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line_without_control_characters() {
        assert_eq!(line("\n not\u{1b}[31m yours \nx-amz-security-token:SECRET"), "not [31m yours");
        let long = line(&"é".repeat(MESSAGE + 1));
        assert_eq!(long.chars().count(), MESSAGE + 1);
        assert!(long.ends_with('…'));
        assert_eq!(line(&"é".repeat(MESSAGE)).chars().count(), MESSAGE);
    }
}
