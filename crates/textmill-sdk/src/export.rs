//! Turns stages into the tables of the C boundary. Written for [`plugin!`](crate::plugin), not for authors.
//!
//! Every function that the host calls does three things: turns the raw pointers back into what this module made of
//! them, runs the author's code with panics caught, and hands the answer over in bulk. The author's code never sees
//! a pointer.

// The author's side of the boundary; each block names the promise of `docs/abi.md` that it relies on.
#![allow(unsafe_code)]

mod answer;
mod panics;
mod tables;

pub(crate) use answer::{str_of, whole};
pub use tables::{PluginTable, corpus, document, ordered};

/// Makes a library of stages a plugin: defines its entry symbol, and `plugin()`, which returns its table.
///
/// The name is the plugin's identity and part of its entry symbol: lower-case letters, digits and `_`.
///
/// ```text
/// plugin! { name: "clean", stages: [document Clean, corpus Boilerplate] }
/// ```
#[macro_export]
macro_rules! plugin {
    (name: $name:literal, stages: [$($kind:ident $stage:ty),+ $(,)?]) => {
        /// The table of this plugin, as its entry symbol gives it: for a program that is linked with the plugin.
        pub fn plugin() -> &'static $crate::abi::Plugin {
            static TABLE: ::std::sync::OnceLock<$crate::export::PluginTable> = ::std::sync::OnceLock::new();
            TABLE
                .get_or_init(|| {
                    $crate::export::PluginTable::new(
                        $name,
                        env!("CARGO_PKG_VERSION"),
                        env!("CARGO_PKG_LICENSE"),
                        vec![$($crate::export::$kind::<$stage>()),+],
                    )
                })
                .plugin()
        }

        // Exporting a symbol counts as unsafe because two could clash; the plugin's name in it keeps them apart.
        #[allow(unsafe_code)]
        const _: () = {
            #[unsafe(export_name = concat!("textmill_plugin_v1_", $name))]
            extern "C" fn entry() -> *const $crate::abi::Plugin {
                plugin()
            }
        };
    };
}
