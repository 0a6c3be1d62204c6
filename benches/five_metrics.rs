//! CSV to the five DORA metrics, month by team, with attribution: `cargo bench`.
//!
//! Writes a synthetic history (4 changes, 0.08 incidents and 0.6 tickets a deployment, 2,000 services in 120 teams,
//! three years) into a folder for temporary files and times the whole program over it.
//! `SHIPWAKE_BENCH_DEPLOYMENTS` sets the number of deployments, `SHIPWAKE_BENCH_DATA` names a folder that is there already.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

const RUNS: usize = 5;
const SPAN_S: u64 = 3 * 365 * 86_400;
const START_S: u64 = 1_672_531_200;

fn main() -> io::Result<()> {
    let count: u64 = env::var("SHIPWAKE_BENCH_DEPLOYMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let folder = match env::var_os("SHIPWAKE_BENCH_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let folder = env::temp_dir().join(format!("shipwake-bench-{count}"));
            if !folder.join("tickets.csv").is_file() {
                write(&folder, count)?;
            }
            folder
        }
    };
    let mut seconds: Vec<f64> = Vec::new();
    for run in 0..=RUNS {
        let started = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_shipwake"))
            .args(["metric", "--by", "team", "--format", "csv", "--quiet", "--as-of", "2026-01-01T00:00:00Z", "--out"])
            .arg(folder.join("metrics.out"))
            .arg("--data")
            .arg(folder.join("*.csv"))
            .status()?;
        assert!(status.success());
        // The first run warms the file cache.
        if run > 0 {
            seconds.push(started.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    println!("{}: {:.2} s (median of {RUNS}, {:.2} to {:.2})", folder.display(), seconds[2], seconds[0], seconds[4]);
    Ok(())
}

/// A small generator, the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Skewed, so that some services are far busier than others.
    fn service(&mut self) -> u64 {
        let unit = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (unit.powi(3) * 2_000.0) as u64
    }
}

fn write(folder: &Path, count: u64) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let open = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let mut random = Random(7);
    let mut deployments = open("deployments.csv")?;
    let mut incidents = open("incidents.csv")?;
    writeln!(deployments, "deployment_id,service,team,environment,version,status,change_type,started_at,finished_at")?;
    writeln!(incidents, "incident_id,service,severity,opened_at,resolved_at,deployment_id")?;
    for number in 0..count {
        let at = START_S + number * SPAN_S / count;
        let service = random.service();
        let status = ["succeeded", "failed", "rolled_back", "cancelled"][pick(&mut random, &[930, 35, 25, 10])];
        let environment = ["production", "staging", "dev"][pick(&mut random, &[500, 300, 200])];
        let change_type = ["standard", "normal", "emergency"][pick(&mut random, &[750, 200, 50])];
        let (team, started) = (service % 120, at - 60 - random.below(900));
        writeln!(
            deployments,
            "D{number:09},svc-{service:04},team-{team:03},{environment},{}.{},{status},{change_type},{},{}",
            number / 400,
            number % 400,
            stamp(started),
            stamp(at)
        )?;
        if random.below(100) < 8 {
            let opened = at + 60 + random.below(18 * 3600);
            let resolved =
                if random.below(100) < 3 { String::new() } else { stamp(opened + 60 + random.below(20_000)) };
            let cause = if random.below(10) < 4 { format!("D{number:09}") } else { String::new() };
            let severity = 1 + random.below(4);
            writeln!(incidents, "I{number:09},svc-{service:04},sev{severity},{},{resolved},{cause}", stamp(opened))?;
        }
    }
    let mut changes = open("changes.csv")?;
    writeln!(changes, "change_id,service,author,committed_at,merged_at,lines_changed")?;
    for number in 0..count * 4 {
        let merged = START_S + number * (SPAN_S - 86_400) / (count * 4);
        let service = random.service();
        let committed = merged - random.below(200_000);
        let (author, lines) = (random.below(9_000), random.below(500));
        writeln!(
            changes,
            "C{number:09},svc-{service:04},dev{author:05},{},{},{lines}",
            stamp(committed),
            stamp(merged)
        )?;
    }
    let mut tickets = open("tickets.csv")?;
    writeln!(tickets, "ticket_id,service,kind,created_at")?;
    for number in 0..count * 6 / 10 {
        let created = START_S + number * SPAN_S / (count * 6 / 10);
        let kind = ["support", "bug", "feature"][pick(&mut random, &[500, 250, 250])];
        writeln!(tickets, "T{number:09},svc-{:04},{kind},{}", random.service(), stamp(created))?;
    }
    Ok(())
}

fn pick(random: &mut Random, weights: &[u64]) -> usize {
    let mut left = random.below(weights.iter().sum());
    for (index, weight) in weights.iter().enumerate() {
        if left < *weight {
            return index;
        }
        left -= weight;
    }
    0
}

fn stamp(seconds: u64) -> String {
    chrono::DateTime::from_timestamp(seconds as i64, 0)
        .map(|moment| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}
