//! A hotel of its own for an example: a process that ends with it.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A hotel that runs, and where. Its standard input closes with this program, and that ends it.
pub(crate) struct AnnouncedHotel {
    process: Child,
    pub(crate) url: String,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
}

impl AnnouncedHotel {
    /// Starts the hotel of this `aforo` at a free port.
    pub(crate) fn start(aforo: &Path, options: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(aforo)
            .args(["hotel", "--announce", "--port=0"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let announced: Value = serde_json::from_str(&line)?;
        let text = |name: &str| {
            let text = announced[name].as_str().map(str::to_owned);
            text.ok_or(format!("the hotel does not tell its {name}"))
        };
        Ok(Self {
            url: text("url")?,
            database_url: text("database_url")?,
            redis_url: text("redis_url")?,
            process,
        })
    }

    /// Process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for AnnouncedHotel {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It may have ended by itself, which is as good.
        let _ = self.process.wait();
    }
}

/// `target/<profile>/aforo`, where this is `target/<profile>/examples/<example>`.
pub(crate) fn built_beside_this() -> Result<PathBuf, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let folder = this.parent().and_then(Path::parent).ok_or("this program is in no folder")?;
    Ok(folder.join("aforo"))
}
