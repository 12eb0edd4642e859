//! Reads sizes as people write them: `512MB`, `2 GiB`.
//!
//! Not here: what is done with the memory (`index`).

/// Returns how many bytes `size` means: a whole number and `B`, `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`, in
/// any case.
///
/// ```
/// use dedup::memory_size::bytes;
///
/// assert_eq!(bytes("2GB"), Some(2_000_000_000));
/// assert_eq!(bytes("1 GiB"), Some(1 << 30));
/// assert_eq!(bytes("much"), None);
/// ```
pub fn bytes(size: &str) -> Option<usize> {
    let size = size.trim();
    let digits = size.find(|it: char| !it.is_ascii_digit()).unwrap_or(size.len());
    let (number, unit) = size.split_at(digits);
    let unit: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1000,
        "mb" => 1000 * 1000,
        "gb" => 1000 * 1000 * 1000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(unit)
}
