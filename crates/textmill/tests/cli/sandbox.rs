//! A folder of its own for each test, and the program run in it.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder in which the program runs. It finds the four built-in plugins and nothing that is installed.
pub(crate) struct Sandbox {
    folder: TempDir,
    program: PathBuf,
    plugin_path: PathBuf,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// The program.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_textmill"))
}

/// Where cargo puts the shared libraries of the plugins that this crate's tests name as dependencies.
pub(crate) fn built_plugins() -> PathBuf {
    program().parent().unwrap().join("deps")
}

/// What the shared library of a plugin is called here.
pub(crate) fn library(plugin: &str) -> String {
    format!("{DLL_PREFIX}{plugin}{DLL_SUFFIX}")
}

/// The top folder of the project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        Sandbox {
            folder: TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
            program: program().to_owned(),
            plugin_path: built_plugins(),
        }
    }

    /// One in memory, where there is such a place, for what brings much to the disk.
    pub(crate) fn in_memory() -> Sandbox {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        Sandbox { folder: folder.unwrap(), ..Sandbox::new() }
    }

    /// One with the project's own pipeline file and seeds.
    pub(crate) fn with_seeds() -> Sandbox {
        let sandbox = Sandbox::new();
        for file in fs::read_dir(project().join("seeds")).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "txt") {
                let name = file.file_name().unwrap().to_str().unwrap();
                sandbox.write(&format!("seeds/{name}"), fs::read(&file).unwrap());
            }
        }
        sandbox.write("pipeline.toml", fs::read(project().join("pipeline.toml")).unwrap());
        sandbox
    }

    /// The same, with nothing but `plugins`: the program is moved away from where it was built.
    pub(crate) fn with_only(mut self, plugins: &[&str]) -> Sandbox {
        for plugin in plugins {
            let library = library(plugin);
            self.write(&format!("some/{library}"), fs::read(built_plugins().join(&library)).unwrap());
        }
        self.plugin_path = self.path("some");
        self.program = self.path("bin").join(program().file_name().unwrap());
        fs::create_dir(self.path("bin")).unwrap();
        // Not a copy: a process that another test starts just then would hold it open for writing, and it could not run.
        fs::hard_link(program(), &self.program).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
    }

    /// The program, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder.path());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.env("COLUMNS", "100").env("TEXTMILL_PLUGIN_PATH", &self.plugin_path);
        command.env("XDG_DATA_HOME", self.path("data")).env("HOME", self.path("home"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn textmill(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        self.said(&output)
    }

    pub(crate) fn said(&self, output: &Output) -> Said {
        Said {
            stdout: self.plain(&output.stdout),
            stderr: self.plain(&output.stderr),
            code: output.status.code(),
        }
    }

    /// With the names of folders that differ from machine to machine written in words.
    fn plain(&self, text: &[u8]) -> String {
        let mut text = String::from_utf8(text.to_vec()).unwrap();
        let program_folder = program().parent().unwrap().canonicalize().unwrap();
        let folders = [
            (self.folder.path().canonicalize().unwrap(), "[here]"),
            (built_plugins(), "[built]"),
            (built_plugins().canonicalize().unwrap(), "[built]"),
            (program_folder, "[program]"),
        ];
        for (folder, word) in folders {
            text = text.replace(folder.to_str().unwrap(), word);
        }
        text
    }
}

impl Said {
    /// All of it, as a snapshot has it.
    pub(crate) fn all(&self) -> String {
        let part = |name: &str, text: &str| {
            if text.is_empty() { String::new() } else { format!("{name}:\n{text}") }
        };
        let code = self.code.map_or("killed".to_owned(), |code| code.to_string());
        format!("{}{}exit {code}\n", part("stdout", &self.stdout), part("stderr", &self.stderr))
    }
}
