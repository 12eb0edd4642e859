//! Documents that wait in a temporary file come back as they were, or not at all.

use expect_test::expect;
use textmill_io::spill::{SpillError, SpillWriter, decode, encode};
use textmill_model::{Document, Edit, Span};

use crate::Folder;

fn documents(n: usize) -> Vec<Document> {
    let document = |i: usize| {
        let mut document = Document::new(format!("d{i}"), "Tell a friend\nRain fell.");
        document.seq = i as u64;
        document.annotations.layer_mut(&"sentences".into()).push(Span::new(14..24));
        document.edit(&[Edit::remove(0..14)]);
        document
    };
    (0..n).map(document).collect()
}

#[test]
fn blocks_come_back_in_order_as_often_as_asked() {
    let folder = Folder::new();
    let path = folder.path().join("spill");
    let mut writer = SpillWriter::create(&path).unwrap();
    for n in [3, 0, 5] {
        writer.write(&encode(&documents(n))).unwrap();
    }
    let spilled = writer.finish().unwrap();
    for _ in 0..2 {
        let mut reader = spilled.reader().unwrap();
        for n in [3, 0, 5] {
            assert_eq!(decode(&reader.next().unwrap().unwrap()).unwrap(), documents(n));
        }
        assert!(reader.next().unwrap().is_none());
    }
    assert_eq!(spilled.bytes(), std::fs::metadata(&path).unwrap().len());
}

#[test]
fn a_changed_byte_is_an_error() {
    let folder = Folder::new();
    let path = folder.path().join("spill");
    let mut writer = SpillWriter::create(&path).unwrap();
    writer.write(&encode(&documents(3))).unwrap();
    let spilled = writer.finish().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        spilled.reader().unwrap().next()
    };
    for i in 0..whole.len() {
        let mut changed = whole.clone();
        changed[i] ^= 1;
        assert!(read(&changed).is_err(), "byte {i}");
        assert!(read(&whole[..i]).is_err(), "cut at {i}");
    }
    let mut changed = whole.clone();
    changed[20] ^= 1;
    expect!["temporary file is damaged: a checksum is wrong"]
        .assert_eq(&read(&changed).unwrap_err().to_string());
    assert!(matches!(decode(b"1234"), Err(SpillError::Damaged(_))));
}
