//! Whether output goes to a terminal, and in colour.

use std::io::IsTerminal;

use aforo_pipeline::reports::Style;
use aforo_pipeline::reports::terminal::Screen;

/// Columns where standard output is no terminal: a file or a pipe is read in an editor or a CI log.
const COLUMNS_ELSEWHERE: usize = 100;

/// Colours on standard output: only on a terminal, and only if `NO_COLOR` does not forbid them.
pub(crate) fn stdout_style() -> Style {
    let has_colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    if has_colour { Style::colored() } else { Style::plain() }
}

/// The width of standard output, in columns.
pub(crate) fn stdout_columns() -> usize {
    let on_terminal = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    on_terminal.map_or(COLUMNS_ELSEWHERE, |(width, _height)| width.0.into())
}

/// Standard output as a screen for reports.
pub(crate) fn screen(folder: Option<&str>) -> Screen<'_> {
    Screen { style: stdout_style(), columns: stdout_columns(), folder }
}

/// Whether standard error is shown in colour.
pub(crate) fn stderr_has_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Whether standard error is a terminal, so that a line can be written over.
pub(crate) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}
