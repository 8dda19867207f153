//! Logins whose only trace is a cookie.

use aforo_model::{Method, Step};

/// How the path of a login ends, without `_` and `-`, in lower case.
const LOGINS: [&str; 9] =
    ["login", "signin", "logon", "session", "sessions", "auth", "authenticate", "authorize", "token"];

/// Whether a step is there for the cookie that it sets: it posts to where a session begins, and nothing of its answer is
/// kept. One whose answer is kept hands out a token, and is needed by those that use it. Which answers set a cookie is not
/// known before they come.
pub(super) fn is_login_by_cookie(step: &Step) -> bool {
    let path = step.path.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = last.replace(['_', '-'], "").to_ascii_lowercase();
    step.method == Method::Post && step.extract.is_empty() && LOGINS.contains(&last.as_str())
}
