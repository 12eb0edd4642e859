//! What the programs that score against `gold` share: reading labels, and counting.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;

use serde_json::Value;

pub(crate) type Failure = Box<dyn std::error::Error>;

/// The records of a JSONL file.
pub(crate) fn lines(path: &str) -> Result<Vec<Value>, Failure> {
    let lines = BufReader::new(File::open(path)?).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// The texts of records by their ids.
pub(crate) fn by_id(texts: &[Value]) -> HashMap<&str, &str> {
    texts.iter().map(|it| (text_at(it, "id"), text_at(it, "text"))).collect()
}

pub(crate) fn text_at<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or("")
}

/// The bytes of a range of code points.
pub(crate) fn bytes(text: &str, start: &Value, end: &Value) -> Range<usize> {
    let byte = |point: &Value| {
        let point = point.as_u64().unwrap_or(0) as usize;
        text.char_indices().nth(point).map_or(text.len(), |(at, _)| at)
    };
    byte(start)..byte(end)
}

/// How often an answer was right, and how often one was asked for.
#[derive(Default, Clone, Copy)]
pub(crate) struct Share {
    right: usize,
    of: usize,
}

impl Share {
    pub(crate) fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} = {:.3}", self.right, self.of, self.right as f64 / self.of.max(1) as f64)
    }
}
