//! The command-line flags, made from the table of settings.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use secrecy::SecretString;

use super::settings::{SETTINGS, Secrecy, Setting, find};

/// What the command line says: nothing is checked yet.
///
/// Goes into a clap parser with `#[command(flatten)]`. The flags work before and after a subcommand.
#[derive(Clone, Default)]
pub struct RawSettings {
    /// The TOML file (`--config`).
    pub config: Option<PathBuf>,
    pub(super) values: BTreeMap<FlagName, SecretString>,
}

/// A flag and what it sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FlagName {
    /// The TOML path of the setting.
    pub key: &'static str,
    /// True for the flag that names a file with the value.
    pub in_file: bool,
}

impl RawSettings {
    /// Sets one setting by its TOML path, as its flag would. An unknown path changes nothing.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        if let Some(setting) = find(key) {
            self.values.insert(
                FlagName {
                    key: setting.key,
                    in_file: false,
                },
                SecretString::from(value),
            );
        }
        self
    }
}

/// Shows which flags were given, not their values: a database address may hold a password.
impl fmt::Debug for RawSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSettings")
            .field("config", &self.config)
            .field(
                "given",
                &self.values.keys().map(|name| name.key).collect::<Vec<_>>(),
            )
            .finish()
    }
}

struct Flag {
    setting: &'static Setting,
    name: FlagName,
    long: String,
}

/// clap wants names that live as long as the program.
static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| SETTINGS.iter().flat_map(flags_of).collect());

fn flags_of(setting: &'static Setting) -> impl Iterator<Item = Flag> {
    let plain = (setting.secrecy != Secrecy::Secret).then(|| Flag {
        setting,
        name: FlagName {
            key: setting.key,
            in_file: false,
        },
        long: setting.flag_name(),
    });
    let file = setting.allows_file().then(|| Flag {
        setting,
        name: FlagName {
            key: setting.key,
            in_file: true,
        },
        long: format!("{}-file", setting.flag_name()),
    });
    plain.into_iter().chain(file)
}

impl Flag {
    fn arg(&'static self) -> Arg {
        let (value_name, help) = if self.name.in_file {
            ("PATH", format!("File with the value of {}", self.setting.key))
        } else {
            let default = match self.setting.default.shown() {
                "" => String::new(),
                default => format!(" [default: {default}]"),
            };
            (
                "VALUE",
                format!(
                    "{} Takes {}.{default}",
                    self.setting.help,
                    self.setting.kind.expected()
                ),
            )
        };
        Arg::new(self.long.as_str())
            .long(self.long.as_str())
            .value_name(value_name)
            .help(help)
            .help_heading("Settings (also HANDBACK_* variables and the TOML file)")
            .hide_short_help(true)
            .allow_hyphen_values(true)
            .global(true)
    }
}

impl Args for RawSettings {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .value_name("PATH")
            .value_parser(clap::value_parser!(PathBuf))
            .help("TOML file with settings [env: HANDBACK_CONFIG]")
            .global(true);
        command.arg(config).args(FLAGS.iter().map(Flag::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for RawSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut raw = Self::default();
        raw.update_from_arg_matches(matches)?;
        Ok(raw)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        if let Some(path) = matches.get_one::<PathBuf>("config") {
            self.config = Some(path.clone());
        }
        for flag in FLAGS.iter() {
            if let Some(value) = matches.get_one::<String>(&flag.long) {
                self.values.insert(flag.name, SecretString::from(value.as_str()));
            }
        }
        Ok(())
    }
}
