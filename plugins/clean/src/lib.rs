//! textmill plugin: removes boilerplate.
//!
//! Two stages. `clean` looks at one document: its lines, its white space. `boilerplate` looks at a
//! corpus first and then removes the lines that repeat across its documents.
//!
//! Everything that knows text lives in the modules below and knows no document; this file makes stages of it.

pub mod cleaner;
pub mod control;
pub mod credits;
pub mod edit;
pub mod fold;
pub mod lines;
pub mod phrases;
pub mod quotation;
pub mod rule;
