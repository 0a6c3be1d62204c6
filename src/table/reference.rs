//! References that leave away what a tool's key begins with: `41`, `#41`, `shop#41` or an address for
//! `github:acme/shop#41`.
//!
//! People write numbers as they see them, while keys tell tool and project too. Nothing is guessed: who asks gets every
//! key that is meant as well, and decides what several mean.

use std::collections::HashMap;

/// Keys by their numbers, to be found by less than the whole.
pub struct Shortened<'a> {
    by_number: HashMap<&'a str, Vec<Qualified<'a>>>,
    /// What the keys name, in the plural, as addresses have it: `deployments`.
    noun: &'a str,
}

/// A key taken apart: `github:acme/shop/runs#41`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Qualified<'a> {
    key: &'a str,
    tool: &'a str,
    /// `acme/shop`; may be empty.
    place: &'a str,
    /// `runs`, where a tool counts several kinds of records apart.
    kind: Option<&'a str>,
    number: &'a str,
}

/// The last part of a place that is no project, with the words that addresses have for it.
const KINDS: &[(&str, &[&str])] = &[
    ("alerts", &["alerts", "alert"]),
    ("approvals", &["approvals"]),
    ("builds", &["builds"]),
    ("environments", &["environments"]),
    ("pipelines", &["pipelines"]),
    ("pulls", &["pulls", "pull", "pull-requests", "pullrequests", "pullrequest"]),
    ("runs", &["runs"]),
];

impl<'a> Shortened<'a> {
    /// Of these keys, those that begin with a tool; `noun` is what they name, in the plural.
    pub fn new(keys: impl Iterator<Item = &'a str>, noun: &'a str) -> Self {
        let mut by_number: HashMap<&str, Vec<Qualified>> = HashMap::new();
        for key in keys.filter_map(Qualified::of) {
            by_number.entry(key.number).or_default().push(key);
        }
        for keys in by_number.values_mut() {
            keys.sort_unstable();
            keys.dedup();
        }
        Self { by_number, noun }
    }

    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// Every key that the reference may mean, in order; one that is a key itself is no shortened one.
    pub fn meant(&self, reference: &str) -> Vec<&'a str> {
        let reference = reference.trim();
        if let Some((_, address)) = reference.split_once("://") {
            return self.addressed(address);
        }
        let digits = reference.bytes().rev().take_while(u8::is_ascii_digit).count();
        let number = &reference[reference.len() - digits..];
        let keys = self.by_number.get(number).into_iter().flatten();
        keys.filter(|key| key.ends_with(reference)).map(|key| key.key).collect()
    }

    /// The keys of what lies at an address: `github.example/acme/shop/actions/runs/41`.
    fn addressed(&self, address: &str) -> Vec<&'a str> {
        let address = address.split(['?', '#']).next().unwrap_or(address).to_ascii_lowercase().replace("%2f", "/");
        let mut parts = address.split('/').filter(|part| !part.is_empty());
        let host = parts.next().unwrap_or_default();
        let parts: Vec<&str> = parts.collect();
        let mut meant = Vec::new();
        for (place, pair) in parts.windows(2).enumerate() {
            let [noun, number] = pair else { continue };
            let keys = self.by_number.get(number).into_iter().flatten();
            let before = format!("/{}/", parts[..place].join("/"));
            let fits = |key: &&Qualified| key.is_called(noun, self.noun) && key.lies_in(host, &before);
            meant.extend(keys.filter(fits).map(|key| key.key));
        }
        meant
    }
}

impl<'a> Qualified<'a> {
    fn of(key: &'a str) -> Option<Self> {
        let (tool, rest) = key.split_once(':')?;
        let (place, number) = rest.rsplit_once('#').unwrap_or(("", rest));
        let is_tool = !tool.is_empty() && tool.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let (before, last) = place.rsplit_once('/').unwrap_or(("", place));
        let kind = KINDS.iter().find(|(kind, _)| *kind == last).map(|(kind, _)| *kind);
        let place = if kind.is_some() { before } else { place };
        (is_tool && is_number).then_some(Self { key, tool, place, kind, number })
    }

    /// Whether the reference is the key without some whole parts at its beginning.
    fn ends_with(&self, reference: &str) -> bool {
        if reference.strip_prefix('#').unwrap_or(reference) == self.number {
            return true;
        }
        let Some(begin) = self.key.len().checked_sub(reference.len()).filter(|begin| *begin > 0) else { return false };
        let (before, end) = self.key.as_bytes().split_at(begin);
        let is_whole = matches!(before.last(), Some(b':' | b'/'));
        is_whole && reference.contains('#') && end.eq_ignore_ascii_case(reference.as_bytes())
    }

    fn is_called(&self, word: &str, noun: &str) -> bool {
        match self.kind {
            None => word == noun,
            Some(kind) => KINDS.iter().any(|(known, words)| *known == kind && words.contains(&word)),
        }
    }

    /// Whether an address leads through the project; where there is none, its host must be the tool's.
    fn lies_in(&self, host: &str, before: &str) -> bool {
        match self.place.is_empty() {
            true => host.contains(self.tool),
            false => before.contains(&format!("/{}/", self.place.to_ascii_lowercase())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[&str] = &[
        "github:acme/shop#41",
        "github:acme/shop/runs#41",
        "github:acme/shop#7",
        "gitlab:acme/apps/web/pipelines#9",
        "zendesk:8",
        "D-7",
        "41",
    ];

    fn meant(reference: &str) -> Vec<&'static str> {
        Shortened::new(KEYS.iter().copied(), "deployments").meant(reference)
    }

    #[test]
    fn a_reference_is_the_end_of_a_key_at_the_border_of_its_parts() {
        for reference in ["7", "#7", "shop#7", "acme/shop#7", " 7 ", "Acme/Shop#7"] {
            assert_eq!(meant(reference), ["github:acme/shop#7"], "{reference}");
        }
        for reference in ["runs#41", "shop/runs#41"] {
            assert_eq!(meant(reference), ["github:acme/shop/runs#41"], "{reference}");
        }
        assert_eq!(meant("#8"), ["zendesk:8"]);
        for reference in ["hop#7", "07", "other/shop#7", "D-7", "v7", "", "#", "shop#", "acme/shop"] {
            assert_eq!(meant(reference), Vec::<&str>::new(), "{reference}");
        }
    }

    #[test]
    fn what_may_mean_several_keys_gives_them_all() {
        assert_eq!(meant("41"), ["github:acme/shop#41", "github:acme/shop/runs#41"]);
    }

    #[test]
    fn an_address_means_the_record_that_lies_there() {
        let cases = [
            ("https://api.github.com/repos/acme/shop/deployments/41", "github:acme/shop#41"),
            ("https://github.com/acme/shop/actions/runs/41/job/3", "github:acme/shop/runs#41"),
            ("https://github.com/Acme/Shop/actions/runs/41?pr=5", "github:acme/shop/runs#41"),
            ("https://gitlab.example/acme/apps/web/-/pipelines/9", "gitlab:acme/apps/web/pipelines#9"),
            (
                "https://gitlab.example/api/v4/projects/acme%2Fapps%2Fweb/pipelines/9",
                "gitlab:acme/apps/web/pipelines#9",
            ),
            ("https://acme.zendesk.com/api/v2/deployments/8", "zendesk:8"),
        ];
        for (address, key) in cases {
            assert_eq!(meant(address), [key], "{address}");
        }
        for address in [
            "https://github.com/acme/shop/pull/41",
            "https://github.com/acme/workshop/deployments/41",
            "https://elsewhere.example/deployments/8",
        ] {
            assert_eq!(meant(address), Vec::<&str>::new(), "{address}");
        }
    }
}
