//! Programs that can be run.

use std::env;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Whether there is a program of this name: a path if it has a slash, else a file in a folder of `PATH`.
#[must_use]
pub fn is_program(name: &str) -> bool {
    if name.contains('/') {
        return is_executable(Path::new(name));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| is_executable(&folder.join(name)))
}

/// Whether a path leads to a file that can be run.
pub(crate) fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_name("sh", true)]
    #[case::a_path("/bin/sh", true)]
    #[case::no_name("no-such-program", false)]
    #[case::a_folder("/tmp", false)]
    #[case::a_file_that_is_none("./Cargo.toml", false)]
    fn a_program_is_a_file_that_can_be_run(#[case] name: &str, #[case] is_one: bool) {
        assert_eq!(is_program(name), is_one);
    }
}
