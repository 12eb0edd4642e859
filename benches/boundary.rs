//! What it costs to cross the boundary: the same stage linked into the program and loaded from its library, doing
//! next to nothing, so that what is measured is the crossing.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

fn boundary(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boundary");
    for text_bytes in [0, 100, 2_500] {
        let texts = vec!["x".repeat(text_bytes); 512];
        let batch = &benches::batches(&texts, usize::MAX)[0];
        group.throughput(Throughput::Elements(texts.len() as u64));
        for (name, plugins) in [("linked", benches::linked()), ("loaded", benches::loaded())] {
            let Some(stage) =
                benches::instance(&plugins, "clean", &json!({ "preset": "off", "white_space": false }))
            else {
                continue; // not built as a library here
            };
            let mut worker = stage.worker();
            group.bench_with_input(BenchmarkId::new(name, text_bytes), batch, |bencher, batch| {
                bencher.iter(|| black_box(stage.process(&mut worker, batch)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, boundary);
criterion_main!(benches);
