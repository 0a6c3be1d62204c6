//! The invariants of src/README.md that a look at the text can see.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from top to bottom; each may import only what stands behind it.
const ORDER: &[&str] = &[
    "cli",
    "workspace",
    "settings",
    "profiles",
    "package",
    "sink",
    "report",
    "chart",
    "metric",
    "engine",
    "store",
    "link",
    "windows",
    "source",
    "remote",
    "redaction",
    "table",
    "stats",
    "bridge",
    "definitions",
    "embedded",
    "period",
    "unit",
];

/// Packages with the modules that may use them.
const HOMES: &[(&str, &[&str])] = &[
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("datafusion", &["engine"]),
    ("deltalake_core", &["store"]),
    ("fearless_simd", &["source"]),
    ("futures_util", &["engine", "remote", "store"]),
    ("hmac", &["redaction"]),
    ("indicatif", &["cli"]),
    ("minijinja", &["sink"]),
    ("object_store", &["remote", "store"]),
    ("plotters", &["chart"]),
    ("polars", &["link", "bridge"]),
    ("polars_arrow", &["link", "bridge"]),
    ("resvg", &["sink"]),
    ("rust_xlsxwriter", &["sink"]),
    ("rustix", &["sink"]),
    ("statrs", &["stats"]),
    ("typst", &["sink"]),
    ("typst_layout", &["sink"]),
    ("typst_pdf", &["sink"]),
];

/// Every source file with the name of its module.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = support::root().join("src");
    support::files(&root)
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|ending| ending == "rs"))
        .filter(|(path, _)| path != Path::new("build.rs") && path != Path::new("lib.rs"))
        .map(|(path, bytes)| {
            let first = path.components().next().unwrap().as_os_str().to_string_lossy();
            (first.trim_end_matches(".rs").to_owned(), path, String::from_utf8(bytes).unwrap())
        })
        .collect()
}

/// The text without what only tests have: the item behind each `#[cfg(test)]`, which ends with a semicolon or with the
/// brace below its first line.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let is_one_line = lines.next().is_some_and(|first| first.ends_with(';'));
        if !is_one_line {
            lines.find(|line| *line == end);
        }
    }
    kept
}

#[test]
fn items_for_tests_are_left_out_and_what_follows_them_is_not() {
    let text = "#[cfg(test)]\nmod tests;\nuse a;\n#[cfg(test)]\nfn f() {\n    g();\n}\nuse b;\n";
    assert_eq!(without_tests(text), "use a;\nuse b;\n");
}

#[test]
fn imports_point_down() {
    for (module, path, text) in sources() {
        let Some(own) = ORDER.iter().position(|name| *name == module) else { continue };
        for (index, name) in ORDER.iter().enumerate() {
            let is_upward = index < own && without_tests(&text).contains(&format!("crate::{name}"));
            assert!(!is_upward, "{}: `{module}` stands below `{name}` and may not import it", path.display());
        }
    }
}

#[test]
fn crate_imports_are_written_one_a_line_so_that_they_can_be_read() {
    for (_, path, text) in sources() {
        assert!(!without_tests(&text).contains("use crate::{"), "{}", path.display());
    }
}

#[test]
fn lib_lists_the_modules_in_reading_order() {
    let text = fs::read_to_string(support::root().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(listed, ORDER);
}

#[test]
fn every_package_stays_at_home() {
    for (module, path, text) in sources() {
        for (package, homes) in HOMES {
            let is_used = without_tests(&text).lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && (line.contains(&format!("{package}::")) || line == format!("use {package};"))
            });
            assert!(
                !is_used || homes.contains(&module.as_str()),
                "{}: {package} is at home in {homes:?}",
                path.display()
            );
        }
    }
}

#[test]
fn only_the_command_line_knows_the_clock_the_environment_and_the_terminal() {
    let forbidden =
        ["Utc::now", "Local::now", "SystemTime::now", "env::var", "println!", "eprintln!", "print!(", "dbg!"];
    for (module, path, text) in sources() {
        if module == "cli" || module == "main" {
            continue;
        }
        for word in forbidden {
            assert!(!without_tests(&text).contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn unsafe_stands_in_the_bridge_alone() {
    for (_, path, text) in sources() {
        let is_bridge = path == Path::new("bridge.rs");
        assert!(is_bridge || !text.contains("unsafe {"), "{}", path.display());
    }
}

#[test]
fn every_file_says_on_its_first_line_what_it_is_for() {
    for (_, path, text) in sources() {
        assert!(text.starts_with("//! "), "{}", path.display());
    }
}

#[test]
fn main_is_short() {
    let text = fs::read_to_string(support::root().join("src/main.rs")).unwrap();
    assert!(text.lines().count() < 60);
}

#[test]
fn no_function_of_ours_can_be_made_to_panic_by_a_shortcut() {
    let mut found: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (_, path, text) in sources() {
        let is_of_tests = |part: &str| part.starts_with("tests") || part.starts_with("fixture");
        if path.components().any(|part| is_of_tests(&part.as_os_str().to_string_lossy())) {
            continue;
        }
        let shortcuts = without_tests(&text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .filter(|line| line.contains(".unwrap()") || line.contains(".expect("))
            .count();
        if shortcuts > 0 {
            found.insert(path, shortcuts);
        }
    }
    assert!(found.is_empty(), "{found:?}");
}
