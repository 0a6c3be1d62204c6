//! Kubernetes manifests as `kubectl … -o yaml` writes them, made JSON.

use serde::Deserialize;
use serde_json::Value;

/// Whether the first lines are those of a manifest.
pub fn recognises(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"apiVersion:"))
}

/// The documents of a text, each with its first line.
///
/// # Errors
/// What is wrong with the first that cannot be read.
pub fn documents(text: &str) -> Result<Vec<(i64, Value)>, String> {
    let separators = text.lines().zip(2i64..).filter(|(line, _)| line.starts_with("---")).map(|(_, next)| next);
    let mut lines = std::iter::once(1).chain(separators);
    if text.starts_with("---") {
        lines.next();
    }
    serde_norway::Deserializer::from_str(text)
        .zip(lines)
        .map(|(document, line)| Ok((line, Value::deserialize(document).map_err(|error| error.to_string())?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_document_has_its_line() {
        let text = "---\napiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: B\nn: 3\n";
        assert!(recognises(text.as_bytes()));
        let expected =
            vec![(2, json!({"apiVersion": "v1", "kind": "A"})), (5, json!({"apiVersion": "v1", "kind": "B", "n": 3}))];
        assert_eq!(documents(text), Ok(expected));
        assert!(documents("a: [").is_err());
    }
}
