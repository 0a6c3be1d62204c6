//! Which columns files give, told from their first lines alone, before anything is read.

use std::path::Path;

use super::error::SourceError;
use super::files::{self, Found};
use super::formats;
use super::plan::{Headers, Plan};
use super::spec::Spec;
use super::{Selection, detect};
use crate::remote::is_address;

/// The columns that some file of the sources may give; a column that is not among them is in no file.
/// None where the first lines of a file do not tell, as in JSON, where any record may have a further field.
pub fn given(specs: &[Spec], base: &Path) -> Option<Selection> {
    let mut given = Selection::default();
    for spec in specs {
        // Standard input can be read only once, what a repository tells is known when it has been read, and what lies
        // elsewhere would be fetched twice.
        if spec.path == "-" || spec.repository().is_some() || is_address(&spec.path) {
            return None;
        }
        for file in files::find(spec, base).ok()? {
            let plan = planned(spec, &file).ok()??;
            add(&plan, &mut given);
        }
    }
    Some(given)
}

fn planned(spec: &Spec, file: &Found) -> Result<Option<Plan>, SourceError> {
    let opened = file.open(spec.encoding()?, &|_| ())?;
    let Some(names) = formats::of(&opened.head, spec, &file.shown)?.headers(&opened.head, spec) else {
        return Ok(None);
    };
    let headers = Headers { names: &names, is_nested: false };
    let table = detect::table(headers, spec, &file.shown)?;
    Plan::new(table, headers, spec, &file.shown).map(Some)
}

/// The columns of the plan, the required ones, which rules may fill, and the place of each row.
fn add(plan: &Plan, given: &mut Selection) {
    let table = plan.table.name;
    given.add(table, "place");
    plan.columns.iter().for_each(|filled| given.add(table, filled.column.name));
    plan.table.columns.iter().filter(|column| column.is_required).for_each(|column| given.add(table, column.name));
    if !plan.extra.is_empty() {
        given.add(table, "extra");
    }
}
