//! TLS. The certificate is one for 127.0.0.1, valid until 2126, that no machine trusts.

use aforo_model::ErrorKind;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

const CERTIFICATE: CertificateDer<'_> = CertificateDer::from_slice(include_bytes!("untrusted.cert.der"));
const KEY: &[u8] = include_bytes!("untrusted.key.der");

/// A server over TLS that answers everything, in the protocols it says.
async fn secured(protocols: &'static [&'static [u8]]) -> Server {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CERTIFICATE], PrivatePkcs8KeyDer::from(KEY).into())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut server = Server::new(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut head = Vec::new();
            while let Ok(byte) = stream.read_u8().await {
                head.push(byte);
                if head.ends_with(b"\r\n\r\n") {
                    head.clear();
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await.unwrap();
                }
            }
        }
    })
    .await;
    server.url = server.url.replace("http:", "https:");
    server
}

/// A client that trusts the certificate.
fn trusting(server: &Server) -> LeanClient {
    let origin = Origin::new(&server.url.parse().unwrap(), PATIENT).unwrap();
    LeanClient::new(Arc::new(origin.trusting(CERTIFICATE)))
}

#[tokio::test]
async fn requests_go_over_tls_and_keep_their_connection() {
    let server = secured(&[b"http/1.1"]).await;
    let mut client = trusting(&server);
    for _ in 0..3 {
        assert_eq!(answer_of(&mut client, post("/", "x")).await.unwrap().body, "secret");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_named() {
    let server = secured(&[]).await;
    let error = answer_of(&mut server.client(), get("/")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls);
    assert!(error.message.starts_with("no TLS connection: invalid peer certificate: "), "{error:?}");
}

#[tokio::test]
async fn a_server_that_speaks_http2_only_over_tls_is_named() {
    let server = secured(&[b"h2"]).await;
    let error = answer_of(&mut trusting(&server), get("/")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls, "{error:?}");
    assert!(error.message.contains("NoApplicationProtocol"), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_named() {
    let server = Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let url = server.url.replace("http:", "https:");
    // A request never comes to its end there, so the server has to be the one to speak.
    let hasty = Server::new(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        read_to_end(&mut stream).await;
    })
    .await;
    let error =
        answer_of(&mut client(&hasty.url.replace("http:", "https:"), PATIENT), get("/")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls, "{error:?}");
    let silent = answer_of(&mut client(&url, Duration::from_millis(100)), get("/")).await.unwrap_err();
    assert_eq!(silent.kind, ErrorKind::Timeout, "a handshake that hangs is held to the time limit too");
}

async fn read_to_end(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}
