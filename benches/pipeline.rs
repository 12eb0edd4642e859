//! Whole runs, file to file: a bare copy, and the four stages of the sample pipeline, on one thread and on two.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use textmill_engine::{Event, Observer, Progress, RunOptions, Setup, prepare};
use textmill_host::{Environment, Plugins};
use textmill_plan::{Request, read};

const COPY: &str = "";
const SAMPLE: &str = "
    [[stage]]
    use = 'clean'
    [[stage]]
    use = 'dedup'
    [[stage]]
    use = 'quotes'
    [[stage]]
    use = 'summarize'
";

struct Deaf;

impl Observer for Deaf {
    fn event(&self, _: Event<'_>) {}
}

fn pipeline(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut input = String::new();
    for (i, text) in benches::corpus(5_000).iter().enumerate() {
        writeln!(input, "{}", json!({ "id": i.to_string(), "text": text })).expect("memory");
    }
    std::fs::write(folder.path().join("in.jsonl"), &input).expect("the corpus is written");
    let plugins = benches::linked();
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(input.len() as u64));
    group.sample_size(10);
    for (name, stages) in [("copy", COPY), ("sample", SAMPLE)] {
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new(name, threads), |bencher| {
                bencher.iter(|| run(folder.path(), &plugins, stages, threads));
            });
        }
    }
    group.finish();
}

fn run(folder: &Path, plugins: &Plugins, stages: &str, threads: usize) {
    let text = format!(
        "source = {{ use = 'jsonl', options.paths = ['in.jsonl'] }}
         sink = {{ use = 'jsonl', options.path = 'out.jsonl' }}
         {stages}"
    );
    let mut catalog = plugins.catalog();
    catalog.sources = textmill_io::sources();
    catalog.sinks = textmill_io::sinks();
    let reading = read(&Request {
        file_name: "bench",
        text: &text,
        folder,
        catalog: &catalog,
        overrides: &[],
        environment: &|_| None,
    });
    let environment = Arc::new(Environment::new(|_, _, _| ()));
    let setup = Setup { plugins, environment, folder };
    let (mill, _) = prepare(reading, &setup).map_err(|faults| format!("{faults:?}")).expect("a sound plan");
    let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
    mill.run(&options, &Progress::default(), &Deaf).ended.expect("the run ends well");
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
