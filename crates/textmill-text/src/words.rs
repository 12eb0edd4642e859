//! Finds the words of a text.
