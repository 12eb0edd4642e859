//! Numbers in the form in which people read them.

/// `29,096`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 document`, `29,096 documents`. `noun` takes an s.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(n))
}

/// `512 B`, `4.1 kB`, `12.3 MB`: powers of a thousand.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

/// `0.4 ms`, `12 ms`, `1.25 s`, `3 min 20 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{:.1} ms", s * 1e3),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.2} s"),
        s => format!("{} min {:.0} s", (s / 60.0) as u64, s % 60.0),
    }
}

/// A sorted list of things of which there are so many: `near_duplicate 3, exact_duplicate 1`.
pub(crate) fn reasons<'a>(counts: impl IntoIterator<Item = (&'a String, &'a u64)>) -> String {
    let shown: Vec<String> =
        counts.into_iter().map(|(reason, n)| format!("{reason} {}", count(*n))).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_have_commas() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 2].map(|n| counted(n, "document")), ["0 documents", "1 document", "2 documents"]);
    }

    #[test]
    fn bytes_and_seconds_have_a_fitting_unit() {
        assert_eq!([0, 4_096, 12_345_678].map(bytes), ["0 B", "4.1 kB", "12.3 MB"]);
        assert_eq!([0.0042, 0.015, 1.25, 200.0].map(seconds), ["4.2 ms", "15 ms", "1.25 s", "3 min 20 s"]);
    }
}
