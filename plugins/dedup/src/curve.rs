//! Says in lines for people how probably a pair is looked at, by its similarity.
//!
//! Not here: the probabilities themselves (`bands`, `containment`).

use crate::containment::{PROBES, detection, votes_min};
use crate::features::{Measure, Shingling};

/// Returns the curve from .5 to .95, as a table of two lines under a line that says what leads to it.
///
/// # Examples
///
/// ```
/// use dedup::{bands::Bands, curve, features::{Measure, Shingling}};
///
/// let measure = Measure::Jaccard(Bands::for_similarity(0.8));
/// let lines = curve::lines(0.8, Shingling { words: 5, measure });
/// assert!(lines[0].contains("one of 23 bands of 6 rows"));
/// assert!(lines[1].contains("0.80") && lines[2].contains("99.91"));
/// ```
pub fn lines(similarity: f64, shingling: Shingling) -> Vec<String> {
    let means = match shingling.measure {
        Measure::Jaccard(bands) => format!("one of {} bands of {} rows", bands.bands, bands.rows),
        Measure::Containment => {
            let votes = votes_min(similarity, PROBES);
            format!("{votes} of {PROBES} shingles, or of as many as the later document has")
        }
    };
    let probability = |it: f64| match shingling.measure {
        Measure::Jaccard(bands) => bands.detection(it),
        Measure::Containment => detection(similarity, it),
    };
    let points = || (0..10).map(|i| 0.5 + 0.05 * f64::from(i));
    vec![
        format!("pairs are looked at if they share {means}; then their shingles are counted"),
        format!("  similarity {}", points().map(|it| format!("{it:7.2}")).collect::<String>()),
        format!(
            "  looked at %{}",
            points().map(|it| format!("{:7.2}", 100.0 * probability(it))).collect::<String>()
        ),
    ]
}
