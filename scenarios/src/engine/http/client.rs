//! One user's client: its connection, its cookies, its time limit.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http::Method;
use http::header::{COOKIE, SET_COOKIE};
use http_body_util::Full;
use tokio::time::{Instant, Sleep};
use url::Url;

use super::connection::{Connection, Progress, Reply};
use super::cookies::CookieJar;
use super::origin::Origin;
use super::redirect::{self, MAX_REDIRECTS};
use super::{fault, gzip};
use crate::engine::exchange::{Answer, Exchange, Request, RequestError};

/// An HTTP/1.1 client with one connection.
pub(crate) struct LeanClient {
    origin: Arc<Origin>,
    /// Open and idle between exchanges; taken out while one is under way, so that one that is given up
    /// takes its connection with it.
    connection: Option<Box<Connection>>,
    cookies: Option<Box<CookieJar>>,
    /// One timer, moved on from exchange to exchange, which costs less than starting one for each.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl std::fmt::Debug for LeanClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_connected = self.connection.is_some();
        formatter.debug_struct("LeanClient").field("is_connected", &is_connected).finish_non_exhaustive()
    }
}

impl Clone for LeanClient {
    /// A client for another user: without this one's connection and cookies.
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.origin))
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
        Self { origin, connection: None, cookies: None, deadline: None }
    }

    /// Exchanges a request and those it is redirected to.
    async fn follow(&mut self, mut request: Request<'_>) -> Result<Answer, RequestError> {
        let mut received_bytes = 0;
        for redirects in 0.. {
            let reply = self.exchange_once(&request).await?;
            received_bytes += reply.received_bytes;
            let is_redirect = (300..=399).contains(&reply.status) && request.follows_redirects;
            let next = if is_redirect {
                redirect::next(&request, &self.url(&request), reply.status, &reply.headers)
            } else {
                None
            };
            let Some(next) = next else {
                let body =
                    if request.keeps_body { gzip::unpacked(&reply.headers, reply.body)? } else { reply.body };
                return Ok(Answer { status: reply.status, body, received_bytes });
            };
            if redirects == MAX_REDIRECTS {
                return Err(fault::redirect_loop(redirects, next.path.path()));
            }
            request = next;
        }
        unreachable!("the loop is left by an answer or by its last redirect")
    }

    async fn exchange_once(&mut self, request: &Request<'_>) -> Result<Reply, RequestError> {
        let cookie = match &self.cookies {
            Some(cookies) => cookies.header(&self.url(request)),
            None => None,
        };
        let outgoing = || {
            let mut outgoing = http::Request::new(Full::new(request.body.clone()));
            *outgoing.method_mut() = request.method.clone();
            *outgoing.uri_mut() = request.path.clone().into();
            let headers = outgoing.headers_mut();
            headers.clone_from(&request.headers);
            for (name, value) in &request.filled_headers {
                headers.insert(name, value.clone());
            }
            if let Some(cookie) = &cookie
                && !headers.contains_key(COOKIE)
            {
                headers.insert(COOKIE, cookie.clone());
            }
            outgoing
        };
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Box::pin(self.connect()).await?,
        };
        let mut outcome = connection.exchange(outgoing(), request.keeps_body).await;
        if let Err(failure) = &outcome
            && may_repeat(failure.progress, &request.method)
        {
            connection = Box::pin(self.connect()).await?;
            outcome = connection.exchange(outgoing(), request.keeps_body).await;
        }
        let reply = outcome.map_err(|failure| failure.error)?;
        if reply.is_reusable {
            self.connection = Some(connection);
        }
        if reply.headers.contains_key(SET_COOKIE) {
            let url = self.url(request);
            self.cookies.get_or_insert_default().keep(&reply.headers, &url);
        }
        Ok(reply)
    }

    async fn connect(&self) -> Result<Box<Connection>, RequestError> {
        let wire = self.origin.connect().await?;
        Connection::begin(wire).await.map(Box::new)
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
