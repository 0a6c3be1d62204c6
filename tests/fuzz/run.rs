//! Cases of one format: made from their seed, written down, read, and told of where a law does not hold.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shipwake::source::{self, DateOrder, Options, Spec};

use crate::laws;
use crate::mutate::{self, Structure};
use crate::random::Random;

/// As many are read of each format where nothing else is said.
const CASES: u64 = 24;

/// A case that takes longer than this hangs: a machine at work on other things may keep one waiting for a minute.
const HANGS: Duration = Duration::from_secs(300);

/// The files of a format.
pub fn corpora() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

/// Reads the cases of a format: the first ones, those of `SHIPWAKE_FUZZ_SECONDS` seconds, or that of
/// `SHIPWAKE_FUZZ_SEED` alone. A law that is broken panics with the seed and the path of the file.
pub fn format(format: &str) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let mut format = Format::open(format);
    if let Some(seed) = number("SHIPWAKE_FUZZ_SEED") {
        return format.case(seed);
    }
    let Some(seconds) = number("SHIPWAKE_FUZZ_SECONDS") else {
        return (0..CASES).for_each(|seed| format.case(seed));
    };
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut seed = since_1970.as_micros() as u64;
    let started = Instant::now();
    let mut count = 0u64;
    while started.elapsed() < Duration::from_secs(seconds) {
        format.case(seed);
        seed += 1;
        count += 1;
    }
    println!("{}: {count} cases in {seconds} s, the slowest took {:?}", format.name, format.slowest);
}

/// Of every file as it is: name, rows kept, and the formats as which it was read.
pub fn unchanged(format: &str) -> Vec<(String, u64, Vec<&'static str>)> {
    let format = Format::open(format);
    let read = |(name, text): &(String, Vec<u8>)| {
        let structure = Structure::of(&format.name, Path::new(name));
        fs::write(format.folder.join(name), mutate::unchanged(structure, text)).unwrap();
        let spec = Spec { timezone: Some("UTC".into()), path: name.clone(), ..Spec::default() };
        let base = &format.folder;
        let options = Options { as_of: None, base, threads: 1, timezone: None, only: None, progress: &|_, _| () };
        let intake = source::load(&[spec], &options).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kept = intake.files.iter().map(|file| file.rows_kept).sum();
        (name.clone(), kept, intake.files.iter().map(|file| file.format).collect())
    };
    format.files.iter().map(read).collect()
}

struct Format {
    name: String,
    /// Name and text of every file.
    files: Vec<(String, Vec<u8>)>,
    /// Where cases are written; of this run alone, and gone where every law held.
    folder: PathBuf,
    slowest: Duration,
}

impl Drop for Format {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

impl Format {
    fn open(name: &str) -> Self {
        let read = |path: PathBuf| {
            (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        };
        let entries = fs::read_dir(corpora().join(name)).unwrap();
        let mut files: Vec<(String, Vec<u8>)> = entries.map(|entry| read(entry.unwrap().path())).collect();
        files.sort();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let own = format!("{name}-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz").join(own);
        fs::create_dir_all(&folder).unwrap();
        Self { name: name.to_owned(), files, folder, slowest: Duration::ZERO }
    }

    /// Makes and judges one case. It is written before it is read, so that it is there even if the process dies.
    fn case(&mut self, seed: u64) {
        let mut random = Random::new(seed);
        let (name, text) = random.pick(&self.files).clone();
        let other = random.pick(&self.files).1.clone();
        let structure = Structure::of(&self.name, Path::new(&name));
        // What a Parquet file is made of is no Parquet file.
        let name = name.replace(".csv", if self.name == "parquet" { ".parquet" } else { ".csv" });
        let spec = Spec { path: format!("case.{name}"), ..self.spec(&mut random) };
        let is_cut_off = random.once_in(4);
        let input = mutate::mutated(structure, &text, &other, &mut random);
        fs::write(self.folder.join("seed"), seed.to_string()).unwrap();
        fs::write(self.folder.join(&spec.path), &input).unwrap();
        let outcome = self.judged(&spec, is_cut_off);
        if let Err(broken) = outcome {
            let kept = self.folder.join(format!("failed-{seed}-{}", spec.path));
            fs::write(&kept, &input).unwrap();
            panic!("{broken}\n  file: {}\n  seed: {seed}\n  as of: {is_cut_off}\n  source: {spec:?}", kept.display());
        }
    }

    /// What the source says besides its path.
    fn spec(&self, random: &mut Random) -> Spec {
        let mut spec = Spec { name: "fuzz".into(), ..Spec::default() };
        spec.format = random.once_in(3).then(|| self.name.clone());
        let zones = [None, Some("UTC"), Some("UTC"), Some("America/New_York"), Some("Pacific/Apia")];
        spec.timezone = random.pick(&zones).map(str::to_owned);
        spec.date_order = *random.pick(&[None, None, Some(DateOrder::Dmy), Some(DateOrder::Mdy), Some(DateOrder::Ymd)]);
        spec.encoding = random.once_in(20).then(|| "windows-1252".to_owned());
        spec.table = random.once_in(20).then(|| (*random.pick(&["deployments", "incidents", "tickets"])).to_owned());
        spec.delimiter = random.once_in(40).then(|| *random.pick(&[',', ';', '\t']));
        spec
    }

    fn judged(&mut self, spec: &Spec, is_cut_off: bool) -> Result<(), String> {
        let (base, spec) = (self.folder.clone(), spec.clone());
        let (tell, told) = mpsc::channel();
        // A thread of its own, whose stack has the size that threads have, and which can be left behind.
        thread::spawn(move || tell.send(laws::check(&base, &spec, is_cut_off)));
        let took = told.recv_timeout(HANGS).map_err(|error| format!("no answer within {HANGS:?}: {error}"))??;
        self.slowest = self.slowest.max(took);
        Ok(())
    }
}
