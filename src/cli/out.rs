//! Writing: data to stdout or a file, words to stderr.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::{env, fs};

use crate::remote::without_secrets;
use crate::sink::OutputFile;
use crate::sink::files::write_all;

use super::Failure;

/// A line to the person at the terminal, without what addresses in it may hold of secrets.
pub fn say(text: &str) {
    // When stderr is gone nobody is left to tell.
    let _ = writeln!(io::stderr().lock(), "{}", without_secrets(text));
}

/// Data to stdout, or to the file that was asked for.
pub fn deliver(text: &[u8], path: Option<&Path>) -> Result<(), Failure> {
    match path {
        Some(path) => replace(path, text),
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text).and_then(|()| out.flush()).map_err(Failure::Output)
        }
    }
}

/// Replaces one file whole; what a link points to is replaced, and a pipe or a device is written to.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let told = |cause| Failure::Write { path: path.display().to_string(), cause };
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut file = fs::OpenOptions::new().write(true).open(path).map_err(told)?;
        return file.write_all(bytes).map_err(told);
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = target.file_name().filter(|_| !target.is_dir()) else {
        return Err(Failure::usage(format!("`{}` is no file name", path.display()), "give a file, not a folder"));
    };
    write_all(folder, &[OutputFile { path: name.into(), bytes: bytes.to_vec() }])?;
    Ok(())
}

pub fn stderr_has_colour() -> bool {
    io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal behind stdout; none where it is no terminal.
pub fn stdout_width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).or(Some(120))
}
