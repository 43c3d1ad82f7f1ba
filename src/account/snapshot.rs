//! A snapshot file: one account's facts and how they were collected. JSON, compressed with zstd when its name ends in
//! `.zst`.
//!
//! Knows the file's form and version. A file of a newer version is refused by its number, before anything else of it
//! is read.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Account;

/// The version this build writes, and the newest it reads.
pub const VERSION: u32 = 1;

/// The facts of an account, and when and at what cost they were collected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// [`VERSION`].
    #[serde(rename = "gtAuditSnapshot")]
    pub version: u32,
    /// How the facts were collected.
    pub collection: Collection,
    /// The facts.
    pub account: Account,
}

/// How facts were collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collection {
    /// When the first call was made, RFC 3339, UTC.
    pub started_at: String,
    /// When the last answer came, RFC 3339, UTC.
    pub finished_at: String,
    /// Operations, each page being one.
    pub api_calls: u64,
    /// Attempts beyond the first of each operation.
    pub retries: u64,
}

/// Why a snapshot cannot be read or written; each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file system refused.
    #[error("cannot read the snapshot {path}: {error}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The file system refused.
    #[error("cannot write the snapshot {path}: {error}")]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The text is no snapshot.
    #[error("{path} is not a snapshot of gt-audit: {error}; make one with `gt-audit collect -o FILE`")]
    Form {
        /// The file.
        path: String,
        /// What is wrong, with line and column.
        error: serde_json::Error,
    },
    /// The snapshot was written by a later gt-audit.
    #[error(
        "{path} is a snapshot of version {found}, and this gt-audit reads up to version {VERSION}: use a newer gt-audit"
    )]
    Newer {
        /// The file.
        path: String,
        /// The version it names.
        found: u32,
    },
}

impl Snapshot {
    /// Puts facts and their collection together.
    #[must_use]
    pub fn new(account: Account, collection: Collection) -> Self {
        Self { version: VERSION, collection, account }
    }

    /// Reads a snapshot file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is of a newer version, or is no snapshot.
    pub fn read(path: &Path) -> Result<Self, SnapshotError> {
        let name = path.display().to_string();
        let unread = |error| SnapshotError::Read { path: name.clone(), error };
        let mut bytes = fs::read(path).map_err(unread)?;
        if compressed(path) {
            bytes = zstd::decode_all(bytes.as_slice()).map_err(unread)?;
        }
        let no_snapshot = |error| SnapshotError::Form { path: name.clone(), error };
        let version: OnlyVersion = serde_json::from_slice(&bytes).map_err(no_snapshot)?;
        if version.found > VERSION {
            return Err(SnapshotError::Newer { path: name, found: version.found });
        }
        serde_json::from_slice(&bytes).map_err(no_snapshot)
    }

    /// Writes a snapshot file whole or not at all.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SnapshotError> {
        let name = path.display().to_string();
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|error| SnapshotError::Form { path: name.clone(), error })?;
        bytes.push(b'\n');
        let unwritten = |error| SnapshotError::Write { path: name.clone(), error };
        if compressed(path) {
            bytes = zstd::encode_all(bytes.as_slice(), 3).map_err(unwritten)?;
        }
        crate::file::write(path, &bytes).map_err(unwritten)
    }
}

#[derive(Deserialize)]
struct OnlyVersion {
    #[serde(rename = "gtAuditSnapshot")]
    found: u32,
}

fn compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}
