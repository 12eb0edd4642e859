//! The schema that editors get.

use expect_test::expect_file;
use serde_json::Value as Json;
use textmill_plan::json_schema;

use crate::catalog::catalog;

#[test]
fn the_schema_has_every_stage_and_format() {
    let schema = serde_json::to_string_pretty(&json_schema(&catalog())).unwrap() + "\n";
    expect_file!["sample.schema.json"].assert_eq(&schema);
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(json: &'a Json, found: &mut Vec<&'a str>) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| references(item, found)),
            Json::Object(members) => {
                found.extend(members.get("$ref").and_then(Json::as_str));
                members.values().for_each(|member| references(member, found));
            }
            _ => {}
        }
    }
    let schema = json_schema(&catalog());
    let mut found = Vec::new();
    references(&schema, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}
