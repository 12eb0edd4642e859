//! textmill plugin: removes boilerplate.
