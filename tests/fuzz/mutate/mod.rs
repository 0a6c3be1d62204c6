//! From a well-formed file to a broken one: by its structure where it has one, by its bytes, or by both.

mod bytes;
mod delimited;
mod json;
mod parquet;
mod words;

use std::io::Write;

use crate::random::Random;

/// How the text of a corpus file is taken apart.
#[derive(Clone, Copy)]
pub enum Structure {
    Delimited(u8),
    Json,
    JsonLines,
    /// A delimited text of which a Parquet file is made.
    Parquet,
    /// No structure of its own here; bytes alone.
    Text,
}

impl Structure {
    /// By the format's name, then by the ending of the file's.
    pub fn of(format: &str, path: &std::path::Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if format == "parquet" => Self::Parquet,
            Some("csv") => Self::Delimited(b','),
            Some("tsv") => Self::Delimited(b'\t'),
            Some("json") => Self::Json,
            Some("ndjson") => Self::JsonLines,
            _ => Self::Text,
        }
    }
}

/// The file as it is, in its format.
pub fn unchanged(structure: Structure, text: &[u8]) -> Vec<u8> {
    match structure {
        Structure::Parquet => parquet::unchanged(text),
        _ => text.to_vec(),
    }
}

/// No file is longer.
const LONGEST: usize = 1 << 20;

/// A broken variant of a file; pieces of `other` may come into it.
pub fn mutated(structure: Structure, text: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let by_structure = !random.once_in(4);
    let mut bytes = match structure {
        Structure::Delimited(delimiter) if by_structure => delimited::mutated(text, delimiter, random),
        Structure::Json if by_structure => json::mutated(text, random),
        Structure::JsonLines if by_structure => json::mutated_lines(text, random),
        Structure::Parquet => parquet::mutated(text, random),
        _ => text.to_vec(),
    };
    bytes.truncate(LONGEST);
    if !by_structure || random.once_in(4) {
        bytes::mutate(&mut bytes, other, random);
    }
    if random.once_in(16) {
        bytes = packed(&bytes, random);
        if random.once_in(2) {
            bytes::mutate(&mut bytes, other, random);
        }
    }
    bytes
}

fn packed(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    if random.once_in(2) {
        return zstd::encode_all(bytes, 1).unwrap();
    }
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}
