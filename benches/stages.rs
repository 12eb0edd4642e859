//! Each stage by itself, on one thread, through its call table, in bytes of text a second; and the line rules of C4,
//! which `clean` is to be compared with.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use textmill_host::{Instance, Worker};
use textmill_model::{Batch, StageKind};

const STAGES: [&str; 8] =
    ["clean", "boilerplate", "dedup", "cluster", "quotes", "sentences", "summarize", "digest"];

fn stages(criterion: &mut Criterion) {
    let texts = benches::corpus(2_000);
    let batches = benches::batches(&texts, 1 << 20);
    let plugins = benches::linked();
    let mut group = criterion.benchmark_group("stages");
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.sample_size(10);
    for stage in STAGES {
        group.bench_function(stage, |bencher| {
            let fresh = || benches::instance(&plugins, stage, &json!({})).expect("a stage of ours");
            bencher.iter_batched(
                fresh,
                |instance| run(&instance, &batches),
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.bench_function("c4_line_rules", |bencher| {
        bencher.iter(|| texts.iter().filter_map(|text| benches::c4::clean(text)).count());
    });
    group.finish();
}

/// All that the engine would call, in its order.
fn run(stage: &Instance, batches: &[Batch]) {
    let mut worker = stage.worker();
    for batch in batches {
        match stage.entry().kind {
            StageKind::Document => process(stage, &mut worker, batch),
            StageKind::Ordered => {
                let token = stage.prepare(&mut worker, batch).expect("prepares");
                black_box(stage.commit(batch, token).expect("commits"));
            }
            StageKind::Corpus => stage.observe(&mut worker, batch).expect("observes"),
        }
    }
    if stage.entry().kind == StageKind::Corpus {
        stage.learn(worker).expect("learns");
        let mut worker = stage.worker();
        batches.iter().for_each(|batch| process(stage, &mut worker, batch));
    }
}

fn process(stage: &Instance, worker: &mut Worker, batch: &Batch) {
    black_box(stage.process(worker, batch).expect("processes"));
}

criterion_group!(benches, stages);
criterion_main!(benches);
