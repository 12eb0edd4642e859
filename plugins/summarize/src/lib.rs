//! textmill plugin: picks the sentences that matter.
