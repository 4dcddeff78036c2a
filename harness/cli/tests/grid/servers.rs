//! A Selenium Grid: its processes, and what it says of itself.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The version that `scripts/install-grid` gets.
const VERSION: &str = "4.48.0";

/// How long servers and sessions may take to be where they should, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why there can be no Grid here.
pub(crate) fn missing() -> Option<String> {
    if jar().is_none_or(|jar| !jar.is_file()) {
        return Some("the server is missing: scripts/install-grid".to_owned());
    }
    let programs = [
        ("java", "scripts/install-grid"),
        ("chromium", "scripts/install-browsers chromium"),
        ("chromedriver", "scripts/install-browsers chromium"),
    ];
    let absent = programs
        .into_iter()
        .find(|(name, _)| program(name).is_none());
    absent.map(|(name, remedy)| format!("{name} is missing: {remedy}"))
}

fn jar() -> Option<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".cache"),
    };
    Some(cache.join(format!("corspec/selenium-server-{VERSION}.jar")))
}

/// A program by its variable, as `CHROMEDRIVER`, or in the folders of `PATH`.
fn program(name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(name.to_uppercase()) {
        return Some(path.into());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// A hub and its nodes.
pub(crate) struct Grid {
    hub: Server,
    nodes: Vec<Server>,
    /// Logs, and what browsers leave behind; removed after the servers have ended.
    _folder: TempDir,
}

impl Grid {
    /// Starts a hub and two nodes with two slots for Chromium each.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [port, publish, subscribe, one, other] = free_ports();
        let bus = [
            ("--publish-events", format!("tcp://127.0.0.1:{publish}")),
            ("--subscribe-events", format!("tcp://127.0.0.1:{subscribe}")),
        ];
        let hub = [("--session-retry-interval", "50".to_owned())];
        let hub = Server::start(folder.path(), "hub", port, hub.iter().chain(&bus));
        let configuration = folder.path().join("node.toml");
        fs::write(&configuration, node_configuration()).unwrap();
        let nodes = [one, other].map(|port| {
            let node = [
                ("--config", configuration.display().to_string()),
                ("--register-period", "60".to_owned()),
                ("--register-cycle", "1".to_owned()),
            ];
            Server::start(folder.path(), "node", port, node.iter().chain(&bus))
        });
        let grid = Self {
            hub,
            nodes: nodes.into(),
            _folder: folder,
        };
        grid.wait_until("its four slots are there", |grid| grid.slots().len() == 4);
        grid
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.hub.port)
    }

    /// Ends a node with its drivers and browsers, as a machine that loses its power.
    pub(crate) fn kill_a_node(&mut self) {
        drop(self.nodes.pop());
    }

    /// Waits until no slot has a session.
    pub(crate) fn wait_until_idle(&self) {
        self.wait_until("no session is left", |grid| {
            grid.slots().iter().all(|slot| slot["session"].is_null())
        });
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            assert!(
                begin.elapsed() < PATIENCE,
                "{what}: not after {PATIENCE:?}\n{}\n{}",
                fs::read_to_string(&self.hub.log).unwrap_or_default(),
                self.status()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The slots of the nodes that there are. The hub takes a minute to notice that one is gone.
    fn slots(&self) -> Vec<Value> {
        let status = self.status();
        let nodes = status["value"]["nodes"].as_array().cloned();
        let there = |node: &Value| {
            let uri = node["uri"].as_str().unwrap_or_default();
            let mut nodes = self.nodes.iter();
            node["availability"] == "UP" && nodes.any(|it| uri.ends_with(&format!(":{}", it.port)))
        };
        let there = nodes.unwrap_or_default().into_iter().filter(there);
        there
            .flat_map(|node| node["slots"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    /// What the hub says of the Grid; nothing as long as it does not listen.
    fn status(&self) -> Value {
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.hub.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer)
        };
        let answer = String::from_utf8_lossy(&ask().unwrap_or_default()).into_owned();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }
}

/// Java in a process group of its own, which ends with this process however that ends.
struct Server {
    shell: Child,
    log: PathBuf,
    port: u16,
}

impl Server {
    fn start<'a>(
        folder: &Path,
        role: &str,
        port: u16,
        options: impl Iterator<Item = &'a (&'static str, String)>,
    ) -> Self {
        let number = fs::read_dir(folder).unwrap().count();
        let log = folder.join(format!("{role}-{number}.log"));
        let output = File::create(&log).unwrap();
        // What the shell reads ends when this process does.
        let script = "\"$@\" </dev/null & cat >/dev/null; kill -s KILL -- -$$";
        let shell = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(program("java").expect("there is a Java"))
            .args(["-Xmx256m", "-jar"])
            .arg(jar().expect("there is a server"))
            .arg(role)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(options.flat_map(|(name, value)| [*name, value.as_str()]))
            .env("TMPDIR", folder)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap();
        Self { shell, log, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn node_configuration() -> String {
    let path = |name| {
        program(name)
            .expect("it was looked for")
            .display()
            .to_string()
    };
    format!(
        "[node]
detect-drivers = false
selenium-manager = false
max-sessions = 2

[[node.driver-configuration]]
display-name = \"chromium\"
webdriver-executable = \"{}\"
max-sessions = 2
stereotype = '{{\"browserName\": \"chrome\", \"goog:chromeOptions\": {{\"binary\": \"{}\"}}}}'
",
        path("chromedriver"),
        path("chromium")
    )
}

/// Ports that nobody listens on; all are held until all are known.
fn free_ports<const NUMBER: usize>() -> [u16; NUMBER] {
    let listeners = [(); NUMBER].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
