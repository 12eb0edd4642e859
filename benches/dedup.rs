//! What deduplication is made of, without the mill around it, in bytes of text a second: what is compared of a text, and
//! the index that finds duplicates, by either measure, in memory and on disk, and for clusters.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dedup::bands::Bands;
use dedup::clusters::{Candidate, Rank, clusters};
use dedup::features::{Features, Form, Measure, Scratch, Shingling, features};
use dedup::index::Index;

const SIMILARITY: f64 = 0.7;
/// A fifth of what the texts take, so that most of it lies on disk.
const MEMORY_BYTES: usize = 1 << 20;

fn dedup(criterion: &mut Criterion) {
    let texts = benches::corpus(2_000);
    let bands = Measure::Jaccard(Bands::for_similarity(SIMILARITY));
    let mut group = criterion.benchmark_group("dedup");
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.sample_size(10);
    for (name, form) in [("bytes", Form::Bytes), ("white_space", Form::WhiteSpace), ("words", Form::Words)] {
        group.bench_function(format!("fingerprints_of_{name}"), |bencher| {
            bencher.iter(|| black_box(of_all(&texts, form, None)));
        });
    }
    for (name, measure) in [("jaccard", bands), ("containment", Measure::Containment)] {
        let shingling = Some(Shingling { words: 5, measure });
        group.bench_function(format!("features_for_{name}"), |bencher| {
            bencher.iter(|| black_box(of_all(&texts, Form::Words, shingling)));
        });
        let all = of_all(&texts, Form::Words, shingling);
        group.bench_function(format!("index_by_{name}"), |bencher| {
            bencher.iter(|| black_box(keep(Index::new(SIMILARITY, shingling), &all)));
        });
        group.bench_function(format!("segments_by_{name}"), |bencher| {
            let folder = tempfile::tempdir().expect("a folder for segments");
            bencher.iter(|| {
                let path = folder.path().to_owned();
                let index = Index::new(SIMILARITY, shingling).within(MEMORY_BYTES, move || Ok(path.clone()));
                black_box(keep(index, &all))
            });
        });
    }
    let shingling = Some(Shingling { words: 5, measure: bands });
    let all = of_all(&texts, Form::Words, shingling);
    let candidates = (0..).zip(all).map(|(place, features)| {
        let name = place.to_string();
        Candidate { place, name, features, rank: Rank::None }
    });
    let candidates: Vec<Candidate> = candidates.collect();
    group.bench_function("clusters", |bencher| {
        let link = |candidates| clusters(candidates, Index::new(SIMILARITY, shingling));
        bencher.iter_batched(|| candidates.clone(), link, BatchSize::PerIteration);
    });
    group.finish();
}

fn of_all(texts: &[String], form: Form, shingling: Option<Shingling>) -> Vec<Features> {
    let mut scratch = Scratch::default();
    texts.iter().map(|text| features(text, form, shingling, &mut scratch)).collect()
}

/// Keeps what is no duplicate.
fn keep(mut index: Index, all: &[Features]) -> Index {
    for (features, place) in all.iter().zip(0..) {
        if index.find(features).expect("segments are read").is_none() {
            index.insert("name", place, features).expect("segments are written");
        }
    }
    index
}

criterion_group!(benches, dedup);
criterion_main!(benches);
