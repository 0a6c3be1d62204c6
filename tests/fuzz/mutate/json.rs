//! JSON: values of another type, members that are missing, come twice or are spelt otherwise, and what `serde_json`
//! cannot hold, such as numbers without limit and nesting without end.

use serde_json::{Map, Value};

use super::words::{respelt, word};
use crate::random::Random;

/// Numbers as texts, for many of them are no numbers here.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "123456789012345678901234567890123456789012345678901234567890",
    "1767607200",
    "1767607200.999999999",
    "1767607200000",
    "1767607200000000",
    "1767607200000000000",
    "1e18",
    "1E+3",
    "0.1e-7",
    "01",
    "+1",
    ".5",
    "1.",
    "NaN",
    "Infinity",
    "-",
    "0x1f",
    "1_0",
];

/// Stands for a piece of text that is put in when the value is written; no corpus file has it.
const MARK: char = '\u{10fffe}';

/// One text of JSON values, changed in one to six ways.
pub fn mutated(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut changing = Changing { random, pieces: Vec::new() };
    let values = serde_json::Deserializer::from_slice(text).into_iter::<Value>().map_while(Result::ok);
    let values: Vec<String> = values.map(|value| changing.text(value)).collect();
    let between = random.pick(&["\n", "", ",", " "]);
    let text = values.join(between);
    if random.once_in(30) { nested(&text, random) } else { text }.into_bytes()
}

/// The same for a value a line.
pub fn mutated_lines(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for _ in 0..=random.below(4) {
        let place = random.below(lines.len());
        match random.below(6) {
            0 => drop(lines.remove(place)),
            1 => lines.insert(place, lines[place].clone()),
            2 => lines.insert(place, word(random).into_bytes()),
            _ => lines[place] = mutated(&lines[place], random),
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join(random.pick(&["\n", "\n", "\r\n", "\n\n"]).as_bytes())
}

struct Changing<'a> {
    random: &'a mut Random,
    pieces: Vec<String>,
}

impl Changing<'_> {
    fn text(&mut self, mut value: Value) -> String {
        for _ in 0..=self.random.below(6) {
            let count = count(&value);
            let mut place = self.random.below(count);
            if let Some(found) = nth(&mut value, &mut place) {
                self.change(found);
            }
        }
        let mut text = match self.random.once_in(3) {
            true => serde_json::to_string_pretty(&value),
            false => serde_json::to_string(&value),
        }
        .unwrap_or_default();
        // A later piece may hold the marks of earlier ones.
        for (place, piece) in self.pieces.drain(..).enumerate().rev() {
            text = text.replace(&format!("\"{MARK}{place};\""), &piece);
        }
        text
    }

    fn change(&mut self, value: &mut Value) {
        match (self.random.below(12), value) {
            (0, value) => *value = Value::Null,
            (1, value) => {
                let number = *self.random.pick(NUMBERS);
                *value = self.piece(number.to_owned());
            }
            (2, value) => *value = Value::String(word(self.random)),
            (3, value) => *value = Value::Bool(self.random.once_in(2)),
            (4, value) => *value = Value::Array(vec![value.clone(); self.random.below(4)]),
            (5, value) => *value = Value::Object(Map::from_iter([("value".to_owned(), value.clone())])),
            (6, value) if self.random.once_in(8) => {
                let text = nested(&value.to_string(), self.random);
                *value = self.piece(text);
            }
            (_, Value::Object(object)) => self.change_object(object),
            (_, Value::Array(list)) => self.change_list(list),
            (_, value) => *value = Value::String(word(self.random)),
        }
    }

    fn change_object(&mut self, object: &mut Map<String, Value>) {
        let names: Vec<String> = object.keys().cloned().collect();
        if names.is_empty() {
            object.insert(word(self.random), Value::Null);
            return;
        }
        let name = self.random.pick(&names);
        match self.random.below(5) {
            0 => drop(object.shift_remove(name)),
            1 => {
                let value = object.shift_remove(name).unwrap_or_default();
                object.insert(respelt(name, self.random), value);
            }
            2 => {
                // A member that comes twice: with the same value, or with another.
                let text = Value::Object(object.clone()).to_string();
                let other = if self.random.once_in(2) { object[name].clone() } else { Value::Null };
                let again = format!("{},{}:{other}}}", &text[..text.len() - 1], Value::from(name.as_str()));
                let piece = self.piece(again);
                *object = Map::from_iter([(names[0].clone(), piece)]);
            }
            3 => drop(object.insert(respelt(name, self.random), Value::Null)),
            _ => drop(object.insert(word(self.random), object[name].clone())),
        }
    }

    fn change_list(&mut self, list: &mut Vec<Value>) {
        let place = self.random.below(list.len());
        match self.random.below(5) {
            0 => list.clear(),
            1 if !list.is_empty() => drop(list.remove(place)),
            2 if !list.is_empty() => {
                let copies = vec![list[place].clone(); 1 + self.random.below(20)];
                list.splice(place..place, copies);
            }
            3 => list.reverse(),
            _ => list
                .push(self.random.pick(&[Value::Null, Value::from(1), Value::from(""), Value::Array(vec![])]).clone()),
        }
    }

    fn piece(&mut self, text: String) -> Value {
        self.pieces.push(text);
        Value::String(format!("{MARK}{};", self.pieces.len() - 1))
    }
}

/// A text within many brackets or envelopes, not all of which need be closed.
fn nested(text: &str, random: &mut Random) -> String {
    let (open, close) = *random.pick(&[
        ("[", "]"),
        ("{\"data\":", "}"),
        ("{\"items\":[", "]}"),
        ("[{\"x\":", "}]"),
        ("{\"edges\":[{\"node\":", "}]}"),
    ]);
    let depth = *random.pick(&[2, 9, 127, 129, 2_000, 20_000]);
    let closed = if random.once_in(4) { depth / 2 } else { depth };
    format!("{}{text}{}", open.repeat(depth), close.repeat(closed))
}

/// How many values there are, this one and those within.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(object) => object.values().map(count).sum(),
        _ => 0,
    }
}

/// The value of that number, counted from the outside in.
fn nth<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| nth(value, place)),
        Value::Object(object) => object.values_mut().find_map(|value| nth(value, place)),
        _ => None,
    }
}
