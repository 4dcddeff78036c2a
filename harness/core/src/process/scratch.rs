//! Where temporary directories are made.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// The memory that POSIX systems lend as a folder.
const MEMORY: &str = "/dev/shm";

/// Far more than what browsers leave in their directories during a run, some 60 MB each.
const ENOUGH: u64 = 1 << 30;

/// Whether somebody could not work there.
static IS_REFUSED: AtomicBool = AtomicBool::new(false);

/// The folder for temporary directories: that of `TMPDIR`, if it is set; else memory, where there is enough of
/// it, for browsers make thousands of small files and that takes a sixth of their time on a disk; else that of
/// the system.
pub(super) fn folder() -> PathBuf {
    let memory = Path::new(MEMORY);
    if env::var_os("TMPDIR").is_none() && !IS_REFUSED.load(Ordering::Relaxed) && is_good(memory) {
        memory.to_owned()
    } else {
        env::temp_dir()
    }
}

/// Makes no more directories in memory: a browser did not start, and may be one that is confined to other
/// folders.
pub(crate) fn refuse_memory() {
    IS_REFUSED.store(true, Ordering::Relaxed);
}

/// Whether programs can be run from there, and files written.
fn is_good(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|it| {
        let forbidden = StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY;
        !it.f_flag.intersects(forbidden) && it.f_bavail.saturating_mul(it.f_frsize) >= ENOUGH
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_no_good() {
        assert!(!is_good(Path::new("/dev/shm/nowhere")));
    }

    #[test]
    fn directories_are_made_where_files_can_be_written() {
        let made = tempfile::tempdir_in(folder()).unwrap();
        std::fs::write(made.path().join("file"), "text").unwrap();
    }
}
