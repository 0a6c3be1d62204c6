//! Options that commands share: which data, which definitions, as of when, with what means.

use std::path::PathBuf;

use clap::Args;

use crate::remote::{Network, without_secrets};
use crate::settings::Flags;

use super::Failure;
use super::out::say;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data and definitions")]
pub struct Shared {
    /// File, folder or glob to read, here or as s3://, gs://, az:// or https://; with TABLE= in front where the columns do not tell (repeatable)
    #[arg(long, value_name = "[TABLE[:FORMAT]=]PATH")]
    pub data: Vec<String>,
    /// Store to read instead: a folder, or a URL such as s3://bucket/folder
    #[arg(long, value_name = "DIR|URL")]
    pub store: Option<String>,
    /// The store as that run left it; `shipwake history` lists them
    #[arg(long, value_name = "RUN")]
    pub store_version: Option<u64>,
    /// Settings file; shipwake.toml where you are, if it exists
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Tool or format of all `--data`, where it is not recognised, such as github
    #[arg(long = "as", value_name = "FORMAT", requires = "data")]
    pub read_as: Option<String>,
    /// Definitions to start from
    #[arg(long)]
    pub profile: Option<String>,
    /// Set one setting, such as definitions.attribution.window=24h (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// IANA time zone of periods and hours, such as Europe/London
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Leave out what is later, and take this moment as now
    #[arg(long, value_name = "INSTANT")]
    pub as_of: Option<String>,
    /// Folder with queries of your own; they add to ours or replace them by name
    #[arg(long, value_name = "DIR")]
    pub queries: Option<PathBuf>,
    /// Fail (exit code 4) when any row is rejected
    #[arg(long)]
    pub strict: bool,
    /// Memory that queries may take before they use the disk, such as 512MB
    #[arg(long, value_name = "SIZE")]
    pub memory_limit: Option<String>,
    /// Threads; all cores unless given
    #[arg(long)]
    pub threads: Option<usize>,
    /// Give up (exit code 124) after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Tell how long each stage takes
    #[arg(long, short)]
    pub verbose: bool,
    /// Say nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// More threads than this help nobody.
const MOST_THREADS: usize = 256;

impl Shared {
    pub fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            set: self.set.clone(),
            profile: self.profile.clone(),
            timezone: self.timezone.clone(),
            as_of: self.as_of.clone(),
            data: self.data.clone(),
            read_as: self.read_as.clone(),
            network: network(),
            store: self.store.clone(),
            ..Flags::default()
        }
    }

    /// A line for the person at the terminal, unless they asked for quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.filter(|threads| *threads > 0).unwrap_or_else(cores).min(MOST_THREADS)
    }

    /// The options that choose data and definitions, to be typed again; the moment is not among them.
    pub fn as_typed(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut add = |flag: &str, value: &str| words.push(format!("--{flag} {}", quoted(value)));
        for data in &self.data {
            add("data", &without_secrets(data));
        }
        if let Some(store) = &self.store {
            add("store", store);
        }
        if let Some(run) = self.store_version {
            add("store-version", &run.to_string());
        }
        for (flag, path) in [("config", &self.config), ("queries", &self.queries)] {
            if let Some(path) = path {
                add(flag, &path.display().to_string());
            }
        }
        for (flag, text) in [("profile", &self.profile), ("timezone", &self.timezone)] {
            if let Some(text) = text {
                add(flag, text);
            }
        }
        for pair in &self.set {
            add("set", pair);
        }
        words.join(" ")
    }

    /// The memory limit in bytes.
    pub fn memory_bytes(&self) -> Result<Option<usize>, Failure> {
        let Some(text) = &self.memory_limit else {
            return Ok(None);
        };
        let upper = text.trim().to_uppercase();
        let (number, factor) = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1)]
            .into_iter()
            .find_map(|(unit, factor)| upper.strip_suffix(unit).map(|number| (number.trim().to_owned(), factor)))
            .unwrap_or((upper, 1));
        match number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor)).filter(|bytes| *bytes > 0) {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(Failure::usage(format!("`{text}` is no size"), "write `512MB` or `2GB`")),
        }
    }
}

/// How addresses are reached: with what the environment says of credentials and endpoints.
pub fn network() -> Network {
    let variables = std::env::vars_os();
    Network::new(variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))))
}

/// A word as a POSIX shell takes it.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
