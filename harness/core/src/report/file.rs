//! Files that are there whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Writes a file atomically: `write` fills a temporary file in the same folder, which then takes the
/// place of whatever was at `path`. Folders that are missing are created. What is not a regular file,
/// such as a pipe, is written to directly, since it must not be replaced.
///
/// # Errors
///
/// Says which path could not be written and why. Nothing is left behind then: an older file stays as
/// it was.
pub fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    try_write(path, write).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

/// Finds out whether [`write_file`] can write this path, so that a run of minutes does not end in a
/// message that could have come first. Folders that are missing are created.
///
/// # Errors
///
/// The same as [`write_file`].
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    match Place::of(path).and_then(|place| place.open()) {
        Ok(_) => Ok(()),
        Err(source) => Err(WriteError {
            path: path.to_owned(),
            source,
        }),
    }
}

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl WriteError {
    /// The path that could not be written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How to mend it, in one sentence.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::IsADirectory => "name a file, not a folder",
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "a part of the path is a file where a folder is needed"
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "choose a folder you may write to"
            }
            io::ErrorKind::QuotaExceeded | io::ErrorKind::StorageFull => "make room and run again",
            _ => "choose another path",
        }
    }
}

fn try_write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let place = Place::of(path)?;
    let mut opened = BufWriter::new(place.open()?);
    write(&mut opened)?;
    match opened
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
    {
        Opened::Direct(mut file) => file.flush(),
        Opened::Temporary(file) => {
            file.persist(place.path).map_err(|error| error.error)?;
            Ok(())
        }
    }
}

/// Where a file goes once links are followed.
struct Place {
    path: PathBuf,
    /// Whether something is there that must be kept and written into.
    special: bool,
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path: path.to_owned(),
                    special: false,
                });
            }
            Err(error) => return Err(error),
        };
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // A link is followed: the file it names is replaced, not the link.
        Ok(Self {
            path: fs::canonicalize(path)?,
            special: !found.is_file(),
        })
    }

    fn open(&self) -> io::Result<Opened> {
        if self.special {
            return fs::OpenOptions::new()
                .write(true)
                .open(&self.path)
                .map(Opened::Direct);
        }
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut builder = Builder::new();
        builder.prefix(".corspec-");
        // Temporary files are private by default; a report is as readable as any file (less the umask).
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder
            .tempfile_in(folder)
            .map(Opened::Temporary)
            .map_err(without_path)
    }
}

enum Opened {
    Direct(fs::File),
    Temporary(NamedTempFile),
}

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(file) => file.write(bytes),
            Self::Temporary(file) => file.as_file_mut().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(file) => file.flush(),
            Self::Temporary(file) => file.as_file_mut().flush(),
        }
    }
}

/// The error without the name of the temporary file, which means nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    match error
        .get_ref()
        .and_then(std::error::Error::source)
        .and_then(|source| {
            source
                .downcast_ref::<io::Error>()
                .and_then(io::Error::raw_os_error)
        }) {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_and_missing_folders_are_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/report.json");
        write_file(&path, |to| to.write_all(b"whole")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(path.parent().unwrap()), ["report.json"]);
    }

    #[test]
    fn an_error_half_way_leaves_the_older_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "older").unwrap();
        let error = write_file(&path, |to| {
            to.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
        assert_eq!(error.hint(), "make room and run again");
        assert_eq!(fs::read(&path).unwrap(), b"older");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn a_folder_is_not_taken_for_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = check_writable(folder.path()).unwrap_err();
        assert_eq!(error.hint(), "name a file, not a folder");
        assert_eq!(error.path(), folder.path());
    }

    #[test]
    fn a_file_where_a_folder_is_needed_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let error = check_writable(&folder.path().join("file/report.json")).unwrap_err();
        assert_eq!(
            error.hint(),
            "a part of the path is a file where a folder is needed"
        );
    }

    #[test]
    fn looking_whether_a_file_can_be_written_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        check_writable(&folder.path().join("report.json")).unwrap();
        assert!(names(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_stays_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "older").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_file(&link, |to| to.write_all(b"newer")).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"newer");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        write_file(Path::new("/dev/null"), |to| to.write_all(b"gone")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_reported() {
        let error = write_file(Path::new("/dev/full"), |to| to.write_all(b"text")).unwrap_err();
        assert_eq!(error.hint(), "make room and run again");
        assert!(
            error.to_string().starts_with("cannot write `/dev/full`: "),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_a_report_as_far_as_the_umask_lets_them() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (report, plain) = (folder.path().join("report"), folder.path().join("plain"));
        write_file(&report, |to| to.write_all(b"text")).unwrap();
        fs::write(&plain, "text").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&report), mode(&plain));
    }
}
