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

/// Deployments and their tickets.
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

/// Incidents of the deployments that [`write`] writes, and nothing else.
fn write_incidents(folder: &Folder, name: &str, rows: u64) {
    let mut incidents = String::from("incident_id,service,opened_at,resolved_at\n");
    for row in 0..rows {
        let day = 1 + row % 28;
        incidents.push_str(&format!("i{row},s{},2019-06-{day:02}T11:00:00Z,2019-06-{day:02}T12:00:00Z\n", row % 50));
    }
    folder.write(&format!("{name}-incidents.csv"), incidents);
}

/// A run over all files of that name.
fn ingest(folder: &Folder, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipwake"));
    let tables = ["deployments", "incidents", "tickets"].map(|table| (table, format!("{name}-{table}.csv")));
    let there = tables.iter().filter(|(_, path)| folder.path().join(path).is_file());
    let data: Vec<String> = there.map(|(table, path)| format!("{table}={path}")).collect();
    command.args(["ingest", "--store", "store", "--wait", "60", "-q", "--as-of", "2020-01-01"]);
    for path in &data {
        command.args(["--data", path]);
    }
    command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Rows and keys of deployments and tickets, and rows of incidents or `absent`; none where there is no whole version yet.
fn counts(folder: &Folder) -> Option<String> {
    let ask = |text: &str| shipwake(folder.path(), &["sql", "--store", "store", "--format", "csv", "-q", text]);
    let text = "select (select count(*) from deployments) as d, (select count(distinct deployment_id) from deployments) \
                as k, (select count(*) from tickets) as t, (select count(distinct ticket_id) from tickets) as u";
    let output = ask(text);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("there is no store") || said.contains("nothing has been ingested"), "{said}");
        return None;
    }
    let incidents = ask("select count(*) as n from incidents");
    let said = String::from_utf8_lossy(&incidents.stderr).into_owned();
    let answer = |output: &std::process::Output| {
        String::from_utf8_lossy(&output.stdout).lines().nth(1).unwrap_or_default().to_owned()
    };
    let of_incidents =
        if said.contains("table `incidents` is absent") { "absent".to_owned() } else { answer(&incidents) };
    Some(format!("{},{of_incidents}", answer(&output)))
}

/// What [`counts`] tells of so many deployments and tickets.
fn whole(rows: u64, incidents: &str) -> String {
    format!("{rows},{rows},{rows},{rows},{incidents}")
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_a_whole_version() {
    let (kills, rows) = (number("SHIPWAKE_KILLS", 6), number("SHIPWAKE_KILL_ROWS", 4000));
    let folder = Folder::new("killed");
    write(&folder, "one", rows, 0);
    // Half of the second generation are deployments of the first, corrected, and it brings a table that is new.
    write(&folder, "two", rows, rows / 2);
    write_incidents(&folder, "two", rows);
    let (first, second) = (whole(rows, "absent"), whole(rows + rows / 2, &rows.to_string()));
    let start = Instant::now();
    assert!(ingest(&folder, "one").status().unwrap().success());
    let length = start.elapsed();
    std::fs::rename(folder.path().join("store"), folder.path().join("kept")).unwrap();

    let mut random = 88_172_645_463_325_252_u64;
    // Runs that left nothing, the version before, the version after.
    let mut seen = [0_u64; 3];
    for kill in 0..kills.max(6) {
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
        // The first of each generation are killed at once, the last never: every state is seen on every machine.
        match kill {
            0 | 1 => child.kill().unwrap(),
            kill if kill + 2 < kills.max(6) => {
                sleep(moment);
                child.kill().unwrap();
            }
            _ => {}
        }
        child.wait().unwrap();
        let found = counts(&folder);
        match &found {
            None => seen[0] += 1,
            Some(found) if before == Some(found) => seen[1] += 1,
            Some(_) => seen[2] += 1,
        }
        assert!(found.as_ref() == before || found.as_ref() == Some(after), "{moment:?}: {found:?}");
        let output = ingest(&folder, name).output().unwrap();
        assert!(output.status.success(), "{moment:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(counts(&folder).as_ref(), Some(after), "{moment:?}");
    }
    eprintln!("runs of {length:?}: {} left nothing, {} the old version, {} the new one", seen[0], seen[1], seen[2]);
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn a_table_that_only_a_dead_run_brought_is_absent_and_not_empty() {
    let answers = |folder: &Folder| {
        let names = ["change_fail_rate", "incidents_opened"];
        let arguments = ["--store", "store", "--as-of", "2020-01-01", "--format", "json", "-q"];
        stdout(folder.path(), &[&["metric"], names.as_slice(), &arguments].concat())
    };
    let run = |folder: &Folder, name: &str| assert!(ingest(folder, name).status().unwrap().success());
    let (torn, sound) = (Folder::new("torn"), Folder::new("sound"));
    for folder in [&torn, &sound] {
        write(folder, "one", 60, 0);
        write_incidents(folder, "two", 60);
        write(folder, "three", 10, 60);
        run(folder, "one");
    }
    // A run that died before its own row was there leaves just what a run without its row is.
    run(&torn, "two");
    std::fs::remove_file(torn.path().join("store/ingest_runs/_delta_log/00000000000000000001.json")).unwrap();
    run(&torn, "three");
    run(&sound, "three");
    assert_eq!(counts(&torn), Some(whole(70, "absent")));
    let expected = answers(&sound);
    assert!(expected.contains("needs incidents"), "{expected}");
    assert_eq!(answers(&torn), expected);
    // Whoever brings the table again finds nothing in its way.
    run(&torn, "two");
    assert_eq!(counts(&torn), Some(whole(70, "60")));
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
        let deployments: u64 = counts.split(',').next().unwrap().parse().unwrap();
        assert!(deployments.is_multiple_of(rows) && counts == whole(deployments, "absent"), "{counts}");
    }
    assert_eq!(counts(&folder), Some(whole(8 * rows, "absent")));
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

/// Needs a small disk of memory, which not every user may make.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "mounts a small disk: run it as a user who may, with `cargo test --test store -- --ignored`"]
fn a_disk_that_is_full_leaves_the_last_whole_version() {
    let folder = Folder::new("full");
    let disk = folder.path().join("store");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"]).arg(&disk).status();
    assert!(mounted.unwrap().success(), "this user may not mount a small disk");
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
    assert_eq!((&before, &after), (&Some(whole(100, "absent")), &before));
}
