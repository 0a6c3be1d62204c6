//! Embeds `queries/`, `reports/` with its fonts, and `sample-data/` into the binary, so that it stands alone
//! and a new file there needs no line of Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // Checkouts that share a target folder must not share the paths of each other's files.
    println!("cargo::rerun-if-env-changed=CARGO_MANIFEST_DIR");
    let mut code = String::new();
    for (constant, folder, endings) in [
        ("QUERIES", "queries", &["sql", "toml"][..]),
        ("REPORTS", "reports", &["toml", "html", "css", "js", "typ", "svg"][..]),
        ("SAMPLE", "sample-data", &["csv", "toml"][..]),
    ] {
        println!("cargo::rerun-if-changed={folder}");
        let mut files = Vec::new();
        list(&root.join(folder), endings, &mut files)?;
        files.sort();
        writeln!(code, "/// (path, text) of every file below `{folder}/`, sorted by path.")
            .map_err(io::Error::other)?;
        writeln!(code, "pub static {constant}: &[(&str, &str)] = &[").map_err(io::Error::other)?;
        for file in files {
            let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string().replace('\\', "/");
            writeln!(code, "    ({name:?}, include_str!({:?})),", file.display().to_string())
                .map_err(io::Error::other)?;
        }
        code.push_str("];\n");
    }
    embed_fonts(&root, &mut code)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("embedded.rs"), code)
}

/// Fonts come in the order of their names, which is the order in which they are tried after the text's own.
fn embed_fonts(root: &Path, code: &mut String) -> io::Result<()> {
    let mut files = Vec::new();
    list(&root.join("reports/fonts"), &["otf", "ttf"], &mut files)?;
    files.sort();
    writeln!(code, "/// Bytes of every font below `reports/fonts/`, sorted by path.").map_err(io::Error::other)?;
    writeln!(code, "pub static FONTS: &[&[u8]] = &[").map_err(io::Error::other)?;
    for file in files {
        writeln!(code, "    include_bytes!({:?}),", file.display().to_string()).map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    Ok(())
}

fn list(folder: &Path, endings: &[&str], files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Rendered reports are output, not input.
        if path.is_dir() && path.file_name().is_some_and(|name| name != "samples") {
            list(&path, endings, files)?;
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            files.push(path);
        }
    }
    Ok(())
}
