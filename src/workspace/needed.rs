//! What a run will read, found before anything is read: its questions are planned over tables without rows.
//!
//! No list of columns is kept by hand: the SQL says what it reads, and links say what they are made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};

use super::{Asked, AskedReport, Data, Linked, Means, WorkspaceError, base, engine, link_rules, reach};
use crate::link::{self, Links};
use crate::metric::{self, Catalogue, Context, FAILURES, KNOWN_FAILURES, Metric, Need, Request};
use crate::period::Period;
use crate::report;
use crate::settings::Settings;
use crate::source::{self, Intake, LoadedTable, Options};
use crate::table::{LINKS, Selection, TABLES, Table};
use crate::windows;

/// What answers depend on.
pub(super) struct Needed {
    /// The columns of tables, links and views.
    pub columns: Selection,
    /// Something about the rows as a whole is asked, which shows only where every column of every table is read.
    pub reads_all: bool,
}

/// What the answers to these questions depend on; none where that cannot be told, so that it is everything.
///
/// A question that is wrong is none of ours: it is answered with all columns, and then told.
pub(super) fn columns(
    settings: &Settings,
    catalogue: &Catalogue,
    asked: &Asked,
    as_of: i64,
    data: &Data,
) -> Option<Needed> {
    let given = match data {
        Data::Sources => source::given(&settings.sources, base(settings)),
        Data::Files(_) => None,
        Data::Store(opened) => Some(opened.given()),
    };
    let mut given = given.unwrap_or_else(all_columns);
    windows::columns(&settings.windows).iter().for_each(|column| given.add("windows", column));
    let (mut needed, needs) = read_by_statements(settings, catalogue, &given, asked, as_of)?;
    let has_tools = matches!(data, Data::Store(opened) if opened.has_tools());
    // Words that are not in a vocabulary are only found in columns that are read; and of two rows that say the same
    // the first stays, which only all columns tell.
    let tells_places = |table: &Table| needed.has(table.name, "place");
    let is_of_all = ["colliding_keys", "files_read", "unmapped_words"].iter().any(|name| needed.has_table(name));
    let is_read_here = !matches!(data, Data::Store(_)) && (is_of_all || TABLES.iter().any(tells_places));
    let reads_all = asked.report.is_some() || has_tools || is_read_here;
    for one_of in needs.iter().flat_map(|need| &need.any_of) {
        match one_of.split_once('.') {
            Some((table, column)) => needed.add(table, column),
            // Whether there is anything that may be a failure shows in these.
            None if matches!(one_of.as_str(), FAILURES | KNOWN_FAILURES) => {
                needed.add_table("attributions");
                needed.add_table("rollbacks");
                needed.add("changes", "reverts");
            }
            None => needed.add_table(one_of),
        }
    }
    // The environment tells what is production; the main instant from when to when there are data.
    needed.add("deployments", "environment");
    let rules = link_rules(settings, as_of);
    let has_links = !reads_all && matches!(data, Data::Store(opened) if opened.has_links(&rules, &needed));
    if !has_links {
        let for_links = link::reads(&needed, &given);
        needed.add_all(&for_links);
    }
    for table in TABLES {
        if !needed.has_table(table.name) {
            needed.add_ends(table.name, reach::LOOKS_BACK);
        }
        table.main_at.iter().for_each(|at| needed.add(table.name, at));
    }
    // What no file gives is unknown, not left out.
    for (table, column) in TABLES.iter().flat_map(|table| table.all_columns().map(move |column| (table, column))) {
        if !given.has(table.name, column.name) {
            needed.add(table.name, column.name);
        }
    }
    Some(Needed { columns: needed, reads_all })
}

/// The columns that all statements read in the end, and what must be given for them to be asked.
fn read_by_statements(
    settings: &Settings,
    catalogue: &Catalogue,
    given: &Selection,
    asked: &Asked,
    as_of: i64,
) -> Option<(Selection, Vec<Need>)> {
    let means = Means { threads: 1, memory_limit: None };
    let links = Linked { rows: no_links(settings, as_of).ok()?, deliveries: None };
    let engine = engine(settings, catalogue, &no_rows(given).ok()?, links, as_of, means, None).ok()?;
    let context = Context {
        engine: &engine,
        definitions: &settings.definitions,
        calendar: settings.calendar,
        as_of,
        data_from: None,
        begins: &BTreeMap::new(),
        ends: &BTreeMap::new(),
        given: &everything(),
    };
    let found = asked.questions.iter().map(|(name, request)| Some((catalogue.metric(name).ok()?, request.clone())));
    let metrics: Vec<(&Metric, Request)> = found.collect::<Option<_>>()?;
    let mut needs: Vec<Need> = metrics.iter().flat_map(|(metric, _)| metric.needs.iter().cloned()).collect();
    let mut statements = metric::statements(&context, &metrics).ok()?;
    if let Some(AskedReport { definition, with_events }) = asked.report {
        // Which columns are read does not depend on which period it is.
        let (calendar, grain) = (&settings.calendar, definition.grain);
        let start = calendar.start_of(calendar.date(as_of), grain);
        let period = Period { grain, start, end: calendar.next(start, grain) };
        let questions = report::questions(definition, catalogue, &context, period, with_events).ok()?;
        statements.extend(questions.statements);
        needs.extend(questions.needs);
    }
    Some((engine.demand(&statements).ok()?, needs))
}

/// Every column of every table.
fn all_columns() -> Selection {
    let mut all = Selection::default();
    for table in TABLES {
        all.add(table.name, "place");
        table.all_columns().for_each(|column| all.add(table.name, column.name));
    }
    all
}

/// The given tables with the given columns and no row.
fn no_rows(given: &Selection) -> Result<Intake, WorkspaceError> {
    let options =
        Options { as_of: None, base: "".as_ref(), threads: 1, timezone: None, only: None, progress: &|_, _| () };
    let mut intake = source::load(&[], &options)?;
    for table in TABLES.iter().filter(|table| given.has_table(table.name)) {
        let batches = vec![as_loaded(table, given)];
        intake.tables.insert(table.name, LoadedTable { table, batches, given: Vec::new() });
    }
    Ok(intake)
}

/// A table as sources give it: `place` instead of the texts that are made from it.
fn as_loaded(table: &Table, given: &Selection) -> RecordBatch {
    let is_stored = |name: &str| !matches!(name, "source" | "source_row") && given.has(table.name, name);
    let columns = table.all_columns().filter(|column| is_stored(column.name));
    let place = Field::new("place", DataType::Int64, false);
    let fields = columns.map(|column| Field::new(column.name, column.kind.data_type(), true));
    RecordBatch::new_empty(Arc::new(Schema::new(std::iter::once(place).chain(fields).collect::<Vec<_>>())))
}

/// Every link table with every column and no row.
fn no_links(settings: &Settings, as_of: i64) -> Result<Links, WorkspaceError> {
    let mut links = link::link(&link::Tables::default(), &link_rules(settings, as_of), None)?;
    for table in LINKS {
        let batches = match table.name {
            "attributions" => &mut links.attributions,
            "deliveries" => &mut links.deliveries,
            "recoveries" => &mut links.recoveries,
            "rollbacks" => &mut links.rollbacks,
            _ => continue,
        };
        *batches = vec![RecordBatch::new_empty(table.schema())];
    }
    Ok(links)
}

/// As if sources gave every column.
fn everything() -> BTreeSet<String> {
    let mut all = BTreeSet::from(["colliding_keys", "files_read", FAILURES, KNOWN_FAILURES].map(str::to_owned));
    for table in TABLES.iter().chain(LINKS) {
        all.insert(table.name.to_owned());
        all.extend(table.all_columns().map(|column| format!("{}.{}", table.name, column.name)));
    }
    all
}
