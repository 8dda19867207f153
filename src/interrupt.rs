//! Ctrl-C: the first time drains, the second time ends at once.

use tokio_util::sync::CancellationToken;

use crate::exit_code::ExitCode;

/// A token that Ctrl-C (or SIGTERM) cancels.
///
/// It must be asked for before a load starts: Goose installs a handler of its own, that would stop every
/// load of the process, unless there is one already.
pub(crate) fn token() -> CancellationToken {
    let token = CancellationToken::new();
    let on_signal = token.clone();
    let installed = ctrlc::set_handler(move || {
        if on_signal.is_cancelled() {
            std::process::exit(ExitCode::Interrupted as i32);
        }
        on_signal.cancel();
    });
    if let Err(error) = installed {
        tracing::warn!("Ctrl-C cannot be caught, so it ends Aforo at once: {error}");
    }
    token
}
