//! A conditional random field over a chain of labels (Lafferty, McCallum and Pereira 2001), and with a chain of one item and two
//! labels, logistic regression.
//!
//! Learning climbs the likelihood of the labels that people gave, example by example, with a step of its own for each weight
//! (AdaGrad: Duchi, Hazan and Singer 2011), and keeps the average over all steps. Only `+ - * /` and square roots are used:
//! they give the same bits on every machine. The library's exponential function does not, so one is written out here.

use quotes::linear::{Feature, Weights};

/// Weights while they are learned.
pub(crate) struct Field {
    weights: Vec<f32>,
    /// The squares of all slopes so far, summed up: the steeper it was, the smaller the steps.
    squares: Vec<f32>,
    /// What every change adds, times the step it came at: what is needed for the average over all steps.
    drift: Vec<f32>,
    step: f32,
    /// The first steps of a weight are so long.
    pace: f32,
}

/// Weights are kept to this fraction.
const SCALE: f32 = 128.0;

impl Field {
    pub(crate) fn new(bits: u32, pace: f32) -> Field {
        let zeros = vec![0.0; 1 << bits];
        Field { squares: vec![1.0; 1 << bits], drift: zeros.clone(), weights: zeros, step: 1.0, pace }
    }

    /// Learns from an example of which people say `yes` or no. `handicap` makes the wrong answer look better than it is, so
    /// that the right one must win clearly.
    pub(crate) fn learn(&mut self, features: &[Feature], yes: bool, handicap: f64) {
        let mask = self.weights.len() - 1;
        let score: f64 = features.iter().map(|&it| self.weight(it as usize & mask)).sum();
        let score = if yes { score - handicap } else { score + handicap };
        let likely = 1.0 / (1.0 + exp(-score));
        self.next();
        let slope = if yes { 1.0 - likely } else { -likely };
        features.iter().for_each(|&it| self.climb(it as usize & mask, slope));
    }

    /// The weight at a place of the table.
    pub(crate) fn weight(&self, place: usize) -> f64 {
        self.weights[place].into()
    }

    /// Counts an example.
    pub(crate) fn next(&mut self) {
        self.step += 1.0;
    }

    /// Changes the weight at a place of the table, upwards for a slope above 0.
    pub(crate) fn climb(&mut self, place: usize, slope: f64) {
        let slope = slope as f32;
        self.squares[place] += slope * slope;
        let by = self.pace * slope / self.squares[place].sqrt();
        self.weights[place] += by;
        self.drift[place] += by * self.step;
    }

    /// The average of the weights over all steps.
    pub(crate) fn average(&self) -> Weights {
        let limit = f32::from(i16::MAX);
        let average = |(weight, drift): (&f32, &f32)| {
            ((weight - drift / self.step) * SCALE).round().clamp(-limit, limit) as i16
        };
        Weights::new(self.weights.iter().zip(&self.drift).map(average).collect())
    }
}

/// What speaks for the labels of one item over the first label, as `quotes::indirect::Scores`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Potential {
    pub(crate) own: [f64; 2],
    pub(crate) behind: [[f64; 2]; 3],
}

/// How likely an item has a label (second place) behind one that has another (first place).
pub(crate) type Belief = [[f64; 3]; 3];

/// What the scores of a sentence make of each item, over all labellings (the forward-backward algorithm).
pub(crate) fn believe(potentials: &[Potential]) -> Vec<Belief> {
    let mut beliefs: Vec<Belief> = potentials.iter().map(flow).collect();
    let (mut before, mut filtered) = ([1.0, 0.0, 0.0], Vec::with_capacity(potentials.len()));
    for belief in &mut beliefs {
        belief.iter_mut().zip(before).for_each(|(row, share)| row.iter_mut().for_each(|it| *it *= share));
        let size: f64 = belief.as_flattened().iter().sum();
        belief.as_flattened_mut().iter_mut().for_each(|it| *it /= size);
        before = [0, 1, 2].map(|label| belief.iter().map(|row| row[label]).sum());
        filtered.push(before);
    }
    // Backwards: the share of each label becomes what the item behind it says.
    let mut wanted = before;
    for (belief, found) in beliefs.iter_mut().zip(filtered).rev() {
        for row in belief.iter_mut() {
            (0..3).filter(|&label| found[label] > 0.0).for_each(|it| row[it] *= wanted[it] / found[it]);
        }
        wanted = belief.map(|row| row.iter().sum());
    }
    beliefs
}

/// The weight of each way into an item, whatever stands around it.
fn flow(it: &Potential) -> Belief {
    let begins = |from: usize| exp(it.own[0] + it.behind[from][0]);
    let goes_on = |from: usize| exp(it.own[1] + it.behind[from][1]);
    [[1.0, begins(0), 0.0], [1.0, begins(1), goes_on(1)], [1.0, begins(2), goes_on(2)]]
}

/// e to the power of `x`, to some twelve digits: a power of two times a short series.
fn exp(x: f64) -> f64 {
    use std::f64::consts::LN_2;
    let x = x.clamp(-300.0, 300.0);
    let twos = (x / LN_2).round();
    let rest = x - twos * LN_2;
    let series = (1..14).rev().fold(1.0, |sum, k| 1.0 + sum * rest / f64::from(k));
    series * f64::from_bits(((1023 + twos as i64) as u64) << 52)
}
