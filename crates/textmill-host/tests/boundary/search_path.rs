//! Which plugins are found, which are passed over, and what is said of those that can't be used.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use textmill_host::Plugins;

use crate::compile::{library, plugin};

#[test]
fn the_first_folder_wins() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (folder(&root, "one"), folder(&root, "two"));
    plugin(&one, "a", &good("a", "1.0"));
    plugin(&two, "renamed", &good("a", "2.0"));
    plugin(&two, "b", &good("b", "2.0"));
    check(
        root.path(),
        &[one.clone(), two.clone()],
        &[],
        expect![[r#"
        a_stage of a 1.0 at ~/one/liba.so
        b_stage of b 2.0 at ~/two/libb.so
    "#]],
    );
    check(
        root.path(),
        &[two, one],
        &[],
        expect![[r#"
        a_stage of a 2.0 at ~/two/librenamed.so
        b_stage of b 2.0 at ~/two/libb.so
    "#]],
    );
}

#[test]
fn a_plugin_named_by_its_path_comes_before_all_folders() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (folder(&root, "one"), folder(&root, "two"));
    plugin(&one, "a", &good("a", "1.0"));
    let named = plugin(&two, "a", &good("a", "2.0"));
    check(
        root.path(),
        &[one],
        &[named],
        expect![[r#"
        a_stage of a 2.0 at ~/two/liba.so
    "#]],
    );
}

#[test]
fn two_of_one_name_in_a_folder_are_both_found() {
    let root = tempfile::tempdir().unwrap();
    let one = folder(&root, "one");
    plugin(&one, "a", &good("a", "1.0"));
    plugin(&one, "copy", &good("a", "1.0"));
    check(
        root.path(),
        &[one],
        &[],
        expect![[r#"
        a_stage of a 1.0 at ~/one/liba.so
        a_stage of a 1.0 at ~/one/libcopy.so
    "#]],
    );
}

#[test]
#[cfg(unix)]
fn a_plugin_behind_a_link_has_the_path_that_it_was_named_by() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (folder(&root, "one"), folder(&root, "two"));
    let file = plugin(&one, "a", &good("a", "1.0"));
    let link = library(&two, "link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    check(
        root.path(),
        &[],
        std::slice::from_ref(&link),
        expect![[r#"
        a_stage of a 1.0 at ~/two/liblink.so
    "#]],
    );
    let roundabout = two.join("../one").join(file.file_name().unwrap());
    check(
        root.path(),
        &[],
        &[file, link, roundabout],
        expect![[r#"
        a_stage of a 1.0 at ~/one/liba.so
        a_stage of a 1.0 at ~/two/liblink.so
    "#]],
    );
}

#[test]
#[cfg(unix)]
fn one_file_in_folders_under_two_names_is_found_once() {
    let root = tempfile::tempdir().unwrap();
    let one = folder(&root, "one");
    let file = plugin(&one, "a", &good("a", "1.0"));
    std::os::unix::fs::symlink(&file, library(&one, "link")).unwrap();
    std::os::unix::fs::symlink(&one, root.path().join("two")).unwrap();
    check(
        root.path(),
        &[one, root.path().join("two")],
        &[],
        expect![[r#"
        a_stage of a 1.0 at ~/one/liba.so
    "#]],
    );
}

#[test]
#[cfg(unix)]
fn a_step_back_from_behind_a_link_is_taken_where_the_link_leads() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (folder(&root, "one"), folder(&root, "two"));
    let inner = one.join("inner");
    std::fs::create_dir(&inner).unwrap();
    let file = plugin(&one, "a", &good("a", "1.0"));
    std::os::unix::fs::symlink(&inner, two.join("link")).unwrap();
    let path = two.join("link/..").join(file.file_name().unwrap());
    check(
        root.path(),
        &[],
        &[path],
        expect![[r#"
        a_stage of a 1.0 at ~/two/link/../liba.so
    "#]],
    );
}

#[test]
fn what_is_no_plugin_is_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let one = folder(&root, "one");
    plugin(&one, "plain", "int answer(void) { return 42; }");
    std::fs::write(one.join("notes.txt"), "not even its name").unwrap();
    std::fs::create_dir(library(&one, "folder")).unwrap();
    check(root.path(), &[one, root.path().join("missing")], &[], expect![[""]]);
}

#[test]
fn half_a_library_is_not_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let one = folder(&root, "one");
    let whole = std::fs::read(plugin(root.path(), "a", &good("a", "1.0"))).unwrap();
    std::fs::write(library(&one, "half"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(library(&one, "text"), "not a library").unwrap();
    check(
        root.path(),
        &[one],
        &[],
        expect![[r#"
        : cannot read `~/one/libhalf.so` as a shared library: Invalid ELF section header offset/size/alignment
          build it for this platform with `cargo build --release`
        : cannot read `~/one/libtext.so` as a shared library: Could not read file magic
          build it for this platform with `cargo build --release`
    "#]],
    );
}

#[test]
fn what_was_asked_for_by_path_is_never_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let text = library(root.path(), "text");
    std::fs::write(&text, "not a library").unwrap();
    let plain = plugin(root.path(), "plain", "int answer(void) { return 42; }");
    let missing = library(root.path(), "missing");
    check(
        root.path(),
        &[],
        &[text, plain, missing],
        expect![[r#"
            : cannot read `~/libtext.so` as a shared library: Could not read file magic
              build it for this platform with `cargo build --release`
            : `~/libplain.so` is a shared library without a textmill entry symbol
              a plugin exports its entry with `textmill_sdk::plugin!` (Rust) or `TM_PLUGIN` (C)
            : there is no file `~/libmissing.so`
              `cargo build --release` puts a plugin into `target/release`, or where CARGO_TARGET_DIR says
        "#]],
    );
}

#[test]
fn another_version_says_both_and_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let one = folder(&root, "one");
    plugin(
        &one,
        "a",
        &good("a", "1.0")
            .replace("TM_PLUGIN(a)", "void *textmill_plugin_v2_a(void); void *textmill_plugin_v2_a(void)")
            .replace("&plugin;", "(void *)&plugin;"),
    );
    plugin(
        &one,
        "b",
        &good("b", "1.0")
            .replace("TM_PLUGIN(b)", "void *textmill_plugin_v0_b(void); void *textmill_plugin_v0_b(void)")
            .replace("&plugin;", "(void *)&plugin;"),
    );
    plugin(&one, "c", &good("c", "1.0").replace(".n_stages", ".needs_minor = 99, .n_stages"));
    check(
        root.path(),
        &[one],
        &[],
        expect![[r#"
            a: plugin `a` (`~/one/liba.so`) speaks plugin interface 2, this program speaks 1
              update textmill, or build the plugin with the textmill-sdk of this program
            b: plugin `b` (`~/one/libb.so`) speaks plugin interface 0, this program speaks 1
              rebuild the plugin with the textmill-sdk of this program
            c: plugin `c` (`~/one/libc.so`) needs plugin interface 1.99, this program speaks 1.1
              update textmill, or build the plugin with the textmill-sdk of this program
        "#]],
    );
}

#[test]
fn faulty_tables_are_named() {
    let root = tempfile::tempdir().unwrap();
    let one = folder(&root, "one");
    let faults = [
        ("null", "return &plugin", "(void)plugin; return NULL"),
        ("small", "sizeof(tm_plugin)", "24"),
        ("no_stages", ".n_stages = 1", ".n_stages = 0"),
        ("null_stage", "{&stage}", "{NULL}"),
        ("small_stage", "sizeof(tm_stage)", "100"),
        ("kind", "TM_DOCUMENT", "9"),
        ("lacks", ", .process = process", ""),
        ("schema", ".kind", r#".options_schema = TM_STR("{"), .kind"#),
        ("utf8", ".kind", r#".summary = TM_STR("\xff"), .kind"#),
        ("field", ".kind", r#".fields = {(tm_str[]){TM_STR("id")}, 1}, .kind"#),
        ("other_name", ".version", r#".name = TM_STR("else"), .version"#),
        ("twice", "{&stage}", "{&stage, &stage}"),
        ("layer", ".kind", &declared_twice(".layers", "quotes")),
        ("field_twice", ".kind", &declared_twice(".fields", "metadata.lang")),
        ("rule", ".kind", &declared_twice(".rules", "phrase")),
        ("reason", ".kind", &declared_twice(".drop_reasons", "too_short")),
        ("counter", ".kind", &declared_twice(".counters", "words")),
    ];
    for (name, what, instead) in faults {
        let code = good(name, "1.0");
        assert!(code.contains(what), "{what}");
        let code = code
            .replace(what, instead)
            .replace(".n_stages = 1", ".n_stages = sizeof stages / sizeof *stages");
        plugin(&one, name, &format!("{PRAGMAS}{code}"));
    }
    check(
        root.path(),
        &[one],
        &[],
        expect![[r#"
            counter: plugin `counter` (`~/one/libcounter.so`) has a faulty table: stage 0: it declares counter `words` twice
              this is a bug of the plugin; `textmill plugin check` shows more
            field: plugin `field` (`~/one/libfield.so`) has a faulty table: stage 0: field `id` is neither below `annotations` nor below `metadata`
              this is a bug of the plugin; `textmill plugin check` shows more
            field_twice: plugin `field_twice` (`~/one/libfield_twice.so`) has a faulty table: stage 0: it declares field `metadata.lang` twice
              this is a bug of the plugin; `textmill plugin check` shows more
            kind: plugin `kind` (`~/one/libkind.so`) has a faulty table: stage 0: kind 9 is none of 1, 2 and 3
              this is a bug of the plugin; `textmill plugin check` shows more
            lacks: plugin `lacks` (`~/one/liblacks.so`) has a faulty table: stage 0: it lacks `process`
              this is a bug of the plugin; `textmill plugin check` shows more
            layer: plugin `layer` (`~/one/liblayer.so`) has a faulty table: stage 0: it declares layer `quotes` twice
              this is a bug of the plugin; `textmill plugin check` shows more
            no_stages: plugin `no_stages` (`~/one/libno_stages.so`) has a faulty table: it offers no stages
              this is a bug of the plugin; `textmill plugin check` shows more
            null: plugin `null` (`~/one/libnull.so`) has a faulty table: the entry function returned no table
              this is a bug of the plugin; `textmill plugin check` shows more
            null_stage: plugin `null_stage` (`~/one/libnull_stage.so`) has a faulty table: stage 0: it is null
              this is a bug of the plugin; `textmill plugin check` shows more
            other_name: plugin `other_name` (`~/one/libother_name.so`) has a faulty table: it says that its name is `else`
              this is a bug of the plugin; `textmill plugin check` shows more
            reason: plugin `reason` (`~/one/libreason.so`) has a faulty table: stage 0: it declares drop reason `too_short` twice
              this is a bug of the plugin; `textmill plugin check` shows more
            rule: plugin `rule` (`~/one/librule.so`) has a faulty table: stage 0: it declares rule `phrase` twice
              this is a bug of the plugin; `textmill plugin check` shows more
            schema: plugin `schema` (`~/one/libschema.so`) has a faulty table: stage 0: its options schema: EOF while parsing an object at line 1 column 1
              this is a bug of the plugin; `textmill plugin check` shows more
            small: plugin `small` (`~/one/libsmall.so`) has a faulty table: its size says 24 bytes, and it takes 96
              this is a bug of the plugin; `textmill plugin check` shows more
            small_stage: plugin `small_stage` (`~/one/libsmall_stage.so`) has a faulty table: stage 0: its size says 100 bytes, and it takes 264
              this is a bug of the plugin; `textmill plugin check` shows more
            twice: plugin `twice` (`~/one/libtwice.so`) has a faulty table: it offers stage `twice_stage` twice
              this is a bug of the plugin; `textmill plugin check` shows more
            utf8: plugin `utf8` (`~/one/libutf8.so`) has a faulty table: stage 0: its summary is not UTF-8
              this is a bug of the plugin; `textmill plugin check` shows more
        "#]],
    );
}

/// Some faults are such that the compiler would mind.
const PRAGMAS: &str = "#pragma GCC diagnostic ignored \"-Woverride-init\"
#pragma GCC diagnostic ignored \"-Wunused-function\"
#pragma GCC diagnostic ignored \"-Wunused-const-variable\"
";

fn folder(root: &tempfile::TempDir, name: &str) -> PathBuf {
    let folder = root.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// A list of the same name two times over, before the member `.kind`.
fn declared_twice(list: &str, name: &str) -> String {
    format!(r#"{list} = {{(tm_str[]){{TM_STR("{name}"), TM_STR("{name}")}}, 2}}, .kind"#)
}

/// The source of a plugin with one stage of its own name.
fn good(name: &str, version: &str) -> String {
    SOURCE.replace("NAME", name).replace("VERSION", version)
}

/// Shows stages found and plugins that can't be used; the temporary folder is called `~`.
#[track_caller]
fn check(root: &Path, folders: &[PathBuf], files: &[PathBuf], expected: Expect) {
    let catalog = Plugins::find(folders, files).catalog();
    let mut shown = String::new();
    for stage in &catalog.stages {
        let plugin = &stage.plugin;
        shown +=
            &format!("{} of {} {} at {}\n", stage.name, plugin.name, plugin.version, plugin.path.display());
    }
    for plugin in &catalog.unusable {
        shown += &format!("{}: {}\n  {}\n", plugin.name, plugin.message, plugin.hint);
    }
    let real = root.canonicalize().unwrap();
    expected.assert_eq(&shown.replace(&*real.to_string_lossy(), "~").replace(&*root.to_string_lossy(), "~"));
}

const SOURCE: &str = r#"
#include "textmill.h"
static tm_status create(const tm_host *host, tm_str options, void **instance) {
  (void)host, (void)options, (void)instance;
  return TM_OK;
}
static void destroy(void *instance) { (void)instance; }
static tm_status process(const void *instance, void *worker, const tm_batch *batch, tm_out *out) {
  (void)instance, (void)worker, (void)batch, (void)out;
  return TM_OK;
}
static const tm_stage stage = {.struct_size = sizeof(tm_stage), .kind = TM_DOCUMENT, .name = TM_STR("NAME_stage"),
                               .create = create, .destroy = destroy, .process = process};
static const tm_stage *const stages[] = {&stage};
static const tm_plugin plugin = {.struct_size = sizeof(tm_plugin), .name = TM_STR("NAME"), .version = TM_STR("VERSION"),
                                 .stages = stages, .n_stages = 1};
TM_PLUGIN(NAME) { return &plugin; }
"#;
