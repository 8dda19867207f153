//! The connection that `MONITOR` is sent over. The bytes are read as they are, because a client would take each line whole into
//! memory, and a line has a whole value in it.

use std::io;
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::TraceError;
use super::monitor_line::LineReader;

/// The longest that connecting, and each answer before the trace begins, may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const PIECE_BYTES: usize = 256 * 1024;

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection on which the server tells every command it executes.
pub(super) struct MonitorStream {
    socket: Box<dyn Socket>,
    pub(super) reader: LineReader,
    piece: Vec<u8>,
}

impl MonitorStream {
    /// Connects, signs in and sends `MONITOR`.
    ///
    /// # Errors
    /// [`TraceError`] that says what the server refused.
    pub(super) async fn open(info: &ConnectionInfo) -> Result<Self, TraceError> {
        timeout(ANSWER_LIMIT, Self::open_in_any_time(info))
            .await
            .unwrap_or_else(|_| Err(TraceError::TooSlow(ANSWER_LIMIT.as_secs())))
    }

    async fn open_in_any_time(info: &ConnectionInfo) -> Result<Self, TraceError> {
        let socket: Box<dyn Socket> = match info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                Box::new(TcpStream::connect((host.as_str(), *port)).await.map_err(TraceError::Connect)?)
            }
            ConnectionAddr::Unix(path) => {
                Box::new(UnixStream::connect(path).await.map_err(TraceError::Connect)?)
            }
            _ => return Err(TraceError::Encrypted),
        };
        let mut stream = Self { socket, reader: LineReader::default(), piece: Vec::new() };
        let settings = info.redis_settings();
        if let Some(password) = settings.password() {
            let credentials: Vec<&str> = settings.username().into_iter().chain([password]).collect();
            let answer = stream.ask(&[&["AUTH"], credentials.as_slice()].concat()).await?;
            if answer != "+OK" {
                return Err(TraceError::Authentication(without_sign(&answer)));
            }
        }
        match stream.ask(&["MONITOR"]).await?.as_str() {
            "+OK" => Ok(stream),
            answer if answer.starts_with("-NOPERM") => Err(TraceError::Denied(without_sign(answer))),
            answer if answer.starts_with("-NOAUTH") => Err(TraceError::Authentication(without_sign(answer))),
            answer => Err(TraceError::Refused(without_sign(answer))),
        }
    }

    /// Sends a command and reads the line it is answered with, byte by byte: what follows it belongs to the trace.
    async fn ask(&mut self, command: &[&str]) -> Result<String, TraceError> {
        let arguments: String = command.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        let request = format!("*{}\r\n{arguments}", command.len());
        self.socket.write_all(request.as_bytes()).await.map_err(TraceError::Connect)?;
        let mut answer = None;
        while answer.is_none() {
            let byte = self.socket.read_u8().await.map_err(TraceError::Connect)?;
            self.reader.read(&[byte], |line| {
                answer = Some(line.head());
                true
            });
        }
        Ok(answer.unwrap_or_default())
    }

    /// The next piece of the stream and the reader that it is for; an empty one at its end.
    pub(super) async fn next(&mut self) -> io::Result<(&[u8], &mut LineReader)> {
        self.piece.resize(PIECE_BYTES, 0);
        let bytes = self.socket.read(&mut self.piece).await?;
        Ok((&self.piece[..bytes], &mut self.reader))
    }
}

/// An error as a clause, without the sign that it begins with.
fn without_sign(answer: &str) -> String {
    answer.trim_start_matches(['-', '+']).to_owned()
}
