#!/usr/bin/env python3
"""Scores the names that the finder gives to pronouns against names read by people.

usage: pronouns.py LABELS.jsonl TEXTS.jsonl[.gz] [--quotes FOUND.jsonl]

A line of LABELS is {"id", "start", "end", "name"}: a document, the code points of a pronoun that speaks, and the fullest
form of the person's name in that document, or null where the text does not say. FOUND is what
`cargo run --release -p quotes --example find -- --indirect < TEXTS` writes; without --quotes that is run here.

A label counts when some quotation has the pronoun as its speaker's mention. It is right when the name found and the
name read end in the same word (case aside) and, where both have more words, share a first word too; null is right when no
name was found. Labels without such a quotation are counted apart: the pronoun was not found as a speaker.
"""

import gzip
import json
import subprocess
import sys


def lines_of(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as lines:
        return [json.loads(line) for line in lines if line.strip()]


def same_person(read, found):
    if read is None or found is None:
        return read is found
    read, found = (name.casefold().replace("’s", "").split() for name in (read, found))
    firsts = len(read) == 1 or len(found) == 1 or read[0] == found[0]
    return read[-1] == found[-1] and firsts


def find(texts):
    command = ["cargo", "run", "--release", "-q", "-p", "quotes", "--example", "find", "--", "--indirect"]
    given = "".join(json.dumps({"id": it["id"], "text": it["text"]}) + "\n" for it in texts)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    labels, texts = lines_of(sys.argv[1]), lines_of(sys.argv[2])
    given = "--quotes" in sys.argv
    found = lines_of(sys.argv[sys.argv.index("--quotes") + 1]) if given else find(texts)
    names = {
        (document["id"], quote["speaker_start"], quote["speaker_end"]): quote.get("speaker")
        for document in found
        for quote in document["quotes"]
        if "speaker_start" in quote
    }
    keys = [(it["id"], it["start"], it["end"]) for it in labels]
    met = [(label, names[key]) for label, key in zip(labels, keys) if key in names]
    right = sum(same_person(label["name"], name) for label, name in met)
    named = [(label, name) for label, name in met if name is not None]
    sure = sum(same_person(label["name"], name) for label, name in named)
    print(f"{len(labels)} labels, {len(met)} of them found as speakers")
    print(f"right: {right} of {len(met)} = {right / max(1, len(met)):.3f}")
    print(f"named: {len(named)}, right of these {sure} = {sure / max(1, len(named)):.3f}")


if __name__ == "__main__":
    main()
