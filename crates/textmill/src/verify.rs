//! `textmill verify`: whether all that a run left is still as it was.

use crate::arguments::VerifyArguments;
use crate::console;
use crate::exit::{Exit, Stop};
use crate::figures;
use crate::style::{ADDED, ERROR};
use textmill_engine::FileState;

pub(crate) fn verify(arguments: &VerifyArguments) -> Result<Exit, Stop> {
    let folder = &arguments.folder;
    let manifest = textmill_engine::manifest(folder).map_err(|err| {
        let message = format!("cannot read the manifest of the run in `{}`: {err}", folder.display());
        let hint = "name the run folder, such as `out/documents.jsonl.run`; a run has a manifest when it came to its end";
        Stop::refused(message, hint)
    })?;
    let mut all_whole = true;
    for file in &manifest.files {
        let state = file.state(folder);
        all_whole &= state == FileState::Whole;
        let what = match state {
            FileState::Whole => {
                let records = file.records.map(|n| format!(", {}", figures::counted(n, "record")));
                let bytes = figures::bytes(file.bytes);
                format!(
                    "  {ADDED}ok{ADDED:#}       {}: {bytes}{}\n",
                    file.path.display(),
                    records.unwrap_or_default()
                )
            }
            FileState::Unreadable(why) => failed(&file.path, &why),
            FileState::Resized(bytes) => {
                failed(&file.path, &format!("it has {bytes} bytes, and had {}", file.bytes))
            }
            FileState::Changed => failed(&file.path, "its content changed"),
        };
        console::answer(&what)?;
    }
    Ok(if all_whole { Exit::Done } else { Exit::Failed })
}

fn failed(path: &std::path::Path, why: &str) -> String {
    format!("  {ERROR}FAILED{ERROR:#}   {}: {why}\n", path.display())
}
