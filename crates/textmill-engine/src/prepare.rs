//! The last part of preflight: what only the file system and the plugins know.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_host::{Environment, Plugins};
use textmill_io::OptionFault;
use textmill_plan::{Fault, Place, Plan};

use crate::mill::Mill;

/// What a plan is prepared with.
pub struct Setup<'a> {
    /// Where its stages come from.
    pub plugins: &'a Plugins,
    /// What its stages may say, and when they should end.
    pub environment: Arc<Environment>,
    /// The folder at which relative paths start.
    pub folder: &'a Path,
}

/// Opens the source and the sink and builds every stage, and gives a mill that is ready to turn.
///
/// # Errors
///
/// Every fault that was found, each pointing into the pipeline file. Parts of the plan that already have a fault are
/// passed over, so that this can be asked of a plan with faults to find the rest of them.
pub fn prepare(plan: Plan, setup: &Setup<'_>) -> Result<Mill, Vec<Fault>> {
    let mut faults = Vec::new();
    let source = plan.source.is_sound.then(|| {
        textmill_io::open_source(&plan.source.kind, &plan.source.options, setup.folder)
            .map_err(|fault| faults.push(option_fault(&plan, Place::Source, fault)))
    });
    let source = source.and_then(Result::ok);
    let sink = plan.sink.is_sound.then(|| {
        textmill_io::open_sink(&plan.sink.kind, &plan.sink.options, setup.folder)
            .map_err(|fault| faults.push(option_fault(&plan, Place::Sink, fault)))
    });
    let sink = sink.and_then(Result::ok);
    if let (Some(source), Some(sink)) = (&source, &sink) {
        let inputs: Vec<PathBuf> = source.inputs().iter().map(|input| input.path.clone()).collect();
        faults.extend(overwritten(&inputs, &sink.outputs()).map(|path| {
            let message = format!("the output `{}` would overwrite an input", path.display());
            plan.fault_at(Place::Sink, "/path", message, Some("write to another place".to_owned()))
        }));
    }
    let instances = instances(&plan, setup, &mut faults);
    match (source, sink) {
        (Some(source), Some(sink)) if faults.is_empty() => {
            let environment = Arc::clone(&setup.environment);
            Ok(Mill { plan, source, sink, instances, environment, folder: setup.folder.to_owned() })
        }
        _ => Err(faults),
    }
}

fn instances(plan: &Plan, setup: &Setup<'_>, faults: &mut Vec<Fault>) -> Vec<textmill_host::Instance> {
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
