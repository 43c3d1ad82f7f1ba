//! From a live AWS account to an [`Account`]: the only room that speaks to AWS, and the only one that waits.
//!
//! Calls that answer for many resources at once come first; where one is refused, each resource is asked itself, and
//! what is refused there is a [`Unknown`](crate::account::Unknown): never an empty list, never a verdict. All requests pass one
//! gate with an entry of the table of [`calls`], which holds nothing but reading calls. What the facts mean is decided
//! elsewhere.
//!
//! Without the feature `live` only the table is here.

pub mod calls;

#[cfg(feature = "live")]
mod answer;
#[cfg(feature = "live")]
mod aws;
#[cfg(feature = "live")]
mod connect;
#[cfg(feature = "live")]
mod connect_error;
#[cfg(feature = "live")]
mod connection;
#[cfg(feature = "live")]
mod count;
#[cfg(feature = "live")]
mod document;
#[cfg(feature = "live")]
mod end;
#[cfg(feature = "live")]
mod gate;
#[cfg(feature = "live")]
mod health;
#[cfg(feature = "live")]
mod iam;
#[cfg(feature = "live")]
mod inventory;
#[cfg(feature = "live")]
mod kms;
#[cfg(feature = "live")]
mod lambda;
#[cfg(feature = "live")]
mod lock;
#[cfg(feature = "live")]
mod narrow;
#[cfg(feature = "live")]
mod object;
#[cfg(feature = "live")]
mod organizations;
#[cfg(feature = "live")]
mod profile;
#[cfg(feature = "live")]
mod proxy;
#[cfg(feature = "live")]
mod refusal;
#[cfg(feature = "live")]
mod regions;
#[cfg(feature = "live")]
mod retries;
#[cfg(feature = "live")]
mod s3;
#[cfg(feature = "live")]
mod s3_details;
#[cfg(feature = "live")]
mod sagemaker;
#[cfg(feature = "live")]
mod sdk;
#[cfg(feature = "live")]
mod secrets;
#[cfg(feature = "live")]
mod stop;
#[cfg(feature = "live")]
mod tagging;
#[cfg(feature = "live")]
mod trust;
#[cfg(feature = "live")]
mod watch;

#[cfg(feature = "live")]
pub use self::{
    aws::Aws,
    connect_error::ConnectError,
    connection::{AssumeRole, Connection},
    inventory::{complete, details, inventory},
    narrow::narrow,
    object::object,
    sagemaker::labeling_job,
    stop::Stop,
    watch::{Event, Progress, Watcher},
};
