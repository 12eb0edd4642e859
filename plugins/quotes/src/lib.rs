//! textmill plugin: finds who said what.
