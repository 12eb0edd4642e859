//! `parquet`: one document a row; nested columns for metadata and annotations.
//!
//! What columns there are is known when the last document is: a stage may add any attribute to any span. So documents
//! are written as packed JSON Lines beside the output first, and become columns when they are all there. That makes this
//! sink as safe as the one of JSON Lines: a run that was cut short goes on where it was.
//!
//! Types are taken from the values. Whole numbers become `INT64`, others `DOUBLE`, objects structs, arrays lists. A
//! member that is a number here and a text there becomes text that holds JSON. A member that is null everywhere becomes
//! text without values, and one whose objects are all empty is left out: Parquet has no column without columns.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::annotations::SpanForm;
use super::output::{self, OutputStream, Packing, PartialFile, Target};
use super::{FinishedOutput, OutputPoint, OutputSchema};
use crate::offsets::Unit;
use crate::options::OptionFault;
use crate::write::jsonl::RecordWriter;

/// Options of sink `parquet`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetSinkOptions {
    /// The file to write. It appears when it is whole.
    pub path: String,
    /// What the offsets of annotations count.
    #[serde(default)]
    pub offsets: Unit,
    /// Whether each span also says where it stood in the text as the source read it, in bytes.
    #[serde(default)]
    pub source_offsets: bool,
    /// How the columns are packed.
    #[serde(default)]
    pub compression: ColumnCompression,
}

/// How columns are packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnCompression {
    /// Zstandard, level 3.
    #[default]
    Zstd,
    /// Snappy, which every reader knows.
    Snappy,
    /// gzip.
    Gzip,
    /// Not at all.
    None,
}

/// A sink of a Parquet file.
#[derive(Debug)]
pub(super) struct ParquetSink {
    pub(super) file: PathBuf,
    rows: Target,
    span_form: SpanForm,
    compression: ColumnCompression,
}

/// Bytes of rows that are turned into columns at once, and of columns that are put together to a row group.
const GROUP_BYTES_MAX: usize = 64 << 20;
const ROWS_AT_ONCE: usize = 512;

impl ParquetSink {
    pub(super) fn new(options: ParquetSinkOptions, base: &Path) -> Result<ParquetSink, OptionFault> {
        let ParquetSinkOptions { path, offsets, source_offsets, compression } = options;
        if path == "-" {
            let hint = "name a file, or use sink `jsonl`";
            return Err(OptionFault::new("/path", "Parquet cannot be written to standard output", hint));
        }
        let target = Target::new(&path, Packing::default(), base)?;
        let file = target.file().map(Path::to_owned).unwrap_or_default();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let packed = Packing { compression: output::Compression::Zstd, level: Some(1), threads: None };
        let rows = file.with_file_name(format!(".{name}.rows.zst"));
        let rows = Target::new(&rows.to_string_lossy(), packed, base)?;
        Ok(ParquetSink { file, rows, span_form: SpanForm { unit: offsets, source_offsets }, compression })
    }

    pub(super) fn record_writer(&self, schema: &OutputSchema) -> RecordWriter {
        RecordWriter::new(schema, self.span_form)
    }

    pub(super) fn create(&self, threads: usize) -> io::Result<ParquetWriter> {
        Ok(self.writer(self.rows.create(threads)?))
    }

    pub(super) fn resume(&self, point: &OutputPoint, threads: usize) -> io::Result<ParquetWriter> {
        Ok(self.writer(self.rows.resume(point, threads)?))
    }

    fn writer(&self, rows: OutputStream) -> ParquetWriter {
        let at = self.rows.file().map(Path::to_owned).unwrap_or_default();
        ParquetWriter { rows, at, file: self.file.clone(), compression: self.compression }
    }
}

/// Collects rows, and makes columns of them in the end.
pub(super) struct ParquetWriter {
    rows: OutputStream,
    at: PathBuf,
    file: PathBuf,
    compression: ColumnCompression,
}

impl ParquetWriter {
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.rows.write(lines)
    }

    pub(super) fn commit(&mut self) -> io::Result<Option<OutputPoint>> {
        self.rows.commit()
    }

    pub(super) fn finish(self) -> io::Result<FinishedOutput> {
        let ParquetWriter { rows, at, file, compression } = self;
        rows.finish()?;
        let written = columns(&at, &file, compression);
        fs::remove_file(&at)?;
        written
    }
}

/// Writes the rows that stand at `rows` as columns to `path`.
fn columns(rows: &Path, path: &Path, compression: ColumnCompression) -> io::Result<FinishedOutput> {
    let mut shape = Shape::Object(Vec::new());
    each_row(rows, |row| {
        shape.widen(&row);
        Ok(())
    })?;
    let fields = shape.fields();
    let schema = Arc::new(Schema::new(fields));
    let partial = PartialFile::create(path)?;
    let properties = WriterProperties::builder()
        .set_compression(match compression {
            ColumnCompression::Zstd => Compression::ZSTD(ZstdLevel::default()),
            ColumnCompression::Snappy => Compression::SNAPPY,
            ColumnCompression::Gzip => Compression::GZIP(GzipLevel::default()),
            ColumnCompression::None => Compression::UNCOMPRESSED,
        })
        .set_created_by(concat!("textmill ", env!("CARGO_PKG_VERSION")).to_owned());
    let file = partial.file.try_clone()?;
    let mut writer =
        ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.build())).map_err(other)?;
    let builder = ReaderBuilder::new(schema).with_batch_size(ROWS_AT_ONCE);
    let mut decoder = builder.build_decoder().map_err(other)?;
    let mut waiting = Vec::new();
    let mut flush = |waiting: &mut Vec<Value>| -> io::Result<()> {
        decoder.serialize(waiting).map_err(other)?;
        waiting.clear();
        if let Some(batch) = decoder.flush().map_err(other)? {
            writer.write(&batch).map_err(other)?;
        }
        if writer.in_progress_size() > GROUP_BYTES_MAX {
            writer.flush().map_err(other)?;
        }
        Ok(())
    };
    each_row(rows, |row| {
        waiting.push(shape.fitted(row));
        if waiting.len() == ROWS_AT_ONCE { flush(&mut waiting) } else { Ok(()) }
    })?;
    flush(&mut waiting)?;
    writer.close().map_err(other)?;
    let bytes = partial.file.metadata()?.len();
    partial.finish()?;
    Ok(FinishedOutput { files: 1, bytes, sha256: None })
}

fn each_row(rows: &Path, mut work: impl FnMut(Value) -> io::Result<()>) -> io::Result<()> {
    let unpacked = BufReader::with_capacity(1 << 17, zstd::stream::read::Decoder::new(File::open(rows)?)?);
    for line in unpacked.split(b'\n') {
        work(serde_json::from_slice(&line?)?)?;
    }
    Ok(())
}

fn other(err: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(err)
}

/// What is known of the values of a member.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// Nothing but null.
    Unknown,
    Bool,
    Int,
    Float,
    Text,
    List(Box<Shape>),
    /// Members in the order in which they first came.
    Object(Vec<(String, Shape)>),
    /// Of several kinds: written as text that holds JSON.
    Mixed,
}

impl Shape {
    /// Makes room for `value`.
    fn widen(&mut self, value: &Value) {
        match (&mut *self, value) {
            (_, Value::Null) | (Shape::Mixed, _) => {}
            (Shape::Unknown, Value::Array(_)) => {
                *self = Shape::List(Box::new(Shape::Unknown));
                self.widen(value);
            }
            (Shape::Unknown, Value::Object(_)) => {
                *self = Shape::Object(Vec::new());
                self.widen(value);
            }
            (Shape::Unknown, value) => *self = Shape::of_scalar(value),
            (Shape::List(items), Value::Array(values)) => values.iter().for_each(|value| items.widen(value)),
            (Shape::Object(members), Value::Object(values)) => {
                for (name, value) in values {
                    let at = members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                        members.push((name.clone(), Shape::Unknown));
                        members.len() - 1
                    });
                    members[at].1.widen(value);
                }
            }
            (known, value) => {
                let found = Shape::of_scalar(value);
                *self = match (&*known, &found) {
                    (known, found) if *known == *found => return,
                    (Shape::Int, Shape::Float) | (Shape::Float, Shape::Int) => Shape::Float,
                    _ => Shape::Mixed,
                };
            }
        }
    }

    fn of_scalar(value: &Value) -> Shape {
        match value {
            Value::Bool(_) => Shape::Bool,
            Value::Number(number) if number.is_i64() => Shape::Int,
            Value::Number(number) if number.is_f64() => Shape::Float,
            Value::String(_) => Shape::Text,
            _ => Shape::Mixed,
        }
    }

    /// The columns of an object.
    fn fields(&self) -> Fields {
        let Shape::Object(members) = self else { return Fields::empty() };
        let field = |(name, shape): &(String, Shape)| Some(Field::new(name, shape.data_type()?, true));
        members.iter().filter_map(field).collect()
    }

    /// None for what has no column.
    fn data_type(&self) -> Option<DataType> {
        Some(match self {
            Shape::Unknown | Shape::Text | Shape::Mixed => DataType::Utf8,
            Shape::Bool => DataType::Boolean,
            Shape::Int => DataType::Int64,
            Shape::Float => DataType::Float64,
            Shape::List(items) => DataType::List(Arc::new(Field::new(
                "element",
                items.data_type().unwrap_or(DataType::Utf8),
                true,
            ))),
            Shape::Object(_) => {
                let fields = self.fields();
                (!fields.is_empty()).then_some(DataType::Struct(fields))?
            }
        })
    }

    /// `value` as the column of this shape holds it.
    fn fitted(&self, value: Value) -> Value {
        match (self, value) {
            (_, Value::Null) => Value::Null,
            (Shape::Mixed, value) => Value::String(value.to_string()),
            (Shape::List(items), Value::Array(values)) => {
                let has_column = items.data_type().is_some();
                let item = |value| if has_column { items.fitted(value) } else { Value::Null };
                values.into_iter().map(item).collect()
            }
            (Shape::Object(members), Value::Object(values)) => {
                let mut fitted = Map::new();
                for (name, value) in values {
                    if let Some((_, shape)) = members.iter().find(|(known, _)| *known == name) {
                        fitted.insert(name, shape.fitted(value));
                    }
                }
                Value::Object(fitted)
            }
            (_, value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(rows: &[Value], expected: &str) {
        let mut shape = Shape::Object(Vec::new());
        rows.iter().for_each(|row| shape.widen(row));
        let shown = |field: &Arc<Field>| format!("{} {}", field.name(), field.data_type());
        assert_eq!(shape.fields().iter().map(shown).collect::<Vec<_>>().join(", "), expected);
    }

    #[test]
    fn types_are_those_of_the_values() {
        check(
            &[json!({"a": 1, "b": "x", "c": null}), json!({"a": 2.5, "d": true})],
            "a Float64, b Utf8, c Utf8, d Boolean",
        );
        check(&[json!({"a": {}, "b": {"c": {}}})], "");
    }

    #[test]
    fn what_is_now_this_and_now_that_is_text() {
        let rows = [json!({"a": 1, "b": [1, "x"]}), json!({"a": {"b": 2}})];
        let mut shape = Shape::Object(Vec::new());
        rows.iter().for_each(|row| shape.widen(row));
        let fitted: Vec<Value> = rows.into_iter().map(|row| shape.fitted(row)).collect();
        assert_eq!(fitted, [json!({"a": "1", "b": ["1", "\"x\""]}), json!({"a": "{\"b\":2}"})]);
    }
}
