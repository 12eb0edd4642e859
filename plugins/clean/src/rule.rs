//! The names under which removals are booked: one for each reason that a line or span can go.
//!
//! A reader of a report or of a trace sees these names, so that they are words and stay what they are.

/// Why something was removed from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A phrase of the user's.
    Phrase,
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
    /// Who took a picture.
    Credit,
    /// A line that the line model finds to be part of the page and not of the text.
    Layout,
    /// A line that many documents of a site have.
    Repeated,
    /// White space at the ends of lines and texts, and blank lines beyond one.
    WhiteSpace,
    /// Characters that nobody can see.
    Control,
}

impl Rule {
    /// The rules of stage `clean`, in the order in which they are listed for people.
    pub const OF_CLEAN: [Rule; 14] = [
        Rule::Phrase,
        Rule::Share,
        Rule::Follow,
        Rule::ReadMore,
        Rule::Newsletter,
        Rule::Cookie,
        Rule::Advertisement,
        Rule::Navigation,
        Rule::Footer,
        Rule::Reporters,
        Rule::Credit,
        Rule::Layout,
        Rule::WhiteSpace,
        Rule::Control,
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
            Rule::Share => "share",
            Rule::Follow => "follow",
            Rule::ReadMore => "read_more",
            Rule::Newsletter => "newsletter",
            Rule::Cookie => "cookie",
            Rule::Advertisement => "advertisement",
            Rule::Navigation => "navigation",
            Rule::Footer => "footer",
            Rule::Reporters => "reporters",
            Rule::Credit => "credit",
            Rule::Layout => "layout",
            Rule::Repeated => "repeated",
            Rule::WhiteSpace => "white_space",
            Rule::Control => "control",
        }
    }

    /// The rule of that name, if there is one.
    pub fn named(name: &str) -> Option<Rule> {
        Rule::OF_CLEAN.into_iter().find(|rule| rule.name() == name)
    }
}
