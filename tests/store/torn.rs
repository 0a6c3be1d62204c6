//! Runs that are killed, and several at once: the store is always at a whole version, and nothing is lost or doubled.
//!
//! `SHIPWAKE_KILLS` says how many runs are killed, and `SHIPWAKE_KILL_ROWS` how many rows each has.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Folder, shipwake, stdout};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Deployments and their tickets; of the second generation half of the deployments are those of the first, corrected.
fn write(folder: &Folder, name: &str, rows: u64, first: u64) {
    let mut deployments = String::from("deployment_id,service,status,finished_at,lines_changed\n");
    let mut tickets = String::from("ticket_id,kind,created_at\n");
    for row in first..first + rows {
        let (day, second) = (1 + row % 28, row % 60);
        let month = 1 + row * 12 / (first + rows) % 12;
        deployments
            .push_str(&format!("d{row},s{},succeeded,2019-{month:02}-{day:02}T10:00:{second:02}Z,1\n", row % 50));
        tickets.push_str(&format!("t{row},bug,2019-{month:02}-{day:02}T09:00:{second:02}Z\n"));
    }
    folder.write(&format!("{name}-deployments.csv"), deployments);
    folder.write(&format!("{name}-tickets.csv"), tickets);
}

fn ingest(folder: &Folder, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipwake"));
    let data = ["deployments", "tickets"].map(|table| format!("{table}={name}-{table}.csv"));
    command.args(["ingest", "--store", "store", "--wait", "60", "-q", "--as-of", "2020-01-01"]);
    for path in &data {
        command.args(["--data", path]);
    }
    command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Rows of both tables as `deployments,tickets`; none where there is no whole version yet.
fn counts(folder: &Folder) -> Option<String> {
    let text = "select (select count(*) from deployments) as d, (select count(distinct deployment_id) from deployments) \
                as k, (select count(*) from tickets) as t, (select count(distinct ticket_id) from tickets) as u";
    let output = shipwake(folder.path(), &["sql", "--store", "store", "--format", "csv", "-q", text]);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("there is no store") || said.contains("nothing has been ingested"), "{said}");
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).lines().nth(1).unwrap().to_owned())
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_a_whole_version() {
    let (kills, rows) = (number("SHIPWAKE_KILLS", 6), number("SHIPWAKE_KILL_ROWS", 4000));
    let folder = Folder::new("killed");
    write(&folder, "one", rows, 0);
    write(&folder, "two", rows, rows / 2);
    let whole = |rows: u64| format!("{rows},{rows},{rows},{rows}");
    let (first, second) = (whole(rows), whole(rows + rows / 2));
    let start = Instant::now();
    assert!(ingest(&folder, "one").status().unwrap().success());
    let length = start.elapsed();
    std::fs::rename(folder.path().join("store"), folder.path().join("kept")).unwrap();

    let mut random = 88_172_645_463_325_252_u64;
    let mut is_seen = [0_u64; 3];
    for kill in 0..kills {
        let (name, before, after) = match kill % 2 {
            0 => ("one", None, &first),
            _ => ("two", Some(&first), &second),
        };
        let _ = std::fs::remove_dir_all(folder.path().join("store"));
        if before.is_some() {
            copy(&folder.path().join("kept"), &folder.path().join("store"));
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = length.mul_f64((random % 1000) as f64 / 900.0);
        let mut child = ingest(&folder, name).spawn().unwrap();
        sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        let found = counts(&folder);
        match &found {
            None => is_seen[0] += 1,
            Some(found) if before == Some(found) => is_seen[1] += 1,
            Some(_) => is_seen[2] += 1,
        }
        assert!(found.as_ref() == before || found.as_ref() == Some(after), "{moment:?}: {found:?}");
        let output = ingest(&folder, name).output().unwrap();
        assert!(output.status.success(), "{moment:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(counts(&folder).as_ref(), Some(after), "{moment:?}");
    }
    eprintln!(
        "{kills} kills in {length:?}: {} before any version, {} at the old one, {} at the new one",
        is_seen[0], is_seen[1], is_seen[2]
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for (path, bytes) in crate::support::files(from) {
        let to = to.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

#[test]
fn eight_writers_at_once_take_turns_while_a_reader_always_sees_a_whole_version() {
    let folder = Folder::new("writers");
    let rows = 200;
    for writer in 0..8 {
        write(&folder, &format!("w{writer}"), rows, writer * rows);
    }
    let mut writers: Vec<_> = (0..8).map(|writer| ingest(&folder, &format!("w{writer}")).spawn().unwrap()).collect();
    let mut seen = Vec::new();
    while writers.iter_mut().any(|writer| writer.try_wait().unwrap().is_none()) {
        seen.extend(counts(&folder));
    }
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for counts in seen {
        let parts: Vec<u64> = counts.split(',').map(|part| part.parse().unwrap()).collect();
        assert!(parts.iter().all(|part| *part == parts[0] && part % rows == 0), "{counts}");
    }
    assert_eq!(counts(&folder), Some(format!("{0},{0},{0},{0}", 8 * rows)));
    let runs = stdout(folder.path(), &["history", "--store", "store", "--format", "csv"]);
    assert_eq!(runs.lines().count(), 9, "a line a run below the header");
}

#[test]
fn who_does_not_wait_is_told_that_another_one_writes() {
    let folder = Folder::new("locked");
    write(&folder, "one", 10, 0);
    assert!(ingest(&folder, "one").status().unwrap().success());
    write(&folder, "two", 10, 10);
    let lock = std::fs::OpenOptions::new().write(true).open(folder.path().join("store/.lock")).unwrap();
    lock.lock().unwrap();
    let data = ["--data", "deployments=two-deployments.csv"];
    let arguments = [["ingest", "--store", "store"].as_slice(), &data].concat();
    let output = shipwake(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is being written by another run"));
    drop(lock);
    sleep(Duration::from_millis(10));
    assert!(shipwake(folder.path(), &arguments).status.success());
}

/// A small disk of memory, where this user may make one.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_leaves_the_last_whole_version() {
    let folder = Folder::new("full");
    let disk = folder.path().join("store");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("not tested: this user may not mount a small disk");
        return;
    }
    write(&folder, "one", 100, 0);
    write(&folder, "two", 40_000, 50);
    let first = ingest(&folder, "one").output().unwrap();
    let before = counts(&folder);
    let second = ingest(&folder, "two").output().unwrap();
    let after = counts(&folder);
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be written") && said.contains("make room"), "{said}");
    assert_eq!((before.as_deref(), &after), (Some("100,100,100,100"), &before));
}
