//! For whom a report is: `--audience`, and where the key of pseudonyms comes from.

use std::path::PathBuf;
use std::{env, fs};

use clap::Args;

use crate::redaction::{Audience, Key, Redaction};

use super::Failure;

/// The variable that holds the key, where no file does.
const VARIABLE: &str = "SHIPWAKE_PSEUDONYM_KEY";

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Audience")]
pub struct ForWhom {
    /// internal, leaders (people as pseudonyms, no free text) or public (names and identifiers as aliases too)
    #[arg(long, default_value = "internal")]
    pub audience: Audience,
    /// File with the key of pseudonyms; otherwise the variable SHIPWAKE_PSEUDONYM_KEY holds it
    #[arg(long, value_name = "FILE")]
    pub pseudonym_key_file: Option<PathBuf>,
}

impl ForWhom {
    /// # Errors
    /// Where the key cannot be read, or is too short to be a secret.
    pub fn redaction(&self) -> Result<Redaction, Failure> {
        if self.audience == Audience::Internal {
            return Ok(Redaction::default());
        }
        let (bytes, place) = match &self.pseudonym_key_file {
            Some(path) => {
                let place = path.display().to_string();
                let bytes = fs::read(path).map_err(|cause| Failure::Read { path: place.clone(), cause })?;
                (Some(bytes), place)
            }
            None => (env::var_os(VARIABLE).map(|value| value.into_encoded_bytes()), VARIABLE.to_owned()),
        };
        let Some(bytes) = bytes.filter(|bytes| !bytes.trim_ascii().is_empty()) else {
            return Ok(Redaction { audience: self.audience, key: None });
        };
        match Key::new(&bytes) {
            Some(key) => Ok(Redaction { audience: self.audience, key: Some(key) }),
            None => Err(Failure::usage(
                format!("the key of pseudonyms in `{place}` is too short to be a secret"),
                "a key has 16 bytes or more: `openssl rand -hex 32` makes one",
            )),
        }
    }
}
