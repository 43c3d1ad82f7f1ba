//! Files are written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file by way of a temporary one beside it, so that nobody ever sees half of it. The file is readable by its
/// owner alone: it holds an account's names and policies.
///
/// # Errors
///
/// When the directory does not exist or cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match path.canonicalize() {
        // A device, a pipe: nothing to be replaced.
        Ok(existing) if !existing.is_file() => fs::OpenOptions::new().write(true).open(existing)?.write_all(bytes),
        // A link stays, and what it leads to is replaced.
        Ok(existing) => replace(&existing, bytes),
        Err(_) => replace(path, bytes),
    }
}

/// Can a file be written there at all? Asked before the work whose result it is to hold.
///
/// # Errors
///
/// When there is no such directory.
pub fn check(path: &Path) -> io::Result<()> {
    fs::metadata(directory(path)).map(|_| ())
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(directory(path))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
