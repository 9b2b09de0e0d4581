//! `handback import …`: files of other systems, read here without a server.

use super::out;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::digest::Sha256;
use crate::domain::snapshot::{Counts, HoldReason, Snapshot, SnapshotState};
use crate::domain::text::{ExternalId, SourceName};
use crate::services::snapshots::{self, Arrival, AsOf, Charset, Delimiter, Format, Label, Parsed};
use crate::services::{Ctx, FileReport, Place, Recorder, ServiceError, keys};
use crate::startup::{self, Prepare, StartError};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The file has bad rows.
const BAD_FILE: u8 = 10;
/// The snapshot is held, or would be.
const HELD: u8 = 11;
/// The snapshot is stale, or would be.
const STALE: u8 = 12;
/// Applied, but some rows could not be and are kept as unmatched.
const UNMATCHED: u8 = 13;

#[derive(Subcommand)]
pub(super) enum ImportCommand {
    /// Read a snapshot of employments, and say what it would do.
    #[command(
        after_help = "Without --apply nothing is changed: the file is checked, and the rows are counted that are new, changed and unchanged.\nThe source's ordering must be snapshot. CSV has a first line of column names, separated by comma or semicolon:\n  external_id, person_external_id, kind, unit, start_date, end_date\n  and, if there are any, person_name, person_email, person_language, manager_external_id, manager_name, manager_email,\n  state, last_working_day, end_kind, leave_from, leave_to\nA file that ends in .json is an object with snapshot_id, as_of, complete and rows.\n\nWorks on the database itself. While a server has a SQLite database, --apply is refused: send the file to the server\n(POST /v1/sources/{source}/snapshots) or stop it.\n\nExit codes: 0 done; 1 failed; 2 wrong usage; 3 wrong configuration; 10 the file is bad and nothing was used; 11 held for a\ndecision; 12 stale; 13 applied, and some rows are kept as unmatched. Without --apply, 11 and 12 say what would be.\n\nExamples:\n  handback import employments staff.csv --source hr\n  handback import employments staff.csv --source hr --as-of 2026-11-23T02:00 --complete --apply\n  handback import employments staff.csv --source hr --charset windows-1252 --delimiter semicolon"
    )]
    Employments(ImportArgs),
}

#[derive(Args)]
pub(super) struct ImportArgs {
    /// The file.
    file: PathBuf,
    /// The name of the source that it comes from.
    #[arg(long)]
    source: String,
    /// What the source calls the snapshot. Without it, the name of the file and the instant.
    #[arg(long, value_name = "ID")]
    snapshot_id: Option<String>,
    /// The instant that the file shows (RFC 3339); without an offset it is read where the source is at home. Without it,
    /// when the file was last written.
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
    /// The file has every employment of the source: those that it lacks are listed as missing.
    #[arg(long)]
    complete: bool,
    /// What stands between the cells. Without it, what the first line has.
    #[arg(long, value_enum)]
    delimiter: Option<DelimiterArg>,
    /// How the letters are written.
    #[arg(long, value_enum, default_value = "utf-8")]
    charset: CharsetArg,
    /// Apply it.
    #[arg(long)]
    apply: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum DelimiterArg {
    Comma,
    Semicolon,
}

#[derive(Clone, Copy, ValueEnum)]
enum CharsetArg {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "windows-1252")]
    Windows1252,
}

pub(super) fn run(config: Config, command: ImportCommand) -> anyhow::Result<ExitCode> {
    let ImportCommand::Employments(args) = command;
    let prepare = if args.apply {
        Prepare::AttachAlone
    } else {
        Prepare::Attach
    };
    let started = match startup::start(config, Clock::system(), prepare) {
        Err(error @ StartError::Database(_)) if args.apply => {
            return Err(error).context(
                "--apply needs the database for itself. Send the file to the server instead, or stop it",
            );
        }
        started => started?,
    };
    super::runtime()?.block_on(import(&started.app, args))
}

async fn import(app: &App, args: ImportArgs) -> anyhow::Result<ExitCode> {
    let ctx = Ctx::operator(app);
    if args.apply {
        keys::check_at_start(app).await?;
    }
    let source: SourceName = args.source.parse().context("--source")?;
    let mut file = File::open(&args.file).with_context(|| args.file.display().to_string())?;
    let format = format(&args, &file)?;
    let outcome = if args.apply {
        let body_hash = hash(&mut file)?;
        let arrival = Arrival {
            source,
            file,
            format,
            body_hash,
        };
        apply(&ctx, arrival).await
    } else {
        dry_run(&ctx, source, file, format).await
    };
    match outcome {
        Ok(code) => Ok(code),
        Err(ServiceError::BadFile(report)) => {
            tell_faults(&report)?;
            Ok(ExitCode::from(BAD_FILE))
        }
        Err(ServiceError::NotFound("source")) => {
            bail!("there is no source of this name. Register it first (POST /v1/sources)")
        }
        Err(error) => Err(error.into()),
    }
}

fn format(args: &ImportArgs, file: &File) -> anyhow::Result<Format> {
    if args.file.extension().is_some_and(|end| end == "json") {
        return Ok(Format::Json);
    }
    let as_of = match &args.as_of {
        Some(text) => AsOf::parse(text).context("--as-of is an instant such as 2026-11-23T02:00:00+01:00")?,
        None => AsOf::Instant(DateTime::<Utc>::from(file.metadata()?.modified()?)),
    };
    let name = match &args.snapshot_id {
        Some(name) => ExternalId::parse(name).context("--snapshot-id")?,
        None => named_after(&args.file, as_of)?,
    };
    out::note(format_args!(
        "The snapshot is called {} and shows {}.",
        name.as_str(),
        match as_of {
            AsOf::Instant(instant) => instant.to_rfc3339(),
            AsOf::Local(local) => local.to_string(),
        }
    ));
    Ok(Format::Csv {
        label: Label {
            name,
            as_of,
            complete: args.complete,
        },
        delimiter: match args.delimiter {
            None => Delimiter::Detected,
            Some(DelimiterArg::Comma) => Delimiter::Comma,
            Some(DelimiterArg::Semicolon) => Delimiter::Semicolon,
        },
        charset: match args.charset {
            CharsetArg::Utf8 => Charset::Utf8,
            CharsetArg::Windows1252 => Charset::Windows1252,
        },
    })
}

/// A name made of the file's and of the instant: another export under the same file name is another snapshot.
fn named_after(path: &Path, as_of: AsOf) -> anyhow::Result<ExternalId> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default();
    let plain: String = stem
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .take(60)
        .collect();
    let at = match as_of {
        AsOf::Instant(instant) => instant.format("%Y%m%dT%H%M%SZ").to_string(),
        AsOf::Local(local) => local.format("%Y%m%dT%H%M%S").to_string(),
    };
    ExternalId::parse(&format!("{plain}@{at}")).context("give the snapshot a name with --snapshot-id")
}

fn hash(file: &mut File) -> anyhow::Result<Vec<u8>> {
    let mut digest = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => digest.update(chunk.get(..count).unwrap_or_default()),
        }
    }
    file.rewind()?;
    Ok(digest.finish().to_vec())
}

async fn dry_run(
    ctx: &Ctx,
    source: SourceName,
    file: File,
    format: Format,
) -> Result<ExitCode, ServiceError> {
    let source = snapshots::source(ctx, source).await?;
    let now = ctx.app.clock.now();
    let parsed: Arc<Parsed> = Arc::new(snapshots::read(&file, &format, &source.settings, now)?);
    let found = snapshots::preview(ctx, source, parsed).await?;
    tell_counts(&found.counts, "would be")?;
    if found.is_stale {
        out::note("A newer snapshot was applied before: this one would have no effect.");
        return Ok(ExitCode::from(STALE));
    }
    if !found.hold_reasons.is_empty() {
        tell_hold(&found.hold_reasons, &found.counts);
        out::note("It would be held for a decision, and nothing would be touched.");
        return Ok(ExitCode::from(HELD));
    }
    out::note("Nothing was changed. Apply it with --apply.");
    Ok(ExitCode::SUCCESS)
}

async fn apply(ctx: &Ctx, arrival: Arrival) -> Result<ExitCode, ServiceError> {
    let snapshot = snapshots::receive(ctx, arrival, Recorder::none())
        .await?
        .into_fresh()?;
    match snapshot.state {
        SnapshotState::Applying => finish(ctx, &snapshot).await,
        SnapshotState::Applied => {
            tell_counts(&snapshot.counts, "were")?;
            Ok(ended(snapshot.counts.refused))
        }
        SnapshotState::Stale => {
            out::note("A newer snapshot was applied before: this one is recorded and has no effect.");
            Ok(ExitCode::from(STALE))
        }
        SnapshotState::Held => {
            tell_counts(&snapshot.counts, "would be")?;
            tell_hold(&snapshot.hold_reasons, &snapshot.counts);
            out::note(format_args!(
                "It is held for a decision, and nothing was touched: POST /v1/sources/{}/snapshots/{}/approval or /rejection.",
                snapshot.source,
                snapshot.name.as_str()
            ));
            Ok(ExitCode::from(HELD))
        }
        SnapshotState::Rejected => {
            out::note("This snapshot was rejected before.");
            Ok(ExitCode::from(HELD))
        }
    }
}

/// Applies the rows here and now: nobody else does while no server runs.
async fn finish(ctx: &Ctx, snapshot: &Snapshot) -> Result<ExitCode, ServiceError> {
    let counts = &snapshot.counts;
    let bar = bar(counts.created + counts.changed);
    loop {
        let progress = snapshots::apply_next(ctx, snapshot.id).await?;
        bar.set_position(u64::try_from(progress.done).unwrap_or(0));
        if progress.is_finished {
            bar.finish_and_clear();
            let counts = Counts {
                applied: progress.done - progress.refused,
                refused: progress.refused,
                ..*counts
            };
            tell_counts(&counts, "were")?;
            return Ok(ended(progress.refused));
        }
    }
}

fn ended(refused: i64) -> ExitCode {
    if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(UNMATCHED)
    }
}

/// On a terminal alone: in a log it would be noise.
fn bar(rows: i64) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(u64::try_from(rows).unwrap_or(0)), target);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn tell_counts(counts: &Counts, were: &str) -> Result<(), ServiceError> {
    let missing = if counts.missing > 0 {
        format!("; {} employments are not in it and go on", counts.missing)
    } else {
        String::new()
    };
    let refused = if counts.refused > 0 {
        format!("; {} are kept as unmatched", counts.refused)
    } else {
        String::new()
    };
    let line = format!(
        "{} rows: {} {were} new, {} changed, {} unchanged; {} end an employment{missing}{refused}",
        counts.rows, counts.created, counts.changed, counts.unchanged, counts.new_ends
    );
    out::line(line).map_err(|error| ServiceError::Internal(error.to_string()))
}

fn tell_hold(reasons: &[HoldReason], counts: &Counts) {
    for reason in reasons {
        match reason {
            HoldReason::RowDrop => out::note(format_args!(
                "It has {} rows, and the complete snapshot before had {}.",
                counts.rows,
                counts.previous_rows.unwrap_or_default()
            )),
            HoldReason::NewEnds => out::note(format_args!(
                "It ends {} employments that did not have that end before.",
                counts.new_ends
            )),
        }
    }
}

/// One line for each fault: where, what, and what to do.
fn tell_faults(report: &FileReport) -> anyhow::Result<()> {
    for fault in &report.faults {
        let place = match &fault.place {
            Place::Line(line, Some(column)) => format!("line {line}, {column}"),
            Place::Line(line, None) => format!("line {line}"),
            Place::Pointer(pointer) => pointer.clone(),
        };
        out::line(format_args!("{place}: {}: {}", fault.code, fault.detail))?;
    }
    let listed = u64::try_from(report.faults.len()).unwrap_or(u64::MAX);
    if report.fault_count > listed {
        out::line(format_args!("… and {} more", report.fault_count - listed))?;
    }
    out::note(format_args!(
        "{} of the {} rows that were read are bad and {} are good. Nothing was used, not the good ones either.",
        report.bad,
        report.rows,
        report.rows.saturating_sub(report.bad)
    ));
    Ok(())
}
