//! The formats in which commands answer with a table.

use crate::sink::table::{GRID_FORMATS, GridFormat};

use super::Failure;

pub use crate::sink::table::of_answer;

/// The format of that name.
pub fn format(name: &str) -> Result<&'static GridFormat, Failure> {
    GRID_FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let known: Vec<&str> = GRID_FORMATS.iter().map(|format| format.name).collect();
        Failure::usage(format!("`{name}` is no format"), format!("formats are {}", known.join(", ")))
    })
}
