//! The texts and fonts that give a page its form: built in, each text replaceable by the user's own.
//!
//! It holds texts by name and fonts by order, and knows nothing of what is in them; it reads no file.

use std::collections::BTreeMap;

use crate::embedded;
use crate::sink::SinkError;

const BUILT_IN: &[(&str, &str)] = &[
    ("blocks.html", include_str!("../../reports/templates/blocks.html")),
    ("cover.svg", include_str!("../../reports/templates/cover.svg")),
    ("page.html", include_str!("../../reports/templates/page.html")),
    ("page.js", include_str!("../../reports/templates/page.js")),
    ("parts.typ", include_str!("../../reports/templates/parts.typ")),
    ("report.typ", include_str!("../../reports/templates/report.typ")),
    ("roster.html", include_str!("../../reports/templates/roster.html")),
    ("site.css", include_str!("../../reports/templates/site.css")),
    ("site.html", include_str!("../../reports/templates/site.html")),
    ("site.js", include_str!("../../reports/templates/site.js")),
    ("slides.typ", include_str!("../../reports/templates/slides.typ")),
    ("style.css", include_str!("../../reports/templates/style.css")),
];

/// Template texts by name, and fonts of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    texts: BTreeMap<String, String>,
    fonts: Vec<Vec<u8>>,
}

impl Default for Assets {
    fn default() -> Self {
        let texts = BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Self { texts: texts.collect(), fonts: Vec::new() }
    }
}

impl Assets {
    /// Puts the user's own text in the place of a built-in one.
    ///
    /// # Errors
    ///
    /// [`SinkError::NoSuchTemplate`] where no built-in text has this name, so that a
    /// misspelt file does not go unnoticed.
    pub fn replace(&mut self, name: &str, text: String) -> Result<(), SinkError> {
        let Some(place) = self.texts.get_mut(name) else {
            return Err(self.no_such(name));
        };
        *place = text;
        Ok(())
    }

    /// Adds a font that is tried after the built-in ones.
    pub fn add_font(&mut self, bytes: Vec<u8>) {
        self.fonts.push(bytes);
    }

    /// All fonts, the built-in ones first.
    pub fn fonts(&self) -> impl Iterator<Item = &[u8]> {
        embedded::FONTS.iter().copied().chain(self.fonts.iter().map(Vec::as_slice))
    }

    /// The text of this name.
    ///
    /// # Errors
    ///
    /// [`SinkError::NoSuchTemplate`].
    pub fn text(&self, name: &str) -> Result<&str, SinkError> {
        self.texts.get(name).map(String::as_str).ok_or_else(|| self.no_such(name))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    fn no_such(&self, name: &str) -> SinkError {
        let known: Vec<String> = self.names().map(|name| format!("`{name}`")).collect();
        SinkError::NoSuchTemplate { name: name.to_owned(), known: known.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_text_takes_the_place_of_the_built_in_one() {
        let mut assets = Assets::default();
        assets.replace("style.css", "p { color: red }".to_owned()).expect("style.css is built in");
        assert_eq!(assets.text("style.css").expect("it is there"), "p { color: red }");
    }

    #[test]
    fn a_misspelt_name_is_an_error_that_lists_the_names() {
        let error = Assets::default().replace("pgae.html", String::new()).expect_err("no such template");
        assert_eq!(error.to_string(), "no template is called `pgae.html`");
        assert!(error.help().starts_with("templates are `blocks.html`, `cover.svg`, `page.html`"));
    }
}
