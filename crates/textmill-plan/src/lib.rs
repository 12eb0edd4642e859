//! pipeline.toml to a checked plan.
