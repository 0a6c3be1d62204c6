//! Addresses as people type them, told apart from paths, and how they are shown: without anything that may be a secret.

use url::{Host, Url};

use super::error::RemoteError;

/// What answers at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    S3,
    Google,
    Azure,
    /// A server that gives one file.
    Web,
}

/// An address, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub service: Service,
    /// What comes before the path: `s3://bucket`, `abfss://container@account.dfs.core.windows.net`, or the whole address
    /// of a file on the web with its query, which may be a secret.
    pub(super) root: String,
    /// The bucket or container, or the host of a file on the web.
    pub bucket: String,
    /// The path below the root as it was written; empty for a file on the web.
    pub key: String,
    /// For people: without user, password and query.
    pub shown: String,
}

/// What is shown in place of a query.
pub const HIDDEN_QUERY: &str = "?…";

const SCHEMES: &[(&str, Service)] = &[
    ("s3", Service::S3),
    ("s3a", Service::S3),
    ("gs", Service::Google),
    ("az", Service::Azure),
    ("abfs", Service::Azure),
    ("abfss", Service::Azure),
    ("https", Service::Web),
    ("http", Service::Web),
];

/// Whether a text is an address rather than a path: it begins with a scheme and `://`.
pub fn is_address(text: &str) -> bool {
    scheme(text).is_some()
}

/// A text of any kind with users, passwords and queries of the addresses in it replaced by `*`, byte for byte.
pub fn without_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find("://") {
        let (before, after) = rest.split_at(begin + 3);
        let is_web = ["http://", "https://"].iter().any(|scheme| before.to_ascii_lowercase().ends_with(scheme));
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
        let (address, others) = after.split_at(after.find(is_end).unwrap_or(after.len()));
        shown.push_str(before);
        shown.push_str(&if is_web { hidden(address) } else { address.to_owned() });
        rest = others;
    }
    shown.push_str(rest);
    shown
}

/// What follows `https://`, with `*` for its secrets.
fn hidden(address: &str) -> String {
    let stars = |text: &str| "*".repeat(text.len());
    let (address, query) = address.find(['?', '#']).map_or((address, ""), |at| address.split_at(at + 1));
    let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let host = match host.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", stars(user)),
        None => host.to_owned(),
    };
    format!("{host}{path}{}", stars(query))
}

fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

impl Address {
    /// Takes an address apart. Paths within a store stand as they are: `%20` and `?` are characters like others.
    ///
    /// # Errors
    /// When its scheme is not known, it names no bucket or host, or it holds a password where none belongs.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let (scheme, rest) = scheme(text).unwrap_or_default();
        let known = SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme));
        match known {
            Some((_, Service::Web)) => of_web(text),
            Some((scheme, service)) => of_store(scheme, *service, rest),
            None => Err(RemoteError::scheme(scheme)),
        }
    }

    /// The last part of the path, which names a file.
    pub fn name(&self) -> &str {
        let path = match self.service {
            Service::Web => self.shown.trim_end_matches(HIDDEN_QUERY),
            _ => &self.key,
        };
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if name.is_empty() { &self.bucket } else { name }
    }

    /// The address of another key of the same store, as it is shown.
    pub(super) fn with_key(&self, key: &str) -> String {
        format!("{}/{key}", self.root)
    }
}

fn of_store(scheme: &str, service: Service, rest: &str) -> Result<Address, RemoteError> {
    let (authority, key) = rest.split_once('/').unwrap_or((rest, ""));
    let (bucket, account) = match authority.rsplit_once('@') {
        Some((container, account)) => (container, Some(account)),
        None => (authority, None),
    };
    if account.is_some() && (service != Service::Azure || bucket.contains(':')) {
        let shown = format!("{scheme}://…@{}/{key}", account.unwrap_or_default());
        return Err(RemoteError::address(&shown, "holds a user or a password, which belong in the environment"));
    }
    if bucket.is_empty() {
        return Err(RemoteError::address(&format!("{scheme}://{rest}"), "names no bucket"));
    }
    let root = format!("{scheme}://{authority}");
    let shown = if key.is_empty() { root.clone() } else { format!("{root}/{key}") };
    Ok(Address { service, root, bucket: bucket.to_owned(), key: key.to_owned(), shown })
}

fn of_web(text: &str) -> Result<Address, RemoteError> {
    let url = Url::parse(text).map_err(|error| {
        let shown = without_secrets(text);
        RemoteError::address(&shown, &format!("cannot be understood: {error}"))
    })?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // Only an address without a host refuses these, and it has no user either.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let query = if url.query().is_some() { HIDDEN_QUERY } else { "" };
    let shown = format!("{shown}{query}");
    Ok(Address { service: Service::Web, root: url.into(), bucket: host, key: String::new(), shown })
}

/// Whether an address of the web leads to this very machine.
pub(super) fn is_loopback(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_a_path() {
        for text in ["s3://b/x", "https://h/x", "ftp://h/x", "gs://b", "abfss://c@a.dfs.core.windows.net/x"] {
            assert!(is_address(text), "{text}");
        }
        for text in ["a/b.csv", "git:../shop", "C:\\x", "-", "a=b://c", "://x", "deploys: 1://2"] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn an_address_falls_into_bucket_and_key() {
        let address = Address::parse("s3://exports/2026/a b%20?.csv").unwrap();
        assert_eq!((address.bucket.as_str(), address.key.as_str()), ("exports", "2026/a b%20?.csv"));
        assert_eq!(address.name(), "a b%20?.csv");
        let address = Address::parse("abfss://logs@acme.dfs.core.windows.net/in/").unwrap();
        assert_eq!((address.bucket.as_str(), address.key.as_str(), address.name()), ("logs", "in/", "in"));
        assert_eq!(Address::parse("gs://exports").unwrap().name(), "exports");
        assert_eq!(Address::parse("https://h.example/a/incidents.csv?page=2").unwrap().name(), "incidents.csv");
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        let shown = |text: &str| Address::parse(text).map_or_else(|error| error.to_string(), |address| address.shown);
        assert_eq!(shown("https://me:p4ss@h.example/x.csv?sig=abc#d"), "https://h.example/x.csv?…");
        assert_eq!(shown("https://h.example/x.csv"), "https://h.example/x.csv");
        for text in ["s3://AKIA:p4ss@bucket/x", "https://me:p4ss@[::1/x?sig=p4ss", "abfss://a:p4ss@b/x"] {
            assert!(!shown(text).contains("p4ss"), "{}", shown(text));
        }
    }

    #[test]
    fn addresses_in_a_text_lose_their_secrets_and_no_byte() {
        let text = "path = \"https://me:pw@h.example/x?sig=1&b=2\" # s3://b/x?.csv, http://h/y";
        let shown = without_secrets(text);
        assert_eq!(shown, "path = \"https://*****@h.example/x?*********\" # s3://b/x?.csv, http://h/y");
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn an_address_that_leads_nowhere_says_so() {
        for text in ["ftp://h/x", "s3:///x", "https://"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_every_name() {
        for text in ["http://localhost:1/x", "http://127.0.0.9/x", "http://[::1]:8/x"] {
            assert!(is_loopback(text), "{text}");
        }
        for text in ["http://127.0.0.1.example/x", "http://10.0.0.1", "nothing"] {
            assert!(!is_loopback(text), "{text}");
        }
    }
}
