//! Files are read within bounds, and written whole or not at all.
//!
//! Knows what a path stands for: a file that is replaced, a place for a new one, or a device, a pipe or an open file that
//! is written to and never replaced. Has never heard of what the files hold.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// As many links as are followed, as on Linux.
const LINKS: usize = 40;

/// Tried before a file is written in earnest: on a full disk an empty file can still be made.
const TRIAL: [u8; 4096] = [0; 4096];

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Standard output: `-`.
    StandardOutput,
    /// A file that is there or can be made, with all links followed.
    File(PathBuf),
    /// A device, a pipe, a socket or an open file of a process: written to, and never replaced.
    Through(PathBuf),
}

impl Target {
    /// Follows a path.
    ///
    /// # Errors
    ///
    /// When the path leads nowhere or to a directory, or the system does not say.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::StandardOutput);
        }
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
            let directory = directory(&path).canonicalize()?;
            let whole = directory.join(name);
            if is_of_open_files(&directory) {
                return Ok(Self::Through(whole));
            }
            match fs::symlink_metadata(&whole) {
                Ok(found) if found.is_symlink() => path = directory.join(fs::read_link(&whole)?),
                Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
                Ok(found) if found.is_file() => return Ok(Self::File(whole)),
                Ok(_) => return Ok(Self::Through(whole)),
                // Only what is certainly not there is made.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::File(whole)),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many links"))
    }

    /// Can it be written, as far as can be told? Asked before the work whose result it is to hold.
    fn check(&self) -> io::Result<()> {
        match self {
            // Whoever opens a pipe and closes it again has told its reader that there is no more.
            Self::StandardOutput | Self::Through(_) => Ok(()),
            Self::File(path) => tempfile::NamedTempFile::new_in(directory(path))?.write_all(&TRIAL),
        }
    }

    /// Writes all of it, or leaves a file as it is; standard output is the caller's.
    fn write(&self, bytes: &[u8], standard_output: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::StandardOutput => standard_output.write_all(bytes),
            Self::Through(path) => OpenOptions::new().append(true).open(path)?.write_all(bytes),
            Self::File(path) => {
                let mut file = tempfile::NamedTempFile::new_in(directory(path))?;
                file.write_all(bytes)?;
                file.persist(path)?;
                Ok(())
            }
        }
    }
}

/// Writes a file by way of a temporary one beside it, so that no reader ever sees half of it. The file is readable by its
/// owner alone: it holds an account's names and policies. `-` is the standard output that is handed in.
///
/// # Errors
///
/// When the path leads nowhere, or what it leads to cannot be written.
pub fn write(path: &Path, bytes: &[u8], standard_output: &mut dyn Write) -> io::Result<()> {
    Target::of(path)?.write(bytes, standard_output)
}

/// Can a file be written there at all? Asked before the work whose result it is to hold.
///
/// # Errors
///
/// When the path leads nowhere, or no file can be made there, or the disk is full.
pub fn check(path: &Path) -> io::Result<()> {
    Target::of(path)?.check()
}

/// The first two of these paths that lead to the same place; one that leads nowhere leads to none.
#[must_use]
pub fn same<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Option<(&'p Path, &'p Path)> {
    let mut seen: BTreeMap<Target, &Path> = BTreeMap::new();
    for path in paths {
        let Ok(target) = Target::of(path) else { continue };
        if let Some(before) = seen.insert(target, path) {
            return Some((before, path));
        }
    }
    None
}

/// Reads all there is, unless it is more than so many bytes.
///
/// # Errors
///
/// When it cannot be read, or is larger.
pub fn read_at_most(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    source.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let problem = format!("it is larger than {} MiB, the most that is read", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(bytes)
}

/// Is it where the system keeps a process's open files? They are written to also where they are regular files, whose
/// other writers would else go on with a file that is no longer there.
fn is_of_open_files(directory: &Path) -> bool {
    directory.starts_with("/proc") || directory == Path::new("/dev/fd")
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::Command;
    use std::thread;

    use super::*;

    fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        super::write(path, bytes, &mut io::sink())
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let [file, link, link_to_link] = ["file", "link", "again"].map(|name| directory.path().join(name));
        write(&file, b"old").unwrap();
        symlink("file", &link).unwrap();
        symlink(&link, &link_to_link).unwrap();
        write(&link_to_link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&link_to_link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_link_to_nothing_is_followed_and_a_circle_of_links_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let [file, link, lost, circle] = ["file", "link", "lost", "circle"].map(|name| directory.path().join(name));
        symlink(&file, &link).unwrap();
        check(&link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        symlink("nowhere/file", &lost).unwrap();
        symlink("circle", &circle).unwrap();
        for path in [&lost, &circle] {
            assert!(check(path).is_err() && write(path, b"new").is_err());
            assert!(fs::symlink_metadata(path).unwrap().is_symlink());
        }
    }

    /// A stand-in for `/dev/stdout`: a link to a link to a pipe.
    #[test]
    fn a_link_to_a_pipe_stays_and_the_pipe_is_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let [pipe, link, outer] = ["pipe", "link", "outer"].map(|name| directory.path().join(name));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink(&pipe, &link).unwrap();
        symlink("link", &outer).unwrap();
        for path in [&pipe, &link, &outer] {
            check(path).unwrap();
            let reader = thread::spawn({
                let pipe = pipe.clone();
                move || fs::read(pipe).unwrap()
            });
            write(path, b"report").unwrap();
            assert_eq!(reader.join().unwrap(), b"report");
            assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert!(fs::symlink_metadata(&outer).unwrap().is_symlink());
        }
    }

    #[test]
    fn a_socket_and_a_device_are_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        // A socket cannot be opened by its path.
        assert!(write(&socket, b"report").is_err());
        assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
        let device = directory.path().join("null");
        symlink("/dev/null", &device).unwrap();
        assert_eq!(Target::of(&device).unwrap(), Target::Through("/dev/null".into()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_is_written_to_and_not_replaced() {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::MetadataExt;

        let directory = tempfile::tempdir().unwrap();
        let [path, link] = ["open", "link"].map(|name| directory.path().join(name));
        let file = fs::File::create(&path).unwrap();
        symlink(format!("/proc/self/fd/{}", file.as_raw_fd()), &link).unwrap();
        write(&link, b"report").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"report");
        assert_eq!(fs::metadata(&path).unwrap().ino(), file.metadata().unwrap().ino());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_before() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        write(&file, b"old").unwrap();
        assert_eq!(check(directory.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert!(check(Path::new("/nonexistent/report.json")).is_err());
        assert!(check(&file.join("below")).is_err());
        check(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"old", "a trial leaves what is there");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_dash_is_standard_output() {
        let mut out = vec![];
        check(Path::new("-")).unwrap();
        super::write(Path::new("-"), b"report", &mut out).unwrap();
        assert_eq!(out, b"report");
    }

    #[test]
    fn two_paths_to_one_place_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let [file, link, other] = ["file", "link", "other"].map(|name| directory.path().join(name));
        symlink("file", &link).unwrap();
        let around = directory.path().join(".").join("file");
        assert_eq!(same([file.as_path(), &other]), None);
        assert_eq!(same([file.as_path(), &other, &link]), Some((file.as_path(), link.as_path())));
        assert_eq!(same([around.as_path(), &file]), Some((around.as_path(), file.as_path())));
        assert_eq!(same([Path::new("-"), Path::new("-")]).map(|(first, _)| first), Some(Path::new("-")));
    }

    #[test]
    fn more_than_is_read_is_refused() {
        assert_eq!(read_at_most(&[7; 4][..], 4).unwrap(), [7; 4]);
        let error = read_at_most(io::repeat(7), 1 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1 MiB, the most that is read");
    }
}
