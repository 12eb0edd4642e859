//! The natural logarithm by plain arithmetic: the system library's differs between machines, and with it, decisions.

/// The natural logarithm of `x`, which is 1 or more, to nine digits or better.
///
/// # Examples
///
/// ```
/// use summarize::logarithm::ln;
///
/// assert!((ln(10.0) - std::f64::consts::LN_10).abs() < 1e-9);
/// ```
#[must_use]
pub fn ln(x: f64) -> f64 {
    let (mut mantissa, mut halvings) = (x, 0.0);
    while mantissa > 1.5 {
        mantissa /= 2.0;
        halvings += 1.0;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), whose argument is at most 1/5.
    let argument = (mantissa - 1.0) / (mantissa + 1.0);
    let square = argument * argument;
    let series = (0..12).rev().fold(0.0, |sum, i| sum * square + 1.0 / f64::from(2 * i + 1));
    halvings * std::f64::consts::LN_2 + 2.0 * argument * series
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_logarithm(x in 1.0..1e12) {
            prop_assert!((ln(x) - x.ln()).abs() < 1e-9);
        }
    }
}
