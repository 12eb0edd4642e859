//! The texts that stages are tried on, made in code from a fixed seed.

use textmill_model::{Document, Span};

use super::Subject;

/// Combining marks: after a letter, alone, many, joined.
pub(super) const COMBINING: [&str; 4] = [
    "e\u{301}te\u{301} said A\u{30a}se. ",
    "\u{301}\u{302}",
    "a\u{300}\u{301}\u{302}\u{303}\u{304}",
    "क्षि \u{200d}",
];

/// Characters of four bytes, some made of several.
pub(super) const ASTRAL: [&str; 3] = ["𝔗𝔥𝔢 rain. ", "👩‍👩‍👧‍👦👍🏽", "“𐍈,” said 𝒜𝓃𝓃. 𠜎𠜱"];

/// Control and format characters, NUL among them.
pub(super) const CONTROL: [&str; 4] =
    ["\0", "a\0b\r\nc\rd\u{85}e\u{2028}f. ", "\u{feff}\u{200b}\u{ad}", "\t\u{b}\u{c}\u{1b}[0m"];

/// Quotation marks and nothing else: open, closed, nested, unbalanced.
pub(super) const QUOTATION_MARKS: [&str; 6] = ["\"", "“", "”", "“‘”’", "«»„“", "\"'\"\n\n'"];

/// Hebrew and Arabic, with marks that turn the direction.
pub(super) const RIGHT_TO_LEFT: [&str; 3] =
    ["„שלום,” אמרה רות. ", "قالت ليلى: «نزل المطر». ", "\u{202e}abc\u{202c} \u{2067}אבג\u{2069}"];

/// Sentences joined by `between`, `bytes` long.
pub(super) fn long(between: &str, bytes: usize) -> String {
    let mut random = Random(7);
    let mut text = String::with_capacity(bytes + 200);
    while text.len() < bytes {
        text += &sentence(&mut random);
        text += between;
    }
    text
}

/// 150 documents in which there is something to find: direct speech, abbreviations, repeated lines, exact and near
/// duplicates. They have what the stage wants to see.
pub(super) fn news(it: &Subject<'_>) -> Vec<Document> {
    let mut random = Random(42);
    let mut texts: Vec<String> = Vec::new();
    for _ in 0..150 {
        let text = match random.below(5) {
            0 if !texts.is_empty() => texts[random.below(texts.len())].clone(),
            1 if !texts.is_empty() => texts[random.below(texts.len())].replacen("rain", "snow", 1),
            _ => article(&mut random),
        };
        texts.push(text);
    }
    texts.iter().zip(0..).map(|(text, seq)| document(it, seq, text)).collect()
}

/// A document with the layers that the stage reads and the fields that it reads.
pub(super) fn document(it: &Subject<'_>, seq: u64, text: &str) -> Document {
    let mut document = Document::new(format!("check-{seq}"), text);
    document.seq = seq;
    document.origin.path = format!("folder/{}.txt", seq % 3).into();
    for layer in it.stage.needs.iter().chain(&it.stage.uses) {
        document.annotations.layer_mut(layer).extend(lines(text).map(Span::new));
    }
    let reads = it.create().map(|instance| instance.reads().to_vec()).unwrap_or_default();
    for field in reads.iter().filter(|_| seq % 4 != 3) {
        document.set_field(field, &format!("\"https://example.org/{}\"", seq % 5));
    }
    document
}

/// The lines of `text` that are not empty.
fn lines(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    let start_of = move |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
    text.lines().filter(|line| !line.is_empty()).map(move |line| start_of(line)..start_of(line) + line.len())
}

fn article(random: &mut Random) -> String {
    let paragraphs = (0..2 + random.below(6)).map(|_| {
        let sentences: Vec<String> = (0..1 + random.below(5)).map(|_| sentence(random)).collect();
        sentences.join(" ")
    });
    let mut text = paragraphs.collect::<Vec<_>>().join("\n\n");
    if random.below(2) == 0 {
        text += "\n\nSubscribe to our weekly letter\nShare this page";
    }
    text
}

fn sentence(random: &mut Random) -> String {
    let clause = clause(random);
    let name = random.one_of(&["Ann Reed", "Dr. Omar Sy", "Zoë Müller", "the mayor", "she", "J. P. Oak"]);
    match random.below(6) {
        0 => format!("“{clause},” said {name}."),
        1 => format!("\"{clause},\" {name} told reporters. \"{}.\"", self::clause(random)),
        2 => format!("{name} said that {clause}!"),
        3 => format!("«{clause}», 3.5 percent of it in the U.S. — and ‘more’ to come…"),
        _ => format!("{clause}."),
    }
}

fn clause(random: &mut Random) -> String {
    const WORDS: [&str; 24] = [
        "the",
        "rain",
        "fell",
        "on",
        "a",
        "river",
        "bridge",
        "and",
        "nobody",
        "minded",
        "while",
        "workers",
        "counted",
        "old",
        "stones",
        "near",
        "Łódź",
        "café",
        "it's",
        "well-known",
        "2,026",
        "for",
        "water",
        "WAIT",
    ];
    let words: Vec<&str> = (0..4 + random.below(12)).map(|_| *random.one_of(&WORDS)).collect();
    words.join(" ")
}

/// SplitMix64: a few lines, and the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn one_of<'a, T: ?Sized>(&mut self, choices: &'a [&'a T]) -> &'a &'a T {
        &choices[self.below(choices.len())]
    }
}
