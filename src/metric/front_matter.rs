//! The comments in front of a query: `-- key: value`, one a line, until the first line that is none.

use super::MetricError;

/// Keys with their values and lines, in order.
#[derive(Debug, Clone)]
pub struct FrontMatter {
    pub file: String,
    entries: Vec<(String, String, usize)>,
}

impl FrontMatter {
    /// Reads the comments in front; the text itself stays as it is, so that line numbers in errors match the file.
    pub fn read(file: &str, text: &str) -> Result<Self, MetricError> {
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let Some(comment) = line.strip_prefix("--") else {
                break;
            };
            let Some((key, value)) = comment.split_once(':') else {
                return Err(MetricError::FrontMatter {
                    file: file.to_owned(),
                    line: index + 1,
                    message: format!("expected `-- key: value`, found `{line}`"),
                    help: "leave an empty line between the front matter and other comments".into(),
                });
            };
            entries.push((key.trim().to_owned(), value.trim().to_owned(), index + 1));
        }
        Ok(Self { file: file.to_owned(), entries })
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(name, _, _)| name == key).map(|(_, value, _)| value.as_str())
    }

    /// # Errors
    /// Where the key is missing.
    pub fn require(&self, key: &str) -> Result<&str, MetricError> {
        self.get(key).ok_or_else(|| MetricError::FrontMatter {
            file: self.file.clone(),
            line: 1,
            message: format!("the front matter has no `{key}`"),
            help: format!("add a line `-- {key}: …`"),
        })
    }

    /// Names every key that is missing at once, each with what may stand there.
    ///
    /// # Errors
    /// Where any is missing.
    pub fn require_all(&self, keys: &[(&str, &str)]) -> Result<(), MetricError> {
        let missing: Vec<&(&str, &str)> = keys.iter().filter(|(key, _)| self.get(key).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = missing.iter().map(|(key, _)| format!("`{key}`")).collect();
        let lines: Vec<String> = missing.iter().map(|(key, what)| format!("-- {key}: {what}")).collect();
        let message = format!("the front matter has no {}", names.join(", "));
        let help = format!("add, a line each:\n{}", lines.join("\n"));
        Err(self.wrong(1, message, help))
    }

    /// # Errors
    /// Where a key is not one of `known`, or comes twice.
    pub fn only(&self, known: &[&str]) -> Result<(), MetricError> {
        for (index, (key, _, line)) in self.entries.iter().enumerate() {
            let message = if !known.contains(&key.as_str()) {
                format!("the front matter has no key `{key}`")
            } else if self.entries[..index].iter().any(|(earlier, _, _)| earlier == key) {
                format!("the front matter has `{key}` twice")
            } else {
                continue;
            };
            return Err(self.wrong(*line, message, format!("keys are {}", known.join(", "))));
        }
        Ok(())
    }

    /// An error about the value of `key`.
    pub fn wrong_value(&self, key: &str, message: String, help: String) -> MetricError {
        let line = self.entries.iter().find(|(name, _, _)| name == key).map_or(1, |(_, _, line)| *line);
        self.wrong(line, message, help)
    }

    fn wrong(&self, line: usize, message: String, help: String) -> MetricError {
        MetricError::FrontMatter { file: self.file.clone(), line, message, help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_where_the_statement_begins() {
        let matter = FrontMatter::read("a.sql", "-- metric: a\n-- why: so: that\n\n-- note: later\nselect 1").unwrap();
        assert_eq!(matter.get("metric"), Some("a"));
        assert_eq!(matter.get("why"), Some("so: that"));
        assert_eq!(matter.get("note"), None);
    }

    #[test]
    fn all_missing_keys_are_told_at_once_with_what_may_stand_there() {
        let matter = FrontMatter::read("a.sql", "-- metric: a\n-- title: A\n").unwrap();
        let error = matter.require_all(&[("title", "words"), ("unit", "ratio, seconds"), ("better", "higher, lower")]);
        let MetricError::FrontMatter { message, help, .. } = error.unwrap_err() else { panic!("another error") };
        assert_eq!(message, "the front matter has no `unit`, `better`");
        assert_eq!(help, "add, a line each:\n-- unit: ratio, seconds\n-- better: higher, lower");
        assert!(matter.require_all(&[("title", "words")]).is_ok());
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line() {
        let matter = FrontMatter::read("a.sql", "-- metric: a\n-- colour: red\n").unwrap();
        let error = matter.only(&["metric"]).unwrap_err();
        assert_eq!(error.to_string(), "a.sql:2: the front matter has no key `colour`");
    }
}
