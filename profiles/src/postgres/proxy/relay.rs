//! The bytes of one connection, both ways.
//!
//! Each piece is read, looked at, and written as it came: two system calls, as in any proxy, and a look that waits for
//! nothing. It is looked at before it is passed on, so that whoever has an answer finds the statement recorded.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::startup::{Beginning, begin};
use super::watch::{OpenConnection, Shared, Watch};

/// Read at once: some pages of rows.
const PIECE_BYTES: usize = 32 * 1024;

/// Serves one client until either side ends.
pub(super) async fn serve(mut client: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let Some((beginning, first_bytes)) = begin(&mut client).await? else {
        return Ok(());
    };
    let (host, port) = &shared.upstream;
    let mut server = TcpStream::connect((host.as_str(), *port)).await?;
    server.set_nodelay(true)?;
    server.write_all(&first_bytes).await?;
    match beginning {
        Beginning::Session => relay(&mut client, &mut server, &Watch::new(shared)).await,
        Beginning::Cancel => copy_bidirectional(&mut client, &mut server).await.map(drop),
        Beginning::Unknown => {
            OpenConnection::new(shared)
                .is_unreadable("it does not begin as a session of protocol 3 in the clear");
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
    }
}

async fn relay(client: &mut TcpStream, server: &mut TcpStream, watch: &Watch) -> io::Result<()> {
    let (mut client_reads, mut client_writes) = client.split();
    let (mut server_reads, mut server_writes) = server.split();
    let mut from_client = pin!(async {
        pass(&mut client_reads, &mut server_writes, |piece| watch.client_sent(piece)).await?;
        server_writes.shutdown().await
    });
    let mut from_server = pin!(pass(&mut server_reads, &mut client_writes, |piece| watch.server_sent(piece)));
    tokio::select! {
        ended = &mut from_server => ended,
        // The client has said everything; it may still want the answer.
        ended = &mut from_client => {
            ended?;
            from_server.await
        }
    }
}

async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    look: impl Fn(&[u8]),
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        look(&piece[..length]);
        to.write_all(&piece[..length]).await?;
    }
}
