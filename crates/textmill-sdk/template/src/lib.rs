//! textmill plugin `{{name}}`: marks words of a list.
//!
//! One document stage. It adds a span for each word found to the layer `{{name}}`, and leaves the text as it is.

use textmill_sdk::prelude::*;

textmill_sdk::plugin! { name: "{{name}}", stages: [document {{Name}}] }

/// Options of stage `{{name}}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The words to mark, upper and lower case as given.
    words: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { words: vec!["rain".to_owned()] }
    }
}

/// Marks words of a list.
pub struct {{Name}} {
    words: Vec<String>,
}

impl Stage for {{Name}} {
    type Options = Options;

    const INFO: StageInfo = StageInfo {
        summary: "Marks words of a list",
        layers: &["{{name}}"],
        counters: &["found"],
        ..StageInfo::new("{{name}}")
    };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        if let Some(i) = options.words.iter().position(String::is_empty) {
            let error = OptionError::new(&format!("/words/{i}"), "is an empty word");
            return Err(error.hint("take it out of the list"));
        }
        Ok({{Name}} { words: options.words })
    }
}

impl DocumentStage for {{Name}} {
    type Scratch = ();

    fn process(&self, doc: &mut Doc<'_>, _scratch: &mut ()) -> Result<Verdict, StageError> {
        let text = doc.text();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if self.words.iter().any(|wanted| wanted == word) {
                let start = word.as_ptr() as usize - text.as_ptr() as usize;
                doc.annotate("{{name}}", Span::new(start..start + word.len()));
                doc.count("found", 1);
            }
        }
        Ok(Verdict::Keep)
    }
}
