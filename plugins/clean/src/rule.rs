//! The names under which edits are booked: one for each reason that a line or span can go or change.
//!
//! A reader of a report or of a trace sees these names, so that they are words and stay what they are.

/// Why something in a text was removed or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A phrase of the user's.
    Phrase,
    /// A pattern of the user's.
    Pattern,
    /// Buttons to share, send, print or like.
    Share,
    /// Where to follow an author or a paper.
    Follow,
    /// Links to the rest of a story or to others.
    ReadMore,
    /// Invitations to subscribe.
    Newsletter,
    /// Cookie and consent notices.
    Cookie,
    /// Advertisements and the labels around them.
    Advertisement,
    /// Menus, forms and other parts of a page's frame.
    Navigation,
    /// Copyright lines and other small print.
    Footer,
    /// Who else worked on the story.
    Reporters,
    /// Notes of the editors about the text: corrections, updates, where it first appeared.
    Note,
    /// Who took a picture.
    Credit,
    /// Who wrote the text, on a line of its own at its top.
    Byline,
    /// When the text was published, on a line of its own.
    TimeStamp,
    /// Where and by which agency a report was written, in front of its first sentence.
    Dateline,
    /// Tags of a page's markup.
    Markup,
    /// A line that the line model finds to be part of the page and not of the text.
    Layout,
    /// A line that many documents of a site have.
    Repeated,
    /// White space at the ends of lines and texts, and blank lines beyond one.
    WhiteSpace,
    /// Characters that nobody can see.
    Control,
    /// Text that was read in the wrong character set.
    Mojibake,
    /// Characters that Unicode writes in another way (normal form C).
    Nfc,
}

impl Rule {
    /// The rules of stage `clean`, in the order in which they are listed for people.
    pub const OF_CLEAN: [Rule; 23] = [
        Rule::Phrase,
        Rule::Pattern,
        Rule::Share,
        Rule::Follow,
        Rule::ReadMore,
        Rule::Newsletter,
        Rule::Cookie,
        Rule::Advertisement,
        Rule::Navigation,
        Rule::Footer,
        Rule::Reporters,
        Rule::Note,
        Rule::Credit,
        Rule::Byline,
        Rule::TimeStamp,
        Rule::Dateline,
        Rule::Markup,
        Rule::Layout,
        Rule::Repeated,
        Rule::WhiteSpace,
        Rule::Control,
        Rule::Mojibake,
        Rule::Nfc,
    ];

    /// The name of the rule, in reports and in phrase files.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(clean::rule::Rule::ReadMore.name(), "read_more");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Phrase => "phrase",
            Rule::Pattern => "pattern",
            Rule::Share => "share",
            Rule::Follow => "follow",
            Rule::ReadMore => "read_more",
            Rule::Newsletter => "newsletter",
            Rule::Cookie => "cookie",
            Rule::Advertisement => "advertisement",
            Rule::Navigation => "navigation",
            Rule::Footer => "footer",
            Rule::Reporters => "reporters",
            Rule::Note => "note",
            Rule::Credit => "credit",
            Rule::Byline => "byline",
            Rule::TimeStamp => "time_stamp",
            Rule::Dateline => "dateline",
            Rule::Markup => "markup",
            Rule::Layout => "layout",
            Rule::Repeated => "repeated",
            Rule::WhiteSpace => "white_space",
            Rule::Control => "control",
            Rule::Mojibake => "mojibake",
            Rule::Nfc => "nfc",
        }
    }

    /// The rule of that name, if there is one.
    pub fn named(name: &str) -> Option<Rule> {
        Rule::OF_CLEAN.into_iter().find(|rule| rule.name() == name)
    }

    /// Whether a person who looks through what was removed wants to see this: words, not single characters.
    pub fn is_worth_telling(self) -> bool {
        !matches!(self, Rule::WhiteSpace | Rule::Control | Rule::Mojibake | Rule::Nfc)
    }
}
