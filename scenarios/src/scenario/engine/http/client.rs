//! One user's client: its connection, its cookies, its time limit.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http::Method;
use tokio::time::{Instant, Sleep};
use url::Url;

use super::connection::{Connection, Progress};
use super::cookies::CookieJar;
use super::incoming::{Incoming, Reply};
use super::origin::Origin;
use super::outgoing::Outgoing;
use super::redirect::{self, MAX_REDIRECTS};
use super::{fault, gzip};
use crate::scenario::engine::exchange::{Answer, Exchange, Request, RequestError};

/// An HTTP/1.1 client with one connection.
pub(crate) struct LeanClient {
    origin: Arc<Origin>,
    /// Open and idle between exchanges; taken out while one is under way, so that one that is given up
    /// takes its connection with it.
    connection: Option<Connection>,
    /// The request as bytes; kept for its memory.
    outgoing: Outgoing,
    cookies: Option<Box<CookieJar>>,
    keeps_cookies: bool,
    /// One timer, moved on from exchange to exchange, which costs less than starting one for each.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl std::fmt::Debug for LeanClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_connected = self.connection.is_some();
        formatter.debug_struct("LeanClient").field("is_connected", &is_connected).finish_non_exhaustive()
    }
}

impl Exchange for LeanClient {
    async fn exchange(&mut self, request: Request<'_>) -> Result<Answer, RequestError> {
        let timeout = self.origin.timeout;
        let end = Instant::now() + timeout;
        let mut deadline = match self.deadline.take() {
            Some(mut deadline) => {
                deadline.as_mut().reset(end);
                deadline
            }
            None => Box::pin(tokio::time::sleep_until(end)),
        };
        // By hand, because `select!` moves the futures it is given, and this one is large.
        let answer = {
            let mut following = pin!(self.follow(request));
            poll_fn(|context| match following.as_mut().poll(context) {
                Poll::Pending => deadline.as_mut().poll(context).map(|()| Err(fault::timeout(timeout))),
                answer => answer,
            })
            .await
        };
        self.deadline = Some(deadline);
        answer
    }
}

impl LeanClient {
    /// A client of a user that has not connected yet.
    pub(crate) fn new(origin: Arc<Origin>) -> Self {
        Self {
            origin,
            connection: None,
            outgoing: Outgoing::default(),
            cookies: None,
            keeps_cookies: true,
            deadline: None,
        }
    }

    /// The same, but it forgets every cookie it is given.
    pub(crate) fn without_cookies(mut self) -> Self {
        self.keeps_cookies = false;
        self
    }

    /// Exchanges a request and those it is redirected to.
    async fn follow(&mut self, mut request: Request<'_>) -> Result<Answer, RequestError> {
        let (mut received_bytes, mut redirects) = (0, 0);
        loop {
            let reply = self.exchange_once(&request).await?;
            received_bytes += reply.received_bytes;
            let location = reply.head.location.as_deref();
            let next = if request.follows_redirects && location.is_some() {
                redirect::next(&request, &self.url(&request), reply.head.status, location)
            } else {
                None
            };
            let Some(next) = next else {
                let is_packed = reply.head.is_gzip && request.keeps_body;
                let body = if is_packed { gzip::unpacked(&reply.body)? } else { reply.body };
                return Ok(Answer { status: reply.head.status, body: body.into(), received_bytes });
            };
            if redirects == MAX_REDIRECTS {
                return Err(fault::redirect_loop(redirects, next.path.path()));
            }
            request = next;
            redirects += 1;
        }
    }

    async fn exchange_once(&mut self, request: &Request<'_>) -> Result<Reply, RequestError> {
        let cookie = match &self.cookies {
            Some(cookies) => cookies.header(&self.url(request)),
            None => None,
        };
        self.outgoing.set(request, cookie.as_ref());
        let incoming = || Incoming::new(request.method == Method::HEAD, request.keeps_body);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let mut outcome = connection.exchange(&mut self.outgoing, incoming()).await;
        if let Err(failure) = &outcome
            && may_repeat(failure.progress, &request.method)
        {
            connection = self.connect().await?;
            self.outgoing.rewind();
            outcome = connection.exchange(&mut self.outgoing, incoming()).await;
        }
        let mut reply = outcome.map_err(|failure| failure.error)?;
        if reply.head.is_persistent {
            self.connection = Some(connection);
        }
        if self.keeps_cookies && !reply.head.cookies.is_empty() {
            let url = self.url(request);
            self.cookies.get_or_insert_default().keep(std::mem::take(&mut reply.head.cookies), &url);
        }
        Ok(reply)
    }

    async fn connect(&self) -> Result<Connection, RequestError> {
        // On the heap, because it takes much more room than an exchange, and seldom.
        Box::pin(self.origin.connect()).await.map(Connection::new)
    }

    /// The whole URL of a request, where cookies and redirects need it.
    fn url(&self, request: &Request<'_>) -> Url {
        self.origin.url_of(&request.path)
    }
}

/// Whether a request is sent again on a new connection. A second attempt that fails in the same way is an
/// error: a new connection is never stale.
fn may_repeat(progress: Progress, method: &Method) -> bool {
    match progress {
        Progress::NotSent => true,
        Progress::Stale => method.is_idempotent(),
        Progress::Sent => false,
    }
}
