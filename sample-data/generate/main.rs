//! Writes the sample: eighteen months of an invented company, the same bytes on every machine.
//!
//! `cargo run --example generate-sample [FOLDER]` writes into FOLDER, by default `sample-data/`, and
//! prints the identifiers of the stories that `sample-data/README.md` tells.

mod calendar;
mod company;
mod evidence;
mod failures;
mod gates;
mod life;
mod planning;
mod planted;
mod random;
mod records;
mod slots;
mod stories;
mod tickets;
mod write;

use std::path::PathBuf;

use company::SERVICES;
use random::Random;
use records::Records;

/// Picked from forty so that the decline of payments stands out and the change fail rates of the
/// other teams, one by one and together, show no trend by accident.
const SEED: u64 = 20_298_000;

fn main() -> std::io::Result<()> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or(".")).join("sample-data"),
    };
    let mut records = Records::default();
    for (service, number) in SERVICES.iter().zip(1..) {
        let mut random = Random::new(SEED + number);
        tickets::raise_work(service, &mut random, &mut records);
        life::live(service, &mut random, &mut records);
        failures::background(service, &mut random, &mut records);
    }
    let mut random = Random::new(SEED);
    failures::without_service(&mut random, &mut records);
    let mut told = stories::tell(&mut records);
    tickets::raise_support(&mut random, &mut records);
    told.extend(planted::plant(&mut records));
    evidence::plan(&mut Random::new(SEED + 102), &mut records);
    evidence::record_checks(&mut Random::new(SEED + 101), &mut records);
    evidence::book(&mut records);
    let names = write::write(&folder, &records)?;
    for (story, deployments, incidents) in told {
        let deployments = deployments.iter().map(|&at| names.deployments[at].as_str());
        let incidents = incidents.iter().map(|&at| names.incidents[at].as_str());
        println!("{story}: {}", deployments.chain(incidents).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}
