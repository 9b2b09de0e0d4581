use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Parser;

use crate::domain::actor::Scope;

use super::settings::{SETTINGS, Secrecy};
use super::*;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    settings: RawSettings,
    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    Serve,
}

fn flags(args: &[&str]) -> RawSettings {
    Cli::try_parse_from([&["handback"], args].concat())
        .unwrap()
        .settings
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Loads with a TOML file of this text; its path shows as `handback.toml`.
fn load_file(text: &str, variables: &[(&str, &str)]) -> Result<(Config, Explained), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("handback.toml");
    std::fs::write(&path, text).unwrap();
    let flags = RawSettings {
        config: Some(path.clone()),
        ..RawSettings::default()
    };
    load(&flags, env(variables)).map_err(|errors| {
        errors
            .to_string()
            .replace(path.to_str().unwrap(), "handback.toml")
    })
}

/// A TOML file and environment variables.
type Input = (&'static str, &'static [(&'static str, &'static str)]);

const BROKEN: &[Input] = &[
    ("", &[("HANDBACK_LISTN", "127.0.0.1:1")]),
    ("[http]\nbody_limitt = 1", &[]),
    ("body_limit = 1", &[]),
    ("[htpp]\nmetrics = \"off\"", &[]),
    ("http = 5", &[]),
    ("listen = { port = 5 }", &[]),
    ("listen = \"localhost\"", &[]),
    ("[jobs]\nworkers = 0", &[("HANDBACK_JOBS_LEASE_SECONDS", "soon")]),
    ("[jobs]\nenabled = \"yes\"", &[]),
    ("[log]\nformat = \"xml\"", &[("HANDBACK_LOG_LEVEL", "")]),
    (
        "[http]\nbody_limit = \"1 GB\"\ntrusted_proxies = [\"10.0.0.0/33\"]",
        &[],
    ),
    ("[mail]\ntransport = \"smtp\"", &[]),
    ("[mail]\nfrom = \"Handback\"\nphone = \"070\\n1\"", &[]),
    (
        "[smtp]\nhost = \"mail.exempel.example\"\nsecurity = \"none-on-loopback\"",
        &[],
    ),
    ("[smtp]\nuser = \"handback\"", &[]),
    (
        "",
        &[
            ("HANDBACK_SMTP_PASSWORD", "hemligt"),
            ("HANDBACK_SMTP_PASSWORD_FILE", "/nowhere/password"),
        ],
    ),
    ("database_url = \"mysql://app:hemligt@db/handback\"", &[]),
    ("listen = \"0.0.0.0:8080\"", &[]),
    ("public_url = \"https://handback.example/app\"", &[]),
    ("[smtp]\npassword = \"hemligt", &[]),
    ("", &[("HANDBACK_LISTEN_FILE", "/etc/hostname")]),
    ("issuers = 5", &[]),
    ("[[isuers]]\nissuer = \"https://idp.example\"", &[]),
    ("[[issuers]]\naudiense = \"us\"", &[]),
    (
        "[[issuers]]\nissuer = \"https://idp.example\"\njwks_url = \"http://idp.example/keys\"\nalgorithms = [\"HS256\"]",
        &[],
    ),
    (
        "[[issuers]]\nissuer = \"https://idp.example\"\njwks_url = \"https://u:hemligt@idp.example/keys\"\ntoken_type = \"id+jwt\"\n\
         scopes = [\"a=owner\"]\nmax_lifetime_seconds = 90000\naudience = 7\nclient_claim = [\"x\"]",
        &[],
    ),
    (
        "public_url = \"https://h.example\"\n[[issuers]]\nissuer = \"https://h.example\"\njwks_url = \"https://h.example/keys\"",
        &[],
    ),
];

#[test]
fn a_broken_configuration_says_what_is_wrong_and_where() {
    let mut report = String::new();
    for (file, variables) in BROKEN {
        let errors = load_file(file, variables).map(|_| ()).unwrap_err();
        assert!(
            !errors.contains("hemligt"),
            "a message repeats a secret: {errors}"
        );
        let problems = errors.split_once('\n').unwrap().1;
        writeln!(report, "{file:?} {variables:?}\n{problems}").unwrap();
    }
    insta::assert_snapshot!(report, @r#"
    "" [("HANDBACK_LISTN", "127.0.0.1:1")]
      - HANDBACK_LISTN (environment): no such setting; did you mean HANDBACK_LISTEN?
    "[http]\nbody_limitt = 1" []
      - http.body_limitt (file handback.toml): no such setting; did you mean http.body_limit?
    "body_limit = 1" []
      - body_limit (file handback.toml): no such setting; did you mean http.body_limit?
    "[htpp]\nmetrics = \"off\"" []
      - htpp (file handback.toml): no such setting; did you mean http?
    "http = 5" []
      - http (file handback.toml): is a section of settings, not a setting
    "listen = { port = 5 }" []
      - listen (file handback.toml): must be an IP address and port, such as 127.0.0.1:8080, not a table
    "listen = \"localhost\"" []
      - listen (file handback.toml): must be an IP address and port, such as 127.0.0.1:8080, not "localhost"
    "[jobs]\nworkers = 0" [("HANDBACK_JOBS_LEASE_SECONDS", "soon")]
      - jobs.workers (file handback.toml): must be a whole number from 1 to 64, not "0"
      - jobs.lease_seconds (environment HANDBACK_JOBS_LEASE_SECONDS): must be a whole number from 15 to 3600, not "soon"
    "[jobs]\nenabled = \"yes\"" []
      - jobs.enabled (file handback.toml): must be true or false, not "yes"
    "[log]\nformat = \"xml\"" [("HANDBACK_LOG_LEVEL", "")]
      - log.format (file handback.toml): must be one of auto, json, text, not "xml"
      - log.level (environment HANDBACK_LOG_LEVEL): must be one of error, warn, info, debug, trace, not ""
    "[http]\nbody_limit = \"1 GB\"\ntrusted_proxies = [\"10.0.0.0/33\"]" []
      - http.body_limit (file handback.toml): must be a size from 1024 to 67108864 bytes, such as 256 KiB, not "1 GB"
      - http.trusted_proxies (file handback.toml): must be a list of networks, such as 10.0.0.0/8 or 192.0.2.7, not "10.0.0.0/33"
    "[mail]\ntransport = \"smtp\"" []
      - mail.from: must be set when mail.transport is smtp
      - smtp.host: must be set when mail.transport is smtp
    "[mail]\nfrom = \"Handback\"\nphone = \"070\\n1\"" []
      - mail.from (file handback.toml): must be a mailbox, such as Handback <handback@exempelkommunen.example>, not "Handback"
      - mail.phone (file handback.toml): must be one line of text, not "070\n1"
    "[smtp]\nhost = \"mail.exempel.example\"\nsecurity = \"none-on-loopback\"" []
      - smtp.security: none-on-loopback needs an smtp.host on this machine; use starttls or tls
    "[smtp]\nuser = \"handback\"" []
      - smtp.password: must be set when smtp.user is set
    "" [("HANDBACK_SMTP_PASSWORD", "hemligt"), ("HANDBACK_SMTP_PASSWORD_FILE", "/nowhere/password")]
      - smtp.password (environment HANDBACK_SMTP_PASSWORD_FILE): is given twice: as a value and as a file
      - smtp.password (environment HANDBACK_SMTP_PASSWORD_FILE): cannot read the file it names: entity not found
      - smtp.user: must be set when smtp.password is set
    "database_url = \"mysql://app:hemligt@db/handback\"" []
      - database_url (file handback.toml): must be sqlite:<path> or postgres://…, not "mysql://app:***@db/handback"
    "listen = \"0.0.0.0:8080\"" []
      - public_url: must be set when listen is not one address: links in mails must lead somewhere
    "public_url = \"https://handback.example/app\"" []
      - public_url (file handback.toml): must be an http(s) address without path, such as https://handback.example, not "https://handback.example/app"
    "[smtp]\npassword = \"hemligt" []
      - config: handback.toml is not TOML: line 2: invalid basic string, expected `"`
    "" [("HANDBACK_LISTEN_FILE", "/etc/hostname")]
      - HANDBACK_LISTEN_FILE (environment): no such setting; did you mean HANDBACK_LISTEN?
    "issuers = 5" []
      - issuers (file handback.toml): must be written as [[issuers]] tables
    "[[isuers]]\nissuer = \"https://idp.example\"" []
      - isuers (file handback.toml): no such setting; did you mean issuers?
    "[[issuers]]\naudiense = \"us\"" []
      - issuers[0].audiense (file handback.toml): no such setting; did you mean audience?
      - issuers[0].issuer (file handback.toml): must be set for every issuer
      - issuers[0].jwks_url (file handback.toml): must be set for every issuer
    "[[issuers]]\nissuer = \"https://idp.example\"\njwks_url = \"http://idp.example/keys\"\nalgorithms = [\"HS256\"]" []
      - issuers[0].jwks_url (file handback.toml): must be an https address, or an http address on this machine, not "http://idp.example/keys"
      - issuers[0].algorithms (file handback.toml): must be a list of ES256, PS256, RS256, EdDSA, not "HS256"
    "[[issuers]]\nissuer = \"https://idp.example\"\njwks_url = \"https://u:hemligt@idp.example/keys\"\ntoken_type = \"id+jwt\"\nscopes = [\"a=owner\"]\nmax_lifetime_seconds = 90000\naudience = 7\nclient_claim = [\"x\"]" []
      - issuers[0].jwks_url (file handback.toml): must be an https address, or an http address on this machine, not "https://u:***@idp.example/keys"
      - issuers[0].token_type (file handback.toml): must be one of at+jwt, JWT, not "id+jwt"
      - issuers[0].client_claim (file handback.toml): must be one line of text, not an array
      - issuers[0].scopes (file handback.toml): must be a list of pairs <its word>=<our scope>, not "a=owner"
      - issuers[0].max_lifetime_seconds (file handback.toml): must be a whole number from 60 to 86400, not "90000"
    "public_url = \"https://h.example\"\n[[issuers]]\nissuer = \"https://h.example\"\njwks_url = \"https://h.example/keys\"" []
      - issuers[0].issuer (file handback.toml): is our own token.issuer, or is named twice
    "#);
}

#[test]
fn flags_beat_environment_beats_file_beats_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handback.toml");
    std::fs::write(&file, "[jobs]\nworkers = 3\npoll_seconds = 3\nlease_seconds = 33").unwrap();
    let args = ["--jobs-workers", "5", "serve", "--sqlite-readers", "7"];
    let variables = [
        ("HANDBACK_CONFIG", file.to_str().unwrap()),
        ("HANDBACK_JOBS_WORKERS", "4"),
        ("HANDBACK_JOBS_POLL_SECONDS", "4"),
        ("PATH", "/bin"),
    ];
    let (config, explained) = load(&flags(&args), env(&variables)).unwrap();
    assert_eq!((config.jobs.workers, config.sqlite.readers), (5, 7));
    assert_eq!(
        (
            config.jobs.poll.as_secs(),
            config.jobs.lease.as_secs(),
            config.jobs.shutdown.as_secs()
        ),
        (4, 33, 25)
    );
    let origin = |key| explained.origin(key).unwrap().to_string();
    assert_eq!(origin("jobs.workers"), "flag --jobs-workers");
    assert_eq!(
        origin("jobs.poll_seconds"),
        "environment HANDBACK_JOBS_POLL_SECONDS"
    );
    assert_eq!(origin("jobs.lease_seconds"), format!("file {}", file.display()));
    assert_eq!(origin("jobs.shutdown_seconds"), "default");
}

#[test]
fn defaults_follow_the_settings_they_derive_from() {
    let (config, _) = load_file("data_dir = \"/srv/handback\"\nlisten = \"127.0.0.1:9000\"", &[]).unwrap();
    assert_eq!(config.database_url.expose(), "sqlite:/srv/handback/handback.db");
    assert_eq!(config.keyring_file, PathBuf::from("/srv/handback/keyring.toml"));
    assert_eq!(
        (config.public_url.as_str(), config.token.issuer.as_str()),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000")
    );
    assert!(
        matches!(config.mail.transport, MailTransport::File { directory } if directory == Path::new("/srv/handback/mail"))
    );
}

#[test]
fn a_full_smtp_configuration_loads_and_hides_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "hemligt \n").unwrap();
    let (config, explained) = load_file(
        "database_url = \"postgres://app:hemligt@db.exempel.example/handback\"\n\
         [mail]\ntransport = \"smtp\"\nfrom = \"Telefoni <telefoni@exempelkommunen.example>\"\n\
         [smtp]\nhost = \"mail.exempel.example\"\nsecurity = \"tls\"\nuser = \"handback\"\npassword = \"weaker\"\n\
         [http]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.7\"]",
        &[("HANDBACK_SMTP_PASSWORD_FILE", password.to_str().unwrap()), ("HANDBACK_MAIL_REPLY_TO", "")],
    )
    .unwrap();
    let MailTransport::Smtp(smtp) = &config.mail.transport else {
        panic!("not SMTP")
    };
    use secrecy::ExposeSecret;
    assert_eq!(
        smtp.credentials.as_ref().unwrap().password.expose_secret(),
        "hemligt "
    );
    assert_eq!(
        (
            smtp.port,
            config.http.trusted_proxies.len(),
            config.mail.reply_to.is_none()
        ),
        (465, 2, true)
    );
    let shown = format!("{config:?}{explained:?}{}", explained.table());
    assert!(!shown.contains("hemligt"), "{shown}");
    assert!(
        explained
            .table()
            .contains("postgres://app:***@db.exempel.example/handback")
    );
}

#[test]
fn the_keyring_comes_from_a_systemd_credential_if_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let variables = env(&[("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())]);
    let without = load(&RawSettings::default(), variables.clone()).unwrap().0;
    assert_eq!(without.keyring_file, PathBuf::from("./data/keyring.toml"));
    std::fs::write(folder.path().join("keyring"), "").unwrap();
    let (with, explained) = load(&RawSettings::default(), variables).unwrap();
    assert_eq!(with.keyring_file, folder.path().join("keyring"));
    assert_eq!(explained.origin("keyring_file"), Some(&Origin::Credential));
}

#[test]
fn issuers_of_the_file_are_read_with_their_defaults_and_explained() {
    let (config, explained) = load_file(
        "public_url = \"https://h.example\"\n\
         [[issuers]]\nissuer = \"https://idp.example/\"\njwks_url = \"https://idp.example/keys?p=1\"\n\
         [[issuers]]\nissuer = \"http://127.0.0.1:9/\"\njwks_url = \"http://127.0.0.1:9/keys\"\ntoken_type = \"JWT\"\n\
         algorithms = [\"RS256\"]\nscopes = [\"api://x/Hb.Hr=hr\", \"a=b=read\"]\nmax_lifetime_seconds = 5400",
        &[],
    )
    .unwrap();
    let [first, second] = config.token.issuers.as_slice() else {
        panic!("{:?}", config.token.issuers);
    };
    assert_eq!(
        (first.issuer.as_str(), first.audience.as_str()),
        ("https://idp.example/", "https://h.example")
    );
    assert_eq!(
        (first.algorithms.len(), first.max_lifetime.as_secs()),
        (4, 86_400)
    );
    assert_eq!(
        (first.scope("read"), first.scope("owner")),
        (Some(Scope::Read), None)
    );
    assert_eq!(
        (second.scope("api://x/Hb.Hr"), second.scope("a=b")),
        (Some(Scope::Hr), Some(Scope::Read))
    );
    assert_eq!(second.scope("hr"), None);
    let shown: String = explained
        .table()
        .lines()
        .filter(|line| line.starts_with("issuers[1]"))
        .map(|line| line.split("  file ").next().unwrap())
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
        .collect();
    insta::assert_snapshot!(shown, @"
    issuers[1].issuer http://127.0.0.1:9/
    issuers[1].jwks_url http://127.0.0.1:9/keys
    issuers[1].audience https://h.example default
    issuers[1].algorithms RS256
    issuers[1].token_type JWT
    issuers[1].client_claim client_id default
    issuers[1].scope_claim scope default
    issuers[1].scopes api://x/Hb.Hr=hr,a=b=read
    issuers[1].max_lifetime_seconds 5400
    ");
}

#[test]
fn every_setting_of_the_table_is_read_once_and_in_order() {
    let (_, explained) = load(&RawSettings::default(), []).unwrap();
    let read: Vec<_> = explained
        .all()
        .iter()
        .map(|explanation| explanation.setting.key)
        .collect();
    let table: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
    assert_eq!(read, table);
}

#[test]
fn every_setting_has_one_flag_and_one_variable_and_no_secret_is_a_flag() {
    let command = <Cli as clap::CommandFactory>::command();
    command.clone().debug_assert();
    let mut expected: BTreeSet<String> = BTreeSet::from(["config".to_owned()]);
    for setting in SETTINGS {
        if setting.secrecy != Secrecy::Secret {
            expected.insert(setting.flag_name());
        }
        if setting.secrecy != Secrecy::Public {
            expected.insert(format!("{}-file", setting.flag_name()));
        }
    }
    let actual = command
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_owned));
    assert_eq!(
        actual.filter(|name| name != "help").collect::<BTreeSet<_>>(),
        expected
    );
    let variables: BTreeSet<String> = SETTINGS.iter().map(settings::Setting::env_name).collect();
    assert_eq!(variables.len(), SETTINGS.len());
}

#[test]
fn an_unknown_flag_is_refused_with_a_suggestion() {
    let error = Cli::try_parse_from(["handback", "--jobs-worker", "3"])
        .unwrap_err()
        .to_string();
    assert!(error.contains("--jobs-workers"), "{error}");
}

#[test]
fn the_readme_table_has_a_row_per_setting_and_is_stable() {
    let table = readme_table();
    assert_eq!(table, readme_table());
    assert_eq!(table.lines().count(), SETTINGS.len() + 2);
    assert!(
        table.lines().all(|line| line.matches('|').count() == 6),
        "{table}"
    );
    let line = table
        .lines()
        .find(|line| line.starts_with("| `smtp.password`"))
        .unwrap();
    insta::assert_snapshot!(line, @"| `smtp.password` | `HANDBACK_SMTP_PASSWORD`, `HANDBACK_SMTP_PASSWORD_FILE` | one line of text |  | Password for the SMTP server. |");
}

#[test]
fn check_config_shows_setting_value_and_source() {
    let (_, explained) = load(&flags(&["--listen", "127.0.0.1:1"]), []).unwrap();
    let head: String = explained
        .table()
        .lines()
        .take(4)
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    insta::assert_snapshot!(head, @"
    data_dir                       ./data                                       default
    database_url                   sqlite:./data/handback.db                    default
    listen                         127.0.0.1:1                                  flag --listen
    public_url                     http://127.0.0.1:1                           default
    ");
}
