//! Redirects, of which only those to the target itself are followed.

use aforo_model::ErrorKind;
use tokio::sync::mpsc;

use super::*;

/// Redirects `/from` with this status and location, and answers everything else with its request line.
async fn redirecting(status: u16, location: String) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (sender, lines) = mpsc::unbounded_channel();
    let server = Server::new(move |_, mut stream| {
        let (sender, location) = (sender.clone(), location.clone());
        async move {
            loop {
                let head = read_head(&mut stream).await;
                let Some(line) = head.lines().next().map(str::to_owned) else { return };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                stream.read_exact(&mut body).await.unwrap();
                let answer = if line.contains(" /from ") {
                    format!("HTTP/1.1 {status} Go\r\nlocation: {location}\r\ncontent-length: 4\r\n\r\nthis")
                } else {
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{line}", line.len())
                };
                let _ = sender.send(line);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    (server, lines)
}

#[tokio::test]
async fn a_redirect_to_the_target_is_followed_on_the_same_connection() {
    for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let (server, _lines) = redirecting(status, "/to?x=1".to_owned()).await;
        let answer = answer_of(&mut server.client(), post("/from", "body")).await.unwrap();
        assert_eq!(answer.body, format!("{method} /to?x=1 HTTP/1.1"), "{status}");
        assert_eq!(answer.received_bytes, 4 + answer.body.len() as u64, "all that came is counted");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_redirect_to_anybody_else_stands_and_nobody_else_is_asked() {
    let other = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let (server, _lines) = redirecting(302, format!("{}/", other.url)).await;
    let answer = answer_of(&mut server.client(), get("/from")).await.unwrap();
    assert_eq!((answer.status, &*answer.body), (302, b"this".as_slice()));
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_that_the_step_expects_stands() {
    let (server, _lines) = redirecting(302, "/to".to_owned()).await;
    let expecting = Request { follows_redirects: false, ..get("/from") };
    assert_eq!(answer_of(&mut server.client(), expecting).await.unwrap().status, 302);
}

#[tokio::test]
async fn a_circle_of_redirects_is_named_and_left() {
    let (server, mut lines) = redirecting(302, "/from?key=secret".to_owned()).await;
    let answer = answer_of(&mut server.client(), get("/from")).await.unwrap();
    assert_eq!(answer.status, 200, "the query made it another page");
    drop((server, lines));
    (_, lines) = {
        let (server, lines) = redirecting(302, "/from".to_owned()).await;
        let error = answer_of(&mut server.client(), get("/from")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::RedirectLoop);
        assert_eq!(error.message, "redirected 10 times, at last to `/from`");
        (server, lines)
    };
    let mut requests = 0;
    while lines.try_recv().is_ok() {
        requests += 1;
    }
    assert_eq!(requests, 11);
}
