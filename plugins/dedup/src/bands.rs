//! Chooses how a sketch is cut into bands, and says how probably a pair is then found.
//!
//! In goes the similarity from which two documents count as duplicates; out comes a number of
//! *bands* and of *rows* in each. Two documents are compared when all rows of one band agree, which a
//! pair of similarity `s` does with probability `1 - (1 - s^rows)^bands`.
//!
//! A user asks for a similarity and must not have to know about rows. So the most selective bands
//! are taken that still find at least 999 of 1,000 pairs *at* the similarity asked for (and nearly
//! every pair above it), within limits of memory.
//!
//! Only sums and products of floats here: the choice must be the same on every machine.
//!
//! Not here: the rows themselves (`sketch`) and looking bands up (`buckets`).

/// How a sketch is cut.
///
/// # Examples
///
/// ```
/// use dedup::bands::Bands;
///
/// let bands = Bands::for_similarity(0.8);
/// assert_eq!((bands.bands, bands.rows), (23, 6));
/// assert!(bands.detection(0.8) >= 0.999);
/// assert!(bands.detection(0.3) < 0.02, "unlike documents are seldom compared");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bands {
    /// How many bands there are.
    pub bands: usize,
    /// How many values of the sketch are in each.
    pub rows: usize,
}

impl Bands {
    /// The most selective bands that find pairs of this similarity.
    ///
    /// # Panics
    ///
    /// When `similarity` is not above 0 and at most 1.
    pub fn for_similarity(similarity: f64) -> Bands {
        assert!(similarity > 0.0 && similarity <= 1.0, "a similarity is above 0 and at most 1");
        let affordable = |it: &Bands| it.bands <= BANDS_MAX && it.sketch_len() <= SKETCH_LEN_MAX;
        (2..=SKETCH_LEN_MAX)
            .map(|rows| Bands::with_rows(rows, similarity))
            .take_while(affordable)
            .last()
            .unwrap_or_else(|| Bands::with_rows(1, similarity))
    }

    /// As many bands of `rows` rows as are needed at this similarity.
    fn with_rows(rows: usize, similarity: f64) -> Bands {
        let enough = |it: &Bands| it.detection(similarity) >= DETECTION_MIN;
        let found = (1..=SKETCH_LEN_MAX).map(|bands| Bands { bands, rows }).find(enough);
        found.unwrap_or(Bands { bands: SKETCH_LEN_MAX, rows })
    }

    /// How many values a sketch must have.
    pub fn sketch_len(&self) -> usize {
        self.bands * self.rows
    }

    /// The probability that two documents of this similarity are compared.
    pub fn detection(&self, similarity: f64) -> f64 {
        1.0 - power(1.0 - power(similarity, self.rows), self.bands)
    }
}

/// At most one pair in a thousand may be missed at the similarity asked for.
const DETECTION_MIN: f64 = 0.999;
/// Each band costs about 14 bytes a document and one random memory access.
const BANDS_MAX: usize = 29;
/// Beyond this a sketch of a short document costs more time than its comparisons.
const SKETCH_LEN_MAX: usize = 256;

fn power(base: f64, exponent: usize) -> f64 {
    (0..exponent).fold(1.0, |product, _| product * base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;

    #[test]
    fn bands_follow_the_similarity() {
        let shown: String = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0]
            .map(|similarity| {
                let it = Bands::for_similarity(similarity);
                let curve =
                    [0.3, 0.5, 0.6, 0.7, 0.8, 0.9].map(|s| format!("{:.4}", it.detection(s))).join(" ");
                format!("{similarity}: {} x {}: {curve}\n", it.bands, it.rows)
            })
            .concat();
        expect![[r#"
            0.1: 66 x 1: 1.0000 1.0000 1.0000 1.0000 1.0000 1.0000
            0.2: 31 x 1: 1.0000 1.0000 1.0000 1.0000 1.0000 1.0000
            0.3: 20 x 1: 0.9992 1.0000 1.0000 1.0000 1.0000 1.0000
            0.4: 14 x 1: 0.9932 0.9999 1.0000 1.0000 1.0000 1.0000
            0.5: 25 x 2: 0.9054 0.9992 1.0000 1.0000 1.0000 1.0000
            0.6: 29 x 3: 0.5479 0.9792 0.9991 1.0000 1.0000 1.0000
            0.7: 26 x 4: 0.1906 0.8133 0.9729 0.9992 1.0000 1.0000
            0.8: 23 x 6: 0.0166 0.3039 0.6668 0.9438 0.9991 1.0000
            0.9: 21 x 12: 0.0000 0.0051 0.0447 0.2538 0.7758 0.9991
            0.95: 14 x 18: 0.0000 0.0001 0.0014 0.0226 0.2247 0.8974
            0.99: 6 x 37: 0.0000 0.0000 0.0000 0.0000 0.0016 0.1157
            1: 1 x 256: 0.0000 0.0000 0.0000 0.0000 0.0000 0.0000
        "#]]
        .assert_eq(&shown);
    }

    proptest! {
        #[test]
        fn at_the_similarity_asked_for_hardly_a_pair_is_missed(similarity in 0.05..=1.0) {
            let bands = Bands::for_similarity(similarity);
            prop_assert!(bands.detection(similarity) >= DETECTION_MIN);
            prop_assert!(bands.sketch_len() <= SKETCH_LEN_MAX);
        }
    }
}
