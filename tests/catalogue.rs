//! What holds for every file below `queries/`: its style, its test, that it can be planned, and its place in
//! `queries/README.md`, which is written here (`SHIPWAKE_BLESS=1`) and compared everywhere else.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use shipwake::embedded;
use shipwake::engine::functions::FUNCTIONS;
use shipwake::metric::{self, AGGREGATES, Better, Catalogue, Metric, Request};
use shipwake::period::Grain;
use shipwake::settings::{Flags, Settings};
use shipwake::table::LINKS;
use shipwake::workspace::{Data, Loading, Workspace};

/// Areas in the order of a reader's interest; others follow by name.
const AREAS: &[(&str, &str)] = &[
    ("delivery", "How fast changes reach users."),
    ("stability", "How often releases break, and how long it lasts."),
    ("correlation", "What goes together: association, never proof of cause."),
    ("governance", "Whether the rules were kept."),
    ("flow", "Where work waits."),
    ("evidence", "What an auditor takes away: one row a case, each with its deployment."),
    ("quality", "What the numbers stand on."),
];

/// Keys of a metric's front matter: (key, whether every metric has it, what it says).
const KEYS: &[(&str, bool, &str)] = &[
    ("metric", true, "its name, the same as the file's"),
    ("title", true, "what a report calls it"),
    ("question", true, "the question that the number answers"),
    ("why", true, "why anybody would ask"),
    ("aggregate", true, "what is done with the rows, see below"),
    ("statistic", false, "the switch in `[definitions]` that puts another aggregate in its place"),
    ("variant", false, "a switch, a word of it, and the aggregate that takes the place under that word"),
    ("by", false, "a column by which it is always grouped"),
    ("levels", false, "the values of that column, in order"),
    ("at", false, "the column that says when an event happened; only a `table` may have none"),
    ("unit", true, "`ratio`, `seconds`, `count`, `per_day`, `per_week` or `number`"),
    ("better", true, "`higher`, `lower` or `none`"),
    ("events", true, "what one row is, in the plural"),
    ("flagged", false, "what a row with the flag of a `rate` is"),
    ("order", false, "how rows are ordered where they are listed; by time unless given"),
    (
        "chart",
        true,
        "over time `bars`, `rate` or `ribbon`, or around the series its limits: `process`; over its own column \
         `distribution`, `heat_map`, `time_to_event` or `waterfall`; of its cases `survival`; of groups `funnel`; of the \
         rows of a table `calendar` or `story`; or `none`. A section of a report may ask for another",
    ),
    ("bands", false, "its file of benchmarks in `bands/`"),
    (
        "needs",
        true,
        "tables and columns (`changes.merged_at`) without which it is not measured; `a | b` is one of two, `failures` whatever the definitions call so",
    ),
    ("settles", false, "how long after its end a period can be judged: `72h`, or `attribution.window`"),
    (
        "looks_back",
        false,
        "for a table without `at`: what `$from_at` and `$until_at` bound, up to the end of the period: `period`, `90d` or `all`",
    ),
    ("caveat", false, "what to mind"),
    (
        "counts",
        false,
        "what is counted, in a sentence; `{failures}`, `{counted}` and the like stand for what the definitions ask for",
    ),
];

/// Aggregates by name: (how it is called, value, interval).
const CALLS: &[(&str, &str, &str, &str)] = &[
    ("count", "count()", "rows", "exact Poisson"),
    ("deployment_days", "deployment_days()", "days with a row, per week of the time that has passed", "none"),
    ("frequency", "frequency()", "rows per week of the time that has passed; quiet periods are 0", "exact Poisson"),
    (
        "incidence",
        "incidence(cases, population)",
        "sum of cases / sum of the population, which need not be linked; may exceed 1",
        "exact Poisson, the population taken as given",
    ),
    ("lower_median", "lower_median(x)", "the lower of the two middle values, as some tools have it", "none"),
    ("mean", "mean(x)", "arithmetic mean", "Student's t"),
    ("mean_of_means", "mean_of_means(x)", "mean over services of each one's mean, as some tools have it", "none"),
    ("median", "median(x)", "the middle of all rows, with the quartiles, p90 and p95", "order statistics"),
    (
        "median_of_means",
        "median_of_means(x)",
        "median over deployments of each one's mean, as some tools have it",
        "none",
    ),
    (
        "median_of_medians",
        "median_of_medians(x)",
        "median over days of each one's median, as some tools have it",
        "none",
    ),
    (
        "median_per_week",
        "median_per_week()",
        "days with a row, median over the whole weeks of the period",
        "order statistics",
    ),
    ("quantile", "quantile(x, q)", "any quantile, linear between two values", "none"),
    ("rate", "rate(flag)", "share of rows with the flag", "Wilson"),
    (
        "rate_ratio",
        "rate_ratio(service, length_s, is_exposed, event_count)",
        "rate of events in exposed time / rate in other time, within services",
        "exact up to 200 events, then Greenland–Robins",
    ),
    ("ratio", "ratio(x, y)", "sum of x / sum of y", "bootstrap with a fixed seed"),
    ("sum", "sum(x)", "total", "none"),
    (
        "survival_median",
        "survival_median(x, is_observed)",
        "Kaplan–Meier median; rows not yet observed to end are censored",
        "Brookmeyer–Crowley, log-log",
    ),
];

/// 2027-01-01T00:00:00Z, later than anything in the sample.
const NOW: i64 = 1_798_761_600_000_000;

#[test]
fn every_metric_and_check_has_its_test() {
    let catalogue = catalogue();
    let metrics = catalogue.metrics.values().map(|metric| format!("{}/{}", metric.area, metric.name));
    let checks = catalogue.checks.keys().map(|name| format!("checks/{name}"));
    let wanted: BTreeSet<String> = metrics.chain(checks).collect();
    let folders: BTreeSet<&str> = wanted.iter().filter_map(|path| path.split('/').next()).collect();
    let mut found = BTreeSet::new();
    for folder in folders {
        let entries = fs::read_dir(root().join("tests/slt").join(folder)).expect("the folder can be read");
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            found.insert(format!("{folder}/{stem}"));
        }
    }
    assert_eq!(wanted, found, "tests/slt has one file for each metric and check");
}

#[test]
fn every_statement_keeps_the_style() {
    for (path, text) in statements() {
        let code = code_of(text);
        assert!(!code.trim_end().ends_with(';'), "{path} ends with a semicolon");
        let shouting = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        let shouting: Vec<&str> = shouting.filter(|word| word.chars().any(char::is_uppercase)).collect();
        assert!(shouting.is_empty(), "{path}: {shouting:?} is not lower case");
        for clock in ["now(", "current_date", "current_time", "current_timestamp", "today(", "localtime"] {
            assert!(!code.contains(clock), "{path} asks the clock (`{clock}`); use $as_of");
        }
    }
}

#[test]
fn every_file_is_called_what_it_holds() {
    for (path, text) in statements() {
        let (key, name) = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("-- ")?.split_once(": "))
            .unwrap_or_else(|| panic!("{path} does not begin with its name"));
        assert!(path.ends_with(&format!("/{name}.sql")), "{path} calls itself `{name}`");
        let folder = if matches!(key, "plan" | "release") { key.to_owned() } else { format!("{key}s") };
        assert!(path.starts_with(&format!("queries/{folder}/")), "{path} is a {key}");
    }
}

#[test]
fn every_metric_plans_without_any_table() {
    let workspace = workspace(Settings::read(&Flags::default()).expect("no settings"), &[]);
    for name in workspace.catalogue.metrics.keys() {
        let columns = workspace.engine.columns(name);
        assert!(columns.is_ok(), "{name}: {:?}", columns.err());
    }
    for (metric, outcome) in asked(&workspace) {
        let results = outcome.unwrap_or_else(|error| panic!("{}: {error}", metric.name));
        assert!(results[0].not_measured.is_some(), "{} measured nothing", metric.name);
    }
}

#[test]
fn every_metric_is_measured_on_the_sample() {
    let settings = Settings::of_sample(&Flags::default()).expect("the sample's settings");
    let files = embedded::SAMPLE.iter().filter(|(path, _)| path.ends_with(".csv"));
    let files: Vec<(&str, &[u8])> = files.map(|(path, text)| (*path, text.as_bytes())).collect();
    let workspace = workspace(settings, &files);
    for (metric, outcome) in asked(&workspace) {
        let results = outcome.unwrap_or_else(|error| panic!("{}: {error}", metric.name));
        assert_eq!(results[0].not_measured, None, "{}", metric.name);
        assert!(results[0].rows.iter().any(|row| row.n > 0), "{} counts nothing", metric.name);
    }
    for metric in workspace.catalogue.metrics.values() {
        let statement = metric::events(&workspace.context(), metric, &all_time()).unwrap();
        let answer = workspace.engine.run(&statement);
        assert!(answer.is_ok(), "{}: {:?}", metric.name, answer.err());
    }
    let outcomes = metric::run_checks(&workspace.catalogue, &workspace.context());
    assert!(outcomes.is_ok(), "{:?}", outcomes.err());
}

#[test]
fn the_readme_says_what_the_files_say() {
    let path = root().join("queries/README.md");
    let page = catalogue_page(&catalogue());
    if std::env::var_os("SHIPWAKE_BLESS").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "queries/README.md is behind; run the tests with SHIPWAKE_BLESS=1 and look at the change"
    );
}

#[test]
fn links_of_the_page_lead_somewhere() {
    let page = catalogue_page(&catalogue());
    for target in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let is_there = match target.strip_prefix('#') {
            Some(wanted) => {
                page.lines().any(|line| line.starts_with('#') && anchor(line.trim_start_matches(['#', ' '])) == wanted)
            }
            None => root().join("queries").join(Path::new(target)).exists(),
        };
        assert!(is_there, "{target} leads nowhere");
    }
}

#[test]
fn every_key_and_aggregate_is_explained() {
    let explained: Vec<&str> = CALLS.iter().map(|(name, ..)| *name).collect();
    let known: Vec<&str> = AGGREGATES.iter().map(|aggregate| aggregate.name()).collect();
    assert_eq!(explained, known);
    for (path, text) in statements().filter(|(path, _)| path.starts_with("queries/metrics/")) {
        let front = text.lines().map_while(|line| line.strip_prefix("-- "));
        let keys: Vec<&str> = front.filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        for key in &keys {
            assert!(KEYS.iter().any(|(known, ..)| known == key), "{path}: `{key}` is not explained");
        }
        for (key, is_required, _) in KEYS {
            assert!(!is_required || keys.contains(key), "{path} has no `{key}`");
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn catalogue() -> Catalogue {
    Catalogue::read(embedded::QUERIES, None).expect("the catalogue can be read")
}

fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    embedded::QUERIES.iter().copied().filter(|(path, _)| path.ends_with(".sql"))
}

fn workspace(settings: Settings, files: &[(&str, &[u8])]) -> Workspace {
    let loading = Loading {
        data: Data::Files(files),
        besides: Vec::new(),
        now: NOW,
        threads: 2,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| {},
    };
    Workspace::open(settings, &loading).expect("the workspace opens")
}

fn all_time() -> Request {
    Request {
        grain: Grain::Total,
        from: NaiveDate::from_ymd_opt(2025, 1, 1).expect("a day"),
        until: NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day"),
        groupings: vec![Vec::new()],
        filter: None,
    }
}

type Computed<'a> = (&'a Metric, Result<Vec<metric::MetricResult>, metric::MetricError>);

/// The results of every metric that has periods.
fn asked(workspace: &Workspace) -> Vec<Computed<'_>> {
    let metrics = workspace.catalogue.metrics.values().filter(|metric| !metric.aggregate.is_table());
    let metrics: Vec<&Metric> = metrics.collect();
    let asked: Vec<(&Metric, Request)> = metrics.iter().map(|metric| (*metric, all_time())).collect();
    metrics.into_iter().zip(metric::compute(&workspace.context(), &asked)).collect()
}

/// The statement without comments, text in quotes and quoted names.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut quote = None;
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            match quote {
                Some(open) if c == open => quote = None,
                Some(_) => {}
                None if c == '-' && rest.peek() == Some(&'-') => break,
                None if c == '\'' || c == '"' => quote = Some(c),
                None => code.push(c),
            }
        }
        code.push('\n');
    }
    code
}

/// `queries/README.md`.
fn catalogue_page(catalogue: &Catalogue) -> String {
    let mut page = String::from(OPENING);
    page.push_str(&format_page(catalogue));
    page
}

const OPENING: &str = "\
# Queries: what every number means

Each number that shipwake tells is defined in one file below this folder, and nowhere else: reports, `shipwake metric`, \
`shipwake sql` and every export read that file.
`shipwake explain NAME` prints it with the number it gives on your data, and `shipwake explain NAME --rows` prints the \
rows that were counted.

| folder | one file is |
|---|---|
| `metrics/AREA/` | a metric: a statement that returns one row an event, and in front of it what to do with the rows |
| `views/` | a step that metrics share: deployments and incidents, judged by the definitions |
| `checks/` | a check: a statement that returns the rows that offend; no row is a pass |
| `release/` | the rows of one release for its dossier (`shipwake report release`), bound to `$lens` (release, version or deployment), `$name` and `$service` (empty for any) |
| `plan/` | a check of a proposed calendar (`shipwake check --plan`): its rows are the entries that clash, with what, and why |
| `bands/` | published benchmarks of a metric, each year with its source |

## Reading a file

A metric is a set of events and one aggregate.
The statement gives the events, with the columns by which people may group; it never groups or counts them itself.
So every metric can be asked by any of its columns and in any period, a median is always taken over the events and \
never over medians, and the rows behind a number are the statement itself.

Every result has the same columns: those of `--by`, `period_start`, `n`, `value`, `low` and `high` (95 %), `is_partial` \
(the period is cut, unfinished or not yet old enough to judge), then the aggregate's own.
Where there is no event, `value` is null; only counts are 0. Where a table is missing, the metric is not measured, \
which is not 0 either.

Every metric is also a view under its own name: `shipwake sql 'select * from change_fail_rate'` lists its events.

";

fn format_page(catalogue: &Catalogue) -> String {
    let mut page =
        String::from("The comments in front, `-- key: value`, one a line:\n\n| key | | says |\n|---|---|---|\n");
    for (key, is_required, about) in KEYS {
        let about = about.replace('|', "\\|");
        line(&mut page, format_args!("| `{key}` | {} | {about} |", if *is_required { "always" } else { "" }));
    }
    page.push_str("\nAggregates:\n\n| aggregate | value | interval |\n|---|---|---|\n");
    for (_, call, value, interval) in CALLS {
        line(&mut page, format_args!("| `{call}` | {value} | {interval} |"));
    }
    page.push_str("| `table` | the rows as they are | none |\n\n");
    page.push_str(ADDING);
    page.push_str("## Metrics\n\n");
    for area in areas(catalogue) {
        let metrics: Vec<&Metric> = catalogue.metrics.values().filter(|metric| metric.area == area).collect();
        let links = metrics.iter().map(|metric| format!("[{}](#{})", metric.name, anchor(&metric.title)));
        line(&mut page, format_args!("- **{area}**: {}", links.collect::<Vec<_>>().join(" · ")));
    }
    for area in areas(catalogue) {
        let about = AREAS.iter().find(|(name, _)| *name == area).map_or("", |(_, about)| about);
        let _ = write!(page, "\n### {}\n\n{about}\n", capitalised(&area));
        for metric in catalogue.metrics.values().filter(|metric| metric.area == area) {
            page.push_str(&metric_section(metric));
        }
    }
    page.push_str(&tail(catalogue));
    page
}

const ADDING: &str = "\
## Adding a metric

1. Write `metrics/AREA/NAME.sql`: front matter, then one statement, without a semicolon. Lower case; common table \
expressions first; names carry their unit (`_at`, `_s`, `_ratio`, `_count`, `is_`); seconds and shares from 0 to 1; \
no clock, but `$as_of`.
2. Write `tests/slt/AREA/NAME.slt` with an example computed by hand, nothing at all, a boundary, and the mistake that \
would be easy to make.
3. Run `SHIPWAKE_BLESS=1 cargo test --test catalogue`, which writes this page.

There is no line of Rust in it. For a metric of your own, put the file into any folder and give `--queries FOLDER`; a \
file with the name of a built-in one takes its place.

";

fn areas(catalogue: &Catalogue) -> Vec<String> {
    let mut areas: Vec<String> = catalogue.metrics.values().map(|metric| metric.area.clone()).collect();
    let place = |area: &str| AREAS.iter().position(|(name, _)| *name == area).unwrap_or(AREAS.len());
    areas.sort_by_key(|area| (place(area), area.clone()));
    areas.dedup();
    areas
}

fn metric_section(metric: &Metric) -> String {
    let mut text = format!("\n#### {}\n\n{}\n{}\n\n", metric.title, metric.question, metric.why);
    let file = metric.statement.origin.trim_start_matches("queries/");
    line(&mut text, format_args!("- file: [{file}]({file})"));
    let call = match metric.aggregate.is_table() {
        true => format!("a table of {}", metric.events),
        false => format!("`{}({})` of {}", metric.aggregate.name, metric.aggregate.arguments.join(", "), metric.events),
    };
    let at = metric.at.as_ref().map_or(String::new(), |at| format!(", by `{at}`"));
    let by = metric.by.as_ref().map_or(String::new(), |by| format!(", for each `{by}`"));
    line(&mut text, format_args!("- computed as: {call}{at}{by}"));
    if let Some(switch) = &metric.statistic {
        line(&mut text, format_args!("- another statistic: `definitions.{switch}`"));
    }
    let unit = metric.unit.name().replace('_', " ");
    match metric.better {
        Better::None => line(&mut text, format_args!("- unit: {unit}; neither direction is better")),
        better => line(&mut text, format_args!("- unit: {unit}; {} is better", better.name())),
    }
    line(&mut text, format_args!("- needs: {}", needs(metric)));
    if let Some(settles) = &metric.settles {
        line(&mut text, format_args!("- a period can be judged `{settles}` after its end"));
    }
    if !metric.caveat.is_empty() {
        line(&mut text, format_args!("- mind: {}", metric.caveat));
    }
    text
}

fn needs(metric: &Metric) -> String {
    let one = |names: &Vec<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(" or ")
    };
    let all: Vec<String> = metric.needs.iter().map(|need| one(&need.any_of)).collect();
    all.join(", ")
}

/// Checks, views, links, functions and benchmarks.
fn tail(catalogue: &Catalogue) -> String {
    let mut page =
        String::from("\n## Checks\n\n`shipwake check` runs them.\n\n| check | says | because |\n|---|---|---|\n");
    for check in catalogue.checks.values() {
        let name = &check.name;
        line(&mut page, format_args!("| [{name}](checks/{name}.sql) | {} | {} |", check.title, check.why));
    }
    page.push_str("\n## Checks of a plan\n\n`shipwake check --plan FILE` runs them. An entry that clashes hard must be moved; a soft clash deserves a second look.\n\n| check | weight | says of an entry | because |\n|---|---|---|---|\n");
    for (name, plan) in &catalogue.plan_checks {
        let weight = if plan.is_hard { "hard" } else { "soft" };
        let (title, why) = (&plan.check.title, &plan.check.why);
        line(&mut page, format_args!("| [{name}](plan/{name}.sql) | {weight} | {title} | {why} |"));
    }
    page.push_str("\n## Views and links\n\nBeside the tables of the input (`shipwake tables` lists them):\n\n| name | a row is |\n|---|---|\n");
    for (name, view) in &catalogue.views {
        line(&mut page, format_args!("| [{name}](views/{name}.sql) | {} |", view.about));
    }
    for link in LINKS {
        line(&mut page, format_args!("| `{}` | {} |", link.name, link.about));
    }
    page.push_str("\n## Functions\n\n| function | gives |\n|---|---|\n");
    for function in FUNCTIONS {
        line(&mut page, format_args!("| `{}` | {} |", function.call, function.about));
    }
    page.push_str(
        "\n## Benchmarks\n\nPublished clusters are answers to a survey, not limits: between two of them lies nobody.\n\n| metric | editions |\n|---|---|\n",
    );
    for (name, bands) in &catalogue.bands {
        let editions = bands.editions.iter().map(|edition| format!("{}: {}", edition.year, edition.source));
        line(&mut page, format_args!("| [{name}](bands/{name}.toml) | {} |", editions.collect::<Vec<_>>().join("; ")));
    }
    page
}

fn line(page: &mut String, text: std::fmt::Arguments) {
    let _ = writeln!(page, "{text}");
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The anchor that a heading gets where Markdown is shown.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}
