//! What execution roles reach, cell by cell: the matrix of roles and resources in question.

use schemars::JsonSchema;
use serde::Serialize;

use crate::arn::Arn;

/// What each class of execution roles reaches of each bucket and function in question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReachMatrix {
    /// The execution roles: those in one class that have the same policies and the same cells.
    #[schemars(with = "Vec<Vec<String>>")]
    pub classes: Vec<Vec<Arn>>,
    /// The buckets and functions that are used or intended for labeling.
    #[schemars(with = "Vec<String>")]
    pub resources: Vec<Arn>,
    /// A text a resource, a letter a class: `a` all, `s` some, `t` only keys with a token, `n` none, `d` explicitly denied,
    /// `u` unknown.
    pub cells: Vec<String>,
}
