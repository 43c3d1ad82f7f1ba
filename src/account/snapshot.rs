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
use crate::file::read_at_most;

/// The version this build writes, and the newest it reads.
pub const VERSION: u32 = 1;

/// As large a snapshot as is read, without its compression: the largest accounts that IAM's quotas allow fill some 300 MiB.
const MOST_READ: u64 = 512 << 20;

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
        let bytes = bytes(path, MOST_READ).map_err(unread)?;
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
        self.write_or_print(path, &mut io::stdout())
    }

    /// The same; `-` is the standard output that is handed in.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write_or_print(&self, path: &Path, standard_output: &mut dyn io::Write) -> Result<(), SnapshotError> {
        let name = path.display().to_string();
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|error| SnapshotError::Form { path: name.clone(), error })?;
        bytes.push(b'\n');
        let unwritten = |error| SnapshotError::Write { path: name.clone(), error };
        if compressed(path) {
            bytes = zstd::encode_all(bytes.as_slice(), 3).map_err(unwritten)?;
        }
        crate::file::write(path, &bytes, standard_output).map_err(unwritten)
    }
}

/// What a snapshot file holds, up to a bound: a few kilobytes of zstd may be made to hold gigabytes.
fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    if compressed(path) { read_at_most(zstd::Decoder::new(file)?, most) } else { read_at_most(file, most) }
}

#[derive(Deserialize)]
struct OnlyVersion {
    #[serde(rename = "gtAuditSnapshot")]
    found: u32,
}

fn compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_unpacks_to_more_than_is_read_is_refused_before_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bomb.json.zst");
        let blanks = zstd::encode_all(&vec![b' '; 8 << 20][..], 3).unwrap();
        assert!(blanks.len() < 4096, "{}", blanks.len());
        fs::write(&path, blanks).unwrap();
        let error = bytes(&path, 1 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1 MiB, the most that is read");
        assert_eq!(bytes(&path, MOST_READ).unwrap().len(), 8 << 20);
    }
}
