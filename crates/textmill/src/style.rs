//! The colours. Written always; the streams of `console` take them out where they are not wanted.

use anstyle::{AnsiColor, Effects, Style};

/// The word `error`.
pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().effects(Effects::BOLD);
/// The word `warning`.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
/// The word `hint`.
pub(crate) const HINT: Style = AnsiColor::BrightCyan.on_default().effects(Effects::BOLD);
/// What a line is about.
pub(crate) const HEADING: Style = Style::new().effects(Effects::BOLD);
/// What can be passed over.
pub(crate) const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// What went.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default().effects(Effects::STRIKETHROUGH);
/// What came, and what is well.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
