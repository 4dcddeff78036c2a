//! Processes that cannot outlive corspec.
//!
//! A program runs under a small shell script that waits for the end of its standard input. However
//! corspec ends (SIGKILL included), the system closes the other side of that pipe; the script then
//! kills everything the program started and removes its temporary directory. Neither a handler that
//! must still run nor a flag that must be set on the right thread is needed.

use std::ffi::OsString;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command as ProcessCommand};
use tokio::sync::watch;
use tokio::time::timeout;

use super::scratch;

const SCRIPT: &str = include_str!("supervisor.sh");

/// A program to be started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Command {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// Added to what corspec itself has in its environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The working folder; that of corspec, where there is none.
    pub(crate) folder: Option<PathBuf>,
}

impl Command {
    /// A program with arguments, in the environment and the working folder of corspec.
    pub(crate) fn new(program: &Path, arguments: &[OsString]) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments.to_vec(),
            ..Self::default()
        }
    }
}

/// The private temporary directory of a process that is yet to be started.
#[derive(Debug)]
pub(crate) struct Workspace(tempfile::TempDir);

impl Workspace {
    /// An empty directory that nobody else can look into.
    pub(crate) fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let private = Permissions::from_mode(0o700);
        let builder = builder.prefix("corspec-").permissions(private);
        let folder = builder.tempdir_in(scratch::folder())?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A process, everything it starts, and its private temporary directory.
///
/// Dropping it closes the pipe and returns at once; the script does the rest. [`stop`](Self::stop)
/// also waits until it is done.
#[derive(Debug)]
pub(crate) struct Supervised {
    pipe: Option<ChildStdin>,
    ended: watch::Receiver<Option<ExitStatus>>,
    folder: PathBuf,
}

impl Supervised {
    /// Starts a program with piped output. Must be called within a Tokio runtime.
    pub(crate) fn start(
        workspace: Workspace,
        command: &Command,
    ) -> io::Result<(Self, ChildStdout, ChildStderr)> {
        let folder = workspace.0;
        let mut shell = ProcessCommand::new("sh");
        if let Some(folder) = &command.folder {
            shell.current_dir(folder);
        }
        let environment = command.environment.iter();
        let mut child = shell
            .args(["-c", SCRIPT, "sh"])
            .arg(folder.path())
            .arg(&command.program)
            .args(&command.arguments)
            .envs(environment.map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal is for corspec, which then closes its sessions in order.
            .process_group(0)
            .spawn()?;
        // From here on the script removes it.
        let folder = folder.keep();
        let pipe = child.stdin.take();
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let errors = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, ended) = watch::channel(None);
        tokio::spawn(async move {
            let status = child.wait().await.unwrap_or_default();
            sender.send_replace(Some(status));
        });
        Ok((
            Self {
                pipe,
                ended,
                folder,
            },
            output,
            errors,
        ))
    }

    /// Waits until the process has ended, by itself or killed, and everything is cleared away.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(status) => status.unwrap_or_default(),
            // The task that waits is gone, and so is the runtime.
            Err(_) => ExitStatus::default(),
        }
    }

    /// Kills everything and waits until it is cleared away, at most for `deadline`.
    pub(crate) async fn stop(mut self, deadline: Duration) {
        drop(self.pipe.take());
        let _ = timeout(deadline, self.ended()).await;
        // Only left when the script was killed itself, or still struggles.
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// The directory that the process has as its `TMPDIR`.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, BufReader};

    use super::*;
    use crate::process::left::{assert_nothing_is_left_of, processes_marked_by};

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A shell that starts what it likes, and its first line of output.
    async fn shell(script: &str) -> (Supervised, String) {
        let arguments = ["-c", script].map(OsString::from);
        let (process, output, _) = Supervised::start(
            Workspace::new().unwrap(),
            &Command::new(Path::new("sh"), &arguments),
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await.unwrap();
        (process, line)
    }

    #[tokio::test]
    async fn what_a_process_starts_ends_with_it() {
        let (process, _) = shell("sleep 300 & touch \"$TMPDIR/file\"; echo ready; wait").await;
        let folder = process.folder().to_owned();
        assert!(folder.join("file").exists());
        // One that is just executing a program shows no mark for a moment.
        while processes_marked_by(&folder).len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process.stop(PATIENCE).await;
        assert!(!folder.exists());
        assert_eq!(processes_marked_by(&folder), Vec::<u32>::new());
    }

    #[tokio::test]
    async fn a_process_that_leaves_the_group_and_ignores_signals_ends_too() {
        let (process, _) =
            shell("setsid sh -c 'trap \"\" HUP INT TERM; echo ready; sleep 300; :'").await;
        let folder = process.folder().to_owned();
        process.stop(PATIENCE).await;
        assert_nothing_is_left_of(&folder).await;
    }

    #[tokio::test]
    async fn dropping_is_enough() {
        let (process, _) = shell("echo ready; sleep 300").await;
        let folder = process.folder().to_owned();
        drop(process);
        assert_nothing_is_left_of(&folder).await;
    }

    #[tokio::test]
    async fn an_end_by_itself_is_noticed_and_cleared_away() {
        let (process, _) = shell("sleep 300 & echo ready; exit 3").await;
        let status = timeout(PATIENCE, process.ended()).await.unwrap();
        assert_eq!(status.code(), Some(3));
        assert_nothing_is_left_of(process.folder()).await;
    }

    #[tokio::test]
    async fn a_terminated_supervisor_takes_everything_along() {
        let (process, line) = shell("echo $PPID; sleep 300").await;
        let folder = process.folder().to_owned();
        let status = ProcessCommand::new("kill")
            .args(["-s", "TERM", line.trim()])
            .status()
            .await
            .unwrap();
        assert!(status.success());
        timeout(PATIENCE, process.ended()).await.unwrap();
        assert_nothing_is_left_of(&folder).await;
    }
}
