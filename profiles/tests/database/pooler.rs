//! A pooler in front: it refuses or forgets the settings of a connection's start.

use aforo_profiles::{StatementReader, read_database};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::server::start_with_schema;

/// What a pooler does about `options` in a start-up message.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// As pgbouncer: an error, 08P01.
    Refuses,
    /// As pgbouncer with `ignore_startup_parameters = options`.
    Forgets,
}

/// Passes connections on to `port`, but for what a pooler does about their start.
async fn pooler(port: u16, manner: Manner) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve(client, port, manner));
        }
    });
    own
}

async fn serve(mut client: TcpStream, port: u16, manner: Manner) -> std::io::Result<()> {
    let mut parameters = loop {
        let length = client.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await?;
        // A request for TLS comes first; it is declined.
        match body.len() {
            4 => client.write_all(b"N").await?,
            _ => break body,
        }
    };
    if let Some(at) = find(&parameters, b"\0options\0") {
        let value = at + b"\0options\0".len();
        let end = value + find(&parameters[value..], b"\0").unwrap();
        if matches!(manner, Manner::Refuses) {
            let fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
            client.write_u8(b'E').await?;
            client.write_u32(u32::try_from(fields.len()).unwrap() + 4).await?;
            return client.write_all(fields).await;
        }
        parameters.drain(at..end);
    }
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_u32(u32::try_from(parameters.len()).unwrap() + 4).await?;
    server.write_all(&parameters).await?;
    copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[tokio::test]
async fn behind_a_pooler_everything_is_read_and_the_pooler_is_named() {
    let (server, _admin) = start_with_schema().await;
    let port: u16 = server.url().rsplit(['/', ':']).nth(1).unwrap().parse().unwrap();
    for (manner, said) in [(Manner::Refuses, "refuses"), (Manner::Forgets, "forgets")] {
        let detour = pooler(port, manner).await;
        let url = server.url().replace(&port.to_string(), &detour.to_string());
        let evidence = read_database(&url, None, None).await.unwrap();
        assert!(evidence.server.pooler.as_deref().is_some_and(|pooler| pooler.contains(said)), "{manner:?}");
        assert_eq!(evidence.skipped, []);
        assert!(evidence.server.host_memory_bytes.is_some() || cfg!(not(target_os = "linux")));
        StatementReader::connect(&url).await.unwrap().snapshot().await.unwrap();
    }
    server.stop().await;
}
