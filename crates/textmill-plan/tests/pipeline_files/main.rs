//! Pipeline files in; plans, faults and schemas out.

mod any_text;
mod catalog;
mod editor_schema;
mod faults;
mod plans;

use textmill_plan::{Reading, Request, read};

/// Reads `text` as the pipeline file of the samples, with `overrides` from the command line.
fn read_sample(text: &str, overrides: &[&str]) -> Reading {
    let overrides: Vec<String> = overrides.iter().map(|it| (*it).to_owned()).collect();
    read(&Request {
        file_name: "pipeline.toml",
        text,
        folder: catalog::folder(),
        catalog: &catalog::catalog(),
        overrides: &overrides,
        environment: &catalog::environment,
    })
}
