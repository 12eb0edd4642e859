//! The reference pages say what the program says.

use expect_test::expect_file;

use super::sandbox::Sandbox;

#[test]
fn the_page_of_pipeline_files_is_up_to_date() {
    let page = Sandbox::new().textmill(&["reference", "pipeline"]).stdout;
    expect_file!["../../../../docs/pipeline.md"].assert_eq(&page);
}

#[test]
fn the_page_of_stages_is_up_to_date() {
    let page = Sandbox::new().textmill(&["reference", "stages"]).stdout;
    expect_file!["../../../../docs/stages.md"].assert_eq(&page);
}
