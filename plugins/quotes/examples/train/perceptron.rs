//! An averaged perceptron over hashed features, in whole numbers.

use quotes::linear::{Feature, Weights};

/// Weights while they are learned.
pub(crate) struct Perceptron {
    weights: Vec<i32>,
    /// What every change adds, times the step it came at: what is needed for the average over all steps.
    drift: Vec<i64>,
    step: i64,
}

/// The average is kept to this fraction.
const SCALE: i64 = 8;

impl Perceptron {
    pub(crate) fn new(bits: u32) -> Perceptron {
        Perceptron { weights: vec![0; 1 << bits], drift: vec![0; 1 << bits], step: 1 }
    }

    pub(crate) fn score(&self, features: &[Feature]) -> i32 {
        let mask = self.weights.len() - 1;
        features.iter().map(|&it| self.weights[it as usize & mask]).sum()
    }

    /// Counts an example, right or wrong.
    pub(crate) fn next(&mut self) {
        self.step += 1;
    }

    pub(crate) fn add(&mut self, features: &[Feature], by: i32) {
        let mask = self.weights.len() - 1;
        for &feature in features {
            self.weights[feature as usize & mask] += by;
            self.drift[feature as usize & mask] += i64::from(by) * self.step;
        }
    }

    /// The average of the weights over all steps, in eighths.
    pub(crate) fn average(&self) -> Weights {
        let average =
            |weight: &i32, drift: &i64| (i64::from(*weight) * self.step - drift) * SCALE / self.step;
        let clamp = |value: i64| value.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        Weights::new(
            self.weights
                .iter()
                .zip(&self.drift)
                .map(|(weight, drift)| clamp(average(weight, drift)))
                .collect(),
        )
    }
}

/// A fixed shuffle, other in each round.
pub(crate) fn shuffled(count: usize, round: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
    for i in (1..count).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (state >> 33) as usize % (i + 1));
    }
    order
}
