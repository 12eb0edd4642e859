/* A stage that does what the text of a document tells it to. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "textmill.h"

static tm_status create(const tm_host *host, tm_str options, void **instance) {
  (void)host;
  (void)options;
  (void)instance;
  return TM_OK;
}
static void destroy(void *instance) { (void)instance; }

static int says(const tm_document *document, const char *word) {
  size_t n = strlen(word);
  return document->text.len >= n && memcmp(document->text.ptr, word, n) == 0;
}

static tm_status process(const void *instance, void *worker, const tm_batch *batch, tm_out *out) {
  (void)instance;
  (void)worker;
  for (uint32_t i = 0; i < batch->n; i++) {
    const tm_document *document =
        (const tm_document *)((const char *)batch->documents + (size_t)i * batch->stride);
    tm_str why = TM_STR("caught");
    if (says(document, "hang")) {
      for (;;) pause();
    }
    if (says(document, "panic")) out->fail(out->ctx, i, TM_PANICKED, why);
    if (says(document, "give up")) return TM_FATAL;
    if (says(document, "garbage")) {
      tm_edit edit = {i, 7, 1u << 30, 3, {(const uint8_t *)"\xff", 1}};
      out->edits(out->ctx, &edit, 1);
      out->verdicts[i] = 99;
    }
  }
  return TM_OK;
}

static const tm_stage stage = {.struct_size = sizeof(tm_stage),
                               .kind = TM_DOCUMENT,
                               .name = TM_STR("odd"),
                               .summary = TM_STR("Does as it is told"),
                               .create = create,
                               .destroy = destroy,
                               .process = process};
static const tm_stage *const stages[] = {&stage};
static const tm_plugin plugin = {.struct_size = sizeof(tm_plugin),
                                 .abi_minor = TM_MINOR,
                                 .name = TM_STR("odd"),
                                 .version = TM_STR("1"),
                                 .stages = stages,
                                 .n_stages = 1};
TM_PLUGIN(odd) { return &plugin; }
