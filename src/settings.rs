//! `shipwake.toml` and flags, merged into checked settings. The only place that merges them.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Weekday};
use chrono_tz::Tz;
use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::definitions::Definitions;
use crate::embedded;
use crate::period::{Calendar, WorkingHours};
use crate::profiles;
use crate::redaction::Redaction;
use crate::remote::{Network, without_secrets};
use crate::source::Spec;
use crate::windows::{self, WindowRule};

/// Name of the file that is looked for where the program is started.
pub const FILE_NAME: &str = "shipwake.toml";

/// What the user typed besides the file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// `KEY=VALUE`, dotted keys.
    pub set: Vec<String>,
    pub profile: Option<String>,
    pub timezone: Option<String>,
    pub as_of: Option<String>,
    /// `[TABLE[:FORMAT]=]PATH`; where any is given, the file's sources are left aside.
    pub data: Vec<String>,
    /// The format of `data` that names none.
    pub read_as: Option<String>,
    /// How addresses are reached.
    pub network: Network,
    /// A folder or a URL.
    pub store: Option<String>,
    /// What is hidden from the readers of what is made.
    pub redaction: Redaction,
}

/// Everything that decides a run, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub organisation: String,
    pub calendar: Calendar,
    pub definitions: Definitions,
    /// First twelve hex digits of the SHA-256 of the definitions and the calendar.
    pub definitions_hash: String,
    /// `definitions.production` where the user wrote it, not a profile.
    own_production: Option<Vec<String>>,
    pub sources: Vec<Spec>,
    /// Windows that come again, and the line of the file on which each stands.
    pub windows: Vec<WindowRule>,
    pub window_lines: Vec<usize>,
    /// What that file is called.
    pub window_file: String,
    /// Folder from which relative paths of sources start.
    pub base: PathBuf,
    /// How a store elsewhere is reached.
    pub network: Network,
    /// The store, as a path from where the program runs or as a URL; what is read in place of sources.
    pub store: Option<String>,
    /// Microseconds UTC; none is the moment of the run.
    pub as_of: Option<i64>,
    /// Where a file was read.
    pub file: Option<PathBuf>,
    /// What is hidden from the readers of what is made; it changes no number.
    pub redaction: Redaction,
}

#[derive(Debug, Error, Diagnostic)]
pub enum SettingsError {
    #[error("could not read settings `{path}`")]
    #[diagnostic(help("`shipwake init PATH…` writes a first one"))]
    Read {
        path: String,
        #[source]
        cause: std::io::Error,
    },

    #[error("{message}")]
    Text {
        message: String,
        #[source_code]
        text: NamedSource<String>,
        #[label("here")]
        place: Option<SourceSpan>,
        #[help]
        help: Option<String>,
    },

    #[error("cannot set `{key}`: {message}")]
    #[diagnostic(help("write `--set definitions.attribution.window=24h`; keys stand in the README under Settings"))]
    Set { key: String, message: String },

    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Value { message: String, help: String },

    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] crate::source::SourceError),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Organisation {
    name: String,
    timezone: String,
    week_start: String,
    fiscal_year_start: u32,
    working_hours: String,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: String::new(),
            timezone: "UTC".into(),
            week_start: "monday".into(),
            fiscal_year_start: 1,
            working_hours: WorkingHours::default().to_string(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    organisation: Organisation,
    definitions: Definitions,
    sources: Vec<Spec>,
    /// A folder or a URL.
    store: Option<String>,
    windows: Vec<WindowRule>,
    #[serde(skip)]
    window_lines: Vec<usize>,
    /// The moment the data speaks of, for a log that is closed.
    as_of: Option<String>,
    /// `definitions.production` where the user wrote it, not a profile.
    #[serde(skip)]
    own_production: Option<Vec<String>>,
}

impl Settings {
    /// Reads the file that `flags` names (or `shipwake.toml` where it lies at hand), lays the flags over it, checks all.
    pub fn read(flags: &Flags) -> Result<Self, SettingsError> {
        let path = match &flags.config {
            Some(path) => Some(path.clone()),
            None => Some(PathBuf::from(FILE_NAME)).filter(|path| path.is_file()),
        };
        let (file, base) = match &path {
            Some(path) => (read_file(path, flags)?, path.parent().unwrap_or(Path::new("")).to_path_buf()),
            None => (parse("", "flags", flags)?, PathBuf::new()),
        };
        Self::checked(file, flags, path, base)
    }

    /// The settings of the sample company, with the flags over them.
    pub fn of_sample(flags: &Flags) -> Result<Self, SettingsError> {
        let name = "sample-data/shipwake.toml";
        let text = embedded::SAMPLE.iter().find(|(path, _)| *path == name).map_or("", |(_, text)| text);
        let settings = Self::checked(parse(text, name, flags)?, flags, None, PathBuf::new())?;
        Ok(Self { window_file: name.to_owned(), ..settings })
    }

    /// The same settings with the switches of a profile; of the user's own, what production is stays.
    ///
    /// # Errors
    /// Where there is no such profile.
    pub fn under(&self, profile: &str) -> Result<Self, SettingsError> {
        let mut definitions = toml::Table::new();
        if let Some(production) = &self.own_production {
            definitions.insert("production".into(), production.clone().into());
        }
        let mut table = toml::Table::new();
        table.insert("definitions".into(), definitions.into());
        lay_profile(&mut table, profile)?;
        let definitions = File::deserialize(table).map_err(not_written)?.definitions;
        let definitions_hash = hash(&definitions, &self.calendar);
        Ok(Self { definitions, definitions_hash, ..self.clone() })
    }

    fn checked(file: File, flags: &Flags, path: Option<PathBuf>, base: PathBuf) -> Result<Self, SettingsError> {
        let mut organisation = file.organisation;
        if let Some(zone) = &flags.timezone {
            organisation.timezone = zone.clone();
        }
        let calendar = calendar(&organisation)?;
        let definitions = file.definitions;
        let as_of = flags.as_of.clone().or(file.as_of);
        let as_of = as_of.map(|text| instant(&text, &calendar)).transpose()?;
        let of_file = file.store.map(|text| match text.contains("://") || base.as_os_str().is_empty() {
            true => text,
            false => base.join(text).display().to_string(),
        });
        let store = flags.store.clone().or(of_file);
        let (mut sources, base) = if flags.data.is_empty() {
            (file.sources, base)
        } else {
            let read_as = flags.read_as.as_deref();
            let specs: Result<Vec<Spec>, _> = flags
                .data
                .iter()
                .map(|text| Spec::from_argument(text).and_then(|spec| spec.read_as(read_as)))
                .collect();
            (specs?, PathBuf::new())
        };
        sources.iter_mut().for_each(|spec| spec.network = flags.network.clone());
        let definitions_hash = hash(&definitions, &calendar);
        Ok(Self {
            organisation: organisation.name,
            calendar,
            definitions,
            definitions_hash,
            own_production: file.own_production,
            sources,
            windows: file.windows,
            window_lines: file.window_lines,
            window_file: path.as_ref().map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string()),
            base,
            network: flags.network.clone(),
            store,
            as_of,
            file: path,
            redaction: flags.redaction.clone(),
        })
    }
}

fn read_file(path: &Path, flags: &Flags) -> Result<File, SettingsError> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|cause| SettingsError::Read { path: name.clone(), cause })?;
    parse(&text, &name, flags)
}

/// Lays the layers of settings over one another, the weakest first: the profile that the file names, the file, the
/// single switches that were typed. A profile that was typed takes the place of the file's, and comes after the file.
fn parse(text: &str, name: &str, flags: &Flags) -> Result<File, SettingsError> {
    let told = |error: toml::de::Error| SettingsError::Text {
        message: error.message().to_owned(),
        text: NamedSource::new(name, without_secrets(text)).with_language("TOML"),
        place: error.span().map(SourceSpan::from),
        help: Some("README.md lists every key under Settings".into()),
    };
    // Once for itself, so that an error in the file is told with its place.
    let file: File = toml::from_str(text).map_err(told)?;
    let own: toml::Table = toml::from_str(text).map_err(told)?;
    let pairs = flags.set.iter().map(|pair| pair_of(pair)).collect::<Result<Vec<_>, _>>()?;
    let (chosen, switches): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(key, _)| *key == "definitions.profile");
    let typed = chosen.last().map(|(_, value)| value.as_str().unwrap_or_default()).or(flags.profile.as_deref());
    let mut table = toml::Table::new();
    match typed {
        Some(profile) => {
            lay(&mut table, own);
            lay_profile(&mut table, profile)?;
        }
        None => {
            lay_profile(&mut table, &file.definitions.profile)?;
            lay(&mut table, own);
        }
    }
    let mut own_production = file_production(text);
    for (key, value) in switches {
        if key == "definitions.production" {
            own_production = value.clone().try_into().ok();
        }
        put(&mut table, key, value)?;
        // After each, so that the error names the pair that made it.
        File::deserialize(table.clone())
            .map_err(|error| SettingsError::Set { key: key.to_owned(), message: error.message().to_owned() })?;
    }
    let profile = typed.unwrap_or(&file.definitions.profile);
    let merged = File::deserialize(table).map_err(not_written)?;
    if merged.definitions.profile != profile {
        let message = "a profile is more than its name; write `--profile NAME`".to_owned();
        return Err(SettingsError::Set { key: "definitions".into(), message });
    }
    Ok(File { own_production, window_lines: windows::lines(text), ..merged })
}

/// What the user's file says of `production`, whatever a profile says.
fn file_production(text: &str) -> Option<Vec<String>> {
    let table: toml::Table = toml::from_str(text).ok()?;
    table.get("definitions")?.get("production")?.clone().try_into().ok()
}

/// `KEY=VALUE`; what is no TOML value is text.
fn pair_of(pair: &str) -> Result<(&str, toml::Value), SettingsError> {
    let (key, value) = pair
        .split_once('=')
        .ok_or_else(|| SettingsError::Set { key: pair.to_owned(), message: "expected KEY=VALUE".into() })?;
    let parsed = format!("value = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("value"));
    Ok((key, parsed.unwrap_or_else(|| toml::Value::String(value.to_owned()))))
}

fn not_written(error: impl std::fmt::Display) -> SettingsError {
    SettingsError::Value {
        message: format!("the settings do not go together: {error}"),
        help: "leave out `--set` and `--profile` one after another to find which".into(),
    }
}

/// Lays the switches of a profile over the definitions.
fn lay_profile(table: &mut toml::Table, name: &str) -> Result<(), SettingsError> {
    let profile = profiles::named(name).map_err(|message| SettingsError::Value {
        message,
        help: "`shipwake explain change_fail_rate --compare` shows what each of them gives".into(),
    })?;
    let mut definitions = profile.definitions;
    definitions.insert("profile".into(), profile.name.into());
    let mut layer = toml::Table::new();
    layer.insert("definitions".into(), definitions.into());
    lay(table, layer);
    Ok(())
}

/// Lays one table over another: values replace, sections are laid in turn.
fn lay(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Puts a value under a dotted key.
fn put(table: &mut toml::Table, key: &str, value: toml::Value) -> Result<(), SettingsError> {
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().unwrap_or_default();
    let mut place = table;
    for part in parts {
        let entry = place.entry(part.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        place = entry.as_table_mut().ok_or_else(|| SettingsError::Set {
            key: key.to_owned(),
            message: format!("`{part}` is a value, not a section"),
        })?;
    }
    // A section is laid over the one that is there: its other keys stay.
    match (place.get_mut(last), value) {
        (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay(below, above),
        (_, value) => {
            place.insert(last.to_owned(), value);
        }
    }
    Ok(())
}

fn calendar(organisation: &Organisation) -> Result<Calendar, SettingsError> {
    let zone: Tz = organisation.timezone.parse().map_err(|_| SettingsError::Value {
        message: format!("no time zone is called `{}`", organisation.timezone),
        help: "use an IANA name such as `Europe/London` or `UTC`".into(),
    })?;
    let week_start: Weekday = organisation.week_start.parse().map_err(|_| SettingsError::Value {
        message: format!("no day of the week is called `{}`", organisation.week_start),
        help: "use monday to sunday".into(),
    })?;
    let fiscal_year_start = organisation.fiscal_year_start;
    if !(1..=12).contains(&fiscal_year_start) {
        return Err(SettingsError::Value {
            message: format!("`fiscal_year_start = {fiscal_year_start}` is no month"),
            help: "use 1 to 12".into(),
        });
    }
    let working_hours: WorkingHours = organisation.working_hours.parse().map_err(|message| SettingsError::Value {
        message,
        help: "give every working day one span of local time; a day that is not named is off".into(),
    })?;
    Ok(Calendar { zone, week_start, fiscal_year_start, working_hours })
}

/// Reads a moment: RFC 3339, or a local date or date and time of the calendar's zone. A date is its first moment.
pub fn instant(text: &str, calendar: &Calendar) -> Result<i64, SettingsError> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.timestamp_micros());
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(calendar.instant(date));
    }
    let shapes = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = shapes.iter().find_map(|shape| NaiveDateTime::parse_from_str(text, shape).ok());
    let moment = local.and_then(|local| local.and_local_timezone(calendar.zone).earliest());
    moment.map(|moment| moment.timestamp_micros()).ok_or_else(|| SettingsError::Value {
        message: format!("`{text}` is no moment"),
        help: "write `2026-11-01`, `2026-11-01T09:00` or `2026-11-01T09:00:00Z`".into(),
    })
}

fn hash(definitions: &Definitions, calendar: &Calendar) -> String {
    let text = serde_json::json!({
        "definitions": definitions,
        "timezone": calendar.zone.name(),
        "week_start": calendar.week_start.to_string(),
        "fiscal_year_start": calendar.fiscal_year_start,
        "working_hours": calendar.working_hours.to_string(),
    })
    .to_string();
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::{RecoveryClock, RecoveryUnit};

    fn with(set: &[&str]) -> Result<Settings, SettingsError> {
        read("", None, set)
    }

    fn read(text: &str, profile: Option<&str>, set: &[&str]) -> Result<Settings, SettingsError> {
        let set: Vec<String> = set.iter().map(|pair| (*pair).to_owned()).collect();
        let flags = Flags { set, profile: profile.map(str::to_owned), ..Flags::default() };
        Settings::checked(parse(text, "shipwake.toml", &flags)?, &flags, None, PathBuf::new())
    }

    #[test]
    fn switches_are_set_by_their_contract_names() {
        let settings =
            with(&["definitions.attribution.window=24h", "definitions.change_fail_rate.failure=[\"status\"]"]);
        let definitions = settings.unwrap().definitions;
        assert_eq!(definitions.attribution.window.seconds, Some(86_400));
        assert_eq!(definitions.change_fail_rate.failure.len(), 1);
    }

    #[test]
    fn a_wrong_word_names_its_key() {
        let error = with(&["definitions.recovery.clock=moon"]).unwrap_err();
        assert!(error.to_string().starts_with("cannot set `definitions.recovery.clock`"), "{error}");
        assert!(with(&["definitions.attribution.widow=24h"]).is_err());
    }

    #[test]
    fn definitions_that_differ_have_another_hash() {
        let plain = with(&[]).unwrap().definitions_hash;
        assert_eq!(plain, with(&["definitions.attribution.window=3d"]).unwrap().definitions_hash);
        assert_ne!(plain, with(&["definitions.attribution.window=24h"]).unwrap().definitions_hash);
        assert_ne!(plain, with(&["organisation.timezone=Europe/London"]).unwrap().definitions_hash);
        let hours = "organisation.working_hours";
        assert_eq!(plain, with(&[&format!("{hours}=Mon-Fri 09:00-17:30")]).unwrap().definitions_hash);
        assert_ne!(plain, with(&[&format!("{hours}=Mon-Thu 09:00-17:30")]).unwrap().definitions_hash);
        assert!(with(&[&format!("{hours}=nine to five")]).is_err());
    }

    #[test]
    fn the_layers_are_the_files_profile_the_file_the_typed_profile_the_typed_switch() {
        let file = "[definitions]\nprofile = \"devlake\"\nproduction = [\"live\"]\n[definitions.recovery]\nclock = \"incident\"";
        let of = |profile, set: &[&str]| read(file, profile, set).unwrap().definitions;
        let plain = of(None, &[]);
        assert_eq!((plain.profile.as_str(), plain.recovery.clock), ("devlake", RecoveryClock::Incident));
        assert_eq!(plain.recovery.unit, RecoveryUnit::Incident);
        let typed = of(Some("datadog"), &[]);
        assert_eq!((typed.profile.as_str(), typed.recovery.clock), ("datadog", RecoveryClock::Deployment));
        assert_eq!(typed.production, ["live"]);
        assert_eq!(
            of(Some("datadog"), &["definitions.recovery.clock=incident"]).recovery.clock,
            RecoveryClock::Incident
        );
        assert!(read(file, Some("devlak"), &[]).unwrap_err().to_string().contains("devlake-2021"));
    }

    #[test]
    fn settings_under_another_profile_keep_what_is_the_organisations() {
        let settings = with(&["definitions.production=live", "definitions.attribution.window=1h"]);
        assert!(settings.is_err(), "a list is asked for");
        let settings = with(&["definitions.production=[\"live\"]", "definitions.attribution.window=1h"]).unwrap();
        let under = settings.under("devlake").unwrap();
        assert_eq!(under.definitions.production, ["live"]);
        assert_eq!(under.definitions.attribution.window.seconds, None);
        assert_eq!(under.definitions.profile, "devlake");
        assert_ne!(under.definitions_hash, settings.definitions_hash);
    }

    #[test]
    fn what_one_profile_says_of_production_does_not_stick_to_the_next() {
        let file = "[definitions]\nprofile = \"fourkeys\"";
        let production = |settings: Settings| settings.definitions.production;
        let ours = Definitions::default().production;
        assert_eq!(production(read(file, None, &[]).unwrap()), ["*"]);
        assert_eq!(production(read(file, Some("dora"), &[]).unwrap()), ours);
        assert_eq!(production(read("", Some("fourkeys"), &["definitions.profile=\"dora\""]).unwrap()), ours);
        assert_eq!(production(read(file, None, &[]).unwrap().under("dora").unwrap()), ours);
        let own = read("[definitions]\nproduction = [\"live\"]", None, &[]).unwrap();
        assert_eq!(production(own.under("devlake").unwrap()), ["live"]);
        assert_eq!(production(own.under("fourkeys").unwrap()), ["*"]);
    }

    #[test]
    fn a_single_switch_wins_wherever_it_stands_and_a_profile_is_more_than_its_name() {
        let settings = with(&["definitions.attribution.window=1h", "definitions.profile=devlake"]).unwrap();
        assert_eq!(settings.definitions.attribution.window.seconds, Some(3600));
        assert!(with(&["definitions={profile=\"devlake\"}"]).is_err());
        let section = with(&["definitions.attribution={window=\"1h\"}"]).unwrap().definitions;
        assert_eq!(section.attribution.window.seconds, Some(3600));
    }

    #[test]
    fn a_date_is_its_first_local_moment() {
        let calendar = Calendar { zone: chrono_tz::Europe::London, ..Calendar::default() };
        let micros = instant("2026-07-01", &calendar).unwrap();
        assert_eq!(DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339(), "2026-06-30T23:00:00+00:00");
        assert!(instant("yesterday", &calendar).is_err());
    }
}
