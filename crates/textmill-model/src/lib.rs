//! What flows through the mill.
