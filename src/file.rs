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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        write(Path::new("/dev/null"), b"nothing").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(check(Path::new("/dev/null")).is_ok());
        assert!(check(Path::new("/nonexistent/report.json")).is_err());
    }
}
