//! Would a labeling job work, before it is made?

pub mod across;
pub mod manifest;
pub mod request;
pub mod schema;
