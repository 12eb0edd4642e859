//! Linear models over hashed features, in whole numbers.
//!
//! A feature is a template (a name) and a value; its hash is its place in one table of weights, so a model is a
//! plain array, needs no dictionary and costs one memory access a feature. Two features that meet in one place share
//! a weight; with tables far larger than the number of features that matter, this costs no measurable accuracy.
//!
//! Weights are integers and a score is their sum: the same input gives the same decision on every machine.
//!
//! Not here: which features there are (`verdict`, `speakers`), and how weights are learned (`train`).

/// A feature: a place in the table of weights, before it is cut to the size of the table.
pub type Feature = u32;

/// The number of a feature template, from its name.
pub const fn template(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

/// The feature that `template` gives for `value`: the best mixed bits of a product.
pub const fn feature(template: u64, value: u64) -> Feature {
    ((template ^ value.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 40) as u32
}

/// Packs small numbers (under 256) into one value.
///
/// # Examples
///
/// ```
/// assert_eq!(quotes::linear::pack([1, 2]), 0x0102);
/// ```
pub fn pack<const N: usize>(parts: [u8; N]) -> u64 {
    parts.iter().fold(0, |value, &part| value << 8 | u64::from(part))
}

/// A small class for a count: 0, 1, 2, 3, 4–5, 6–8, 9–15, 16–30, more.
pub fn bucket(count: usize) -> u8 {
    match count {
        0..=3 => count as u8,
        4..=5 => 4,
        6..=8 => 5,
        9..=15 => 6,
        16..=30 => 7,
        _ => 8,
    }
}

/// The weights of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// A power of two of them.
    table: Vec<i16>,
}

impl Weights {
    /// Weights from a table.
    ///
    /// # Panics
    ///
    /// When the length of the table is not a power of two.
    pub fn new(table: Vec<i16>) -> Weights {
        assert!(table.len().is_power_of_two(), "a table of weights has a power of two of places");
        Weights { table }
    }

    /// The average of several models over the same features, halves rounded away from 0.
    ///
    /// # Panics
    ///
    /// When there is no model.
    pub fn mean(models: &[Weights]) -> Weights {
        let count = models.len() as i32;
        let mean = |i: usize| {
            let sum: i32 = models.iter().map(|it| i32::from(it.table[i])).sum();
            ((sum + sum.signum() * (count / 2)) / count) as i16
        };
        Weights::new((0..models[0].table.len()).map(mean).collect())
    }

    /// Reads the bytes that [`Weights::to_bytes`] wrote: a model file is part of the program.
    ///
    /// The form is runs: the number of zeros (LEB128), then one weight (zigzag LEB128), until the table is full.
    /// The first number is the size of the table.
    ///
    /// # Panics
    ///
    /// When the bytes are no model.
    pub fn from_bytes(bytes: &[u8]) -> Weights {
        let mut numbers = bytes;
        let size = read_number(&mut numbers) as usize;
        let mut table = Vec::with_capacity(size);
        while !numbers.is_empty() {
            table.resize(table.len() + read_number(&mut numbers) as usize, 0);
            if !numbers.is_empty() {
                table.push(unzigzag(read_number(&mut numbers)));
            }
        }
        table.resize(size, 0);
        Weights::new(table)
    }

    /// Writes the weights compactly; see [`Weights::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_number(&mut bytes, self.table.len() as u32);
        let mut zeros = 0;
        for &weight in &self.table {
            if weight == 0 {
                zeros += 1;
                continue;
            }
            write_number(&mut bytes, zeros);
            write_number(&mut bytes, zigzag(weight));
            zeros = 0;
        }
        bytes
    }

    /// `N` neighbouring weights that belong to one feature, as one look at the table; `N` must be a power of two and at most
    /// the size of the table.
    #[inline]
    pub fn row<const N: usize>(&self, feature: Feature) -> &[i16; N] {
        let at = row_of::<N>(feature, self.table.len());
        self.table[at..at + N].first_chunk().expect("a row has its length")
    }

    /// The sum of the weights of `features`.
    pub fn score(&self, features: &[Feature]) -> i32 {
        let mask = self.table.len() - 1;
        features.iter().map(|&it| i32::from(self.table[it as usize & mask])).sum()
    }
}

/// The first place of the row of `N` weights that `feature` has in a table of `size`.
#[inline]
pub fn row_of<const N: usize>(feature: Feature, size: usize) -> usize {
    (feature as usize & (size / N - 1)) * N
}

fn zigzag(weight: i16) -> u32 {
    ((i32::from(weight) << 1) ^ (i32::from(weight) >> 31)) as u32
}

fn unzigzag(number: u32) -> i16 {
    ((number >> 1) as i32 ^ -((number & 1) as i32)) as i16
}

fn write_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> u32 {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a number in a model file has an end");
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_survive_being_written() {
        let mut table = vec![0; 64];
        (table[0], table[5], table[6], table[63]) = (1, -300, i16::MAX, i16::MIN);
        let weights = Weights::new(table);
        assert_eq!(Weights::from_bytes(&weights.to_bytes()), weights);
        let none = Weights::new(vec![0; 8]);
        assert_eq!(Weights::from_bytes(&none.to_bytes()), none);
    }

    #[test]
    fn the_mean_of_models_rounds_halves_away_from_zero() {
        let models = [[5, -5, 1, 0], [6, -6, 0, 0]].map(|it| Weights::new(it.to_vec()));
        assert_eq!(Weights::mean(&models), Weights::new(vec![6, -6, 1, 0]));
    }

    #[test]
    fn templates_keep_values_apart() {
        assert_ne!(feature(template("a"), 1), feature(template("b"), 1));
        assert_ne!(feature(template("a"), 1), feature(template("a"), 2));
    }
}
