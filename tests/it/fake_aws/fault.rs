//! What can go wrong with some of the answers.

use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;
use gt_audit::collect::calls::Call;

/// Some answers go wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    service: &'static str,
    operation: Option<&'static str>,
    region: Option<&'static str>,
    /// How many of these requests are answered before, and how many go wrong then.
    after: usize,
    times: usize,
    pub(super) how: How,
}

/// How an answer goes wrong.
#[derive(Debug, Clone, Copy)]
pub enum How {
    /// A refusal with a code, in the service's own form, with a status.
    Refused(u16, &'static str),
    /// The same in these words.
    Tells(u16, &'static str, &'static str),
    /// A refusal, with the server's time.
    At(&'static str, u16, &'static str),
    /// Anything else: a status and a body.
    Says(u16, &'static str),
    /// The right answer cut in half, under a right length.
    Half,
    /// The name of the host has no address.
    NoAddress,
    /// Nobody listens.
    ConnectionRefused,
    /// The connection is reset.
    Reset,
    /// No answer, ever.
    Hangs,
    /// The connection breaks in the middle of the right answer.
    CutBody,
    /// Nothing comes after the first half of the right answer.
    StalledBody,
    /// The right answer comes, a byte a second.
    DrippingBody,
}

/// What a web server says that has no such page, or a program of Python's that has failed: moto answers so.
pub const PAGE: &str =
    "<!doctype html>\n<html lang=en>\n<title>Error</title>\n<h1>Error</h1>\n<p>Something is wrong.</p>\n";

impl Fault {
    /// All answers of a service.
    pub fn of(service: &'static str, how: How) -> Self {
        Self { service, operation: None, region: None, after: 0, times: usize::MAX, how }
    }

    /// All answers to one call.
    pub fn of_call(call: &Call, how: How) -> Self {
        Self { operation: Some(call.operation), ..Self::of(call.service, how) }
    }

    /// In one region alone.
    pub fn in_region(self, region: &'static str) -> Self {
        Self { region: Some(region), ..self }
    }

    /// After so many have been right.
    pub fn after(self, after: usize) -> Self {
        Self { after, ..self }
    }

    /// So many times.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub(super) fn is_about(&self, service: &str, operation: &str, region: &str) -> bool {
        self.service == service
            && self.operation.is_none_or(|it| it == operation)
            && self.region.is_none_or(|it| it == region)
    }

    /// Does the request of this number, the first being 1, go wrong?
    pub(super) fn strikes(&self, number: usize) -> bool {
        number > self.after && number - self.after <= self.times
    }
}

impl How {
    /// What the connector says, if there is no answer and never will be.
    pub(super) fn connector_error(self) -> Option<ConnectorError> {
        let error = match self {
            Self::NoAddress => "dns error".into(),
            Self::ConnectionRefused => io::Error::from(io::ErrorKind::ConnectionRefused).into(),
            Self::Reset => io::Error::from(io::ErrorKind::ConnectionReset).into(),
            Self::Refused(..)
            | Self::Tells(..)
            | Self::At(..)
            | Self::Says(..)
            | Self::Half
            | Self::Hangs
            | Self::CutBody
            | Self::StalledBody
            | Self::DrippingBody => return None,
        };
        Some(ConnectorError::io(error))
    }
}
