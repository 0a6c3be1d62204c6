//! Every reader against files that nobody would write: seeded mutations of small well-formed files, and laws that hold
//! for all of them. `README.md` here says how to run it for long and how to see a case again.

mod laws;
mod mutate;
mod random;
mod run;

use std::collections::BTreeSet;
use std::fs;

use shipwake::source;

/// One test a format, so that `cargo test --test fuzz jira` runs one alone.
macro_rules! formats {
    ($($test:ident $format:literal)*) => {
        const FORMATS: &[&str] = &[$($format),*];

        $(
            #[test]
            fn $test() {
                run::format($format);
            }
        )*
    };
}

formats! {
    argocd "argocd"
    azure_devops "azure-devops"
    bitbucket "bitbucket"
    buildkite "buildkite"
    cdevents "cdevents"
    circleci "circleci"
    csv "csv"
    datadog_dora "datadog-dora"
    devlake "devlake"
    github "github"
    gitlab "gitlab"
    google_cloud "google-cloud"
    incident_io "incident-io"
    jenkins "jenkins"
    jira "jira"
    json "json"
    linear "linear"
    ndjson "ndjson"
    octopus "octopus"
    opsgenie "opsgenie"
    pagerduty "pagerduty"
    parquet "parquet"
    servicenow "servicenow"
    statuspage "statuspage"
    tsv "tsv"
    zendesk "zendesk"
}

#[test]
fn every_format_of_files_has_a_test_and_a_corpus() {
    // A repository is read by the program of git and is no file.
    let readable: BTreeSet<&str> = source::formats().map(|(name, _)| name).filter(|name| *name != "git").collect();
    assert_eq!(FORMATS.iter().copied().collect::<BTreeSet<_>>(), readable);
    let folders: BTreeSet<String> = fs::read_dir(run::corpora())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(folders.iter().map(String::as_str).eq(readable));
}

#[test]
fn a_corpus_is_read_as_its_format_and_fills_tables_as_long_as_nothing_is_changed() {
    for format in FORMATS {
        for (name, kept, read_as) in run::unchanged(format) {
            assert!(kept > 0, "{format}/{name} keeps nothing");
            assert!(read_as.contains(format), "{format}/{name} is read as {read_as:?}");
        }
    }
}
