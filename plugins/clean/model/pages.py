#!/usr/bin/env python3
"""Makes labelled pages, as `train_lines` reads them, out of web pages beside the text that somebody took for theirs.

usage: pages.py FOLDER... > PAGES.jsonl

In each FOLDER, pages are looked for as the test suites of two extractors of articles keep them:
    NAME/source.html and NAME/expected.html      Mozilla's Readability, test/test-pages
    html/NAME.html and txt/NAME.txt              newspaper4k, tests/data
A line of a page is what stands between two tags of a block. It is content when the text has a line of the same words, or its
five words and more stand in the text in one piece. Pages are left out when they have little text or little around it, and
when much of the text is not in the page.
"""

import html.parser
import json
import pathlib
import re
import sys

BLOCKS = set(
    "address article aside blockquote body br canvas caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html li main menu nav ol option p pre section summary table tbody td tfoot th "
    "thead tr ul video audio".split()
)
UNSEEN = set("head iframe math noscript object script select style svg template textarea title".split())

TEXT_WORDS_MIN, PAGE_LINES_MIN = 100, 15
FOUND_SHARE_MIN = 0.85
PART_WORDS_MIN = 5


class Lines(html.parser.HTMLParser):
    """The lines of a page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.lines, self.line, self.unseen = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag in UNSEEN:
            self.unseen.append(tag)
        self.end_line(tag)

    def handle_endtag(self, tag):
        if tag in self.unseen:
            del self.unseen[self.unseen.index(tag):]
        self.end_line(tag)

    def handle_data(self, text):
        if not self.unseen:
            self.line.append(text)

    def end_line(self, tag):
        if tag in BLOCKS:
            line = " ".join("".join(self.line).split())
            self.line = []
            if line:
                self.lines.append(line)


def lines_of(page):
    parser = Lines()
    parser.feed(page)
    parser.close()
    parser.end_line("body")
    return parser.lines


def words(line):
    return re.findall(r"\w+", line.lower())


def labelled(name, lines, text):
    """The page, or nothing where it teaches little."""
    text = [words(line) for line in text if words(line)]
    whole = {tuple(line) for line in text}
    text = [word for line in text for word in line]
    in_one_piece = f" {' '.join(text)} "

    def is_content(line):
        said = words(line)
        return tuple(said) in whole or (len(said) >= PART_WORDS_MIN and f" {' '.join(said)} " in in_one_piece)

    lines = [(line, is_content(line)) for line in lines if words(line)]
    content = sum(len(words(line)) for line, content in lines if content)
    around = sum(not content for _, content in lines)
    if content < max(TEXT_WORDS_MIN, FOUND_SHARE_MIN * len(text)) or around < PAGE_LINES_MIN:
        return None
    lines = [{"text": line, "label": "content" if content else "boilerplate"} for line, content in lines]
    return {"id": name, "lines": lines}


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def pages(folder):
    for page in sorted(folder.glob("*/source.html")):
        yield page.parent.name, lines_of(read(page)), lines_of(read(page.with_name("expected.html")))
    for page in sorted(folder.glob("html/*.html")):
        text = folder / "txt" / f"{page.stem}.txt"
        if text.exists():
            yield page.stem, lines_of(read(page)), read(text).split("\n")


if not sys.argv[1:]:
    sys.exit(__doc__)
for folder in sys.argv[1:]:
    for page in filter(None, (labelled(*page) for page in pages(pathlib.Path(folder)))):
        print(json.dumps(page, ensure_ascii=False))
