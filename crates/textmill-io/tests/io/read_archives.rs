//! Archives: their members are read as files of these names, and what is odd in them is said.

use std::io::{Cursor, Write as _};

use expect_test::{Expect, expect};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::json;
use tar::EntryType;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::Folder;

#[track_caller]
fn check(name: &str, archive: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new().with(name, archive);
    let read = |batch| folder.read("auto", &json!({"paths": [name]}), batch).shown();
    let shown = read(1 << 20);
    expected.assert_eq(&shown);
    assert_eq!(read(1), shown, "in batches of one byte");
}

fn member(name: &str, kind: EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes()); // as it is, however odd
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    if kind.is_symlink() {
        header.set_link_name("elsewhere.txt").unwrap();
    }
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes().as_slice(), content, &padding].concat()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members: Vec<u8> =
        members.iter().flat_map(|(name, content)| member(name, EntryType::Regular, content)).collect();
    [members, vec![0; 1024]].concat()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (i, (name, content)) in members.iter().enumerate() {
        let methods = [CompressionMethod::Deflated, CompressionMethod::Stored, CompressionMethod::Zstd];
        zip.start_file(*name, SimpleFileOptions::default().compression_method(methods[i % 3])).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes.as_ref()).unwrap();
    packed.finish().unwrap()
}

fn some_members() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("./b.txt", b"Rain fell.".to_vec()),
        ("news/a.txt.gz", gzip("Snow fell.")),
        (
            "news/lines.jsonl",
            b"{\"id\":\"1\",\"text\":\"Hail\"}\n{\"id\":\"2\",\"text\":5}\n{\"id\":\"3\",\"text\":\"Fog\"}"
                .to_vec(),
        ),
        ("table.csv", b"id;text\n4;Mist\n".to_vec()),
        (".hidden/x.txt", b"no".to_vec()),
        ("__MACOSX/b.txt", b"no".to_vec()),
        ("caf\u{e9}", b"caf\xe9 \xe0 la carte".to_vec()),
    ]
}

fn borrowed<'a>(members: &'a [(&'a str, Vec<u8>)]) -> Vec<(&'a str, &'a [u8])> {
    members.iter().map(|(name, content)| (*name, &**content)).collect()
}

#[test]
fn members_are_read_as_files_of_these_names() {
    let members = some_members();
    check(
        "a.tar",
        tar(&borrowed(&members)),
        expect![[r#"
            {"id":"a/b.txt","text":"Rain fell.","origin":{"path":"a.tar!/b.txt","record":0},"metadata":{},"annotations":{}}
            {"id":"a/news/a.txt.gz","text":"Snow fell.","origin":{"path":"a.tar!/news/a.txt.gz","record":0},"metadata":{},"annotations":{}}
            {"id":"1","text":"Hail","origin":{"path":"a.tar!/news/lines.jsonl","record":0},"metadata":{},"annotations":{}}
            {"id":"3","text":"Fog","origin":{"path":"a.tar!/news/lines.jsonl","record":2},"metadata":{},"annotations":{}}
            {"id":"4","text":"Mist","origin":{"path":"a.tar!/table.csv","record":0},"metadata":{},"annotations":{}}
            {"id":"a/café","text":"café à la carte","origin":{"path":"a.tar!/café","record":0,"encoding":"windows-1252"},"metadata":{},"annotations":{}}
            {"reject":{"stage":"source","reason":"malformed","message":"member `text` is a number, not a string"},"origin":{"path":"a.tar!/news/lines.jsonl","record":1,"line":2,"byte_offset":25},"raw":"{\"id\":\"2\",\"text\":5}"}
            warning: a.tar!/café:0 is not UTF-8; read as windows-1252
        "#]],
    );
    check(
        "a.zip",
        zip(&borrowed(&members)),
        expect![[r#"
            {"id":"a/b.txt","text":"Rain fell.","origin":{"path":"a.zip!/b.txt","record":0},"metadata":{},"annotations":{}}
            {"id":"a/news/a.txt.gz","text":"Snow fell.","origin":{"path":"a.zip!/news/a.txt.gz","record":0},"metadata":{},"annotations":{}}
            {"id":"1","text":"Hail","origin":{"path":"a.zip!/news/lines.jsonl","record":0},"metadata":{},"annotations":{}}
            {"id":"3","text":"Fog","origin":{"path":"a.zip!/news/lines.jsonl","record":2},"metadata":{},"annotations":{}}
            {"id":"4","text":"Mist","origin":{"path":"a.zip!/table.csv","record":0},"metadata":{},"annotations":{}}
            {"id":"a/café","text":"café à la carte","origin":{"path":"a.zip!/café","record":0,"encoding":"windows-1252"},"metadata":{},"annotations":{}}
            {"reject":{"stage":"source","reason":"malformed","message":"member `text` is a number, not a string"},"origin":{"path":"a.zip!/news/lines.jsonl","record":1,"line":2,"byte_offset":25},"raw":"{\"id\":\"2\",\"text\":5}"}
            warning: a.zip!/café:0 is not UTF-8; read as windows-1252
        "#]],
    );
    let packed = tar(&[("1.txt", b"Rain")]);
    check(
        "a.tgz",
        gzip(&packed),
        expect![[r#"
        {"id":"a/1.txt","text":"Rain","origin":{"path":"a.tgz!/1.txt","record":0},"metadata":{},"annotations":{}}
    "#]],
    );
    check(
        "no-name",
        zstd::encode_all(&*packed, 1).unwrap(),
        expect![[r#"
        {"id":"no-name/1.txt","text":"Rain","origin":{"path":"no-name!/1.txt","record":0},"metadata":{},"annotations":{}}
    "#]],
    );
}

#[test]
fn any_source_reads_its_format_out_of_archives_and_extensions_say_which_members() {
    let archive = tar(&[("a.md", b"{\"text\":\"Rain\"}"), ("b.txt", b"no")]);
    let folder = Folder::new().with("x/a.tar", &archive).with("x/c.md", "{\"text\":\"Snow\"}");
    for kind in ["text", "jsonl"] {
        let read = folder.read(kind, &json!({"paths": ["x"], "extensions": ["md"]}), 1 << 20);
        let read: Vec<_> = read.documents.iter().map(|it| (&*it.origin.path, it.text())).collect();
        let texts =
            if kind == "text" { ["{\"text\":\"Rain\"}", "{\"text\":\"Snow\"}"] } else { ["Rain", "Snow"] };
        assert_eq!(read, [("x/a.tar!/a.md", texts[0]), ("x/c.md", texts[1])]);
    }
}

#[test]
#[cfg(feature = "parquet")] // one of them is Parquet, and its message is another without
fn odd_members_are_rejects_and_the_others_are_read() {
    let odd = [
        member("a/", EntryType::Directory, b""),
        member("/etc/a.txt", EntryType::Regular, b"a"),
        member("b/../../a.txt", EntryType::Regular, b"a"),
        member("link.txt", EntryType::Symlink, b""),
        member("pipe.txt", EntryType::Fifo, b""),
        member("1.txt", EntryType::Regular, b"Rain"),
        member("1.txt", EntryType::Regular, b"Snow"),
        member("inner.zip", EntryType::Regular, &zip(&[("x.txt", b"x")])),
        member("x.parquet", EntryType::Regular, b"PAR1"),
        member("2.txt", EntryType::Regular, b"Hail"),
    ];
    check(
        "a.tar",
        odd.concat(),
        expect![[r#"
        {"id":"a/1.txt","text":"Rain","origin":{"path":"a.tar!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"id":"a/2.txt","text":"Hail","origin":{"path":"a.tar!/2.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"its name leads out of the archive"},"origin":{"path":"a.tar!//etc/a.txt","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"malformed","message":"its name leads out of the archive"},"origin":{"path":"a.tar!/b/../../a.txt","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"unsupported","message":"is a link to `elsewhere.txt` and has no text of its own"},"origin":{"path":"a.tar!/link.txt","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"unsupported","message":"is a device, a pipe, or something else that is no file"},"origin":{"path":"a.tar!/pipe.txt","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"duplicate","message":"the archive has another file of this name before it"},"origin":{"path":"a.tar!/1.txt","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"unreadable","message":"is an archive inside an archive, which is not read"},"origin":{"path":"a.tar!/inner.zip","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"unreadable","message":"is Parquet, which can be read from a file of its own and not out of an archive or a pipe"},"origin":{"path":"a.tar!/x.parquet","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    check(
        "none.tar",
        [member("a/", EntryType::Directory, b""), vec![0; 1024]].concat(),
        expect![[r#"
        {"reject":{"stage":"source","reason":"empty","message":"the archive has no file to read"},"origin":{"path":"none.tar","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    check(
        "page.zip",
        "<html>404",
        expect![[r#"
        {"reject":{"stage":"source","reason":"unreadable","message":"is neither a tar nor a zip archive, and is called one"},"origin":{"path":"page.zip","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
}

#[test]
fn a_zip_file_may_be_encrypted_damaged_or_a_bomb() {
    let whole = zip(&[("1.txt", &b"Rain fell. ".repeat(9)), ("2.txt", b"Snow fell.")]);
    let mut encrypted = whole.clone();
    let central = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap();
    (encrypted[6], encrypted[central + 8]) = (1, 1);
    check(
        "encrypted.zip",
        encrypted,
        expect![[r#"
        {"id":"encrypted/2.txt","text":"Snow fell.","origin":{"path":"encrypted.zip!/2.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"unsupported","message":"is encrypted; unpack it first"},"origin":{"path":"encrypted.zip!/1.txt","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    let mut unknown = whole.clone();
    (unknown[8], unknown[central + 10]) = (97, 97);
    check(
        "method.zip",
        unknown,
        expect![[r#"
        {"id":"method/2.txt","text":"Snow fell.","origin":{"path":"method.zip!/2.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"unsupported","message":"is packed by method Unknown; only deflate, zstd and none are read: unpack it first"},"origin":{"path":"method.zip!/1.txt","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    let mut damaged = whole.clone();
    damaged[40] ^= 0xff;
    check(
        "damaged.zip",
        damaged,
        expect![[r#"
        {"id":"damaged/2.txt","text":"Snow fell.","origin":{"path":"damaged.zip!/2.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"unreadable","message":"the archive is damaged: Invalid checksum"},"origin":{"path":"damaged.zip!/1.txt","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    let mut overlapping = whole.clone();
    let second = central + memchr::memmem::find(&whole[central + 4..], b"PK\x01\x02").unwrap() + 4;
    overlapping.copy_within(central + 42..central + 46, second + 42); // where its bytes begin
    check(
        "overlapping.zip",
        overlapping,
        expect![[r#"
        {"reject":{"stage":"source","reason":"unsupported","message":"shares its bytes with another member"},"origin":{"path":"overlapping.zip!/1.txt","record":0,"byte_offset":0},"raw":""}
        {"reject":{"stage":"source","reason":"unsupported","message":"shares its bytes with another member"},"origin":{"path":"overlapping.zip!/2.txt","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    check(
        "cut.zip",
        &whole[..whole.len() - 30],
        expect![[r#"
        {"reject":{"stage":"source","reason":"malformed","message":"its table of contents, which stands at the end, is damaged or cut off"},"origin":{"path":"cut.zip","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    let packed = gzip(&whole);
    check(
        "packed.zip.gz",
        packed,
        expect![[r#"
        {"reject":{"stage":"source","reason":"unreadable","message":"is a zip archive, which can be read from a file and not from a pipe or packed"},"origin":{"path":"packed.zip.gz","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
}

#[test]
fn an_archive_that_breaks_off_says_so_once() {
    let whole = tar(&[("1.txt", b"Rain fell."), ("2.txt", b"Snow fell.")]);
    check(
        "content.tar",
        &whole[..1536 + 4],
        expect![[r#"
        {"id":"content/1.txt","text":"Rain fell.","origin":{"path":"content.tar!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"cannot be read: the archive breaks off: 4 of 10 bytes are there"},"origin":{"path":"content.tar!/2.txt","record":0,"byte_offset":0},"raw":"Snow"}
    "#]],
    );
    check(
        "header.tar",
        &whole[..1024 + 100],
        expect![[r#"
        {"id":"header/1.txt","text":"Rain fell.","origin":{"path":"header.tar!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the archive is damaged: failed to read entire block"},"origin":{"path":"header.tar","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    check(
        "padding.tar",
        &whole[..512 + 20],
        expect![[r#"
        {"id":"padding/1.txt","text":"Rain fell.","origin":{"path":"padding.tar!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the archive is damaged: unexpected EOF during skip"},"origin":{"path":"padding.tar","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    check(
        "without-end.tar",
        &whole[..2048],
        expect![[r#"
        {"id":"without-end/1.txt","text":"Rain fell.","origin":{"path":"without-end.tar!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"id":"without-end/2.txt","text":"Snow fell.","origin":{"path":"without-end.tar!/2.txt","record":0},"metadata":{},"annotations":{}}
    "#]],
    );
    let mut changed = whole.clone();
    changed[1024] ^= 1;
    check(
        "checksum.tar",
        changed,
        expect![[r#"
        {"id":"checksum/1.txt","text":"Rain fell.","origin":{"path":"checksum.tar!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the archive is damaged: archive header checksum mismatch"},"origin":{"path":"checksum.tar","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
    let packed = gzip(&whole);
    check(
        "packed.tar.gz",
        &packed[..packed.len() - 12],
        expect![[r#"
        {"id":"packed/1.txt","text":"Rain fell.","origin":{"path":"packed.tar.gz!/1.txt","record":0},"metadata":{},"annotations":{}}
        {"id":"packed/2.txt","text":"Snow fell.","origin":{"path":"packed.tar.gz!/2.txt","record":0},"metadata":{},"annotations":{}}
        {"reject":{"stage":"source","reason":"malformed","message":"the archive is damaged: the gzip stream breaks off: the file is not whole"},"origin":{"path":"packed.tar.gz","record":0,"byte_offset":0},"raw":""}
    "#]],
    );
}

#[test]
fn what_comes_out_of_a_member_has_a_limit_whatever_it_says_of_itself() {
    let archives = [
        ("a.zip", zip(&[("1.txt", &[b'a'; 500_000]), ("2.txt", b"Rain")])),
        ("a.tar", tar(&[("1.txt", &[b'a'; 500_000]), ("2.txt", b"Rain")])),
    ];
    for (name, archive) in archives {
        let folder = Folder::new().with(name, archive);
        let read = folder.read("text", &json!({"paths": [name], "document_bytes_max": 100}), 1 << 20);
        let [reject] = &*read.rejects else { panic!("one reject") };
        assert_eq!(reject.message, "the file is larger than 100 bytes (`document_bytes_max`)");
        assert_eq!(read.documents[0].text(), "Rain");
    }
}

#[test]
fn another_reader_can_go_on_between_any_two_batches() {
    let members = some_members();
    let folder = Folder::new()
        .with("0.txt", "before")
        .with("1.tar.gz", gzip(tar(&borrowed(&members))))
        .with("2.zip", zip(&borrowed(&members)))
        .with("3.txt", "behind");
    let source = textmill_io::open_source("auto", &json!({"paths": ["."]}), folder.path()).unwrap();
    let mut reader = source.reader(1).unwrap();
    let (mut positions, mut batches) = (vec![reader.position()], Vec::new());
    let shown = |raw| format!("{:?}", source.decoder().decode(raw, false));
    while let Some(raw) = reader.next().unwrap() {
        batches.push(shown(raw));
        positions.push(reader.position());
    }
    assert_eq!(batches.len(), 14);
    for (done, position) in positions.into_iter().enumerate() {
        let mut other = source.reader(1).unwrap();
        other.go_to(position.expect("these members are no larger than a batch")).unwrap();
        let mut rest = Vec::new();
        while let Some(raw) = other.next().unwrap() {
            rest.push(shown(raw));
        }
        assert_eq!(rest, batches[done..], "from batch {done}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_bytes_give_documents_or_rejects_whatever_the_batches(
        at in any::<prop::sample::Index>(), byte: u8, is_zip: bool, is_cut: bool,
    ) {
        let members = some_members();
        let mut archive = if is_zip { zip(&borrowed(&members)) } else { tar(&borrowed(&members)) };
        let at = at.index(archive.len());
        archive[at] = byte;
        archive.truncate(if is_cut { at } else { archive.len() });
        let folder = Folder::new().with("a.tar", archive);
        let read = |batch| folder.read("auto", &json!({"paths": ["a.tar"]}), batch).shown();
        prop_assert_eq!(read(1), read(1 << 20));
    }
}
