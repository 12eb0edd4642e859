//! textmill plugin: picks the sentences that matter.
pub mod candidates;
pub mod choose;
pub mod dateline;
pub mod phrases;
pub mod reading;
pub mod score;
pub mod summary;
pub mod vocabulary;
