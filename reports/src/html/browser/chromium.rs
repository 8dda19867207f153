//! A headless Chromium, driven over its debugging protocol through a pipe.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Only ever reached by a fault.
const PATIENCE: Duration = Duration::from_secs(60);
/// Programs that are looked for on `PATH`, and then in their places on a Mac.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const APPLICATIONS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
/// The protocol is spoken on the descriptors 3 and 4, which only a shell can give to a program without unsafe code.
const ON_PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#;

/// A browser with one page, and a profile of its own. Gone with this value.
pub(crate) struct Chromium {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    events: Vec<Value>,
    calls: u64,
    session: Option<String>,
    folder: TempDir,
}

impl Chromium {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", ON_PIPES, "sh"]).arg(program());
        command.args(["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        // WebGL, which speedscope draws with, is there without a graphics card only where it is asked for.
        command.arg("--enable-unsafe-swiftshader");
        // It opens nothing but what this test wrote; root and many containers have no sandbox for it.
        command.args(["--no-sandbox", "--disable-dev-shm-usage"]);
        command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let messages = read(output);
        let mut chromium =
            Self { process, input, messages, events: Vec::new(), calls: 0, session: None, folder };
        chromium.attach();
        chromium
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            self.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        self.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Network", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        self.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }));
    }

    /// Opens a page that is written down first, as a double click does.
    pub(super) fn open(&mut self, html: &str, width: u32, scheme: &str) {
        let path = self.folder.path().join("report.html");
        std::fs::write(&path, html).unwrap();
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
        self.visit(&url(&path));
    }

    /// Opens a page by its address, and waits until it is loaded.
    pub(crate) fn visit(&mut self, url: &str) {
        self.events.clear();
        let opened = self.call("Page.navigate", json!({ "url": url }));
        // The page before it may have an event of its own on the way.
        self.wait_for(|event| {
            let of = &event["params"];
            of["name"] == "load" && of["loaderId"] == opened["loaderId"]
        });
    }

    /// The value of an expression of the page; of a promise, what it comes to.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", asked);
        let shown: String = expression.chars().take(200).collect();
        assert!(answer.get("exceptionDetails").is_none(), "{shown}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Presses a key, as in `Tab`, with the text that it types.
    pub(super) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "ArrowDown" => (40, ""),
            "ArrowUp" => (38, ""),
            key => panic!("the code of {key} is not known here"),
        };
        let event = |kind: &str| json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", event("keyDown"));
        self.call("Input.dispatchKeyEvent", event("keyUp"));
    }

    /// The page as PDF, in base64.
    pub(super) fn print(&mut self) -> String {
        self.call("Page.printToPDF", json!({ "printBackground": true }))["data"].as_str().unwrap().to_owned()
    }

    /// What the page said of itself since it was opened: errors, warnings, anything on the console; and what it asked of the network
    /// or of the disk.
    pub(super) fn complaints(&mut self) -> Vec<String> {
        // What was sent before this answer is there with it.
        self.evaluate("0");
        let complaint = |event: &Value| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown"
                | "Runtime.consoleAPICalled"
                | "Log.entryAdded"
                | "Page.javascriptDialogOpening" => Some(parameters.to_string()),
                "Network.requestWillBeSent" if parameters["type"] != "Document" => {
                    Some(format!("asked for {}", parameters["request"]["url"]))
                }
                _ => None,
            }
        };
        self.events.iter().filter_map(complaint).collect()
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.next(method);
            if answer["id"] == id {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn wait_for(&mut self, is_it: impl Fn(&Value) -> bool) {
        while !self.events.iter().any(&is_it) {
            let next = self.next("load the page");
            self.events.push(next);
        }
    }

    fn next(&mut self, what: &str) -> Value {
        self.messages.recv_timeout(PATIENCE).unwrap_or_else(|error| {
            panic!("Chromium said nothing to {what}: {error}; it ended with {:?}", self.process.try_wait())
        })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Told to, it takes its helper processes with it.
        self.session = None;
        let _ = self.input.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                self.process.kill().ok();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Messages as they come, each ended by a zero byte. Ends with the browser.
fn read(output: ChildStdout) -> Receiver<Value> {
    let (sender, messages) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut message = Vec::new();
        while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
            let Ok(value) = serde_json::from_slice(message.strip_suffix(&[0]).unwrap_or(&message)) else {
                break;
            };
            if sender.send(value).is_err() {
                break;
            }
            message.clear();
        }
    });
    messages
}

fn program() -> PathBuf {
    let named = std::env::var_os("AFORO_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = PROGRAMS
        .iter()
        .flat_map(|program| std::env::split_paths(&path).map(move |folder| folder.join(program)));
    let installed = on_path.chain(APPLICATIONS.iter().map(PathBuf::from)).find(|program| program.is_file());
    named
        .or(installed)
        .expect("Chromium is not installed: run `make setup`, or name the program in AFORO_CHROMIUM")
}

fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}
