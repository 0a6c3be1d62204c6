//! A declaration told to a person: which records, which column from which field, which words, and what cannot be told.

use super::model::{Field, Fold, How, Rows, Shape, Test, Vendor};
use super::record::DEPLOYING;

/// What one format reads, ready to be laid out.
#[derive(Debug)]
pub struct Description {
    pub name: &'static str,
    pub about: &'static str,
    pub shapes: Vec<ShapeDescription>,
    pub untold: &'static [&'static str],
}

/// One kind of record.
#[derive(Debug)]
pub struct ShapeDescription {
    pub name: &'static str,
    /// How it is recognised.
    pub told_by: String,
    /// (table, when and for what, (column, where it comes from, words))
    pub rows: Vec<(&'static str, String, Vec<[String; 3]>)>,
}

/// Tells a declaration.
pub fn describe(vendor: &Vendor) -> Description {
    let shape = |shape: &Shape| ShapeDescription {
        name: shape.name,
        told_by: tests(shape.when),
        rows: shape
            .rows
            .iter()
            .map(|rows| (rows.table, condition(rows), rows.fields.iter().map(line).collect()))
            .collect(),
    };
    Description {
        name: vendor.name,
        about: vendor.about,
        shapes: vendor.shapes.iter().map(shape).collect(),
        untold: vendor.untold,
    }
}

fn condition(rows: &Rows) -> String {
    let each = rows.each.map(|list| format!("each of `{list}`"));
    let when = (!rows.when.is_empty()).then(|| format!("where {}", tests(rows.when)));
    [each, when].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn line(field: &Field) -> [String; 3] {
    let paths = field.from.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", else ");
    let from = match field.how {
        How::Plain => paths,
        How::Joined => format!("all of {paths}"),
        How::Constant(text) => format!("always `{text}`"),
        How::Through(_, about) => format!("{about} {paths}"),
        How::Made(_, about) => about.to_owned(),
    };
    let when = (!field.when.is_empty()).then(|| format!("where {}", tests(field.when)));
    let fold = match field.fold {
        Fold::Last => None,
        Fold::First => Some("the first told".to_owned()),
        Fold::Earliest => Some("the earliest of all records".to_owned()),
        Fold::Latest => Some("the latest of all records".to_owned()),
        Fold::Since(column) => Some(format!("the first since which `{column}` is what it is last")),
        Fold::Union => Some("all different ones".to_owned()),
    };
    let stand_in = field.is_stand_in.then_some("where nothing better is known");
    let said = [Some(from), when, fold, stand_in.map(str::to_owned)];
    let words = field.words.iter().map(|(word, ours)| match ours.is_empty() {
        true => format!("{word} → null"),
        false => format!("{word} → {ours}"),
    });
    [
        field.column.to_owned(),
        said.into_iter().flatten().collect::<Vec<_>>().join("; "),
        words.collect::<Vec<_>>().join(", "),
    ]
}

fn tests(all: &[Test]) -> String {
    let names =
        |names: &[&str], word: &str| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(word);
    let one = |test: &Test| match test {
        Test::Has(path) => format!("has `{path}`"),
        Test::HasAny(paths) => format!("has {}", names(paths, " or ")),
        Test::Lacks(path) => format!("lacks `{path}`"),
        Test::Known(path) => format!("`{path}` has a value"),
        Test::Is(path, words) => format!("`{path}` is {}", words.join(" or ")),
        Test::IsNot(path, words) => format!("`{path}` is not {}", words.join(" or ")),
        Test::Holds(path, parts) => format!("`{path}` holds {}", names(parts, " or ")),
        Test::UnlessAllDeploy(some) => {
            format!("{}, unless the source says `table = \"deployments\"`", tests(some))
        }
        Test::Deploys(paths) => format!(
            "{} names a deployment: by `pipelines` of the source, or a word of {}; all where the source says `table = \"deployments\"`",
            names(paths, " or "),
            DEPLOYING.join(", ")
        ),
    };
    all.iter().map(one).collect::<Vec<_>>().join(" and ")
}
