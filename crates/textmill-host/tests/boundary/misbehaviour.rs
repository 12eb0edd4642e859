//! Plugins that break the promises: each ends in a message that names plugin, stage and document.

use expect_test::{Expect, expect};
use serde_json::json;
use textmill_host::{Instance, Plugins};

use crate::compile::{batch, instance, plugin, shown};

#[test]
fn an_edit_out_of_range_fails_its_document_alone() {
    check(
        "edit(out, 0, 2, 99);",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: edit 0: range 2..99 is not inside the text of 6 bytes
    "#]],
    );
}

#[test]
fn an_edit_inside_a_character_fails_its_document() {
    check(
        "edit(out, 0, 2, 3);",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: edit 0: offset 3 is inside a character
    "#]],
    );
}

#[test]
fn edits_out_of_order_fail_their_document() {
    check(
        "edit(out, 0, 4, 5); edit(out, 0, 0, 1);",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: edit 1: range 0..1 starts before the edit before it ends, at 5
    "#]],
    );
}

#[test]
fn an_edit_that_ends_before_it_starts_fails_its_document() {
    check(
        "edit(out, 1, 3, 2);",
        expect![[r#"
        first: naïve
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: edit 0: range 3..2 is not inside the text of 4 bytes
    "#]],
    );
}

#[test]
fn an_edit_by_an_undeclared_rule_fails_its_document() {
    check(
        "tm_edit it = {.document = 1, .rule = 7, .end = 1}; out->edits(out->ctx, &it, 1);",
        expect![[r#"
        first: naïve
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: edit 0: its rule is not declared
    "#]],
    );
}

#[test]
fn an_edit_that_is_not_utf8_fails_its_document() {
    check(
        r#"tm_edit it = {.rule = TM_NONE, .text = TM_STR("\xff")}; out->edits(out->ctx, &it, 1);"#,
        expect![[r#"
            second: fine
            Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: the text of an edit is not UTF-8
        "#]],
    );
}

#[test]
fn an_answer_for_a_document_that_is_not_there_fails_the_batch() {
    check(
        "edit(out, 2, 0, 1);",
        expect![[r#"
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: an edit is for document number 2 of a batch of 2
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: an edit is for document number 2 of a batch of 2
    "#]],
    );
    check(
        r#"tm_str why = TM_STR("why"); out->fail(out->ctx, 5, TM_FATAL, why);"#,
        expect![[r#"
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: a failure (why) is for document number 5 of a batch of 2
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: a failure (why) is for document number 5 of a batch of 2
    "#]],
    );
}

#[test]
fn an_undeclared_counter_fails_the_batch() {
    check(
        "out->count(out->ctx, 3, 1);",
        expect![[r#"
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: counter number 3 is not declared
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: counter number 3 is not declared
    "#]],
    );
}

#[test]
fn a_span_of_an_undeclared_layer_fails_its_document() {
    check(
        "span(out, (tm_span){.layer = 1, .end = 1, .parent = TM_NONE});",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 0: layer number 1 is not declared
    "#]],
    );
}

#[test]
fn a_span_out_of_range_fails_its_document() {
    check(
        "span(out, (tm_span){.document = 1, .end = 5, .parent = TM_NONE});",
        expect![[r#"
        first: naïve
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 0: range 0..5 is not inside the text of 4 bytes
    "#]],
    );
}

#[test]
fn a_part_without_its_whole_fails_its_document() {
    check(
        r#"span(out, (tm_span){.end = 1, .parent = 0, .name = TM_STR("speaker")});"#,
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 0: a part comes before its whole
    "#]],
    );
    check(
        "span(out, (tm_span){.end = 1, .parent = TM_NONE}); span(out, (tm_span){.end = 1});",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 1: parts have a name, and only parts
    "#]],
    );
}

#[test]
fn attributes_that_are_not_json_or_take_a_taken_name_fail_the_document() {
    let with = |attributes: &str| {
        format!(
            "span(out, (tm_span){{.end = 1, .parent = TM_NONE, .attributes = TM_STR(\"{attributes}\")}});"
        )
    };
    check(
        &with("kind"),
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 0: its attributes: key must be a string at line 1 column 2
    "#]],
    );
    check(
        &with(r#"\"a\":1},{\"b\":2"#),
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 0: its attributes: trailing characters at line 1 column 8
    "#]],
    );
    for name in textmill_model::SPAN_MEMBERS {
        let said = ran(&with(&format!(r#"\"{name}\":1"#)));
        assert!(said.contains(&format!(": span 0: the name `{name}` of an attribute is taken")), "{said}");
    }
    check(
        &with(r#"\"a\":1,\"b\":2,\"\\u0061\":3"#),
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 0: the attribute `a` stands twice
    "#]],
    );
    check(
        &with(r#"\"source\":\"agency\""#),
        expect![[r#"
        first: naïve
          marks `n` {"source":"agency"}
        second: fine
    "#]],
    );
}

#[test]
fn a_part_whose_name_is_taken_fails_its_document() {
    let with = |name: &str| {
        format!(
            r#"span(out, (tm_span){{.end = 1, .parent = TM_NONE, .attributes = TM_STR("\"speaker\":1")}});
               span(out, (tm_span){{.end = 1, .parent = 0, .name = TM_STR("{name}")}});"#
        )
    };
    for name in textmill_model::SPAN_MEMBERS {
        let said = ran(&with(name));
        assert!(said.contains(&format!(": span 1: the name `{name}` of a part is taken")), "{said}");
    }
    check(
        &with("speaker"),
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: span 1: the part `speaker` has the name of an attribute of its whole
    "#]],
    );
    check(
        &with("cue"),
        expect![[r#"
        first: naïve
          marks `n` {"speaker":1}
          marks cue of 0 `n` {}
        second: fine
    "#]],
    );
}

#[test]
fn a_value_that_is_not_json_fails_its_document() {
    check(
        r#"value(out, 0, (tm_str)TM_STR("{\"a\":"));"#,
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: the value of field `annotations.odd` is not JSON
    "#]],
    );
    check(
        r#"value(out, 0, (tm_str)TM_STR("\"\xff\""));"#,
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: the value of field `annotations.odd` is not JSON
    "#]],
    );
    check(
        "value(out, 0, (tm_str){NULL, 0});",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: the value of field `annotations.odd` is not JSON
    "#]],
    );
    check(
        r#"value(out, 4, (tm_str)TM_STR("1"));"#,
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: field number 4 is not declared
    "#]],
    );
}

#[test]
fn line_breaks_between_the_parts_of_a_value_become_spaces() {
    check(
        r#"value(out, 0, (tm_str)TM_STR("[1.50,\n2]"));"#,
        expect![[r#"
        first: naïve
          odd = [1.50, 2]
        second: fine
    "#]],
    );
}

#[test]
fn an_unknown_verdict_fails_its_document() {
    check(
        "out->verdicts[1] = 7;",
        expect![[r#"
        first: naïve
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: verdict 7 is none of 0 and 1
    "#]],
    );
}

#[test]
fn an_undeclared_drop_reason_fails_its_document() {
    check(
        "out->verdicts[0] = TM_DROP; out->reasons[0] = 2;",
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: drop reason number 2 is not declared
    "#]],
    );
}

#[test]
fn a_document_that_the_stage_fails_keeps_nothing_of_what_it_said() {
    check(
        r#"edit(out, 0, 0, 1); tm_str why = TM_STR("no idea"); out->fail(out->ctx, 0, TM_FATAL, why);"#,
        expect![[r#"
            second: fine
            Failed first by odd_stage: failed stage `odd_stage` of plugin `odd` failed: no idea
        "#]],
    );
}

#[test]
fn a_call_that_fails_names_stage_plugin_and_document() {
    check(
        r#"tm_error it = {sizeof it, 1, {NULL, 0}, TM_STR("it is too late"), {NULL, 0}};
           HOST->error(HOST, &it); return TM_FATAL;"#,
        expect![[r#"
            stage `odd_stage` of plugin `odd` failed on document `second`: it is too late
        "#]],
    );
    check(
        "return TM_PANICKED;",
        expect![[r#"
        stage `odd_stage` of plugin `odd` panicked: it gave no reason (status -100)
    "#]],
    );
    check(
        "return 3;",
        expect![[r#"
        stage `odd_stage` of plugin `odd` failed: it gave no reason (status 3)
    "#]],
    );
}

#[test]
fn nothing_said_changes_nothing() {
    check(
        "out->edits(out->ctx, NULL, 0); out->spans(out->ctx, NULL, 0);",
        expect![[r#"
        first: naïve
        second: fine
    "#]],
    );
}

#[test]
fn nothing_is_left_of_a_document_that_failed() {
    let (instance, _folder) = odd(r#"for (uint32_t i = 0; i < 2; i++) {
             tm_edit cut = {.document = i, .rule = 0, .end = 1};
             tm_span mark = {.document = i, .end = 1, .parent = TM_NONE};
             tm_value one = {i, 0, TM_STR("1")};
             out->edits(out->ctx, &cut, 1);
             out->spans(out->ctx, &mark, 1);
             out->values(out->ctx, &one, 1);
           }
           out->verdicts[0] = 7;"#);
    let batch = batch(&[("first", "naïve"), ("second", "fine")]);
    let effects = instance.process(&mut instance.worker(), &batch).unwrap();
    assert!(effects.edits.iter().all(|(document, _)| *document == 1), "{:?}", effects.edits);
    assert!(effects.spans.iter().all(|span| span.document == 1), "{:?}", effects.spans);
    assert!(effects.values.iter().all(|value| value.document == 1), "{:?}", effects.values);
    assert_eq!([effects.edits.len(), effects.spans.len(), effects.values.len()], [1, 1, 1]);
}

#[test]
fn a_row_that_is_not_sound_fails_its_document() {
    check(
        r#"tm_row row = {1, 0, TM_STR("{no")}; out->rows(out->ctx, &row, 1);"#,
        expect![[r#"
        first: naïve
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: a row of table `rows` is not JSON
    "#]],
    );
    check(
        r#"tm_row row = {0, 3, TM_STR("1")}; out->rows(out->ctx, &row, 1);"#,
        expect![[r#"
        second: fine
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: table number 3 is not declared
    "#]],
    );
    check(
        r#"tm_row row = {TM_NONE, 0, TM_STR("1")}; out->rows(out->ctx, &row, 1);"#,
        expect![[r#"
        Failed first by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: a row is for document number 4294967295 of a batch of 2
        Failed second by odd_stage: unsound_answer stage `odd_stage` of plugin `odd` gave an unsound answer: a row is for document number 4294967295 of a batch of 2
    "#]],
    );
}

#[test]
fn rows_stay_with_documents_that_did_not_fail() {
    let (instance, _folder) = odd(r#"for (uint32_t i = 0; i < 2; i++) {
            tm_row row = {i, 0, TM_STR("[1,\n2]")};
            out->rows(out->ctx, &row, 1);
          }
          out->verdicts[0] = 7;"#);
    let batch = batch(&[("first", "naïve"), ("second", "fine")]);
    let effects = instance.process(&mut instance.worker(), &batch).unwrap();
    let rows: Vec<_> = effects.rows.iter().map(|row| (row.document, row.table, &*row.json)).collect();
    assert_eq!(rows, [(Some(1), 0, "[1, 2]")]);
}

/// A plugin that was built with the header of 1.0: its tables are shorter, and what it reads of ours is as it was.
#[test]
fn a_plugin_of_version_1_0_works() {
    let folder = tempfile::tempdir().unwrap();
    let code = SOURCE
        .replace("BODY", "edit(out, 0, 0, 1);")
        .replace("sizeof(tm_stage)", "offsetof(tm_stage, tables)")
        .replace(".tables = TM_LIST(tables)", ".tables = {tables, 99}, .finish = (void *)1");
    plugin(folder.path(), "odd", &code);
    let plugins = Plugins::find(&[folder.path().to_owned()], &[]);
    let instance = instance(&plugins, "odd_stage", &json!({})).0;
    let batch = batch(&[("first", "fine")]);
    let effects = instance.process(&mut instance.worker(), &batch).unwrap();
    assert_eq!((effects.edits.len(), instance.entry().tables.len()), (1, 0));
    assert!(!instance.saves() && instance.finish().unwrap().is_empty());
    instance.publish().unwrap();
}

#[track_caller]
fn check(body: &str, expected: Expect) {
    expected.assert_eq(&ran(body));
}

/// Runs a stage that does `body` on two documents, and shows what came of it.
#[track_caller]
fn ran(body: &str) -> String {
    let (instance, _folder) = odd(body);
    let batch = batch(&[("first", "naïve"), ("second", "fine")]);
    match instance.process(&mut instance.worker(), &batch) {
        Ok(effects) => shown(&instance, batch, effects),
        Err(err) => format!("{err}\n"),
    }
}

/// A stage that does `body`, and the folder of its library.
#[track_caller]
fn odd(body: &str) -> (Instance, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let code = SOURCE.replace("BODY", body);
    plugin(folder.path(), "odd", &code);
    let plugins = Plugins::find(&[folder.path().to_owned()], &[]);
    (instance(&plugins, "odd_stage", &json!({})).0, folder)
}

const SOURCE: &str = r#"
#include "textmill.h"
static const tm_host *HOST;
static const tm_str layers[] = {TM_STR("marks")}, fields[] = {TM_STR("annotations.odd")};
static const tm_str tables[] = {TM_STR("rows")};
static const tm_str rules[] = {TM_STR("rule")}, reasons[] = {TM_STR("reason")};

void edit(tm_out *out, uint32_t document, uint64_t start, uint64_t end) {
  tm_edit edit = {.document = document, .rule = 0, .start = start, .end = end};
  out->edits(out->ctx, &edit, 1);
}
void span(tm_out *out, tm_span span) { out->spans(out->ctx, &span, 1); }
void value(tm_out *out, uint32_t field, tm_str json) {
  tm_value value = {0, field, json};
  out->values(out->ctx, &value, 1);
}

static tm_status create(const tm_host *host, tm_str options, void **instance) {
  (void)options;
  (void)instance;
  HOST = host;
  return TM_OK;
}
static void destroy(void *instance) { (void)instance; }
static tm_status process(const void *instance, void *worker, const tm_batch *batch, tm_out *out) {
  (void)instance;
  (void)worker;
  (void)batch;
  (void)out;
  BODY
  return TM_OK;
}

static const tm_stage stage = {
    .struct_size = sizeof(tm_stage), .kind = TM_DOCUMENT, .name = TM_STR("odd_stage"),
    .layers = TM_LIST(layers), .fields = TM_LIST(fields), .rules = TM_LIST(rules), .drop_reasons = TM_LIST(reasons),
    .tables = TM_LIST(tables),
    .create = create, .destroy = destroy, .process = process};
static const tm_stage *const stages[] = {&stage};
static const tm_plugin plugin = {
    .struct_size = sizeof(tm_plugin), .name = TM_STR("odd"), .stages = stages, .n_stages = 1};
TM_PLUGIN(odd) { return &plugin; }
"#;
