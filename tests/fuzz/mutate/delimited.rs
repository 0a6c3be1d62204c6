//! Delimited text: rows that are ragged, quotes that are open, headers that come twice, ends of line of every kind.

use super::words::{respelt, word};
use crate::random::Random;

/// How the rows are written.
struct Manner {
    delimiter: u8,
    line_end: &'static str,
    /// Once in so many fields an end of line, a quote that is open, a quote within.
    disorder: usize,
}

/// The rows of a text, changed in one to six ways and written in some manner.
pub fn mutated(text: &[u8], delimiter: u8, random: &mut Random) -> Vec<u8> {
    let mut rows = rows(text, delimiter);
    for _ in 0..=random.below(6) {
        change(&mut rows, random);
    }
    let manner = Manner {
        delimiter: if random.once_in(6) { *random.pick(b",;\t|: ") } else { delimiter },
        line_end: random.pick::<&str>(&["\n", "\n", "\n", "\r\n", "\r\n", "\r", "\n\n", "\n\r"]),
        disorder: *random.pick(&[0, 0, 0, 20, 100]),
    };
    written(&rows, &manner, random)
}

/// The fields of every line, of whatever number.
pub fn rows(text: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    // Some corpora are written with semicolons.
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if header.contains(&delimiter) { delimiter } else { b';' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text);
    reader.records().map_while(Result::ok).map(|row| row.iter().map(str::to_owned).collect()).collect()
}

/// Changes one thing of the rows, the header among them.
pub fn change(rows: &mut Vec<Vec<String>>, random: &mut Random) {
    if rows.is_empty() {
        return;
    }
    let row = random.below(rows.len());
    let column = random.below(rows[row].len());
    match random.below(14) {
        0..=3 => rows[row].get_mut(column).into_iter().for_each(|field| *field = word(random)),
        4 => drop(rows[row].pop()),
        5 => rows[row].push(word(random)),
        6 => drop(rows.remove(row)),
        7 => rows.insert(row, rows[0].clone()),
        8 => rows[0].get_mut(column).into_iter().for_each(|name| *name = respelt(name, random)),
        9 => {
            let name = rows[0].get(column).cloned().unwrap_or_default();
            let place = random.below(rows[0].len());
            rows[0].insert(place, name);
        }
        10 => rows.iter_mut().filter(|row| column < row.len()).for_each(|row| drop(row.remove(column))),
        11 => {
            let copies = vec![rows[row].clone(); 1 + random.below(300)];
            rows.splice(row..row, copies);
        }
        12 => rows[row].clear(),
        _ => {
            let other = random.below(rows.len());
            rows.swap(row, other);
        }
    }
}

fn written(rows: &[Vec<String>], manner: &Manner, random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    if random.once_in(5) {
        text.push('\u{feff}');
    }
    for row in rows {
        for (place, field) in row.iter().enumerate() {
            if place > 0 {
                text.push(char::from(manner.delimiter));
            }
            match manner.disorder > 0 && random.once_in(manner.disorder) {
                true => text.push_str(&disorderly(field, random)),
                false => text.push_str(&quoted(field, manner.delimiter)),
            }
        }
        text.push_str(manner.line_end);
    }
    if random.once_in(4) {
        text.truncate(text.trim_end().len());
    }
    text.into_bytes()
}

fn quoted(field: &str, delimiter: u8) -> String {
    match field.contains(['"', '\n', '\r', char::from(delimiter)]) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

fn disorderly(field: &str, random: &mut Random) -> String {
    match random.below(6) {
        0 => format!("\"{field}"),
        1 => format!("{field}\""),
        2 => format!("{field}\n"),
        3 => format!("\"{field}\n\r\n\"\"{field}\""),
        4 => format!("\"{field}\"x"),
        _ => format!(" \"{field}\" "),
    }
}
