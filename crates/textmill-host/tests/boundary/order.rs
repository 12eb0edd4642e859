//! What may not be done at the same time, in another order, or with another instance's things, is refused or waits.

use serde_json::json;
use textmill_host::{CallError, Plugins};

use crate::compile::{batch, instance, plugin};
use crate::panics::linked;

const DOCUMENTS: [(&str, &str); 3] = [("a", "one"), ("b", "two"), ("c", "three")];

#[test]
fn a_worker_of_another_instance_is_refused() {
    let plugins = linked();
    let (one, _) = instance(&plugins, "faulty_document", &json!({}));
    let (other, _) = instance(&plugins, "faulty_document", &json!({}));
    let refused = one.process(&mut other.worker(), &batch(&DOCUMENTS)).err().map(why);
    assert_eq!(refused.as_deref(), Some("the worker is another instance's"));
}

#[test]
fn a_token_of_another_batch_is_refused() {
    let (instance, _) = instance(&linked(), "faulty_ordered", &json!({}));
    for other in [&DOCUMENTS[..2], &[("a", "one"), ("b", "two"), ("c", "four")]] {
        let token = instance.prepare(&mut instance.worker(), &batch(&DOCUMENTS)).unwrap();
        let refused = instance.commit(&batch(other), token).err().map(why);
        assert_eq!(refused.as_deref(), Some("the token is another batch's"));
    }
}

#[test]
fn notes_come_before_learning_and_work_after() {
    let (instance, _) = instance(&linked(), "faulty_corpus", &json!({}));
    let batch = batch(&DOCUMENTS);
    let mut worker = instance.worker();
    let early = instance.process(&mut worker, &batch).err().map(why);
    assert_eq!(early.as_deref(), Some("it has not learned yet"));
    instance.observe(&mut worker, &batch).unwrap();
    instance.learn(instance.worker()).unwrap();
    let late = [
        instance.observe(&mut worker, &batch).err().map(why),
        instance.merge(&mut worker, instance.worker()).err().map(why),
        instance.learn(instance.worker()).err().map(why),
    ];
    assert_eq!(late, [(); 3].map(|()| Some("it has learned already".to_owned())));
    instance.process(&mut worker, &batch).unwrap();
}

#[test]
fn a_stage_that_could_not_learn_does_not_work() {
    let (instance, _) = instance(&linked(), "faulty_corpus", &json!({"at": "learn"}));
    instance.learn(instance.worker()).unwrap_err();
    let refused = instance.process(&mut instance.worker(), &batch(&DOCUMENTS)).err().map(why);
    assert_eq!(refused.as_deref(), Some("it could not learn"));
}

/// The stage counts who is in `commit`, and fails the call where somebody else is.
#[test]
fn commits_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), "alone", ALONE);
    let (instance, _) = instance(&Plugins::find(&[folder.path().to_owned()], &[]), "alone", &json!({}));
    let commit_often = || {
        let (batch, mut worker) = (batch(&DOCUMENTS), instance.worker());
        for _ in 0..20 {
            let token = instance.prepare(&mut worker, &batch).unwrap();
            instance.commit(&batch, token).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(commit_often);
        }
    });
}

/// What a call was refused for.
fn why(err: CallError) -> String {
    err.to_string().rsplit(" failed: ").next().unwrap_or_default().to_owned()
}

const ALONE: &str = r#"
#include "textmill.h"
#include <stdatomic.h>
static atomic_int inside;
static tm_status create(const tm_host *host, tm_str options, void **instance) {
  (void)host, (void)options, (void)instance;
  return TM_OK;
}
static void destroy(void *instance) { (void)instance; }
static tm_status prepare(const void *instance, void *worker, const tm_batch *batch, void **token) {
  (void)instance, (void)worker, (void)batch, (void)token;
  return TM_OK;
}
static tm_status commit(const void *instance, const tm_batch *batch, void *token, tm_out *out) {
  (void)instance, (void)batch, (void)token, (void)out;
  int others = atomic_fetch_add(&inside, 1);
  for (volatile int i = 0; i < 200000; i++) others |= atomic_load(&inside) - 1;
  atomic_fetch_sub(&inside, 1);
  return others ? TM_FATAL : TM_OK;
}
static void token_drop(const void *instance, void *token) { (void)instance, (void)token; }
static const tm_stage stage = {.struct_size = sizeof(tm_stage), .kind = TM_ORDERED, .name = TM_STR("alone"),
                               .create = create, .destroy = destroy, .prepare = prepare, .commit = commit,
                               .token_drop = token_drop};
static const tm_stage *const stages[] = {&stage};
static const tm_plugin plugin = {.struct_size = sizeof(tm_plugin), .name = TM_STR("alone"), .stages = stages,
                                 .n_stages = 1};
TM_PLUGIN(alone) { return &plugin; }
"#;
