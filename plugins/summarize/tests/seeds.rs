//! What the five seed documents come to, as they are and without any cleaning before.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use summarize::summary::{Request, Summarizer};
use textmill_text::sentences::sentences;

#[track_caller]
fn check(name: &str, expected: Expect) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds");
    let text = fs::read_to_string(seeds.join(name)).expect("the seeds are part of the project");
    let summary = Summarizer::default().summarize(&text, sentences(&text), Request::sentences(3));
    let shown = summary.into_iter().map(|sentence| format!("{}\n", &text[sentence.range]));
    expected.assert_eq(&shown.collect::<String>());
}

#[test]
fn a_dateline_is_left_out() {
    check(
        "000_3f641b0579f7a357.txt",
        expect![[r#"
        UN Secretary-General António Guterres’ recent visit to Kazakhstan highlighted the strong partnership between the country and the UN, focusing on sustainable development, climate action, and regional cooperation, the UN’s press office reported on July 10.
        Guterres started his official visit in Almaty, warmly welcomed by Kazakh First Deputy Foreign Minister Akan Rakhmetullin, Permanent Representative to the UN Kairat Umarov, and UN Resident Coordinator Michaela Friberg-Storey.
        The Secretary-General visited the UN Plaza and met with the Kazakhstan UN team, emphasizing the UN’s commitment to supporting national reforms and regional development goals.
    "#]],
    );
    check(
        "001_b9f74c69b52186a9.txt",
        expect![[r#"
            UN Secretary-General António Guterres has arrived in Almaty with an official visit on July 3.
            Guterres was greeted by Kazakh Deputy Foreign Minister Akan Rakhmetullin, Permanent Representative to UN Kairat Umarov and UN Resident Coordinator for Kazakhstan Michaela Friberg-Storey.
            Guterres underlined the role of regional organizations, such as the SCO, in the current geopolitical dynamics.
        "#]],
    );
}

#[test]
fn a_line_for_the_reader_is_left_out() {
    check(
        "002_e840541f2d65fa8b.txt",
        expect![[r#"
            During his visit to Kazakhstan, UN Secretary-General António Guterres visited the UN Plaza - the UN building in Almaty, where he met with the UN Resident Coordinator in Kazakhstan, Michaela Friberg-Storey, as well as with the heads of UN agencies accredited in Kazakhstan, press service of the Kazakh MFA reports.
            The Kazakh side was represented at the meeting by the First Deputy Minister of Foreign Affairs, Mr. Akan Rakhmetullin, and the Permanent Representative of Kazakhstan to the UN in New York, Kairat Umarov.
            During the meeting, special attention was also paid to the importance of Kazakhstan’s initiative to establish in Almaty the UN Regional Centre for Sustainable Development for Central Asia and Afghanistan, aimed at ensuring peace and security in the region.
        "#]],
    );
}

#[test]
fn headline_caption_and_sign_up_line_are_left_out() {
    check(
        "003_e3ee055eea5b2fe7.txt",
        expect![[r#"
        Kazakhstan’s First Deputy Foreign Minister Akan Rakhmetullin underscored the crucial role of the United Nations in addressing urgent global challenges during his visit to the UN Plaza in Almaty on June 19.
        He highlighted the high level of interaction between Kazakhstan and the UN over 32 years of cooperation.
        Rakhmetullin also stressed Kazakhstan’s initiative to establish the UN Regional Center for Sustainable Development for Central Asia and Afghanistan in Almaty, highlighting its potential to enhance regional peace and security.
    "#]],
    );
}

#[test]
fn a_long_report_is_summed_up_in_three_sentences() {
    check(
        "004_a5e4e0cbc896be83.txt",
        expect![[r#"
            The United Nations Secretary-General, António Guterres, arrived in Almaty from Tamchy, Kyrgyzstan, on Wednesday morning, 3 July.
            Soon after arrival, the Secretary-General met with the President of Kazakhstan, Kassym-Jomart Tokayev.
            On Thursday morning, 4 July, the Secretary-General met with the President of Mongolia, Khurelsukh Ukhnaa, on the margins of the Shanghai Cooperation Organization Summit.
        "#]],
    );
}
