//! What of an account has to do with labeling: its execution roles and why, what runs under them, what each resource is
//! to them, and who makes labeling jobs.
//!
//! Knows the definition of an execution role and the order *used, intended, other* of the product's contract. Asks
//! [`Access`](crate::access::Access) what roles may do; decides about no finding.

mod concerned;
mod context;
pub mod execution;
pub mod identities;
pub mod meaning;
pub mod needs;
pub mod uses;
mod wanted;
pub mod workload;

pub use concerned::{concerns, wanted_of};
pub use context::LabelingContext;
pub use execution::ExecutionRole;
pub use identities::LabelingIdentity;
pub use meaning::{Use, labeling_tag, mention_in_bucket, mention_in_function, promising_tag};
pub use uses::Uses;
pub use wanted::wanted;

/// The service that runs labeling jobs, as trust policies name it.
pub const SAGEMAKER: &str = "sagemaker.amazonaws.com";

/// What a labeling job does with objects, in input and output buckets.
pub const OBJECT_ACTIONS: [&str; 3] = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];

/// What a labeling job does with functions.
pub const INVOKE: &str = "lambda:InvokeFunction";

/// A character that no ARN and no policy holds: a resource named by it is one that only wildcards reach.
pub(crate) const STRANGER: char = '\u{ffff}';
