//! Turns the scores of a decision into how often such decisions are right, in percent.
//!
//! The steps were measured in five-fold cross-validation on the articles that `models/README.md` names: of the
//! stretches that scored 128 to 255, for example, 85 % were speech. Scores are in the unit of the models.

use crate::people::Basis;

/// From a score up, how many in a hundred stretches were speech.
const SPEECH: [(i32, u8); 5] = [(i32::MIN, 70), (128, 85), (256, 95), (384, 98), (512, 99)];

/// From a lead over the next candidate up, how many in a hundred speakers were right.
const SPEAKER: [(i32, u8); 8] =
    [(i32::MIN, 43), (100, 55), (200, 65), (300, 71), (400, 83), (600, 91), (800, 97), (1200, 99)];

/// From a rival's presence up, in percent of that of the person taken, how many in a hundred pronouns had the right name.
const PRONOUN: [(i32, u8); 2] = [(i32::MIN, 93), (40, 68)];

/// How sure it is that a turn of a transcript is speech of its label, in percent: an estimate, not measured.
pub const TURN: u8 = 90;

/// How sure it is that a stretch is speech, and that its speaker is right, in percent.
///
/// Without a candidate for the speaker there is no lead, and only speech is judged.
///
/// # Examples
///
/// ```
/// assert_eq!(quotes::confidence::percent(350, Some(900)), 92);
/// assert_eq!(quotes::confidence::percent(20, None), 70);
/// ```
pub fn percent(score: i32, lead: Option<i32>) -> u8 {
    let speech = u32::from(step(&SPEECH, score));
    let speaker = lead.map_or(100, |lead| u32::from(step(&SPEAKER, lead)));
    (speech * speaker / 100) as u8
}

/// How sure it is that a mention means the person it was taken to mean, in percent.
///
/// Of pronouns the steps were measured on `gold/pronouns.jsonl` (`models/README.md` has the table).
/// What holds of a name, a role and *who* was not measured: these are estimates.
pub fn of_name(basis: Basis) -> u8 {
    match basis {
        Basis::Name => 95,
        Basis::Relative => 90,
        Basis::Role => 80,
        Basis::Pronoun { rival } => step(&PRONOUN, rival.into()),
    }
}

/// The value of the last step that starts at or below `score`.
fn step(steps: &[(i32, u8)], score: i32) -> u8 {
    steps.iter().rev().find(|(from, _)| *from <= score).map_or(0, |(_, percent)| *percent)
}
