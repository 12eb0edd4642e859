//! What the sentence splitter has to know of a language, as tables of words.
//!
//! A new language is a new table here and its code in [`Language::CODES`]; the rules in `sentences` stay as
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
    /// The word that bears a capital wherever it stands, so that it tells nothing; empty if there is none.
    always_capital: &'static str,
    ordinal_period: bool,
}

type CapitalOnly = bool;

impl Language {
    /// The language that is taken when none is named.
    #[must_use]
    pub fn english() -> &'static Language {
        Language::named("en").expect("English is built in")
    }

    /// Returns the language with the given two-letter code, or `None` if there is no table for it.
    #[must_use]
    pub fn named(code: &str) -> Option<&'static Language> {
        static RULES: LazyLock<Vec<Language>> =
            LazyLock::new(|| TABLES.iter().map(|table| Language::new(table)).collect());
        let found = Language::CODES.iter().position(|known| *known == code)?;
        Some(&RULES[found])
    }

    /// Codes that [`Language::named`] knows.
    pub const CODES: [&'static str; 8] = ["en", "de", "fr", "es", "it", "pt", "nl", "ru"];

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
            always_capital: table.always_capital,
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

    pub(super) fn is_always_capital(&self, word: &str) -> bool {
        !word.is_empty() && self.always_capital == word
    }

    /// Whether a number with a period is an ordinal, as in `3. Juli`.
    pub(super) fn has_ordinal_period(&self) -> bool {
        self.ordinal_period
    }
}

/// The tables, in the order of [`Language::CODES`].
static TABLES: [&Table; Language::CODES.len()] =
    [&ENGLISH, &GERMAN, &FRENCH, &SPANISH, &ITALIAN, &PORTUGUESE, &DUTCH, &RUSSIAN];

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
    always_capital: &'static str,
    ordinal_period: bool,
}

static ENGLISH: Table = Table {
    never_end: "
        Mr Mrs Ms Mx Dr Prof Messrs Mme Mlle Fr Rev Hon Rt Pres Gov Sen Sens Rep Reps Amb Atty Supt Det Insp
        Gen Col Maj Capt Lt Sgt Cpl Pvt Pfc Cmdr Comdr Adm Brig Cdr Ens Spc Ofc Msgr Sr-Lt
        Lt-Col Lt-Gen Maj-Gen Mt Pt
        P.S vs v e.g i.e eg ie cf viz approx resp incl esp Ste",
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
    always_capital: "I",
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
    always_capital: "",
    ordinal_period: true,
};

static FRENCH: Table = Table {
    never_end: "M MM Mme Mmes Mlle Mlles Me Dr Pr Mgr St Ste Gal Cdt Cne Lt Cel cf c.-à-d p.ex ex env vs boul av",
    before_number: "n° no nos art al p pp vol t fig chap tél",
    may_end: "etc Cie S.A S.A.R.L apr J.-C av.J.-C janv févr avr juil sept oct nov déc éd coll U.E O.N.U U.S E.U",
    starters: "
        À Ainsi Alors Après Au Aucun Aujourd Aussi Autre Aux Avant Avec Bien C Ce Cela Celle Celui Cependant Ces Cet Cette
        Chaque Chez Comme Comment D Dans De Depuis Des Deux Donc Du Elle Elles En Enfin Ensuite Entre Et Face Il Ils J Je
        L La Le Les Leur Leurs Lors Lorsque Lui Mais Malgré Même Mon Ne Ni Non Nos Notre Nous On Or Ou Où Par Parce Parmi
        Pas Pendant Peu Plus Plusieurs Pour Pourquoi Pourtant Puis Quand Que Quel Quelle Qui Quoi S Sa Sans Selon Ses Si
        Son Sous Sur Tandis Tous Tout Toute Toutefois Toutes Très Un Une Vers Voici Voilà Vous",
    speech_verbs: "affirme affirmait ajoute ajouté assure déclare demande demandait dit explique précise répond répondit",
    always_capital: "",
    ordinal_period: false,
};

static SPANISH: Table = Table {
    never_end: "Sr Sra Srta Sres Dr Dra Dres D Dña Prof Profa Ing Lic Arq Gral Cap Tte Sgto Mons Pbro Fr Sto Sta
        p.ej ej cf vs aprox Av Avda",
    before_number: "n.º núm núms nº art arts pág págs p pp vol vols fig tel tfno",
    may_end: "etc S.A S.L Cía Ud Uds Vd Vds a.C d.C a.m p.m EE.UU U.E ene feb abr jun jul ago sept oct nov dic Jr",
    starters: "
        A Además Ahora Al Algunos Ante Antes Aquí Así Aunque Ayer Cada Casi Como Con Cuando Cómo De Desde Después Donde
        Durante El Él Ella Ellos En Entonces Entre Era Es Esa Ese Eso Esta Estas Este Esto Estos Está Están Fue Ha Hace
        Han Hasta Hay Hoy La Las Le Lo Los Luego Mas Más Mientras Mucho Muchos Muy Nada Nadie Ni No Nos Nuestra Nuestro
        O Otra Otro Para Pero Por Porque Pues Que Quien Qué Quién Se Según Ser Si Sí Sin Sino Sobre Solo Son Su Sus
        También Tampoco Tanto Tiene Toda Todo Todos Tras Un Una Unos Y Ya Yo",
    speech_verbs: "afirmó agregó añadió aseguró comentó declaró dijo explicó indicó preguntó respondió señaló sostuvo",
    always_capital: "",
    ordinal_period: false,
};

static ITALIAN: Table = Table {
    never_end: "Sig Sigg Sig.ra Dott Dott.ssa Dr Prof Prof.ssa Avv Ing Arch Geom Rag On Sen Gen Col Cap Ten Mons Don S
        p.es es cfr vs ca",
    before_number: "n nn nr art artt pag pagg p pp vol fig tel",
    may_end: "ecc etc S.p.A S.r.l a.C d.C genn febb apr giu lug ago sett ott nov dic U.E",
    starters: "
        A Ad Adesso Ai Al Alcuni All Alla Alle Allora Altri Anche Ancora Appena C Che Chi Ci Come Con Così Cosa Da Dai Dal
        Dalla Dall Degli Dei Del Della Dell Delle Di Dopo Dove Due Durante È E Ed Ecco Era Erano Fu Gli Ha Hanno I Ieri
        Il In Infatti Infine Io Inoltre L La Le Lei Lo Loro Lui Ma Mentre Molti Nei Nel Nella Nell Nelle Nessuno Noi Non
        Nonostante Ogni Oggi Oltre Ora Per Perché Però Più Poi Prima Qualche Quando Quanto Quella Quello Questa Questi
        Questo Qui Se Secondo Sempre Senza Si Sì Solo Sono Su Sul Sulla Sull Tra Tutti Tutto Un Una Uno",
    speech_verbs: "afferma afferma aggiunge aggiunto commenta dice dichiara disse ha osserva risponde rispose sostiene spiega",
    always_capital: "",
    ordinal_period: false,
};

static PORTUGUESE: Table = Table {
    never_end: "Sr Sra Srs Sras Dr Dra Drs Prof Profa Eng Arq Gen Cel Cap Ten Sgt Dom D Pe Fr Exmo Exma Ilmo Sto Sta
        p.ex ex cf vs aprox Av",
    before_number: "n nº núm art arts pág págs p pp vol fig tel",
    may_end: "etc Ltda Cia S.A a.C d.C jan fev mar abr jun jul ago set out nov dez E.U.A U.E Jr",
    starters: "
        A Ainda Além Alguns Ao Aos Apesar Após Aqui As Assim Até Cada Com Como Da Das De Depois Desde Do Dos Durante E É
        Ela Elas Ele Eles Em Embora Enquanto Então Entre Era Essa Esse Esta Estas Este Estes Está Eu Foi Há Hoje Isso
        Isto Já Mais Mas Mesmo Muito Muitos Na Nas Nem Nenhum No Nos Nós Nossa Nosso Não Nunca O Onde Ontem Os Ou Outra
        Outro Outros Para Pela Pelo Pois Por Porque Porém Qual Quando Quanto Que Quem Se Segundo Sem Ser Seu Sim Sob
        Sobre Sua São Também Tanto Tem Toda Todo Todos Tudo Um Uma Você",
    speech_verbs: "acrescentou afirmou comentou completou contou declarou disse explicou perguntou respondeu ressaltou",
    always_capital: "",
    ordinal_period: false,
};

static DUTCH: Table = Table {
    never_end: "dhr mevr mw dr drs ir ing mr prof ds Kol Gen Lt St bv bijv d.w.z m.a.w m.b.t o.a t.a.v t.o.v z.g zgn ca vgl
        i.p.v i.v.m incl excl resp",
    before_number: "nr nrs art blz p pp dl fig tel afb hfst",
    may_end: "enz etc e.d a.u.b n.Chr v.Chr B.V N.V V.S jan feb mrt apr jun jul aug sep sept okt nov dec jl",
    starters: "
        Aan Al Alle Als Althans Ander Bij Binnen Boven Daar Daarna Daarom Dan Dat De Deze Die Dit Door Dus Echter Een Eerst
        En Er Ga Geen Haar Had Heeft Het Hier Hij Hoe Hoewel Hun Ik In Is Ja Je Kan Maar Meer Men Met Mijn Na Naar Nadat Nee
        Niemand Niet Niets Nog Nu Of Om Omdat Ondanks Onder Ons Onze Ook Op Over Sinds Sommige Te Tegen Terwijl Tijdens
        Toch Toen Tot Tussen Uit Van Vandaag Vanaf Veel Volgens Voor Vooral Waar Waarom Want Was Wat We Wel Wie Wij Wordt
        Ze Zij Zijn Zo Zoals Zonder",
    speech_verbs: "aldus antwoordde benadrukte meldde meent riep schreef stelde vertelde vindt vroeg zegt zei",
    always_capital: "",
    ordinal_period: false,
};

static RUSSIAN: Table = Table {
    never_end: "г-н г-жа гр проф акад доц ген полк им т.е т.к т.н напр ср см ок ул пер пл",
    before_number: "стр с гл рис табл ст п пп тел кв д корп №",
    may_end: "г гг вв р руб коп тыс млн млрд трлн чел др пр т.д т.п и.о н.э янв февр апр авг сент окт нояб дек",
    starters: "
        А Без Более Будет Был Была Были Было В Вместе Во Вот Все Всего Всё Вы Где Да Для До Его Ее Её Если Есть Ещё Еще За
        Здесь И Из Или Именно Их К Как Какой Каждый Когда Который Кроме Кто Мы На Над Не Нет Ни Но О Об Один Однако Он Она
        Они Оно От Перед По Под После Потом Потому При Ранее С Сегодня Со Среди Так Также Там Те Тем Теперь То Тогда Того
        Тоже Только Ты У Уже Хотя Через Что Чтобы Эта Эти Это Этот Я",
    speech_verbs: "добавил добавила заявил заявила заметил объяснил ответил отметил подчеркнул сказал сказала сообщил спросил",
    always_capital: "",
    ordinal_period: false,
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
        for table in TABLES {
            let words = [table.never_end, table.before_number, table.may_end].join(" ");
            let mut keys: Vec<u64> = words.split_whitespace().map(|word| key(word).expect(word)).collect();
            keys.sort_unstable();
            let twice = keys.windows(2).find(|two| two[0] == two[1]);
            let name = twice.map(|two| String::from_utf8_lossy(&two[0].to_be_bytes()).into_owned());
            assert_eq!(name, None);
        }
    }

    #[test]
    fn every_language_keeps_its_titles_and_numbers_inside_a_sentence() {
        for (code, text) in [
            ("fr", "M. Dupont arrive à 8 h. Il repart le n° 5 en main."),
            ("es", "El Sr. Ruiz llegó. La pág. 5 no está."),
            ("it", "Il Dott. Rossi è qui. Ecco la pag. 5 del libro."),
            ("pt", "O Sr. Silva chegou. A pág. 5 não está."),
            ("nl", "Prof. Jansen kwam. Zie blz. 5 van het boek."),
            ("ru", "Это проф. Иванов пришёл. Он открыл стр. 5 книги."),
        ] {
            let language = Language::named(code).unwrap();
            assert_eq!(super::super::sentences_in(text, language).count(), 2, "{code}");
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
