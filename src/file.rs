//! Files are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file by way of a temporary one beside it, so that nobody ever sees half of it. The file is readable by its
/// owner alone: it holds an account's names and policies.
///
/// # Errors
///
/// When the directory does not exist or cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
