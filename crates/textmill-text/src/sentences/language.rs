//! What the sentence splitter has to know of a language, as tables of words.
//!
//! A new language is a new table here and a line in [`Language::named`]; the rules in `sentences` stay as
//! they are. An entry with a capital first letter stands for the capitalised form only (`Mass` is a state,
//! `mass` a word); any other entry matches in both forms. Entries have no final period.

use std::sync::LazyLock;

/// What an abbreviation tells about the period behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// A name follows (`Mr.`), or the rest of a phrase (`vs.`): never an end.
    NeverEnds,
    /// A number follows (`No. 5`): an end only without one.
    BeforeNumber,
    /// May stand inside a sentence or end it (`Inc.`, `etc.`): the next word decides.
    MayEnd,
}

/// Words of one language that decide where its sentences end.
///
/// # Examples
///
/// ```
/// use textmill_text::sentences::{Language, sentences_in};
///
/// let text = "Am 3. Juli kam Dr. Weiß. Es regnete.";
/// let german = Language::named("de").expect("German is built in");
/// let found: Vec<&str> = sentences_in(text, german).map(|span| &text[span]).collect();
/// assert_eq!(found, ["Am 3. Juli kam Dr. Weiß.", "Es regnete."]);
/// ```
#[derive(Debug)]
pub struct Language {
    /// Sorted by key.
    abbreviations: Vec<(u64, Abbreviation, CapitalOnly)>,
    /// Words that begin a sentence and hardly ever a name, sorted.
    starters: Vec<&'static str>,
    /// Verbs that tie a name to the quotation before it, sorted.
    speech_verbs: Vec<&'static str>,
    ordinal_period: bool,
}

type CapitalOnly = bool;

impl Language {
    /// The language that is taken when none is named.
    #[must_use]
    pub fn english() -> &'static Language {
        static ENGLISH_RULES: LazyLock<Language> = LazyLock::new(|| Language::new(&ENGLISH));
        &ENGLISH_RULES
    }

    /// Returns the language with the given two-letter code, or `None` if there is no table for it.
    #[must_use]
    pub fn named(code: &str) -> Option<&'static Language> {
        static GERMAN_RULES: LazyLock<Language> = LazyLock::new(|| Language::new(&GERMAN));
        match code {
            "en" => Some(Language::english()),
            "de" => Some(&GERMAN_RULES),
            _ => None,
        }
    }

    /// Codes that [`Language::named`] knows.
    pub const CODES: [&'static str; 2] = ["en", "de"];

    fn new(table: &Table) -> Language {
        let kinds = [
            (table.never_end, Abbreviation::NeverEnds),
            (table.before_number, Abbreviation::BeforeNumber),
            (table.may_end, Abbreviation::MayEnd),
        ];
        let mut abbreviations: Vec<_> = kinds
            .into_iter()
            .flat_map(|(words, kind)| words.split_whitespace().map(move |word| (word, kind)))
            .filter_map(|(word, kind)| Some((key(word)?, kind, word.starts_with(char::is_uppercase))))
            .collect();
        abbreviations.sort_unstable_by_key(|entry| entry.0);
        Language {
            abbreviations,
            starters: sorted(table.starters),
            speech_verbs: sorted(table.speech_verbs),
            ordinal_period: table.ordinal_period,
        }
    }

    /// Returns what kind of abbreviation `word`, given without its last period, is.
    pub(super) fn abbreviation(&self, word: &str) -> Option<Abbreviation> {
        let key = key(word)?;
        let found = self.abbreviations.binary_search_by_key(&key, |entry| entry.0).ok()?;
        let (_, kind, capital_only) = self.abbreviations[found];
        (!capital_only || word.starts_with(char::is_uppercase)).then_some(kind)
    }

    pub(super) fn is_starter(&self, word: &str) -> bool {
        self.starters.binary_search(&word).is_ok()
    }

    pub(super) fn is_speech_verb(&self, word: &str) -> bool {
        self.speech_verbs.binary_search(&word).is_ok()
    }

    /// Whether a number with a period is an ordinal, as in `3. Juli`.
    pub(super) fn has_ordinal_period(&self) -> bool {
        self.ordinal_period
    }
}

/// Packs the lower-case form of `word` into a number; `None` if it is too long to be an abbreviation.
fn key(word: &str) -> Option<u64> {
    if word.len() > KEY_BYTES {
        return None;
    }
    if word.is_ascii() {
        return Some(word.bytes().fold(0, |key, byte| key << 8 | u64::from(byte.to_ascii_lowercase())));
    }
    let lower = word.to_lowercase();
    (lower.len() <= KEY_BYTES).then(|| lower.bytes().fold(0, |key, byte| key << 8 | u64::from(byte)))
}

const KEY_BYTES: usize = size_of::<u64>();

fn sorted(words: &'static str) -> Vec<&'static str> {
    let mut words: Vec<_> = words.split_whitespace().collect();
    words.sort_unstable();
    words
}

struct Table {
    never_end: &'static str,
    before_number: &'static str,
    may_end: &'static str,
    starters: &'static str,
    speech_verbs: &'static str,
    ordinal_period: bool,
}

static ENGLISH: Table = Table {
    never_end: "
        Mr Mrs Ms Mx Dr Prof Messrs Mme Mlle Fr Rev Hon Rt Pres Gov Sen Sens Rep Reps Amb Atty Supt Det Insp
        Gen Col Maj Capt Lt Sgt Cpl Pvt Pfc Cmdr Comdr Adm Brig Cdr Ens Spc Ofc Msgr Sr-Lt
        Lt-Col Lt-Gen Maj-Gen Mt Pt
        vs v e.g i.e eg ie cf viz approx resp incl esp Ste",
    before_number: "No Nos n° c ca p pp vol vols fig figs ch sec secs sect art eq eqs chap ver nr par para §
        Rs Rm tel ext",
    may_end: "
        Inc Corp Co Cos Ltd Bros Assn Assoc Dept Univ Inst Intl Mfg Sys Bhd Pty S.p.A Cie
        Jr Sr Esq Ph.D M.D etc al
        St Ave Blvd Rd Hwy Sq Bldg Apt
        Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
        Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun
        Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont Neb Nev Okla
        Ore Pa Penn Tenn Tex Va Vt Wash Wis Wyo Ont Que
        a.m p.m am pm min hr hrs ft lb lbs oz cm mm km kg mph est ed eds trans repr
        U.S U.K U.N",
    starters: "
        A About According Additionally After Again All Almost Already Also Although Among An And Another Any Are
        As At Because Before Besides Both But By Can Could Despite Did Do Does Due During Each Earlier Either
        Even Eventually Every Everyone Finally First For From Further Furthermore Had Has Have Having He Hence
        Her Here His How However I If In Indeed Instead Is It Its Just Last Later Like Many Maybe
        Meanwhile Moreover Most Mr Mrs Ms Much My Neither Nevertheless Next No Nobody Nor Not Nothing Now Of
        Often On Once One Only Or Other Others Otherwise Our Over Overall Perhaps Rather Recently Second Several
        She Should Similarly Since So Some Someone Sometimes Soon Still Such Than That The Their Then
        There Therefore These They This Those Though Through Thus To Today Together Too Two Under
        Unfortunately Unless Unlike Until Upon Was We Were What When Where Whether Which While Who Whose Why
        Will With Within Without Would Yes Yesterday Yet You Your",
    speech_verbs: "
        added admitted agreed announced answered argued asked begged called cautioned commented complained
        concluded continued cried declared demanded exclaimed explained insisted joked laughed mused muttered
        noted pleaded quipped read recalled remarked repeated replied reported responded retorted said says
        screamed shouted sighed told urged warned whispered wondered wrote yelled",
    ordinal_period: false,
};

static GERMAN: Table = Table {
    never_end: "
        Hr Hrn Fr Frl Dr Prof Dipl Ing Mag Med Sr St Gen Hptm Oblt Kard
        z.B d.h u.a u.U v.a z.T i.d.R o.g sog bzw vgl ca evtl ggf inkl exkl zzgl bspw bes insb zw z i o d b
        Mr Mrs Ms",
    before_number: "Nr Art Abs Bd Bde S Kap Abb Tab Aufl ff Ziff Tel",
    may_end: "
        usw etc u.s.w Mio Mrd Tsd Std Min Sek Str Jh Jhd Jhdt geb gest verh
        Jan Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez Mo Di Mi Do Sa So
        AG GmbH Inc Corp Co Ltd Jr a.D e.V i.R v.Chr n.Chr",
    starters: "
        Aber Als Am An Auch Auf Aus Außerdem Bei Beim Bereits Bis Da Dabei Dadurch Dafür Dagegen Daher Damit
        Danach Dann Daraufhin Darüber Das Dass Davon Dazu Dem Den Denn Der Des Deshalb Die Dies Diese Dieser
        Dieses Doch Dort Durch Ein Eine Einem Einen Einer Er Es Für Gegen Gestern Hier Heute Ich Ihr Ihre Im In
        Insgesamt Inzwischen Ist Jedoch Kein Keine Laut Man Mehr Mit Nach Nachdem Neben Nicht Noch Nun Nur Ob
        Obwohl Oder Ohne Schon Seit Sein Seine Seit Sie Sind So Sollte Sowohl Trotz Über Um Und Unter Viele Vom
        Von Vor War Was Wegen Weil Weiter Weitere Wenn Wer Wie Wir Während Zu Zudem Zum Zur Zwar Zwischen",
    speech_verbs: "
        sagte sagt meinte erklärte betonte fragte antwortete rief schrieb forderte warnte fügte ergänzte
        kritisierte kommentierte hieß berichtete teilte äußerte",
    ordinal_period: true,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_with_a_capital_stands_for_the_capitalised_form_only() {
        let english = Language::english();
        assert_eq!(english.abbreviation("Mass"), Some(Abbreviation::MayEnd));
        assert_eq!(english.abbreviation("mass"), None);
        assert_eq!(english.abbreviation("Etc"), Some(Abbreviation::MayEnd));
        assert_eq!(english.abbreviation("MR"), Some(Abbreviation::NeverEnds));
        assert_eq!(english.abbreviation("sesquipedalianism"), None);
    }

    #[test]
    fn no_abbreviation_is_too_long_to_be_found_or_stands_twice() {
        for table in [&ENGLISH, &GERMAN] {
            let words = [table.never_end, table.before_number, table.may_end].join(" ");
            let mut keys: Vec<u64> = words.split_whitespace().map(|word| key(word).expect(word)).collect();
            keys.sort_unstable();
            let twice = keys.windows(2).find(|two| two[0] == two[1]);
            let name = twice.map(|two| String::from_utf8_lossy(&two[0].to_be_bytes()).into_owned());
            assert_eq!(name, None);
        }
    }

    #[test]
    fn every_code_has_its_table() {
        for code in Language::CODES {
            assert!(Language::named(code).is_some(), "{code}");
        }
        assert!(Language::named("tlh").is_none());
    }
}
