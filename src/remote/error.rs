//! What can go wrong on the way to another machine, told by what a person can do about it and without any secret.

use std::collections::BTreeMap;
use std::error::Error;

use miette::Diagnostic;

use super::address::{Address, Service, without_secrets};

/// Why an address could not be read or written: what failed, where, and what to do next.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{what}")]
#[diagnostic(help("{help}"))]
pub struct RemoteError {
    pub cause: Cause,
    what: String,
    help: String,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The address itself, or a variable that belongs to it, is wrong.
    Address,
    /// No credentials were found, or they are not accepted.
    Credentials,
    /// The credentials are accepted and do not suffice.
    Forbidden,
    NoBucket,
    Missing,
    Unreachable,
    /// Anything else that a server or a connection may do.
    Other,
}

impl RemoteError {
    pub(super) fn new(cause: Cause, what: String, help: impl Into<String>) -> Self {
        Self { cause, what, help: help.into() }
    }

    pub(super) fn address(shown: &str, what: &str) -> Self {
        Self::new(Cause::Address, format!("address `{shown}` {what}"), KNOWN)
    }

    pub(super) fn scheme(scheme: &str) -> Self {
        Self::new(Cause::Address, format!("`{scheme}://` is no address that shipwake can read"), KNOWN)
    }

    pub(super) fn machine(cause: &str) -> Self {
        Self::new(Cause::Other, format!("could not prepare for the network: {cause}"), "look at limits of this machine")
    }

    /// Nothing is where the address leads.
    pub fn missing(shown: &str) -> Self {
        let help = "look for a typing error; paths tell capitals from small letters, and a folder ends with `/`";
        Self::new(Cause::Missing, format!("nothing is at `{shown}`"), help)
    }
}

const KNOWN: &str = "addresses begin with `s3://BUCKET/`, `gs://BUCKET/`, `az://CONTAINER/`, \
                     `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/` or `https://HOST/`; a file on this machine has none";

/// Tells the errors of the library.
pub(super) struct Told<'a> {
    pub address: &'a Address,
    pub variables: &'a BTreeMap<String, String>,
}

impl Told<'_> {
    /// What an error while asking means.
    pub fn of(&self, error: &object_store::Error) -> RemoteError {
        let text = chain(error);
        let shown = &self.address.shown;
        let is = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let status = status(&text);
        if is(METADATA) {
            let what = format!("no credentials for `{shown}`");
            return RemoteError::new(Cause::Credentials, what, self.variables_wanted());
        }
        if is(&["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"]) {
            let what = format!("no bucket is called `{}`, asked for `{shown}`", self.address.bucket);
            return RemoteError::new(Cause::NoBucket, what, self.other_bucket());
        }
        if is(NOT_ACCEPTED) || status == Some(401) {
            let what = format!("the credentials for `{shown}` are not accepted{}", self.said(&text));
            return RemoteError::new(Cause::Credentials, what, self.variables_wanted());
        }
        if status == Some(403) || matches!(error, object_store::Error::PermissionDenied { .. }) {
            let what = format!("reading `{shown}` is forbidden{}", self.said(&text));
            return RemoteError::new(Cause::Forbidden, what, self.right_wanted());
        }
        if status == Some(404) || matches!(error, object_store::Error::NotFound { .. }) {
            return RemoteError::missing(shown);
        }
        if matches!(error, object_store::Error::Precondition { .. }) || status == Some(412) {
            let what = format!("`{shown}` changed while it was read");
            return RemoteError::new(Cause::Other, what, "try again when nobody writes it");
        }
        let innermost = self.cleaned(&innermost(error));
        if is(UNREACHABLE) && status.is_none() {
            let what = format!("could not reach `{}` for `{shown}`: {innermost}", self.host());
            return RemoteError::new(Cause::Unreachable, what, self.way());
        }
        let said = self.said(&text);
        let what = match (status, said.is_empty()) {
            (Some(status), _) => format!("`{shown}` was answered with status {status}{said}"),
            (None, _) => format!("could not read `{shown}`: {innermost}"),
        };
        RemoteError::new(Cause::Other, what, "try again; if it stays so, ask who keeps the server")
    }

    /// What an error before asking means: a variable is missing or wrong.
    pub fn of_variables(&self, error: &object_store::Error) -> RemoteError {
        let cause = match error {
            object_store::Error::Generic { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        let what = format!("the environment does not suffice for `{}`: {}", self.address.shown, self.cleaned(&cause));
        RemoteError::new(Cause::Address, what, self.variables_wanted())
    }

    /// `: CODE, MESSAGE` of the answer of a store; of any other body nothing.
    fn said(&self, text: &str) -> String {
        let part = |name: &str| {
            let begin = text.find(&format!("<{name}>"))? + name.len() + 2;
            let length = text[begin..].find(&format!("</{name}>"))?;
            let line = text[begin..begin + length].lines().next().unwrap_or_default().trim();
            (!line.is_empty()).then(|| self.cleaned(line))
        };
        match (part("Code"), part("Message")) {
            (Some(code), Some(message)) => format!(": {code}, {message}"),
            (Some(code), None) => format!(": {code}"),
            _ => String::new(),
        }
    }

    /// A text without the values of variables that are secrets, and without queries.
    fn cleaned(&self, text: &str) -> String {
        let is_secret = |name: &str| ["KEY", "SECRET", "TOKEN", "SAS"].iter().any(|word| name.contains(word));
        let secrets = self.variables.iter().filter(|(name, value)| is_secret(name) && value.len() > 3);
        let text = secrets.fold(text.to_owned(), |text, (_, value)| text.replace(value.as_str(), "…"));
        let text = without_secrets(&text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn host(&self) -> String {
        let endpoint = match self.address.service {
            Service::S3 => ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].as_slice(),
            Service::Google => &["GOOGLE_BASE_URL"],
            Service::Azure => &["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"],
            Service::Web => &[],
        };
        let given = endpoint.iter().find_map(|name| self.variables.get(*name));
        match (given, self.address.service) {
            (Some(endpoint), _) => self.cleaned(endpoint),
            (None, Service::S3) => "Amazon S3".into(),
            (None, Service::Google) => "Google Cloud Storage".into(),
            (None, Service::Azure) => "Azure Storage".into(),
            (None, Service::Web) => self.address.bucket.clone(),
        }
    }

    fn way(&self) -> &'static str {
        match self.address.service {
            Service::S3 => "look at the connection, at `AWS_ENDPOINT_URL`, and at `HTTPS_PROXY` where there is one",
            Service::Azure => "look at the connection, at `AZURE_STORAGE_ENDPOINT`, and at `HTTPS_PROXY`",
            _ => "look at the connection, at the name of the host, and at `HTTPS_PROXY` where there is one",
        }
    }

    fn other_bucket(&self) -> &'static str {
        match self.address.service {
            Service::S3 => {
                "look for a typing error, and whether `AWS_REGION` and `AWS_ENDPOINT_URL` are those of the bucket"
            }
            Service::Azure => {
                "look for a typing error, and whether `AZURE_STORAGE_ACCOUNT_NAME` is the account of the container"
            }
            _ => "look for a typing error",
        }
    }

    fn right_wanted(&self) -> &'static str {
        match self.address.service {
            Service::S3 => {
                "ask for `s3:GetObject` and `s3:ListBucket` on it; S3 also says so of keys that do not exist"
            }
            Service::Google => "ask for the role `roles/storage.objectViewer` on its bucket",
            Service::Azure => "ask for the role `Storage Blob Data Reader` on its container",
            Service::Web => "a signed address may be over its time: ask for a new one",
        }
    }

    fn variables_wanted(&self) -> &'static str {
        match self.address.service {
            Service::S3 => {
                "set `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` (with `AWS_SESSION_TOKEN` where they are temporary) and \
                 `AWS_REGION`; `aws configure export-credentials --format env` prints those of a profile; \
                 `AWS_SKIP_SIGNATURE=true` reads a public bucket"
            }
            Service::Google => {
                "set `GOOGLE_APPLICATION_CREDENTIALS` to the file of a service account, or log in with \
                 `gcloud auth application-default login`; `GOOGLE_SKIP_SIGNATURE=true` reads a public bucket"
            }
            Service::Azure => {
                "set `AZURE_STORAGE_ACCOUNT_NAME` and one of `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_STORAGE_SAS_TOKEN`, or \
                 `AZURE_CLIENT_ID` with `AZURE_CLIENT_SECRET` and `AZURE_TENANT_ID`; `AZURE_SKIP_SIGNATURE=true` reads a \
                 public container"
            }
            Service::Web => "give a signed address, or fetch the file yourself and give its path",
        }
    }
}

/// Where clouds hand credentials to their own machines: asked only when there are no others.
const METADATA: &[&str] =
    &["/latest/api/token", "/latest/meta-data", "/metadata/identity", "computeMetadata", "169.254.170.2"];

const NOT_ACCEPTED: &[&str] = &[
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "AuthenticationFailed",
    "RequestTimeTooSkewed",
    "invalid_grant",
    "invalid_client",
];

const UNREACHABLE: &[&str] =
    &["error sending request", "dns error", "Connection refused", "timed out", "connection error", "certificate"];

/// The status of the answer, where there was one.
fn status(text: &str) -> Option<u16> {
    let rest = text.split_once("status code: ")?.1;
    rest.get(..3)?.parse().ok()
}

/// The messages of an error and of all its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str("; ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str, text: &str) -> RemoteError {
        let secret = ("AWS_SECRET_ACCESS_KEY".to_owned(), "wJalrXUtn".to_owned());
        let variables = BTreeMap::from([secret]);
        let address = Address::parse(address).unwrap();
        let error = object_store::Error::Generic { store: "S3", source: text.into() };
        Told { address: &address, variables: &variables }.of(&error)
    }

    #[test]
    fn an_answer_is_told_by_what_one_can_do_about_it() {
        let cases = [
            ("Server returned non-2xx status code: 404 Not Found: <Error><Code>NoSuchBucket</Code>", Cause::NoBucket),
            ("Server returned non-2xx status code: 404 Not Found: ", Cause::Missing),
            ("status code: 403 Forbidden: <Code>SignatureDoesNotMatch</Code>", Cause::Credentials),
            ("status code: 403 Forbidden: <Code>AccessDenied</Code>", Cause::Forbidden),
            ("Error performing PUT http://169.254.169.254/latest/api/token in 1s", Cause::Credentials),
            ("error sending request; dns error: no such host", Cause::Unreachable),
            ("status code: 503 Service Unavailable: ", Cause::Other),
            ("Got invalid list response", Cause::Other),
        ];
        for (text, cause) in cases {
            assert_eq!(told("s3://exports/x.csv", text).cause, cause, "{text}");
        }
    }

    #[test]
    fn an_answer_that_repeats_a_secret_is_told_without_it() {
        let body = "status code: 403: <Code>AccessDenied</Code><Message>no wJalrXUtn at https://h/x?sig=1</Message>";
        let text = told("s3://exports/x.csv", body).to_string();
        assert_eq!(text, "reading `s3://exports/x.csv` is forbidden: AccessDenied, no … at https://h/x?*****");
    }
}
