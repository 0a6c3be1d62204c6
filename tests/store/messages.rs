//! What cannot be a store says why and what to do, and nothing is touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Folder, files, shipwake};

const ROWS: &str = "ticket_id,kind,created_at\nt1,bug,2026-10-01T00:00:00Z\nt2,bug,2026-11-01T00:00:00Z\n";

fn folder() -> Folder {
    let folder = Folder::new("messages");
    folder.write("tickets.csv", ROWS);
    folder
}

fn ingest(folder: &Path) -> (Option<i32>, String) {
    let output = shipwake(folder, &["ingest", "--store", "store", "--data", "tickets.csv", "--as-of", "2026-11-02"]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn asked(folder: &Path) -> (Option<i32>, String) {
    let output = shipwake(folder, &["sql", "--store", "store", "select count(*) from tickets"]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn all(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = files(folder);
    all.retain(|path, _| !path.ends_with(".lock"));
    all
}

/// What was said, on one line.
fn flat(said: &str) -> String {
    said.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

/// Both a run and a question refuse with these words, and the folder stays as it is.
fn refuses(folder: &Folder, words: &[&str]) {
    let before = all(folder.path());
    for (code, said) in [ingest(folder.path()), asked(folder.path())] {
        for word in words {
            assert!(flat(&said).contains(word), "no {word:?} in:\n{said}");
        }
        assert_eq!(code, Some(1), "{said}");
    }
    assert!(all(folder.path()) == before, "something was touched");
}

#[test]
fn a_store_of_another_schema_is_left_alone() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    let log = folder.path().join("store/ingest_runs/_delta_log/00000000000000000000.json");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replace(r#""shipwake.schema":"1""#, r#""shipwake.schema":"7""#)).unwrap();
    refuses(&folder, &["has schema 7", "this program knows 1", "use the program that wrote it"]);
}

#[test]
fn a_delta_table_of_somebody_else_is_no_store() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    fs::rename(folder.path().join("store/tickets"), folder.path().join("other")).unwrap();
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    fs::rename(folder.path().join("other"), folder.path().join("store")).unwrap();
    refuses(&folder, &["is no store", "it is a Delta table by itself", "nothing was touched"]);
}

#[test]
fn a_folder_with_other_files_is_no_store() {
    let folder = folder();
    folder.write("store/notes.txt", "mine");
    refuses(&folder, &["is no store", "it holds `notes.txt`"]);
}

#[test]
fn a_store_that_lacks_a_data_file_is_not_built_upon() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    let lost = files(&folder.path().join("store/tickets")).into_keys().find(|path| path.starts_with("month=2026-10"));
    fs::remove_file(folder.path().join("store/tickets").join(lost.unwrap())).unwrap();
    refuses(&folder, &["is not whole", "is missing", "copied in part"]);
}

#[test]
fn a_store_whose_file_is_cut_off_is_not_built_upon() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    let name = files(&folder.path().join("store/tickets")).into_keys().find(|path| path.starts_with("month=2026-11"));
    let path = folder.path().join("store/tickets").join(name.unwrap());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    refuses(&folder, &["is not whole", "copied in part"]);
}

#[test]
fn a_store_that_lacks_a_table_is_not_whole() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    fs::remove_dir_all(folder.path().join("store/tickets")).unwrap();
    refuses(&folder, &["is not whole", "version 0 of `tickets` cannot be read"]);
}

#[test]
fn where_nothing_is_there_is_nothing_to_ask() {
    let folder = folder();
    let (code, said) = asked(folder.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("there is no store at `store`") && said.contains("shipwake ingest"), "{said}");
    let output = shipwake(folder.path(), &["ingest", "--data", "tickets.csv"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_moment_of_a_run_never_goes_back() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    folder.write("tickets.csv", format!("{ROWS}t3,bug,2026-11-01T00:00:00Z\n"));
    let output =
        shipwake(folder.path(), &["ingest", "--store", "store", "--data", "tickets.csv", "--as-of", "2026-11-01"]);
    let said = flat(&String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("only goes forward"), "{said}");
    let output = shipwake(folder.path(), &["metric", "--store", "store", "--as-of", "2026-10-01"]);
    let said = flat(&String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("knew nothing at 2026-10-01"), "{said}");
}

#[test]
fn a_moment_that_has_not_come_is_refused_before_anything_is_written() {
    let folder = folder();
    let early = |command: &str| {
        let arguments = [command, "--store", "store", "--data", "tickets.csv", "--as-of", "2999-01-01"];
        let output = shipwake(folder.path(), &arguments);
        (output.status.code(), flat(&String::from_utf8_lossy(&output.stderr)))
    };
    let (code, said) = early("ingest");
    assert_eq!(code, Some(2));
    assert!(said.contains("later than now") && said.contains("give a moment that has come"), "{said}");
    assert!(!folder.path().join("store").exists());
    assert_eq!(ingest(folder.path()).0, Some(0));
    assert_eq!(early("optimize").0, Some(2));
    folder.write("tickets.csv", format!("{ROWS}t3,bug,2026-11-01T00:00:00Z\n"));
    assert_eq!(ingest(folder.path()).0, Some(0), "the next run is not in the way of anything");
}

#[test]
fn an_age_that_is_passed_is_exit_code_4() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    let check = |now: &str| {
        let output = shipwake(folder.path(), &["check", "--max-age", "26h", "--store", "store", "--as-of", now]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = check("2026-11-03T02:00:01Z");
    assert_eq!(code, Some(4));
    assert!(said.contains("the data are stale"), "{said}");
    let (code, said) = check("2026-11-03T02:00:00Z");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the last ingest was run 1 at 2026-11-02T00:00:00Z, 26 h 0 min ago"), "{said}");
}

#[test]
fn fresh_data_with_a_bad_row_are_not_stale() {
    let folder = Folder::new("fresh");
    folder.write("tickets.csv", format!("{ROWS}t3,bug,yesterday\n"));
    assert_eq!(ingest(folder.path()).0, Some(0));
    let code = |arguments: &[&str]| {
        let of_store = ["check", "--store", "store", "--as-of", "2026-11-02T01:00:00Z", "-q"];
        shipwake(folder.path(), &[&of_store, arguments].concat()).status.code()
    };
    assert_eq!(code(&[]), Some(4), "the rejected row offends");
    assert_eq!(code(&["--max-age", "26h"]), Some(0), "the age alone is judged");
}

#[test]
fn the_same_files_again_are_a_sentence_and_nothing_else() {
    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    let before = all(folder.path());
    let (code, said) = ingest(folder.path());
    assert_eq!(code, Some(0));
    assert!(said.contains("nothing is new: 1 file known already"), "{said}");
    assert!(all(folder.path()) == before);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_to_says_so() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    assert_eq!(ingest(folder.path()).0, Some(0));
    // Whoever may write everywhere cannot be refused.
    let probe = folder.path().join("probe");
    fs::create_dir(&probe).unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(probe.join("x"), "x").is_ok() {
        eprintln!("not tested: this user may write everywhere");
        return;
    }
    folder.write("tickets.csv", format!("{ROWS}t3,bug,2026-11-01T00:00:00Z\n"));
    let table = folder.path().join("store/tickets");
    let before = all(folder.path());
    for path in [table.join("month=2026-11"), table.join("_delta_log"), table] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let (code, said) = ingest(folder.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("cannot be written") && said.contains("last complete version"), "{said}");
    assert!(all(folder.path()) == before);
}
