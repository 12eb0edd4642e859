//! Stage `cluster`: all documents are seen before one is judged.
//!
//! Where `dedup` keeps the first document of its kind in one pass, this stage can keep the longest or the newest,
//! and links what is similar over several steps. It holds the features of all documents in memory: about 4
//! bytes a word.
//!
//! Not here: how clusters come about (`clusters`).

use crate::clusters::{Candidate, Member, Rank, clusters};
use crate::features::Scratch;
use crate::options::{Action, Comparison, Normalise, Similarity};
use textmill_sdk::prelude::*;
use textmill_sdk::serde_json::Value;

/// Options of stage `cluster`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Whether near duplicates are linked too, and not exact ones alone.
    near: bool,
    /// Share of shingles that near duplicates have in common: above 0, at most 1. It is counted, not estimated.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    similarity: f64,
    /// Consecutive words in a shingle. More make the comparison stricter: one changed word changes this many shingles.
    #[schemars(range(min = 1, max = 32))]
    shingle_words: usize,
    /// The form in which the texts of exact duplicates are the same.
    normalise: Normalise,
    /// Which document of a cluster stays. Of several that are equal in this, the first in the corpus.
    keep: Keep,
    /// For `keep = "newest"`: the field that says when, such as `metadata.date`; numbers, or texts that sort as ISO 8601
    /// dates do. Documents without it count as oldest.
    newest_by: Option<String>,
    /// What becomes of the others.
    action: Action,
}

/// Which document of a cluster stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The first in the corpus.
    First,
    /// The one with the most bytes of text.
    Longest,
    /// The one with the highest value of the field `newest_by`.
    Newest,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            near: true,
            similarity: 0.8,
            shingle_words: 5,
            normalise: Normalise::Words,
            keep: Keep::First,
            newest_by: None,
            action: Action::Drop,
        }
    }
}

/// Links similar documents to clusters, and keeps one of each.
pub struct Cluster {
    options: Options,
    comparison: Comparison,
}

impl Stage for Cluster {
    type Options = Options;

    const INFO: StageInfo = StageInfo {
        summary: "Links similar documents to clusters, and keeps one of each",
        fields: &[DUPLICATE_OF, SIMILARITY, ID, SIZE],
        drop_reasons: &[DUPLICATE],
        counters: &[DUPLICATE, CLUSTERS],
        tables: &[TABLE],
        ..StageInfo::new("cluster")
    };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        let exact = Comparison::exact(options.normalise);
        let with_near = exact.with_near(options.similarity, Similarity::Jaccard, options.shingle_words)?;
        match (options.keep, options.newest_by.as_deref()) {
            (Keep::Newest, None | Some("")) => {
                let error = OptionError::new("keep", "`newest` needs to know by which field");
                return Err(error.hint("add `options.newest_by = \"metadata.date\"`, or the like"));
            }
            (Keep::First | Keep::Longest, Some(_)) => {
                let error = OptionError::new("newest_by", "is only for `keep = \"newest\"`");
                return Err(error.hint("leave one of the two out"));
            }
            _ => {}
        }
        let comparison = if options.near { with_near } else { exact };
        Ok(Cluster { options, comparison })
    }

    fn reads(&self) -> Vec<String> {
        self.options.newest_by.iter().cloned().collect()
    }

    fn describe(&self) -> Vec<String> {
        self.comparison.describe()
    }
}

const DUPLICATE_OF: &str = "annotations.cluster.duplicate_of";
const SIMILARITY: &str = "annotations.cluster.similarity";
const ID: &str = "annotations.cluster.id";
const SIZE: &str = "annotations.cluster.size";
const DUPLICATE: &str = "duplicate";
const CLUSTERS: &str = "clusters";
const TABLE: &str = "clusters";

/// The documents that one worker has seen.
#[derive(Default)]
pub struct Gathered {
    candidates: Vec<Candidate>,
    scratch: Scratch,
}

impl CorpusStage for Cluster {
    type Gathered = Gathered;
    type Learned = Vec<Member>;
    type Scratch = ();

    fn observe(&self, gathered: &mut Gathered, doc: &Doc<'_>) -> Result<(), StageError> {
        gathered.candidates.push(Candidate {
            place: doc.seq(),
            name: doc.id().to_owned(),
            features: self.comparison.features(doc.text(), &mut gathered.scratch),
            rank: self.rank(doc),
        });
        Ok(())
    }

    fn merge(&self, into: &mut Gathered, from: Gathered) {
        into.candidates.extend(from.candidates);
    }

    fn learn(&self, gathered: Gathered) -> Result<Vec<Member>, StageError> {
        Ok(clusters(gathered.candidates, self.comparison.index())?)
    }

    fn process(
        &self,
        members: &Vec<Member>,
        doc: &mut Doc<'_>,
        _scratch: &mut (),
    ) -> Result<Verdict, StageError> {
        let known = members.binary_search_by_key(&doc.seq(), |it| it.place);
        let number =
            known.map_err(|_| StageError::new("the document was not there when clusters were made"))?;
        let (member, kept) = (&members[number], &members[members[number].kept]);
        let is_kept = member.kept == number;
        doc.set(ID, member.cluster);
        doc.set(SIZE, member.size);
        doc.set(DUPLICATE_OF, (!is_kept).then_some(&kept.name));
        doc.set(SIMILARITY, (!is_kept).then_some(member.similarity));
        if member.size > 1 {
            doc.row(
                TABLE,
                json!({"id": member.name, "cluster": member.cluster, "similarity": member.similarity, "kept": is_kept}),
            );
        }
        doc.count(CLUSTERS, u64::from(is_kept && member.size > 1));
        doc.count(DUPLICATE, u64::from(!is_kept));
        let goes = !is_kept && self.options.action == Action::Drop;
        Ok(if goes { Verdict::Drop(DUPLICATE) } else { Verdict::Keep })
    }
}

impl Cluster {
    fn rank(&self, doc: &Doc<'_>) -> Rank {
        match self.options.keep {
            Keep::First => Rank::None,
            Keep::Longest => Rank::Number(doc.text().len() as f64),
            Keep::Newest => {
                let value = self.options.newest_by.as_deref().and_then(|it| doc.field::<Value>(it));
                match value {
                    Some(Value::Number(number)) => Rank::Number(number.as_f64().unwrap_or(0.0)),
                    Some(Value::String(text)) => Rank::Text(text),
                    _ => Rank::None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use textmill_sdk::testing::{self, Given};

    const RAIN: &str =
        "Rain fell on the town all night and nobody minded, for the wells had been dry since June.";
    const RAIN_TODAY: &str =
        "Today rain fell on the town all night and nobody minded, for the wells had been dry since June.";
    const RAIN_TODAY_AND_MORE: &str = "Today rain fell on the town all night and nobody minded, for the wells had been dry since June the third.";
    const SNOW: &str =
        "Snow lay on the hills above the lake, and the road to the pass was closed until further notice.";

    #[track_caller]
    fn check(options: Value, dates: &[Value], expected: Expect) {
        let texts = [RAIN, SNOW, RAIN_TODAY, RAIN_TODAY_AND_MORE, SNOW];
        let given: Vec<Given<'_>> = texts
            .iter()
            .zip(dates.iter().chain(std::iter::repeat(&Value::Null)))
            .map(|(text, date)| Given::text(text).field("metadata.date", date.clone()))
            .collect();
        let (all, rows) = testing::corpus_and_rows::<Cluster>(options, &given).unwrap();
        let mut shown = String::new();
        for (i, done) in all.iter().enumerate() {
            let [of, cluster, size] = [DUPLICATE_OF, ID, SIZE].map(|it| done.field(it));
            let row = done.rows.iter().map(|(_, row)| row.to_string()).collect::<String>();
            shown += &format!("{i} {:?} of {of}, cluster {cluster} of {size} {row}\n", done.verdict);
        }
        assert!(rows.is_empty());
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_chain_is_one_cluster_and_its_first_stays() {
        check(
            json!({"similarity": 0.85}),
            &[],
            expect![[r#"
            0 Keep of null, cluster 0 of 3 {"id":"0","cluster":0,"similarity":1.0,"kept":true}
            1 Keep of null, cluster 1 of 2 {"id":"1","cluster":1,"similarity":1.0,"kept":true}
            2 Drop("duplicate") of "0", cluster 0 of 3 {"id":"2","cluster":0,"similarity":0.9333333333333332,"kept":false}
            3 Drop("duplicate") of "0", cluster 0 of 3 {"id":"3","cluster":0,"similarity":0.8235294117647058,"kept":false}
            4 Drop("duplicate") of "1", cluster 1 of 2 {"id":"4","cluster":1,"similarity":1.0,"kept":false}
        "#]],
        );
    }

    #[test]
    fn the_longest_or_the_newest_stays_if_asked_for() {
        check(
            json!({"similarity": 0.85, "keep": "longest"}),
            &[],
            expect![[r#"
            0 Drop("duplicate") of "3", cluster 0 of 3 {"id":"0","cluster":0,"similarity":0.8235294117647058,"kept":false}
            1 Keep of null, cluster 1 of 2 {"id":"1","cluster":1,"similarity":1.0,"kept":true}
            2 Drop("duplicate") of "3", cluster 0 of 3 {"id":"2","cluster":0,"similarity":0.8823529411764706,"kept":false}
            3 Keep of null, cluster 0 of 3 {"id":"3","cluster":0,"similarity":1.0,"kept":true}
            4 Drop("duplicate") of "1", cluster 1 of 2 {"id":"4","cluster":1,"similarity":1.0,"kept":false}
        "#]],
        );
        check(
            json!({"similarity": 0.85, "keep": "newest", "newest_by": "metadata.date", "action": "annotate"}),
            &[json!("2026-03-01"), json!(20), json!("2026-03-02"), json!("2026-02-28"), json!(100)],
            expect![[r#"
                0 Keep of "2", cluster 0 of 3 {"id":"0","cluster":0,"similarity":0.9333333333333332,"kept":false}
                1 Keep of "4", cluster 1 of 2 {"id":"1","cluster":1,"similarity":1.0,"kept":false}
                2 Keep of null, cluster 0 of 3 {"id":"2","cluster":0,"similarity":1.0,"kept":true}
                3 Keep of "2", cluster 0 of 3 {"id":"3","cluster":0,"similarity":0.8823529411764706,"kept":false}
                4 Keep of null, cluster 1 of 2 {"id":"4","cluster":1,"similarity":1.0,"kept":true}
            "#]],
        );
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let refused = |options| testing::build::<Cluster>(options).err().unwrap();
        expect!["option `keep`: `newest` needs to know by which field"]
            .assert_eq(&refused(json!({"keep": "newest"})));
        expect![[r#"option `newest_by`: is only for `keep = "newest"`"#]]
            .assert_eq(&refused(json!({"newest_by": "metadata.date"})));
        expect!["option `similarity`: must be above 0 and at most 1"]
            .assert_eq(&refused(json!({"similarity": 0.0})));
    }
}
