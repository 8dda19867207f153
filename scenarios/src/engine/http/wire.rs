//! The bytes of a connection, with TLS or without, and what was seen of them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What has been received since the beginning of an exchange. hyper's errors do not tell.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    received_bytes: AtomicU64,
    /// The first bytes, up to eight, the first one highest.
    beginning: AtomicU64,
}

impl Traffic {
    /// An exchange begins.
    pub(super) fn forget(&self) {
        self.received_bytes.store(0, Ordering::Relaxed);
        self.beginning.store(0, Ordering::Relaxed);
    }

    /// Whether not a byte has come.
    pub(super) fn is_silent(&self) -> bool {
        self.received_bytes.load(Ordering::Relaxed) == 0
    }

    /// Whether what has come begins as an answer in HTTP/1.
    pub(super) fn begins_as_answer(&self) -> bool {
        self.beginning().starts_with(b"HTTP/1.")
    }

    /// Whether what has come begins as HTTP/2: its first frame is a SETTINGS frame, type 4, of the whole
    /// connection (RFC 9113, 3.4).
    pub(super) fn begins_as_http2(&self) -> bool {
        let beginning = self.beginning();
        beginning[0] == 0 && beginning[3] == 4 && beginning[5..8] == [0; 3]
    }

    fn beginning(&self) -> [u8; 8] {
        self.beginning.load(Ordering::Relaxed).to_be_bytes()
    }

    fn note(&self, bytes: &[u8]) {
        // One task reads and writes this, so a load and a store will do.
        let received_bytes = self.received_bytes.load(Ordering::Relaxed);
        if received_bytes == 0 {
            let mut beginning = [0; 8];
            let length = bytes.len().min(8);
            beginning[..length].copy_from_slice(&bytes[..length]);
            self.beginning.store(u64::from_be_bytes(beginning), Ordering::Relaxed);
        }
        self.received_bytes.store(received_bytes + bytes.len() as u64, Ordering::Relaxed);
    }
}

/// A connection's bytes.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    traffic: Arc<Traffic>,
}

#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Wraps a stream that is ready for HTTP.
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, traffic: Arc::default() }
    }

    /// What is seen of its bytes.
    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let read = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        let new = &buffer.filled()[filled..];
        if !new.is_empty() {
            self.traffic.note(new);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
