//! `textmill check`: preflight and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use textmill_engine::Mill;
use textmill_host::Environment;

use crate::arguments::PipelineArguments;
use crate::exit::{Exit, Stop};
use crate::pipeline::Pipeline;
use crate::{console, figures};

pub(crate) fn check(arguments: &PipelineArguments, folders: &[PathBuf]) -> Result<Exit, Stop> {
    let pipeline = Pipeline::open(arguments, folders)?;
    let mill = pipeline.mill(&Arc::new(Environment::new(|_, _, _| {})))?;
    console::answer(&format!("{} is sound: {}\n", pipeline.name, in_short(&mill)))?;
    Ok(Exit::Done)
}

fn in_short(mill: &Mill) -> String {
    let files = figures::counted(mill.source().inputs().len() as u64, "input file");
    let stages = figures::counted(mill.plan().stages.len() as u64, "stage");
    let passes = match mill.plan().passes().len() {
        1 => "1 pass".to_owned(),
        passes => format!("{passes} passes"),
    };
    format!("{files}, {stages}, {passes}")
}
