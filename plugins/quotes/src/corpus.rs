//! Stage `speakers`: a table of who is quoted in the corpus, and how often.

use std::collections::BTreeMap;

use textmill_sdk::prelude::*;

use crate::tally::{Counts, Person, Tally};

/// This stage has no options.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {}

/// Counts the people whom the stage `quotes` named.
pub struct Speakers;

impl Stage for Speakers {
    type Options = Options;
    const INFO: StageInfo = StageInfo {
        summary: "Counts who is quoted how often, over all documents",
        needs: &["quotes"],
        tables: &["people"],
        ..StageInfo::new("speakers")
    };

    fn build(_options: Options, _host: &Host) -> Result<Self, OptionError> {
        Ok(Speakers)
    }
}

impl OrderedStage for Speakers {
    type Scratch = ();
    type Token = BTreeMap<String, Counts>;
    type State = Tally;

    fn state(&self) -> Tally {
        Tally::default()
    }

    fn prepare(&self, doc: &Doc<'_>, _scratch: &mut ()) -> Result<BTreeMap<String, Counts>, StageError> {
        let spans = doc.layer("quotes");
        let mut people: BTreeMap<String, Counts> = BTreeMap::new();
        for speaker in spans.iter().filter(|it| it.name == "speaker") {
            let quote = speaker.parent.and_then(|it| spans.get(it));
            let kind = quote.and_then(|it| member(it.attributes, "kind")).unwrap_or_default();
            if let Some(name) = member(speaker.attributes, "name") {
                people.entry(name).or_default().add(&kind);
            }
        }
        Ok(people)
    }

    fn commit(
        &self,
        tally: &mut Tally,
        doc: &mut Doc<'_>,
        people: BTreeMap<String, Counts>,
    ) -> Result<Verdict, StageError> {
        for (person, counts) in people {
            tally.add(person, counts, doc.id());
        }
        Ok(Verdict::Keep)
    }

    fn finish(&self, tally: &mut Tally, tables: &mut Tables<'_>) -> Result<(), StageError> {
        for person in tally.people() {
            tables.row("people", person);
        }
        Ok(())
    }

    const SAVES: bool = true;

    fn save(&self, tally: &mut Tally, out: &mut dyn FnMut(&[u8])) {
        for person in tally.changes() {
            out(&serde_json::to_vec(person).expect("a person is JSON, and memory takes all of it"));
        }
    }

    fn restore(&self, tally: &mut Tally, saved: &[u8]) -> Result<(), StageError> {
        tally.restore(serde_json::from_slice::<Person>(saved)?);
        Ok(())
    }
}

/// A text among the attributes of a span, which are JSON members without braces.
fn member(attributes: &str, name: &str) -> Option<String> {
    let members: serde_json::Value = serde_json::from_str(&format!("{{{attributes}}}")).ok()?;
    Some(members.get(name)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use textmill_sdk::testing::OrderedTrial;

    use super::*;

    #[test]
    fn a_tally_goes_on_where_it_was_saved() {
        let of = |name: &str, kind: &str| {
            let mut counts = Counts::default();
            counts.add(kind);
            BTreeMap::from([(name.to_owned(), counts)])
        };
        let mut tally = Tally::default();
        let mut saves = Vec::new();
        for (people, document) in
            [(of("Ann Lee", "direct"), "a"), (of("Bob Ray", "mixed"), "b"), (of("Ann Lee", "indirect"), "c")]
        {
            people.into_iter().for_each(|(person, counts)| tally.add(person, counts, document));
            Speakers.save(&mut tally, &mut |piece| saves.push(piece.to_vec()));
        }
        let mut restored = Tally::default();
        saves.iter().for_each(|it| Speakers.restore(&mut restored, it).unwrap());
        assert_eq!(restored.people(), tally.people());
        let ann = restored.people()[0].clone();
        assert_eq!((ann.counts.quotes, ann.documents, &*ann.first, &*ann.last), (2, 2, "a", "c"));
    }

    #[test]
    fn what_was_not_saved_here_is_refused() {
        assert!(Speakers.restore(&mut Tally::default(), b"nonsense").is_err());
        let mut trial = OrderedTrial::<Speakers>::new(json!({})).unwrap();
        trial.document("Nobody speaks.").unwrap();
        assert_eq!(trial.finish().unwrap(), []);
    }
}
