//! The limit of open files: every connection needs one.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What the program needs beside the connections of users: files, timers, the target's own connections.
const RESERVE: u64 = 128;

/// Raises this process's limit of open files, as far as the system lets it, when `users` connections would
/// not fit.
pub(crate) fn allow_descriptors(users: u32) {
    let needed = u64::from(users) + RESERVE;
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < needed
    {
        // What is refused shows as failures that name the limit.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, needed.min(hard), hard);
    }
}

/// What to say when there is none left.
pub(super) fn exhausted() -> String {
    let limit = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard => {
            format!("the limit is {soft}; raise it with `ulimit -n {hard}` in the shell that starts Aforo")
        }
        Ok((soft, _)) => format!(
            "the limit is {soft} and only the administrator can raise it, in `/etc/security/limits.conf` or as \
             `LimitNOFILE=` of a service"
        ),
        Err(error) => format!("the limit cannot be read ({error}); see `ulimit -n`"),
    };
    format!("the load generator has no file descriptor left: {limit}; or use fewer users")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_limit() {
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert!(exhausted().contains(&format!("the limit is {soft}")), "{}", exhausted());
    }

    #[test]
    fn a_limit_that_is_high_enough_is_left_alone() {
        let before = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        allow_descriptors(1);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), before);
    }
}
