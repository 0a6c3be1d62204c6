//! From an address and variables to a client of its store. The variables are those that the tools of each cloud read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::{BackoffConfig, ClientConfigKey, ClientOptions, HeaderValue, ObjectStore, RetryConfig};

use super::address::{Address, Service, is_loopback};
use super::error::{Cause, RemoteError, Told};

/// Lets `http://` addresses of other machines be read.
const ALLOW_HTTP: &str = "SHIPWAKE_ALLOW_HTTP";

/// A request of a part that takes longer is tried again.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file on the web comes in one request, however large.
const PATIENCE_WITH_WEB: Duration = Duration::from_secs(1800);

/// Whether a variable may matter to a store.
pub(super) fn is_known(name: &str) -> bool {
    let of_clouds = ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix));
    of_clouds || matches!(name, "MSI_ENDPOINT" | "IDENTITY_ENDPOINT" | "SERVICE_ACCOUNT" | ALLOW_HTTP)
}

/// A client of the store of that address; it asks nothing yet.
///
/// # Errors
/// When a variable is missing or cannot be understood.
pub(super) fn connect(
    address: &Address,
    variables: &BTreeMap<String, String>,
) -> Result<Arc<dyn ObjectStore>, RemoteError> {
    let told = Told { address, variables };
    let fail = |error: object_store::Error| told.of_variables(&error);
    Ok(match address.service {
        Service::S3 => Arc::new(s3(address, variables)?.build().map_err(fail)?),
        Service::Google => Arc::new(google(address, variables)?.build().map_err(fail)?),
        Service::Azure => Arc::new(azure(address, variables)?.build().map_err(fail)?),
        Service::Web => Arc::new(web(address, variables)?.build().map_err(fail)?),
    })
}

fn s3(address: &Address, variables: &BTreeMap<String, String>) -> Result<AmazonS3Builder, RemoteError> {
    let is_http = plain(address, variables, &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"])?;
    let mut builder = AmazonS3Builder::new().with_client_options(options(is_http)).with_retry(retries());
    for (name, value) in of_cloud(variables, "AWS_") {
        if let Ok(key) = name.parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    Ok(builder.with_bucket_name(&address.bucket))
}

fn google(address: &Address, variables: &BTreeMap<String, String>) -> Result<GoogleCloudStorageBuilder, RemoteError> {
    let is_http = plain(address, variables, &["GOOGLE_BASE_URL"])?;
    let mut builder = GoogleCloudStorageBuilder::new().with_client_options(options(is_http)).with_retry(retries());
    if let Some(path) = variables.get("SERVICE_ACCOUNT") {
        builder = builder.with_service_account_path(path);
    }
    for (name, value) in of_cloud(variables, "GOOGLE_") {
        if let Ok(key) = name.parse::<GoogleConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    Ok(builder.with_bucket_name(&address.bucket))
}

fn azure(address: &Address, variables: &BTreeMap<String, String>) -> Result<MicrosoftAzureBuilder, RemoteError> {
    let is_http = plain(address, variables, &["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"])?;
    let mut builder = MicrosoftAzureBuilder::new().with_client_options(options(is_http)).with_retry(retries());
    for endpoint in ["MSI_ENDPOINT", "IDENTITY_ENDPOINT"].iter().filter_map(|name| variables.get(*name)) {
        builder = builder.with_msi_endpoint(endpoint);
    }
    for (name, value) in of_cloud(variables, "AZURE_") {
        if let Ok(key) = name.parse::<AzureConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    Ok(builder.with_url(&address.root))
}

fn web(address: &Address, variables: &BTreeMap<String, String>) -> Result<HttpBuilder, RemoteError> {
    let is_http = address.root.starts_with("http://");
    let may_be = is_loopback(&address.root) || is_true(variables, ALLOW_HTTP);
    if is_http && !may_be {
        let what = format!("`{}` would be read without encryption", address.shown);
        let help = format!("write `https://`, or set `{ALLOW_HTTP}=true` where the network is yours");
        return Err(RemoteError::new(Cause::Address, what, help));
    }
    let options = options(is_http).with_timeout(PATIENCE_WITH_WEB);
    Ok(HttpBuilder::new()
        .with_url(&address.root)
        .with_client_options(options)
        .with_retry(retries())
        .with_http_connector(KnownLength))
}

/// Whether the endpoint that the variables name is read without encryption, which they may have to allow.
fn plain(address: &Address, variables: &BTreeMap<String, String>, names: &[&str]) -> Result<bool, RemoteError> {
    let endpoint = names.iter().find_map(|name| Some((name, variables.get(*name)?)));
    let Some((name, endpoint)) = endpoint.filter(|(_, endpoint)| endpoint.starts_with("http://")) else {
        return Ok(false);
    };
    let allowing = format!("{}_ALLOW_HTTP", name.split('_').next().unwrap_or_default());
    if is_loopback(endpoint) || is_true(variables, &allowing) {
        return Ok(true);
    }
    let what = format!("`{}` would be read without encryption: `{name}` begins with `http://`", address.shown);
    Err(RemoteError::new(Cause::Address, what, format!("set `{allowing}=true` where the network is yours")))
}

fn is_true(variables: &BTreeMap<String, String>, name: &str) -> bool {
    variables.get(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
}

/// The variables of a cloud, named as the library names them; which bucket is meant is for the address to say.
fn of_cloud<'a>(
    variables: &'a BTreeMap<String, String>,
    prefix: &'a str,
) -> impl Iterator<Item = (String, &'a String)> + 'a {
    let of_cloud = variables.iter().filter(move |(name, _)| name.starts_with(prefix));
    of_cloud.map(|(name, value)| (name.to_ascii_lowercase(), value)).filter(|(name, _)| !name.ends_with("_allow_http"))
}

fn options(is_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_timeout(PATIENCE)
        .with_connect_timeout(Duration::from_secs(10))
        .with_allow_http(is_http)
        .with_user_agent(HeaderValue::from_static(concat!("shipwake/", env!("CARGO_PKG_VERSION"))))
}

/// Long enough for a store that asks to be slower, short enough for somebody who waits.
fn retries() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(5), base: 2.0 };
    RetryConfig { backoff, max_retries: 4, retry_timeout: Duration::from_secs(60) }
}

/// Gives every answer its length: servers that make their answer while they send it leave it out, and the library
/// cannot do without.
#[derive(Debug)]
struct KnownLength;

impl HttpConnector for KnownLength {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let options = options.clone().with_config(ClientConfigKey::Http1Only, "true");
        Ok(HttpClient::new(Measured(ReqwestConnector::default().connect(&options)?)))
    }
}

#[derive(Debug)]
struct Measured(HttpClient);

#[async_trait]
impl HttpService for Measured {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.0.execute(request).await?;
        if response.headers().contains_key(LENGTH) || !response.status().is_success() {
            return Ok(response);
        }
        let (mut parts, body) = response.into_parts();
        let bytes = body.bytes().await?;
        parts.headers.insert(LENGTH, HeaderValue::from(bytes.len()));
        Ok(HttpResponse::from_parts(parts, bytes.into()))
    }
}

const LENGTH: &str = "content-length";

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(address: &str, variables: &[(&str, &str)]) -> Result<(), String> {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let address = Address::parse(address).unwrap();
        connect(&address, &variables).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn a_half_of_a_key_is_told() {
        let error = connected("s3://b/x", &[("AWS_ACCESS_KEY_ID", "AKIA")]).unwrap_err();
        assert_eq!(error, "the environment does not suffice for `s3://b/x`: Missing SecretAccessKey");
        let error = connected("az://c/x", &[]).unwrap_err();
        assert_eq!(error, "the environment does not suffice for `az://c/x`: Account must be specified");
    }

    #[test]
    fn nothing_goes_unencrypted_to_another_machine_unasked() {
        assert!(connected("http://127.0.0.1:9/x", &[]).is_ok());
        assert!(connected("http://h.example/x", &[]).unwrap_err().contains("without encryption"));
        assert!(connected("http://h.example/x", &[(ALLOW_HTTP, "true")]).is_ok());
        assert!(connected("s3://b/x", &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]).is_ok());
        let elsewhere = ("AWS_ENDPOINT_URL", "http://store.example:9000");
        assert!(connected("s3://b/x", &[elsewhere]).unwrap_err().contains("without encryption"));
        assert!(connected("s3://b/x", &[elsewhere, ("AWS_ALLOW_HTTP", "true")]).is_ok());
    }
}
