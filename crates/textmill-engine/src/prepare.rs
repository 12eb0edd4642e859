//! The last part of preflight: what only the file system and the plugins know.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_host::{Environment, Plugins};
use textmill_io::OptionFault;
use textmill_plan::{Fault, Place, Plan, Reading, Severity};

use crate::mill::{Mill, run_folder};

/// What a plan is prepared with.
pub struct Setup<'a> {
    /// Where its stages come from.
    pub plugins: &'a Plugins,
    /// What its stages may say, and when they should end.
    pub environment: Arc<Environment>,
    /// The folder at which relative paths start.
    pub folder: &'a Path,
}

/// Opens the source and the sink and builds every stage of a plan as it was read, and gives a mill that is ready to
/// turn, with the warnings of the file.
///
/// # Errors
///
/// Every fault that was found, by the plan and here, in the order in which they stand in the pipeline file. Parts of the
/// plan that already have a fault are passed over, so that the others' are found at once.
pub fn prepare(reading: Reading, setup: &Setup<'_>) -> Result<(Mill, Vec<Fault>), Vec<Fault>> {
    let Reading { plan, mut faults } = reading;
    let mill = plan.and_then(|plan| mill(plan, setup, &mut faults));
    faults.sort_by_key(place);
    let is_sound = faults.iter().all(|fault| fault.severity != Severity::Error);
    match mill.filter(|_| is_sound) {
        Some(mill) => Ok((mill, faults)),
        None => Err(faults),
    }
}

/// Where a fault stands: in the file, first to last, then on the command line.
fn place(fault: &Fault) -> (bool, usize) {
    (fault.command_line.is_some(), fault.span.as_ref().map_or(usize::MAX, |span| span.start))
}

/// A mill for the sound parts of a plan; it is whole only if there is no fault.
fn mill(plan: Plan, setup: &Setup<'_>, faults: &mut Vec<Fault>) -> Option<Mill> {
    let (base, folder) = (setup.folder, setup.folder.to_owned());
    let source = plan.source.is_sound.then(|| {
        textmill_io::open_source(&plan.source.kind, &plan.source.options, base)
            .map_err(|fault| faults.push(option_fault(&plan, Place::Source, fault)))
    });
    let sink = plan.sink.is_sound.then(|| {
        textmill_io::open_sink(&plan.sink.kind, &plan.sink.options, base)
            .map_err(|fault| faults.push(option_fault(&plan, Place::Sink, fault)))
    });
    let instances = instances(&plan, setup, faults);
    let (mut source, sink) = (source?.ok()?, sink?.ok()?);
    let mut written = sink.outputs();
    written.push(run_folder(&plan, &sink, base));
    let found = source.inputs().len();
    source.leave_out(&written);
    if found > 0 && source.inputs().is_empty() {
        let message = "the only files found are those that an earlier run wrote".to_owned();
        let hint = Some("name the files to read, or write to another place".to_owned());
        faults.push(plan.fault_at(Place::Source, "/paths", message, hint));
    }
    let writes =
        |layer: &str| plan.stages.iter().any(|used| used.stage.layers.iter().any(|it| **it == *layer));
    if let Some(layer) = sink.layer().filter(|layer| !writes(layer)) {
        let message = format!("the sink writes layer `{layer}`, which no stage of this pipeline writes");
        let hint = Some("only what documents bring along is written; add a stage that writes it".to_owned());
        let mut fault = plan.fault_at(Place::Sink, "/layer", message, hint);
        fault.severity = Severity::Warning;
        faults.push(fault);
    }
    let inputs: Vec<PathBuf> = source.inputs().iter().map(|input| input.path.clone()).collect();
    faults.extend(overwritten(&inputs, &written).map(|path| {
        let message = format!("`{}`, which the run writes, would overwrite an input", path.display());
        plan.fault_at(Place::Sink, "/path", message, Some("write to another place".to_owned()))
    }));
    Some(Mill { plan, source, sink, instances, environment: Arc::clone(&setup.environment), folder })
}

fn instances(plan: &Plan, setup: &Setup<'_>, faults: &mut Vec<Fault>) -> Vec<textmill_host::Instance> {
    setup.environment.set_folder(setup.folder);
    let mut instances = Vec::new();
    for (i, used) in plan.stages.iter().enumerate().filter(|(_, used)| used.is_sound) {
        match setup.plugins.create(&used.stage, &used.id, &used.options, &setup.environment) {
            Ok(instance) => instances.push(instance),
            Err(err) => {
                let message = format!("stage `{}` refuses its options: {}", used.id, err.message);
                let hint = (!err.hint.is_empty()).then_some(err.hint);
                faults.push(plan.fault_at(Place::Stage(i), &err.pointer, message, hint));
            }
        }
    }
    instances
}

fn option_fault(plan: &Plan, place: Place, fault: OptionFault) -> Fault {
    let hint = (!fault.hint.is_empty()).then_some(fault.hint);
    plan.fault_at(place, &fault.pointer, fault.message, hint)
}

/// The first output that is an input, or a folder with one in it, whatever way the paths are written.
fn overwritten<'a>(inputs: &[PathBuf], outputs: &'a [PathBuf]) -> Option<&'a PathBuf> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    outputs.iter().find(|output| inputs.iter().any(|input| real(input).starts_with(real(output))))
}
