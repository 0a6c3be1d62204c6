//! Which release `shipwake report release` is about.

use clap::Args;

use crate::redaction::Audience;
use crate::report::release::{Lens, LensKind};
use crate::report::{Definition, Form};

use super::Failure;
use super::shared::quoted;

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "One release (report release)")]
pub struct LensFlags {
    /// All deployments of this release_id
    #[arg(long, value_name = "NAME", conflicts_with_all = ["version", "deployment"])]
    release: Option<String>,
    /// All deployments of this version of the software (the program tells its own by `shipwake --version`)
    #[arg(long, value_name = "VERSION", conflicts_with = "deployment")]
    version: Option<String>,
    /// This deployment
    #[arg(long, value_name = "ID")]
    deployment: Option<String>,
    /// Of this service only
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
}

impl LensFlags {
    /// What was asked for; only a report about a release takes it, and such a report needs it.
    ///
    /// # Errors
    /// Where the report and the flags do not fit, or its readers may not know which release it is.
    pub fn read(&self, definition: &Definition, audience: Audience) -> Result<Option<Lens>, Failure> {
        let named = [
            (LensKind::Release, &self.release),
            (LensKind::Version, &self.version),
            (LensKind::Deployment, &self.deployment),
        ];
        let found = named.into_iter().find_map(|(kind, name)| Some((kind, name.clone()?)));
        let name = &definition.name;
        match (found, definition.form == Form::Release) {
            (Some(_), true) if audience == Audience::Public => Err(Failure::usage(
                format!("report `{name}` names one release, and `--audience public` leaves such names out"),
                "write it for leaders, or write another report",
            )),
            (Some((kind, name)), true) => Ok(Some(Lens { kind, name, service: self.service.clone() })),
            (None, true) => Err(Failure::usage(
                format!("report `{name}` is about one release, and none is named"),
                "add `--release NAME`, `--version VERSION` (and `--service SERVICE`) or `--deployment ID`",
            )),
            (None, false) if self.service.is_none() => Ok(None),
            (_, false) => Err(Failure::usage(
                format!("report `{name}` is not about one release"),
                "leave out `--release`, `--version`, `--deployment` and `--service`, or write `shipwake report release`",
            )),
        }
    }

    /// The flags as they are typed again.
    pub fn as_typed(&self) -> Vec<String> {
        let flags = [
            ("release", &self.release),
            ("version", &self.version),
            ("deployment", &self.deployment),
            ("service", &self.service),
        ];
        flags.iter().filter_map(|(flag, value)| Some(format!("--{flag} {}", quoted(value.as_ref()?)))).collect()
    }
}
