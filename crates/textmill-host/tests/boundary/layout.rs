//! `include/textmill.h` says the same as the Rust types, and neither changes by accident.

use std::fmt::Write;
use std::mem::offset_of;

use expect_test::expect;
use textmill_abi as abi;

use crate::compile::{abi_folder, compile};

/// A struct as Rust lays it out.
struct Layout {
    c_name: &'static str,
    bytes: usize,
    fields: Vec<Field>,
}

struct Field {
    name: &'static str,
    offset: usize,
    bytes: usize,
}

/// The layout of a struct. Naming a field that isn't there, or leaving one out, does not compile.
macro_rules! layout {
    ($c_name:literal, $type:ident { $($field:ident),+ $(,)? }) => {{
        fn bytes_of<T>(_: impl Fn(&abi::$type) -> &T) -> usize {
            size_of::<T>()
        }
        let _all_fields = |abi::$type { $($field: _),+ }: abi::$type| {};
        Layout {
            c_name: $c_name,
            bytes: size_of::<abi::$type>(),
            fields: vec![$(Field {
                name: stringify!($field),
                offset: offset_of!(abi::$type, $field),
                bytes: bytes_of(|it| &it.$field),
            }),+],
        }
    }};
}

fn layouts() -> Vec<Layout> {
    vec![
        layout!("tm_str", Str { ptr, len }),
        layout!("tm_str_list", StrList { ptr, len }),
        layout!("tm_span", Span { document, layer, start, end, parent, reserved, name, attributes }),
        layout!("tm_edit", Edit { document, rule, start, end, text }),
        layout!("tm_value", Value { document, field, json }),
        layout!("tm_row", Row { document, table, json }),
        layout!("tm_document", Document { text, id, seq, fields, spans, n_spans, reserved }),
        layout!("tm_batch", Batch { struct_size, n, documents, stride, reserved, text_bytes }),
        layout!(
            "tm_out",
            Out { struct_size, n, ctx, verdicts, reasons, edits, spans, values, count, fail, rows }
        ),
        layout!("tm_error", Error { struct_size, document, option, message, hint }),
        layout!(
            "tm_host",
            Host {
                struct_size,
                abi_minor,
                ctx,
                version,
                cancel,
                log_level,
                reserved,
                log,
                error,
                extension,
                folder,
                scratch_folder
            }
        ),
        layout!(
            "tm_stage",
            Stage {
                struct_size,
                kind,
                name,
                summary,
                options_schema,
                layers,
                fields,
                needs,
                uses,
                rules,
                drop_reasons,
                counters,
                create,
                destroy,
                reads,
                worker_create,
                worker_destroy,
                process,
                prepare,
                commit,
                token_drop,
                observe,
                merge,
                learn,
                tables,
                finish,
                save,
                restore,
                publish,
                describe,
                omits
            }
        ),
        layout!(
            "tm_plugin",
            Plugin {
                struct_size,
                abi_minor,
                needs_minor,
                reserved,
                name,
                version,
                license,
                build,
                stages,
                n_stages
            }
        ),
    ]
}

/// Every constant, by its name in C.
fn constants() -> [(&'static str, i64); 20] {
    [
        ("TM_MAJOR", abi::MAJOR.into()),
        ("TM_MINOR", abi::MINOR.into()),
        ("TM_OK", abi::OK.into()),
        ("TM_BAD_OPTIONS", abi::BAD_OPTIONS.into()),
        ("TM_FATAL", abi::FATAL.into()),
        ("TM_CANCELLED", abi::CANCELLED.into()),
        ("TM_PANICKED", abi::PANICKED.into()),
        ("TM_DOCUMENT", abi::DOCUMENT.into()),
        ("TM_ORDERED", abi::ORDERED.into()),
        ("TM_CORPUS", abi::CORPUS.into()),
        ("TM_KEEP", abi::KEEP.into()),
        ("TM_DROP", abi::DROP.into()),
        ("TM_NONE", abi::NONE.into()),
        ("TM_LOG_ERROR", abi::LOG_ERROR.into()),
        ("TM_LOG_WARN", abi::LOG_WARN.into()),
        ("TM_LOG_INFO", abi::LOG_INFO.into()),
        ("TM_LOG_DEBUG", abi::LOG_DEBUG.into()),
        ("sizeof(tm_status)", size_of::<abi::Status>() as i64),
        ("sizeof(*((tm_out *)0)->verdicts)", 1),
        ("sizeof(*((tm_out *)0)->reasons)", 4),
    ]
}

#[test]
fn the_c_header_says_the_same() {
    let mut code = "#include \"textmill.h\"\n".to_owned();
    let mut claim =
        |claim: String| writeln!(code, "_Static_assert({claim}, \"{}\");", claim.replace('"', "")).unwrap();
    for (name, value) in constants() {
        claim(format!("{name} == {value}"));
    }
    for Layout { c_name, bytes, fields } in layouts() {
        claim(format!("sizeof({c_name}) == {bytes}"));
        for Field { name, offset, bytes } in fields {
            claim(format!("offsetof({c_name}, {name}) == {offset}"));
            claim(format!("sizeof((({c_name} *)0)->{name}) == {bytes}"));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("layout.c");
    std::fs::write(&source, code).unwrap();
    compile(&source, &folder.path().join("layout.o"), &["-c"]);
}

#[test]
fn the_c_header_has_no_other_constants() {
    let header = std::fs::read_to_string(abi_folder().join("include/textmill.h")).unwrap();
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
    for (name, _) in defined.filter(|(name, _)| !name.contains('(')) {
        assert!(constants().iter().any(|(known, _)| *known == name), "{name}");
    }
}

/// Where all bytes belong to a field, the header can't have one more that Rust does not know.
#[test]
fn no_bytes_are_left_over() {
    for Layout { c_name, bytes, fields } in layouts() {
        assert_eq!(fields.iter().map(|field| field.bytes).sum::<usize>(), bytes, "{c_name}");
    }
}

/// A change here breaks every plugin built so far. Fields may be added at the end, with a new minor version; what
/// stands here may not change without a new major one.
#[test]
#[cfg(target_pointer_width = "64")]
fn sizes_and_offsets_stay() {
    assert_eq!([abi::PLUGIN_BYTES_1_0, abi::STAGE_BYTES_1_0, abi::ERROR_BYTES_1_0], [96, 264, 56]);
    assert_eq!([abi::OUT_BYTES_1_0, abi::HOST_BYTES_1_0], [72, 72]);
    let mut shown = String::new();
    for Layout { c_name, bytes, fields } in layouts() {
        let offsets: Vec<String> =
            fields.iter().map(|field| format!("{} {}", field.offset, field.name)).collect();
        writeln!(shown, "{c_name}, {bytes} bytes: {}", offsets.join(", ")).unwrap();
    }
    expect![[r#"
        tm_str, 16 bytes: 0 ptr, 8 len
        tm_str_list, 16 bytes: 0 ptr, 8 len
        tm_span, 64 bytes: 0 document, 4 layer, 8 start, 16 end, 24 parent, 28 reserved, 32 name, 48 attributes
        tm_edit, 40 bytes: 0 document, 4 rule, 8 start, 16 end, 24 text
        tm_value, 24 bytes: 0 document, 4 field, 8 json
        tm_row, 24 bytes: 0 document, 4 table, 8 json
        tm_document, 64 bytes: 0 text, 16 id, 32 seq, 40 fields, 48 spans, 56 n_spans, 60 reserved
        tm_batch, 32 bytes: 0 struct_size, 4 n, 8 documents, 16 stride, 20 reserved, 24 text_bytes
        tm_out, 80 bytes: 0 struct_size, 4 n, 8 ctx, 16 verdicts, 24 reasons, 32 edits, 40 spans, 48 values, 56 count, 64 fail, 72 rows
        tm_error, 56 bytes: 0 struct_size, 4 document, 8 option, 24 message, 40 hint
        tm_host, 96 bytes: 0 struct_size, 4 abi_minor, 8 ctx, 16 version, 32 cancel, 40 log_level, 44 reserved, 48 log, 56 error, 64 extension, 72 folder, 88 scratch_folder
        tm_stage, 328 bytes: 0 struct_size, 4 kind, 8 name, 24 summary, 40 options_schema, 56 layers, 72 fields, 88 needs, 104 uses, 120 rules, 136 drop_reasons, 152 counters, 168 create, 176 destroy, 184 reads, 192 worker_create, 200 worker_destroy, 208 process, 216 prepare, 224 commit, 232 token_drop, 240 observe, 248 merge, 256 learn, 264 tables, 280 finish, 288 save, 296 restore, 304 publish, 312 describe, 320 omits
        tm_plugin, 96 bytes: 0 struct_size, 4 abi_minor, 8 needs_minor, 12 reserved, 16 name, 32 version, 48 license, 64 build, 80 stages, 88 n_stages
    "#]].assert_eq(&shown);
}
