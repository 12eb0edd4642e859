/* shout.c - a whole textmill plugin in C, without the SDK and without a library.
 *
 *     cc -shared -fPIC -O2 -I crates/textmill-abi/include -o plugins/libshout.so crates/textmill-abi/examples/shout.c
 *
 * Its one stage, `shout`, marks words in capitals, calms "!!!" down to "!", and drops documents that do nothing but
 * shout. docs/abi.md walks through it; a test builds it, loads it and reads what it says. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "textmill.h"

/* What the stage promises. It speaks of each by its place in the list. */
static const tm_str layers[] = {TM_STR("shouts")};
static const tm_str fields[] = {TM_STR("annotations.shout.words")};
static const tm_str rules[] = {TM_STR("exclamation")};
static const tm_str drop_reasons[] = {TM_STR("only_shouts")};
static const tm_str counters[] = {TM_STR("shouts")};
enum { SHOUTS = 0, WORDS = 0, EXCLAMATION = 0, ONLY_SHOUTS = 0, COUNT = 0 };

/* The program checks options against this before it calls create(). */
static const char options_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"letters_min\":{\"type\":\"integer\",\"minimum\":0,\"default\":3,"
    "\"description\":\"Only words of at least this many letters.\"}}}";

/* An instance is made once a run, and read by all threads. */
struct instance {
  const tm_host *host;
  unsigned long long letters_min;
};

/* The only option, or its default. The schema has let nothing else through. */
static unsigned long long read_letters_min(tm_str options) {
  char json[256] = "";
  memcpy(json, options.ptr, options.len < sizeof json ? options.len : sizeof json - 1);
  const char *colon = strchr(json, ':');
  return colon ? strtoull(colon + 1, NULL, 10) : 3;
}

static tm_status create(const tm_host *host, tm_str options, void **place) {
  unsigned long long letters_min = read_letters_min(options);
  if (letters_min == 0) {
    tm_error error = {sizeof error, TM_NONE, TM_STR("/letters_min"), TM_STR("must be at least 1"),
                      TM_STR("every word has a letter")};
    host->error(host, &error);
    return TM_BAD_OPTIONS;
  }
  struct instance *instance = malloc(sizeof *instance);
  if (!instance) return TM_FATAL;
  *instance = (struct instance){host, letters_min};
  *place = instance;
  return TM_OK;
}

static void destroy(void *instance) { free(instance); }

static int is_capital(uint8_t byte) { return byte >= 'A' && byte <= 'Z'; }
static int is_letter(uint8_t byte) { return is_capital(byte) || (byte >= 'a' && byte <= 'z'); }

/* Marks text[start, end) in document `i`. What is handed over is copied before the call returns. */
static void mark(tm_out *out, uint32_t i, size_t start, size_t end) {
  char attributes[48];
  int len = snprintf(attributes, sizeof attributes, "\"letters\":%zu", end - start);
  tm_span span = {.document = i, .layer = SHOUTS, .start = start, .end = end, .parent = TM_NONE,
                  .attributes = {(const uint8_t *)attributes, (size_t)len}};
  out->spans(out->ctx, &span, 1);
  out->count(out->ctx, COUNT, 1);
}

/* Takes the run of exclamation marks text[start, end) back to its first one. */
static void calm(tm_out *out, uint32_t i, size_t start, size_t end) {
  tm_edit edit = {.document = i, .rule = EXCLAMATION, .start = start + 1, .end = end};
  if (end - start > 1) out->edits(out->ctx, &edit, 1);
}

/* The end of the run of bytes like text[at]. */
static size_t run_end(tm_str text, size_t at) {
  size_t end = at + 1;
  int letters = is_letter(text.ptr[at]);
  while (end < text.len && (letters ? is_letter(text.ptr[end]) : text.ptr[end] == text.ptr[at])) end++;
  return end;
}

static int in_capitals(tm_str text, size_t start, size_t end) {
  while (start < end && is_capital(text.ptr[start])) start++;
  return start == end;
}

static void process_document(const struct instance *instance, const tm_document *document, uint32_t i, tm_out *out) {
  uint64_t words = 0, shouts = 0;
  for (size_t start = 0, end; start < document->text.len; start = end) {
    end = run_end(document->text, start);
    if (document->text.ptr[start] == '!') calm(out, i, start, end);
    if (!is_letter(document->text.ptr[start])) continue;
    words++;
    if (end - start >= instance->letters_min && in_capitals(document->text, start, end)) {
      mark(out, i, start, end);
      shouts++;
    }
  }
  char json[32];
  int len = snprintf(json, sizeof json, "%" PRIu64, shouts);
  tm_value value = {i, WORDS, {(const uint8_t *)json, (size_t)len}};
  out->values(out->ctx, &value, 1);
  if (words > 0 && shouts == words) {
    out->verdicts[i] = TM_DROP;
    out->reasons[i] = ONLY_SHOUTS;
  }
}

/* Called on many threads at a time, each with a batch of its own. */
static tm_status process(const void *self, void *worker, const tm_batch *batch, tm_out *out) {
  const struct instance *instance = self;
  (void)worker; /* there is no worker_create(), so it is NULL */
  for (uint32_t i = 0; i < batch->n; i++) {
    if (__atomic_load_n(instance->host->cancel, __ATOMIC_RELAXED)) return TM_CANCELLED;
    const char *place = (const char *)batch->documents + (size_t)i * batch->stride;
    process_document(instance, (const tm_document *)place, i, out);
  }
  return TM_OK;
}

static const tm_stage shout = {
    .struct_size = sizeof(tm_stage),
    .kind = TM_DOCUMENT,
    .name = TM_STR("shout"),
    .summary = TM_STR("Marks words in capitals, and calms exclamation marks"),
    .options_schema = TM_STR(options_schema),
    .layers = TM_LIST(layers),
    .fields = TM_LIST(fields),
    .rules = TM_LIST(rules),
    .drop_reasons = TM_LIST(drop_reasons),
    .counters = TM_LIST(counters),
    .create = create,
    .destroy = destroy,
    .process = process,
};

static const tm_stage *const stages[] = {&shout};

static const tm_plugin plugin = {
    .struct_size = sizeof(tm_plugin),
    .abi_minor = TM_MINOR,
    .name = TM_STR("shout"),
    .version = TM_STR("1.0.0"),
    .license = TM_STR("MIT OR Apache-2.0"),
    .build = TM_STR("cc, textmill.h 1.0"),
    .stages = stages,
    .n_stages = 1,
};

TM_PLUGIN(shout) { return &plugin; }
