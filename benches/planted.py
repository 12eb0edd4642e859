#!/usr/bin/env python3
"""Tells of planted copies which ones deduplication should have dropped, and which it did.

usage: planted.py TRUTH.tsv INPUT.jsonl OUTPUT.jsonl [SIMILARITY]

TRUTH.tsv has a line `id kind original ...` for each document, kind `unique` for originals; INPUT and OUTPUT are JSON Lines with
`id` and `text`, before and after. Similarity (0.7 if not given) is that of runs of five words, counted plainly here and
not by what is judged.

A copy that stays is no fault by itself: it may be less similar than was asked for, or its original was dropped in favour of
an earlier copy. So for each kind it tells
  similar    copies that are similar to their own original; of those,
  caught     how many do not stay beside it;
  beside     copies that stay while another of their group does too, which a score by groups counts as missed; of these,
  original   whose original is gone;
  same words that have the words of another one that stays;
  nearest    the highest similarity of any of them to another one that stays.
With nothing missed, caught = similar, same words = 0, and nearest is below the similarity asked for."""

import collections
import json
import re
import sys

WORD = re.compile(r"[^\W_]+")


def main(truth_path, input_path, output_path, similarity="0.7"):
    kind, groups = {}, collections.defaultdict(list)
    for line in open(truth_path, encoding="utf-8"):
        name, its_kind, original = line.split("\t")[:3]
        kind[name] = its_kind
        groups[original].append(name)
    groups = {original: names for original, names in groups.items() if len(names) > 1}
    stays = {record["id"] for record in records(output_path)}
    members = {name for names in groups.values() for name in names}
    words = {it["id"]: WORD.findall(it["text"].lower()) for it in records(input_path) if it["id"] in members}
    shingles = {name: {tuple(its[i : i + 5]) for i in range(len(its) - 4)} for name, its in words.items()}

    def jaccard(a, b):
        a, b = shingles[a], shingles[b]
        return len(a & b) / max(1, len(a | b))

    counts, nearest = collections.defaultdict(collections.Counter), collections.Counter()
    for original, names in groups.items():
        staying = [name for name in names if name in stays]
        counts["all"]["groups lost whole"] += not staying
        for copy in (name for name in names if kind[name] != "unique"):
            count = counts[kind[copy]]
            count["copies"] += 1
            if jaccard(copy, original) >= float(similarity):
                count["similar"] += 1
                count["caught"] += not (copy in stays and original in stays)
            others = [name for name in staying if name != copy]
            if copy in stays and others:
                count["beside"] += 1
                count["original"] += original not in stays
                count["same words"] += any(words[copy] == words[other] for other in others)
                nearest[kind[copy]] = max(nearest[kind[copy]], *(jaccard(copy, other) for other in others))
    columns = ["copies", "similar", "caught", "beside", "original", "same words"]
    print(f"{'kind':10}" + "".join(f"{column:>12}" for column in columns) + f"{'nearest':>10}")
    for its_kind in sorted(set(counts) - {"all"}):
        print(
            f"{its_kind:10}"
            + "".join(f"{counts[its_kind][column]:12}" for column in columns)
            + f"{nearest[its_kind]:10.4f}"
        )
    print("groups lost whole:", counts["all"]["groups lost whole"])


def records(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
