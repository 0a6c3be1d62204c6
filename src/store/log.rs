//! One Delta table: its versions, the files of each, and commits that succeed or change nothing.
//!
//! deltalake-core replays the log and makes checkpoints. Commits are written here, so that a version is taken by whoever
//! writes it first and never moved to a later one behind our back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use deltalake_core::DeltaTable;
use deltalake_core::kernel::EagerSnapshot;
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore, logstore_for};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::durable;
use super::error::StoreError;
use super::place::Place;
use super::stats::Stats;
use crate::table::Kind;

/// The layout of stores that this program writes.
pub(super) const SCHEMA: &str = "1";
const SCHEMA_KEY: &str = "shipwake.schema";

/// Versions between two checkpoints of the log.
const CHECKPOINT_EVERY: u64 = 20;

/// The partition column: `2026-10`, or null where a row has no instant.
pub(super) const MONTH: &str = "month";

/// A Parquet file of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DataFile {
    /// Below the folder of the table.
    pub path: String,
    pub bytes: u64,
    pub month: Option<String>,
    pub stats: Stats,
}

/// A file as the place shows it.
pub(super) struct Lying {
    /// Below the folder of the table.
    pub path: String,
    pub bytes: u64,
    /// By the clock of the place, microseconds in UTC.
    pub written_at: i64,
}

/// What a table is made of.
pub(super) struct Layout {
    pub columns: Vec<(String, Kind)>,
    pub is_by_month: bool,
}

/// The log of one table.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub name: String,
    store: LogStoreRef,
    folder: Option<PathBuf>,
    shown: String,
    /// What the table says of itself, as the version that was read last has it.
    description: Option<Value>,
}

impl Log {
    pub fn open(place: &Place, name: &str) -> Result<Self, StoreError> {
        let told = |cause: String| StoreError::Place { place: place.shown.clone(), cause };
        let url = place.table(name)?;
        if let Some((bucket, path)) = &place.bucket {
            let below = PrefixStore::new(bucket.clone(), path.clone().join(name));
            let store = default_logstore(Arc::new(below), bucket.clone(), &url, &StorageConfig::default());
            let shown = format!("{}/{name}", place.shown.trim_end_matches('/'));
            return Ok(Self { name: name.to_owned(), store, folder: None, shown, description: None });
        }
        let store = logstore_for(&url, StorageConfig::default()).map_err(|error| told(error.to_string()))?;
        Ok(Self {
            name: name.to_owned(),
            store,
            folder: place.table_folder(name),
            shown: format!("{}/{name}", place.shown.trim_end_matches('/')),
            description: None,
        })
    }

    /// The last version; none where there is no table.
    pub async fn latest(&self) -> Result<Option<u64>, StoreError> {
        if let Some(folder) = &self.folder {
            return Ok(latest_in(folder));
        }
        let store = self.store.object_store(None);
        let listed: Result<Vec<_>, _> = store.list(Some(&Path::from("_delta_log"))).try_collect().await;
        let listed = listed.map_err(|error| self.unreadable(error))?;
        Ok(listed.iter().filter_map(|entry| version_of(entry.location.filename()?)).max())
    }

    /// The files of a version, and the schema of the store that the table says it has.
    pub async fn at(&mut self, version: u64) -> Result<(Vec<DataFile>, Option<String>), StoreError> {
        let snapshot = EagerSnapshot::try_new(self.store.as_ref(), Some(version)).await.map_err(|error| {
            // Behind its first line there may be a stack that leads to no place a user has.
            let cause = error.to_string();
            let cause = cause.lines().next().unwrap_or_default();
            self.incomplete(format!("version {version} of `{}` cannot be read: {cause}", self.name))
        })?;
        let data = snapshot.try_log_data().map_err(|error| self.unreadable(error))?;
        let mut files: Vec<DataFile> = data
            .iter()
            .map(|file| DataFile {
                path: file.path().into_owned(),
                bytes: u64::try_from(file.size()).unwrap_or(0),
                month: file.partition_values_map().remove(MONTH).flatten(),
                stats: Stats::of_json(&file.stats().unwrap_or_default()),
            })
            .collect();
        files.sort_by(|one, other| (&one.month, &one.path).cmp(&(&other.month, &other.path)));
        let schema = snapshot.metadata().configuration().get(SCHEMA_KEY).cloned();
        self.description = serde_json::to_value(snapshot.metadata()).ok();
        Ok((files, schema))
    }

    /// The bytes of a file.
    pub async fn get(&self, file: &DataFile) -> Result<bytes::Bytes, StoreError> {
        let store = self.store.object_store(None);
        let got = store.get(&Path::from(file.path.as_str())).await.map_err(|error| self.lost(file, error))?;
        got.bytes().await.map_err(|error| self.lost(file, error))
    }

    /// The place of a file on this machine, where it is there.
    pub fn local(&self, file: &DataFile) -> Option<PathBuf> {
        self.path(&file.path)
    }

    /// Where something of the table lies on this machine.
    pub fn path(&self, below: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(below))
    }

    /// Writes a file that no version names yet. On this machine it is to be flushed before one does.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        if let Some(folder) = &self.folder {
            let put = durable::replace(&folder.join(path), &bytes);
            return put.map_err(|error| StoreError::write(&format!("{}/{path}", self.shown), error));
        }
        let store = self.store.object_store(None);
        let put = store.put(&Path::from(path), PutPayload::from(bytes)).await;
        put.map(drop).map_err(|error| StoreError::write(&format!("{}/{path}", self.shown), innermost(&error)))
    }

    /// Removes a file; that it is not there is as good.
    pub async fn remove(&self, path: &str) -> bool {
        self.store.object_store(None).delete(&Path::from(path)).await.is_ok()
    }

    /// Every data file that lies there, whether a version names it or not.
    pub async fn lying(&self) -> Result<Vec<Lying>, StoreError> {
        let listed: Result<Vec<_>, _> = self.store.object_store(None).list(None).try_collect().await;
        let listed = listed.map_err(|error| self.unreadable(error))?;
        let is_data = |path: &str| path.ends_with(".parquet") && !path.starts_with("_delta_log");
        Ok(listed
            .into_iter()
            .map(|entry| Lying {
                path: entry.location.to_string(),
                bytes: entry.size,
                written_at: entry.last_modified.timestamp_micros(),
            })
            .filter(|file| is_data(&file.path))
            .collect())
    }

    /// Makes the table hold just these files: one commit, or none where it does already. Gives the version.
    ///
    /// `before` are the files of the last version, none where there is no table. `at` is in microseconds.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where another writer took the version.
    pub async fn commit(
        &self,
        layout: &Layout,
        (latest, before): (Option<u64>, &[DataFile]),
        files: &[DataFile],
        at: i64,
    ) -> Result<u64, StoreError> {
        let names = |files: &[DataFile]| files.iter().map(|file| file.path.clone()).collect::<BTreeSet<String>>();
        let (old, new) = (names(before), names(files));
        if let Some(version) = latest.filter(|_| old == new) {
            return Ok(version);
        }
        let at_ms = at.div_euclid(1000);
        let operation = if latest.is_none() { "CREATE TABLE" } else { "WRITE" };
        let mut actions = vec![json!({"commitInfo": {
            "timestamp": at_ms,
            "operation": operation,
            "operationParameters": {},
            "engineInfo": concat!("shipwake/", env!("CARGO_PKG_VERSION")),
        }})];
        if latest.is_none() {
            actions.push(json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}));
            actions.push(self.metadata(layout, at_ms));
        } else {
            actions.extend(self.description.as_ref().and_then(|description| widened(description, layout)));
        }
        actions.extend(before.iter().filter(|file| !new.contains(&file.path)).map(|file| removed(file, layout, at_ms)));
        actions.extend(files.iter().filter(|file| !old.contains(&file.path)).map(|file| added(file, layout, at_ms)));
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        let version = latest.map_or(0, |latest| latest + 1);
        self.write_version(version, lines.join("\n")).await?;
        if version > 0 && version.is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoint(version).await;
        }
        Ok(version)
    }

    async fn write_version(&self, version: u64, text: String) -> Result<(), StoreError> {
        let name = commit_of(version);
        let conflict = || StoreError::Conflict { place: self.shown.clone(), times: 1 };
        if let Some(folder) = &self.folder {
            return durable::create(&folder.join(&name), text.as_bytes()).map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => conflict(),
                _ => StoreError::write(&format!("{}/{name}", self.shown), error),
            });
        }
        let path = Path::from(name);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let store = self.store.object_store(None);
        match store.put_opts(&path, PutPayload::from(text), options).await {
            Ok(_) => Ok(()),
            Err(ObjectError::AlreadyExists { .. } | ObjectError::Precondition { .. }) => Err(conflict()),
            Err(error) => Err(StoreError::write(&format!("{}/{path}", self.shown), innermost(&error))),
        }
    }

    /// A checkpoint only makes opening faster, so that a failure to write one is no failure of the run.
    async fn checkpoint(&self, version: u64) {
        let mut table = DeltaTable::new(self.store.clone());
        if table.load_version(version).await.is_ok() {
            let _ = deltalake_core::checkpoints::create_checkpoint(&table, None).await;
        }
        // A checkpoint that a power cut left empty would be read in place of the versions that it sums up.
        let names = [format!("{version:020}.checkpoint.parquet"), "_last_checkpoint".to_owned()];
        let files: Vec<PathBuf> = names.iter().filter_map(|name| self.path(&format!("_delta_log/{name}"))).collect();
        let _ = durable::flush(&files);
    }

    fn metadata(&self, layout: &Layout, at_ms: i64) -> Value {
        let mut fields: Vec<Value> = layout.columns.iter().map(|(name, kind)| field(name, *kind)).collect();
        if layout.is_by_month {
            fields.push(field(MONTH, Kind::Text));
        }
        let schema = json!({"type": "struct", "fields": fields}).to_string();
        let partitions: Vec<&str> = if layout.is_by_month { vec![MONTH] } else { Vec::new() };
        let configuration = BTreeMap::from([
            (SCHEMA_KEY, SCHEMA),
            ("delta.dataSkippingNumIndexedCols", "-1"),
            ("delta.deletedFileRetentionDuration", "interval 3650 days"),
            ("delta.logRetentionDuration", "interval 3650 days"),
            ("delta.enableExpiredLogCleanup", "false"),
        ]);
        json!({"metaData": {
            "id": identity(&self.shown, at_ms),
            "name": self.name,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema,
            "partitionColumns": partitions,
            "configuration": configuration,
            "createdTime": at_ms,
        }})
    }

    fn unreadable(&self, error: impl std::fmt::Display) -> StoreError {
        StoreError::Read { path: self.shown.clone(), cause: error.to_string() }
    }

    pub fn incomplete(&self, what: String) -> StoreError {
        let place = self.shown.rsplit_once('/').map_or(self.shown.clone(), |(place, _)| place.to_owned());
        StoreError::Incomplete { place, what }
    }

    fn lost(&self, file: &DataFile, error: ObjectError) -> StoreError {
        match error {
            ObjectError::NotFound { .. } => self.incomplete(format!("`{}/{}` is missing", self.name, file.path)),
            error => StoreError::Read { path: format!("{}/{}", self.shown, file.path), cause: innermost(&error) },
        }
    }
}

/// The action that adds those columns of a layout to a table which its description does not have yet; none where it has
/// all. Who opens the table as it stands sees just the columns that it describes.
fn widened(description: &Value, layout: &Layout) -> Option<Value> {
    let mut schema: Value = serde_json::from_str(description.get("schemaString")?.as_str()?).ok()?;
    let fields = schema.get_mut("fields")?.as_array_mut()?;
    let is_new = |(name, _): &&(String, Kind)| !fields.iter().any(|field| field.get("name") == Some(&json!(name)));
    let new: Vec<Value> = layout.columns.iter().filter(is_new).map(|(name, kind)| field(name, *kind)).collect();
    if new.is_empty() {
        return None;
    }
    fields.extend(new);
    let mut wider = description.as_object()?.clone();
    wider.insert("schemaString".to_owned(), Value::String(schema.to_string()));
    Some(json!({"metaData": wider}))
}

/// The last version of the table in a folder.
pub(super) fn latest_in(folder: &std::path::Path) -> Option<u64> {
    let entries = std::fs::read_dir(folder.join("_delta_log")).ok()?;
    entries.flatten().filter_map(|entry| version_of(&entry.file_name().to_string_lossy())).max()
}

/// The file of a version, below the folder of its table.
pub(super) fn commit_of(version: u64) -> String {
    format!("_delta_log/{version:020}.json")
}

fn version_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

fn field(name: &str, kind: Kind) -> Value {
    let data_type = match kind {
        Kind::Text | Kind::Word(_) | Kind::OpenWord(_) => "string",
        Kind::Instant => "timestamp",
        Kind::Flag => "boolean",
        Kind::Whole => "long",
        Kind::Number => "double",
    };
    json!({"name": name, "type": data_type, "nullable": true, "metadata": {}})
}

fn partition(file: &DataFile, layout: &Layout) -> Value {
    if layout.is_by_month { json!({MONTH: file.month}) } else { json!({}) }
}

fn added(file: &DataFile, layout: &Layout, at_ms: i64) -> Value {
    json!({"add": {
        "path": encoded(&file.path),
        "partitionValues": partition(file, layout),
        "size": file.bytes,
        "modificationTime": at_ms,
        "dataChange": true,
        "stats": file.stats.json().to_string(),
    }})
}

fn removed(file: &DataFile, layout: &Layout, at_ms: i64) -> Value {
    json!({"remove": {
        "path": encoded(&file.path),
        "deletionTimestamp": at_ms,
        "dataChange": true,
        "extendedFileMetadata": true,
        "partitionValues": partition(file, layout),
        "size": file.bytes,
    }})
}

/// A path as it stands in a URI; ours hold no character but `=` and `%` that could need it.
fn encoded(path: &str) -> String {
    path.replace('%', "%25")
}

/// An identifier that looks as others expect it: made from where and when, so that nothing is drawn by chance.
fn identity(shown: &str, at_ms: i64) -> String {
    let digest = Sha256::digest(format!("{shown} {at_ms}"));
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// The cause at the bottom of an error, which is that of the operating system.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_gets_the_columns_that_it_lacks_and_keeps_all_else() {
        let known = json!({"type": "struct", "fields": [field("change_id", Kind::Text)]});
        let described = json!({"id": "own", "schemaString": known.to_string(), "partitionColumns": []});
        let layout = |names: &[&str]| {
            let columns = names.iter().map(|name| ((*name).to_owned(), Kind::Text)).collect();
            Layout { columns, is_by_month: false }
        };
        assert_eq!(widened(&described, &layout(&["change_id"])), None);
        assert_eq!(widened(&described, &layout(&[])), None);
        let wider = widened(&described, &layout(&["team", "change_id"])).unwrap();
        let schema: Value = serde_json::from_str(wider["metaData"]["schemaString"].as_str().unwrap()).unwrap();
        assert_eq!(schema["fields"], json!([field("change_id", Kind::Text), field("team", Kind::Text)]));
        assert_eq!((&wider["metaData"]["id"], &wider["metaData"]["partitionColumns"]), (&json!("own"), &json!([])));
    }
}
