//! What stands at the end of a pass: the sink, a corpus stage that takes notes, or nobody.

use std::sync::{Arc, Mutex, PoisonError};

use textmill_host::{Instance, Worker};
use textmill_io::spill::{self, SpillWriter, SpilledFile};
use textmill_io::{Checksum, Encoded, Encoder, FinishedOutput, Writer};
use textmill_model::Batch;

use crate::commit_point::Written;
use crate::mill::RunError;
use crate::run::{Run, lock};
use crate::timers::Part;
use crate::workers::Workers;

/// The end of a pass: renders batches on any thread, and takes what was rendered one at a time, in corpus order.
pub(crate) trait End: Sync {
    /// A batch as this end takes it.
    type Rendered: Send;

    /// Whether documents that come here have left the mill.
    const WRITES: bool;

    fn render(&self, run: &Run<'_>, batch: &Batch) -> Result<Self::Rendered, RunError>;

    fn take(&self, run: &Run<'_>, rendered: &Self::Rendered) -> Result<(), RunError>;

    /// Whether [`Self::sum_up`] has something to do.
    fn sums(&self) -> bool {
        false
    }

    /// Adds to a sum what was taken, in corpus order, too, while another thread takes later batches.
    fn sum_up(&self, run: &Run<'_>, rendered: &Self::Rendered) {
        let _ = (run, rendered);
    }

    /// Brings what was taken so far to the disk, for another run to go on from. None where there is no way back.
    fn commit(&self, run: &Run<'_>) -> Result<Option<Written>, RunError> {
        let _ = run;
        Ok(None)
    }
}

/// The sink.
pub(crate) struct Output {
    encoder: Arc<Encoder>,
    writer: Mutex<Writer>,
    /// Where it can be reckoned apart from the writing.
    checksum: Option<Mutex<Checksum>>,
}

impl Output {
    pub(crate) fn new(encoder: Arc<Encoder>, mut writer: Writer) -> Output {
        let checksum = writer.split_checksum().map(Mutex::new);
        Output { encoder, writer: Mutex::new(writer), checksum }
    }

    /// Gives what was written its final name.
    pub(crate) fn finish(self, run: &Run<'_>) -> Result<FinishedOutput, RunError> {
        let writer = self.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let finished = run.timers.time(Part::Write, || writer.finish());
        let mut finished = finished.map_err(|err| run.write_error(err))?;
        if let Some(checksum) = self.checksum {
            finished.sha256 = Some(checksum.into_inner().unwrap_or_else(PoisonError::into_inner).finish());
        }
        Ok(finished)
    }
}

impl End for Output {
    type Rendered = Encoded;
    const WRITES: bool = true;

    fn render(&self, run: &Run<'_>, batch: &Batch) -> Result<Encoded, RunError> {
        Ok(run.timers.time(Part::Encode, || self.encoder.encode(&batch.documents)))
    }

    fn take(&self, run: &Run<'_>, encoded: &Encoded) -> Result<(), RunError> {
        let write = || lock(&self.writer).write(encoded);
        run.timers.time(Part::Write, write).map_err(|err| run.write_error(err))
    }

    fn sums(&self) -> bool {
        self.checksum.is_some()
    }

    fn sum_up(&self, run: &Run<'_>, encoded: &Encoded) {
        if let Some(checksum) = &self.checksum {
            run.timers.time(Part::Write, || lock(checksum).add(encoded));
        }
    }

    fn commit(&self, run: &Run<'_>) -> Result<Option<Written>, RunError> {
        let point = run.timers.time(Part::Write, || lock(&self.writer).commit());
        Ok(point.map_err(|err| run.write_error(err))?.map(Written::Output))
    }
}

/// A corpus stage that looks at every document. The documents are put aside for the next pass.
pub(crate) struct Notes<'a> {
    pub(crate) workers: Workers<'a>,
    pub(crate) spill: Mutex<SpillWriter>,
}

impl Notes<'_> {
    /// Lets the stage learn from its notes, and gives the documents back.
    pub(crate) fn learn(self, run: &Run<'_>) -> Result<SpilledFile, RunError> {
        run.timers.time(self.workers.part(), || self.workers.learn())?;
        Ok(self.spill.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?)
    }
}

impl End for Notes<'_> {
    type Rendered = Vec<u8>;
    const WRITES: bool = false;

    fn render(&self, run: &Run<'_>, batch: &Batch) -> Result<Vec<u8>, RunError> {
        observe(run, &self.workers, batch)?;
        Ok(run.timers.time(Part::Encode, || spill::encode(&batch.documents)))
    }

    fn take(&self, run: &Run<'_>, block: &Vec<u8>) -> Result<(), RunError> {
        Ok(run.timers.time(Part::Write, || lock(&self.spill).write(block))?)
    }

    fn commit(&self, run: &Run<'_>) -> Result<Option<Written>, RunError> {
        let point = run.timers.time(Part::Write, || lock(&self.spill).commit())?;
        Ok(Some(Written::Spill(point)))
    }
}

/// A corpus stage that looks again at documents of which it took notes before the run was cut short.
pub(crate) struct Again<'a, 'w>(pub(crate) &'w Workers<'a>);

impl End for Again<'_, '_> {
    type Rendered = ();
    const WRITES: bool = false;

    fn render(&self, run: &Run<'_>, batch: &Batch) -> Result<(), RunError> {
        observe(run, self.0, batch)
    }

    fn take(&self, _: &Run<'_>, (): &()) -> Result<(), RunError> {
        Ok(())
    }
}

fn observe(run: &Run<'_>, workers: &Workers<'_>, batch: &Batch) -> Result<(), RunError> {
    let observe =
        |stage: &Instance, worker: &mut Worker| run.watch.over(stage, batch, || stage.observe(worker, batch));
    Ok(workers.with(&run.timers, observe)?)
}

/// Nobody: a dry run.
pub(crate) struct Nowhere;

impl End for Nowhere {
    type Rendered = ();
    const WRITES: bool = true;

    fn render(&self, _: &Run<'_>, _: &Batch) -> Result<(), RunError> {
        Ok(())
    }

    fn take(&self, _: &Run<'_>, (): &()) -> Result<(), RunError> {
        Ok(())
    }
}
