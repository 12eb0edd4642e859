//! Measures quality against gold answers.
