//! What a request costs each of the two HTTP clients, in CPU time and in memory.
//!
//! `cargo run --release -p aforo-scenarios --example client_cost [users …]`
//!
//! A small server runs on one core in a process of its own; a generator for each line of the table on another
//! core, through the public API with everything recorded and expectations checked. CPU time is that of the
//! generator's process, as the system counts it, over the seconds at full load; memory is all that the process
//! holds then, so the lines of one user show what it holds without any. In `plain` every request is the same; in
//! `checked` path and header are filled in, and the answer is read as JSON, checked and kept from.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aforo_scenarios::{HttpTarget, load_scenario, start};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Body of every answer, in bytes.
const BODY_BYTES: usize = 200;
/// How long each generator loads the server once all of its users run.
const LOAD_S: f64 = 5.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve"] => serve(),
        ["generate", url, client, users, journey] => generate(url, client, users.parse()?, journey),
        [] => compare(&[1, 32, 1000, 5000]),
        users => {
            compare(&users.iter().map(|users| users.parse()).collect::<std::result::Result<Vec<_>, _>>()?)
        }
    }
}

/// Runs every client at every number of users and prints what it cost.
fn compare(users: &[u32]) -> Result<()> {
    let server = Server::start()?;
    println!(
        "{:>8} {:>6} {:>10} {:>10} {:>12} {:>10} {:>10}",
        "journey", "client", "users", "req/s", "CPU-s/1M", "of it user", "RSS kB"
    );
    for journey in ["plain", "checked"] {
        for &users in users {
            for client in ["lean", "full"] {
                let output = Command::new(std::env::current_exe()?)
                    .args(["generate", &server.url, client, &users.to_string(), journey])
                    .output()?;
                print!(
                    "{}{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                );
            }
        }
    }
    Ok(())
}

/// A server in a process of its own, ended with this value.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self { process, url: url.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Uses one core only, so that generator and server do not share one.
fn pin(core: usize) {
    let mut cores = CpuSet::new();
    // On a machine with one core both stay where they are.
    let _ = cores.set(core).and_then(|()| sched_setaffinity(Pid::from_raw(0), &cores));
}

/// Answers every request with the same 200 bytes, as fast as a runtime can.
fn serve() -> Result<()> {
    pin(0);
    // It ends with its parent, however that ends.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let body = format!("{{\"id\":7,\"name\":\"{}\"}}", "x".repeat(BODY_BYTES - 18));
    let answer: &'static [u8] = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
    .leak();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (mut stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    // Every request here fits one segment.
                    debug_assert!(buffer[..read].windows(4).any(|end| end == b"\r\n\r\n"));
                    if stream.write_all(answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    })
}

fn generate(url: &str, client: &str, users: u32, journey: &str) -> Result<()> {
    pin(1);
    let ramp_s = f64::from(users) / 1000.0;
    let steps = match journey {
        "plain" => "path = \"/items\"\n",
        _ => {
            "path = \"/items?from={{date(1, 300)}}&page={{random(1, 50)}}\"\nheaders = { x-request-id = \"{{uuid()}}\" }\n\
             expect = { status = 200, json = { \"/id\" = 7 } }\nextract = { name = \"/name\" }\n"
        }
    };
    let file = std::env::temp_dir().join(format!("aforo-client-cost-{}.toml", std::process::id()));
    std::fs::write(
        &file,
        format!(
            "description = \"cost\"\n[load]\nusers = {users}\nrate = 1000\nduration = \"{}ms\"\n[http]\nclient = \"{client}\"\n\
             [[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"items\"\n{steps}",
            ((ramp_s + LOAD_S) * 1e3) as u64
        ),
    )?;
    let scenario = load_scenario(file.to_str().ok_or("the path of the scenario is not UTF-8")?, None);
    std::fs::remove_file(&file)?;
    let scenario = scenario?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut load = start(&scenario, &HttpTarget { base_url: url.parse()? }, CancellationToken::new())?;
        let (mut requests, mut errors, mut rss_kb) = (0_u64, 0, 0);
        let (mut from, mut to) = (None, None);
        let first_s = ramp_s.ceil() as u32;
        while let Some(second) = load.seconds.recv().await {
            let usage = getrusage(UsageWho::RUSAGE_SELF)?;
            let cpu = (seconds(usage.user_time()), seconds(usage.system_time()));
            // Whole seconds at full load only.
            if second.second + 1 == first_s.max(1) {
                from = Some(cpu);
            } else if from.is_some() && second.second < first_s.max(1) + LOAD_S as u32 - 1 {
                to = Some((cpu, second.second));
                for step in second.steps.values() {
                    requests += step.requests;
                    errors += step.error_count();
                }
                rss_kb = rss_kb.max(resident_kb()?);
            }
        }
        let (Some(from), Some((to, last))) = (from, to) else { return Err("the run was too short".into()) };
        let seconds = f64::from(last + 1 - first_s.max(1));
        let per_million = |cpu_s: f64| cpu_s * 1e6 / requests.max(1) as f64;
        println!(
            "{journey:>8} {client:>6} {users:>10} {:>10.0} {:>12.2} {:>10.2} {rss_kb:>10}{}",
            requests as f64 / seconds,
            per_million(to.0 + to.1 - from.0 - from.1),
            per_million(to.0 - from.0),
            if errors > 0 { format!("  {errors} errors") } else { String::new() }
        );
        Ok(())
    })
}

fn seconds(time: nix::sys::time::TimeVal) -> f64 {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000).as_secs_f64()
}

/// Memory of this process that is resident, in kB.
fn resident_kb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
