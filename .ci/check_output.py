#!/usr/bin/env python3
"""Checks what the README's first command wrote. usage: check_output.py DOCUMENTS.jsonl"""

import json
import sys

documents = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
quotes = [quote for document in documents for quote in document["annotations"]["quotes"]]

assert len(documents) == 5, f"{len(documents)} documents"
for document in documents:
    text = document["text"]
    assert "Tell a friend" not in text, document["id"]
    assert "Get The Astana Times stories" not in text, document["id"]
    for quote in document["annotations"]["quotes"]:
        assert text[quote["start"] : quote["end"]] == quote["text"], quote
    sentences = document["annotations"]["summary"]["sentences"]
    assert sentences, f"{document['id']} has no summary"
    for sentence in sentences:
        shown = text[sentence["start"] : sentence["end"]]
        assert shown == sentence["text"] and shown[-1] in ".!?”\")", shown
assert len(quotes) == 7, f"{len(quotes)} quotes"
assert {quote["speaker"]["name"] for quote in quotes} == {"António Guterres"}, quotes
assert not any("UN and Me" in quote["text"] for quote in quotes), quotes
print(f"{len(documents)} documents, {len(quotes)} quotes: as expected")
