//! Where the lines of a text begin, so that many questions cost one look at it.

/// The start of each line, in bytes, ascending.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Lines {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(i, _)| i + 1);
        Lines(std::iter::once(0).chain(after_breaks).collect())
    }

    /// The number, from 1, of the line that holds `offset`.
    pub(crate) fn number(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    /// Where line `number` begins.
    pub(crate) fn start(&self, number: usize) -> usize {
        self.0.get(number - 1).copied().unwrap_or(0)
    }
}
