//! What the five seeds come to as a digest: five reports of one visit, none a copy of another.

use std::fmt::Write;

use expect_test::expect;
use serde_json::Value;

use super::sandbox::Sandbox;

const PIPELINE: &str = r#"
source = { use = "text", options.paths = ["seeds/*.txt"] }
sink = { use = "jsonl", options.path = "out/documents.jsonl" }

[[stage]]
use = "clean"
options.phrases = ["Tell a friend"]

[[stage]]
use = "quotes"

[[stage]]
use = "digest"
"#;

#[test]
fn the_seeds_are_one_story_and_no_fact_comes_twice() {
    let sandbox = Sandbox::with_seeds();
    sandbox.write("digest.toml", PIPELINE);
    let said = sandbox.textmill(&["run", "digest.toml"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let documents = lines(&sandbox.read("out/documents.jsonl"));
    assert_eq!(documents.len(), 5);
    assert!(documents.iter().all(|document| document["annotations"]["story"] == 0));
    let stories = lines(&sandbox.read(STORIES));
    assert_eq!(stories.len(), 1);
    for extract in extracts(&stories[0]) {
        let document = documents.iter().find(|document| document["id"] == extract["document"]).unwrap();
        assert_eq!(cut(document, extract), extract["text"].as_str().unwrap());
    }
    expect![[r#"
        Kazakhstan Stresses UN’s Vital Role in Global Challenges Ahead of SCO Summit

        000 UN Secretary-General António Guterres’ recent visit to Kazakhstan highlighted the strong partnership between the country and the UN, focusing on sustainable development, climate action, and regional cooperation, the UN’s press office reported on July 10.
        001 Guterres was greeted by Kazakh Deputy Foreign Minister Akan Rakhmetullin, Permanent Representative to UN Kairat Umarov and UN Resident Coordinator for Kazakhstan Michaela Friberg-Storey.
        001 According to the UN in Kazakhstan, Guterres will meet with President Kassym-Jomart Tokayev and other senior officials in Almaty and Astana and attend the SCO summit.
        003 Kazakhstan’s First Deputy Foreign Minister Akan Rakhmetullin underscored the crucial role of the United Nations in addressing urgent global challenges during his visit to the UN Plaza in Almaty on June 19.
        003 Rakhmetullin also stressed Kazakhstan’s initiative to establish the UN Regional Center for Sustainable Development for Central Asia and Afghanistan in Almaty, highlighting its potential to enhance regional peace and security.

        António Guterres
        000 I could go on and on in areas where the voice of Kazakhstan in the UN is extremely important. On the other hand, I think we need to recognize that when Kazakhstan acts in favor of peace, when Kazakhstan acts in bringing together parties in conflict in order to solve their problems, when Kazakhstan is this honest broker in international affairs, Kazakhstan becomes a very important instrument of the objectives of the UN,
        001 Kazakhstan’s presidency of the SCO has been marked by significant efforts to enhance regional cooperation and address development, climate change, trade, economy, culture, and humanitarian issues, hosting around 80 events. In addition, Kazakhstan oversaw efforts to turn the SCO into a more effective multilateral platform, with a common strategic vision to enhance its effectiveness,
        001 We face existential challenges – from the worsening climate emergency and escalating conflicts to the global cost-of-living crisis, soaring inequalities and dramatic technological disruptions. This is a time to come together and to work together, in the face of growing divisions,
        001 Regional organizations play a crucial role in promoting and maintaining peace in various parts of the world. Their expertise, rapid response capabilities, and established frameworks for cooperation make them indispensable in preventing conflicts and building peace,
        001 While it remains committed to its original goal of coordinating the response to common threats including terrorism and violent extremism, the SCO is also striving to foster deeper economic integration and multi-dimensional cooperation, contributing to regional security,
        001 The climate crisis and water scarcity are two issues with the potential to create serious tensions in Central Asia. Kazakhstan has been active in addressing water scarcity,
        001 They should include concrete plans to cut the production and consumption of fossil fuels by at least thirty percent by 2030. I am sure that Kazakhstan will play its full part in the energy transition, including at this year’s Conference of Parties in Azerbaijan,
    "#]].assert_eq(&shown(&stories[0]));
}

#[test]
fn the_stories_are_the_same_for_any_number_of_threads() {
    let sandbox = Sandbox::with_seeds();
    sandbox.write("digest.toml", PIPELINE);
    let stories = |threads| {
        let said =
            sandbox.textmill(&["run", "digest.toml", "--threads", threads, "--set", "run.batch_bytes=1024"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        sandbox.read(STORIES)
    };
    let of_one = stories("1");
    assert!(!of_one.is_empty());
    assert_eq!(stories("2"), of_one);
    assert_eq!(stories("7"), of_one);
}

const STORIES: &str = "out/documents.jsonl.run/tables/digest.stories.jsonl";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The sentences of the summary and all quotations.
fn extracts(story: &Value) -> impl Iterator<Item = &Value> {
    let sentences = story["summary"]["sentences"].as_array().unwrap();
    let speakers = story["speakers"].as_array().unwrap();
    sentences.iter().chain(speakers.iter().flat_map(|speaker| speaker["quotes"].as_array().unwrap()))
}

fn cut(document: &Value, extract: &Value) -> String {
    let offset = |name: &str| extract[name].as_u64().unwrap() as usize;
    let text = document["text"].as_str().unwrap();
    text.chars().skip(offset("start")).take(offset("end") - offset("start")).collect()
}

fn shown(story: &Value) -> String {
    let mut shown = format!("{}\n\n", story["title"].as_str().unwrap());
    let line = |extract: &Value| {
        let (document, text) =
            (&extract["document"].as_str().unwrap()[..3], extract["text"].as_str().unwrap());
        format!("{document} {text}\n")
    };
    story["summary"]["sentences"].as_array().unwrap().iter().for_each(|it| shown += &line(it));
    for speaker in story["speakers"].as_array().unwrap() {
        writeln!(shown, "\n{}", speaker["name"].as_str().unwrap()).unwrap();
        speaker["quotes"].as_array().unwrap().iter().for_each(|it| shown += &line(it));
    }
    shown
}
