//! `textmill new-plugin`: a crate with a stage of the user's own, which builds, tests and runs as it is.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::arguments::NewPluginArguments;
use crate::console;
use crate::exit::{Exit, Stop};
use crate::style::{FAINT, HEADING};

/// A file of the template: its path in the new folder, and what stands in it, with placeholders.
type Template = (&'static str, &'static str);

const TEMPLATES: [Template; 7] = [
    ("Cargo.toml", include_str!("../../textmill-sdk/template/Cargo.toml")),
    ("README.md", include_str!("../../textmill-sdk/template/README.md")),
    (".gitignore", include_str!("../../textmill-sdk/template/gitignore")),
    ("pipeline.toml", include_str!("../../textmill-sdk/template/pipeline.toml")),
    ("sample/rain.txt", include_str!("../../textmill-sdk/template/sample/rain.txt")),
    ("src/lib.rs", include_str!("../../textmill-sdk/template/src/lib.rs")),
    ("tests/stage.rs", include_str!("../../textmill-sdk/template/tests/stage.rs")),
];

/// Where the SDK was when this program was built.
const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../textmill-sdk");

pub(crate) fn new_plugin(arguments: &NewPluginArguments) -> Result<Exit, Stop> {
    let name = arguments.name.as_str();
    check_name(name)?;
    let sdk = sdk(arguments.sdk.as_deref())?;
    let folder = Path::new(name);
    if folder.exists() {
        let message = format!("`{name}` is there already");
        return Err(Stop::refused(message, "choose another name, or go to another folder"));
    }
    write(folder, name, &sdk).map_err(|err| Stop::refused(format!("cannot write `{name}`: {err}"), ""))?;
    console::answer(&next(name))?;
    Ok(Exit::Done)
}

/// Refuses what can't be the name of a crate, a module, a stage and a part of a C symbol.
fn check_name(name: &str) -> Result<(), Stop> {
    if TAKEN.contains(&name) {
        let message = format!("`{name}` cannot be the name of a plugin: it means something in Rust");
        return Err(Stop::refused(message, format!("`{name}_stage` would do")));
    }
    if is_name(name) {
        return Ok(());
    }
    let message = format!("`{name}` cannot be the name of a plugin");
    let mut hint = "a name has lower-case letters, digits and `_`, and starts with a letter".to_owned();
    let plain = name.to_lowercase().replace(['-', ' ', '.'], "_");
    if is_name(&plain) {
        hint += &format!(": `{plain}` would do");
    }
    Err(Stop::refused(message, hint))
}

fn is_name(name: &str) -> bool {
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let is_word = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    starts_well && is_word && name.len() <= 60
}

/// Words of the language, and crates that a plugin uses.
const TAKEN: [&str; 52] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "schemars",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "textmill_sdk",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
];

fn sdk(given: Option<&Path>) -> Result<PathBuf, Stop> {
    let path = given.unwrap_or(Path::new(SDK));
    let sdk = path.canonicalize().ok().filter(|path| path.join("Cargo.toml").is_file());
    sdk.ok_or_else(|| {
        let message = format!("the crate textmill-sdk is not at `{}`", path.display());
        Stop::refused(message, "say where it is: `--sdk PATH`, in a clone of textmill `crates/textmill-sdk`")
    })
}

fn write(folder: &Path, name: &str, sdk: &Path) -> io::Result<()> {
    let sdk = serde_json::Value::from(sdk.display().to_string()); // a JSON string is a TOML string
    let placeholders = [
        ("{{name}}", name.to_owned()),
        ("{{Name}}", type_name(name)),
        ("{{library}}", format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")),
        ("{{sdk}}", format!("{{ path = {sdk} }}")),
    ];
    for (path, template) in TEMPLATES {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let fill = |text: String, (placeholder, value): &(&str, String)| text.replace(placeholder, value);
        fs::write(path, placeholders.iter().fold(template.to_owned(), fill))?;
    }
    Ok(())
}

/// `loud_words` as a type: `LoudWords`.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    };
    let type_name: String = name.split('_').map(word).collect();
    match type_name.as_str() {
        // Names that the template uses itself.
        "Doc" | "Host" | "Options" | "Ordering" | "Span" | "Stage" | "String" | "Vec" | "Verdict"
        | "Option" | "Result" | "Ok" | "Err" | "Some" | "None" | "Default" | "JsonSchema" | "Deserialize"
        | "Serialize" => type_name + "Stage",
        _ => type_name,
    }
}

fn next(name: &str) -> String {
    let library = format!("{DLL_PREFIX}{name}{DLL_SUFFIX}");
    let step = |command: &str, what: &str| format!("  {command:<26} {FAINT}# {what}{FAINT:#}\n");
    [
        format!("made plugin `{name}` in {HEADING}{name}/{HEADING:#}; its stage is in src/lib.rs. Now:\n\n"),
        step(&format!("cd {name}"), "all that follows happens there"),
        step("cargo test", "what the stage does to a text"),
        step("cargo build --release", &format!("makes target/release/{library}")),
        step("textmill run", "runs it on sample/"),
        step("textmill trace rain", "shows what it does there"),
        format!("  textmill plugin check target/release/{library}\n"),
    ]
    .concat()
}
