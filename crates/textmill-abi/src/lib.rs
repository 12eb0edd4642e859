//! The C boundary between textmill and its plugins.
