/* textmill.h - the boundary between textmill and its plugins, major version 1.
 *
 * A plugin is a shared library that exports one function:
 *
 *     TM_PLUGIN(shout) { return &plugin; }      // const tm_plugin *textmill_plugin_v1_shout(void)
 *
 * It may not start threads or fail, and returns a table that never moves or goes away. The promises:
 *
 *  1 Nobody frees the other side's memory. What a plugin hands to a callback is copied before the callback returns;
 *    what the host hands over is borrowed for the call, except tm_host, which lives until destroy().
 *  2 Every table starts with its size and only grows at its end: a field is absent when the writer's struct_size does
 *    not reach it. Documents carry a stride.
 *  3 No exception, longjmp or unwinding crosses. Catch and return TM_PANICKED.
 *  4 Strings are UTF-8 with a length and no terminator; NULL with length 0 is the empty string. Offsets are bytes of
 *    the text that this stage got, half-open, on character boundaries.
 *  5 A plugin is never unloaded. No thread of yours may outlive destroy().
 *  6 Only fixed-width integers, size_t and pointers cross.
 *
 * docs/abi.md explains each of them. The same in Rust: crates/textmill-abi. A test holds both equal. */
#ifndef TEXTMILL_H
#define TEXTMILL_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define TM_MAJOR 1u
#define TM_MINOR 1u

typedef int32_t tm_status;
#define TM_OK            0
#define TM_BAD_OPTIONS  -1  /* host->error() was told why */
#define TM_FATAL        -2  /* host->error() was told why; the run ends */
#define TM_CANCELLED    -3  /* saw *host->cancel and left early */
#define TM_PANICKED   -100  /* caught an exception; the instance is only fit to be destroyed */

#define TM_DOCUMENT 1u      /* process(), in parallel */
#define TM_ORDERED  2u      /* prepare() in parallel, commit() one batch after the other in corpus order */
#define TM_CORPUS   3u      /* observe() in parallel, merge(), learn() once, then process() in parallel */

#define TM_KEEP 0u
#define TM_DROP 1u

#define TM_NONE UINT32_MAX  /* no document, no parent, no rule */

#define TM_LOG_ERROR 1u
#define TM_LOG_WARN  2u
#define TM_LOG_INFO  3u
#define TM_LOG_DEBUG 4u

typedef struct tm_str { const uint8_t *ptr; size_t len; } tm_str;
typedef struct tm_str_list { const tm_str *ptr; size_t len; } tm_str_list;
/* A string literal as a tm_str; TM_LIST the same for an array of tm_str. */
#define TM_STR(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define TM_LIST(array) { (array), sizeof(array) / sizeof((array)[0]) }

/* A range of a document's text with attributes. */
typedef struct tm_span {
  uint32_t document;        /* index in the batch */
  uint32_t layer;           /* index in tm_stage.layers (written), or in needs followed by uses (read) */
  uint64_t start, end;
  uint32_t parent;          /* the span this is a part of, counted in this document, layer and call; or TM_NONE */
  uint32_t reserved;
  tm_str name;              /* which part ("speaker"); empty for a whole */
  tm_str attributes;        /* JSON members without braces: "kind":"direct" */
} tm_span;

/* Replace text[start, end) by text. Ascending and apart within a document. */
typedef struct tm_edit {
  uint32_t document;
  uint32_t rule;            /* index in tm_stage.rules, or TM_NONE */
  uint64_t start, end;
  tm_str text;
} tm_edit;

/* A value for a field of a document. */
typedef struct tm_value {
  uint32_t document;
  uint32_t field;           /* index in tm_stage.fields */
  tm_str json;
} tm_value;

/* Since 1.1. A row of a side file. */
typedef struct tm_row {
  uint32_t document;        /* index in the batch; TM_NONE in finish() */
  uint32_t table;           /* index in tm_stage.tables */
  tm_str json;
} tm_row;

typedef struct tm_document {
  tm_str text, id;
  uint64_t seq;             /* ascends over the corpus; the only tie-breaker allowed */
  const tm_str *fields;     /* JSON of each field in reads(), in that order; {NULL, 0} where absent */
  const tm_span *spans;     /* of the layers in tm_stage.needs and .uses, ordered by layer */
  uint32_t n_spans;
  uint32_t reserved;
} tm_document;

typedef struct tm_batch {
  uint32_t struct_size;
  uint32_t n;               /* may be 0 */
  const tm_document *documents;
  uint32_t stride;          /* document i: (const char *)documents + i * stride */
  uint32_t reserved;
  uint64_t text_bytes;
} tm_batch;

typedef struct tm_out {
  uint32_t struct_size;
  uint32_t n;
  void *ctx;                /* pass it to every function below */
  uint8_t *verdicts;        /* TM_KEEP or TM_DROP; zeroed: doing nothing keeps a document */
  uint32_t *reasons;        /* for TM_DROP: index in tm_stage.drop_reasons */
  void (*edits)(void *ctx, const tm_edit *edits, size_t n);    /* these three: grouped by document; copied */
  void (*spans)(void *ctx, const tm_span *spans, size_t n);
  void (*values)(void *ctx, const tm_value *values, size_t n);
  void (*count)(void *ctx, uint32_t counter, uint64_t delta);  /* index in tm_stage.counters */
  void (*fail)(void *ctx, uint32_t document, tm_status status, tm_str message);
  void (*rows)(void *ctx, const tm_row *rows, size_t n);       /* since 1.1: grouped by document; copied */
} tm_out;

typedef struct tm_error {
  uint32_t struct_size;
  uint32_t document;        /* index in the batch, or TM_NONE */
  tm_str option;            /* JSON pointer to the option at fault, or empty */
  tm_str message, hint;
} tm_error;

typedef struct tm_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void *ctx;
  tm_str version;
  const uint32_t *cancel;   /* not 0 once the run should end; look at least every mebibyte of text */
  uint32_t log_level;       /* the least urgent level anybody listens to */
  uint32_t reserved;
  void (*log)(const struct tm_host *host, uint32_t level, tm_str message);
  void (*error)(const struct tm_host *host, const tm_error *error);  /* before returning an error; copied */
  const void *(*extension)(const struct tm_host *host, tm_str name); /* NULL: not there */
  /* Since 1.1. */
  tm_str folder;            /* where relative paths in options start; empty: the current folder */
  tm_status (*scratch_folder)(const struct tm_host *host, tm_str *path); /* this instance's own; not in create() */
} tm_host;

/* An instance is made from options and shared by all threads; a worker is scratch space for one thread at a time; a
 * token carries what prepare() worked out to commit(). */
typedef struct tm_stage {
  uint32_t struct_size;
  uint32_t kind;
  tm_str name, summary;
  tm_str options_schema;    /* JSON Schema */
  tm_str_list layers;       /* written; paths below "annotations" */
  tm_str_list fields;       /* written; "annotations.dedup.cluster", "metadata.lang" */
  tm_str_list needs;        /* layers read; somebody before must have written them */
  tm_str_list uses;         /* layers read where somebody before wrote them */
  tm_str_list rules, drop_reasons, counters;
  tm_status (*create)(const tm_host *host, tm_str options, void **instance);
  void (*destroy)(void *instance);
  tm_str_list (*reads)(const void *instance);                     /* fields it wants to see; may be NULL */
  void *(*worker_create)(const void *instance);                   /* may be NULL */
  void (*worker_destroy)(const void *instance, void *worker);
  tm_status (*process)(const void *instance, void *worker, const tm_batch *batch, tm_out *out);
  tm_status (*prepare)(const void *instance, void *worker, const tm_batch *batch, void **token);
  tm_status (*commit)(const void *instance, const tm_batch *batch, void *token, tm_out *out); /* consumes the token */
  void (*token_drop)(const void *instance, void *token);
  tm_status (*observe)(const void *instance, void *worker, const tm_batch *batch);
  tm_status (*merge)(const void *instance, void *into, void *from); /* any order and grouping comes to the same */
  tm_status (*learn)(const void *instance, void *worker);
  /* Since 1.1. */
  tm_str_list tables;       /* side files: letters, digits, _ and - */
  tm_status (*finish)(const void *instance, tm_out *out);         /* after the last document; rows only; may be NULL */
  tm_status (*save)(const void *instance, void *ctx,              /* what changed since the last save or restore */
                    void (*write)(void *ctx, const uint8_t *bytes, size_t n));
  tm_status (*restore)(const void *instance, const uint8_t *saved, size_t n); /* each write in order, before a commit */
  tm_status (*publish)(const void *instance);                     /* the output has its final name; may be NULL */
  tm_str_list (*describe)(const void *instance);                  /* lines: what follows from its options; may be NULL */
  tm_str_list (*omits)(const void *instance);                     /* layers that it never writes; may be NULL */
} tm_stage;

typedef struct tm_plugin {
  uint32_t struct_size;
  uint32_t abi_minor;       /* TM_MINOR */
  uint32_t needs_minor;     /* smallest host minor it can live with */
  uint32_t reserved;
  tm_str name, version, license, build;
  const tm_stage *const *stages;
  size_t n_stages;
} tm_plugin;

#ifdef __cplusplus
#  define TM_C extern "C"
#else
#  define TM_C
#endif
#if defined(_WIN32)
#  define TM_EXPORT TM_C __declspec(dllexport)
#else
#  define TM_EXPORT TM_C __attribute__((visibility("default")))
#endif
/* Opens the definition of the entry function of plugin `name`. */
#define TM_PLUGIN(name) TM_EXPORT const tm_plugin *textmill_plugin_v1_##name(void)

#ifdef __cplusplus
}
#endif
#endif
