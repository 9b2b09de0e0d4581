//! The queries of the limit programs: one record with its IMEI in one join, one page by offset with the total, and a
//! write of one read, one update, one event and one durable commit of its own.

use super::LimitKind;
use super::bodies::{DeviceBody, Listed, Written};
use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool, R2D2Connection};

/// Connections that read.
const READERS: u32 = 8;
/// Connections that write to PostgreSQL; SQLite has one.
const WRITERS: u32 = 16;
/// Devices in one statement when the database is filled.
const BATCH: usize = 500;

const TABLES: &str = "
    CREATE TABLE device (
        id TEXT NOT NULL PRIMARY KEY,
        legal_entity_id TEXT NOT NULL,
        serial TEXT NOT NULL,
        manufacturer TEXT,
        model TEXT NOT NULL,
        data_class TEXT NOT NULL,
        status TEXT NOT NULL,
        custody_epoch BIGINT NOT NULL,
        version BIGINT NOT NULL,
        created_at TIMESTAMP NOT NULL,
        updated_at TIMESTAMP NOT NULL
    );
    CREATE TABLE imei (device_id TEXT NOT NULL PRIMARY KEY REFERENCES device (id), number TEXT NOT NULL);
    CREATE TABLE event (
        id BIGINT NOT NULL PRIMARY KEY, device_id TEXT NOT NULL REFERENCES device (id), kind TEXT NOT NULL,
        at TIMESTAMP NOT NULL
    );";

diesel::table! {
    device (id) {
        id -> Text,
        legal_entity_id -> Text,
        serial -> Text,
        manufacturer -> Nullable<Text>,
        model -> Text,
        data_class -> Text,
        status -> Text,
        custody_epoch -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! { imei (device_id) { device_id -> Text, number -> Text, } }
diesel::table! { event (id) { id -> BigInt, device_id -> Text, kind -> Text, at -> Timestamp, } }
diesel::allow_tables_to_appear_in_same_query!(device, imei, event);
diesel::joinable!(imei -> device (device_id));

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = device)]
struct Row {
    id: String,
    legal_entity_id: String,
    serial: String,
    manufacturer: Option<String>,
    model: String,
    data_class: String,
    status: String,
    custody_epoch: i64,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

fn body((row, imei): (Row, Option<String>)) -> DeviceBody {
    DeviceBody {
        id: row.id,
        legal_entity_id: row.legal_entity_id,
        serial: row.serial,
        manufacturer: row.manufacturer,
        model: row.model,
        imeis: imei.into_iter().collect(),
        data_class: row.data_class,
        status: row.status,
        custody_epoch: row.custody_epoch,
        version: row.version,
        created_at: row.created_at.and_utc(),
        updated_at: row.updated_at.and_utc(),
    }
}

fn row(body: &DeviceBody) -> Row {
    Row {
        id: body.id.clone(),
        legal_entity_id: body.legal_entity_id.clone(),
        serial: body.serial.clone(),
        manufacturer: body.manufacturer.clone(),
        model: body.model.clone(),
        data_class: body.data_class.clone(),
        status: body.status.clone(),
        custody_epoch: body.custody_epoch,
        version: body.version,
        created_at: body.created_at.naive_utc(),
        updated_at: body.updated_at.naive_utc(),
    }
}

/// What a limit program does.
pub trait Work: Send + Sync {
    fn read(&self, id: &str) -> anyhow::Result<DeviceBody>;
    fn list(&self, offset: i64, limit: i64) -> anyhow::Result<Listed>;
    fn write(&self, id: &str) -> anyhow::Result<Written>;
}

/// The database of a limit program.
pub struct Store(Box<dyn Work>);

impl Store {
    /// Opens a database that was filled.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(kind: LimitKind, database: &str) -> anyhow::Result<Self> {
        Ok(Self(match kind {
            LimitKind::Sqlite => Box::new(Sqlite {
                writer: pool(database, 1, Access::Write)?,
                readers: pool(database, READERS, Access::Read)?,
            }),
            LimitKind::Postgres | LimitKind::Bare => Box::new(Postgres {
                writer: pool(database, WRITERS, Access::Write)?,
                readers: pool(database, READERS, Access::Read)?,
            }),
        }))
    }

    pub fn work(&self) -> &dyn Work {
        self.0.as_ref()
    }
}

/// Makes the tables and puts the devices into them.
///
/// # Errors
/// What the database says.
pub fn fill(kind: LimitKind, database: &str, devices: &[DeviceBody]) -> anyhow::Result<()> {
    match kind {
        LimitKind::Sqlite => {
            let mut connection = SqliteConnection::establish(database)?;
            connection.set_up(Access::Write)?;
            Sqlite::fill(&mut connection, devices)
        }
        LimitKind::Postgres | LimitKind::Bare => {
            let mut connection = PgConnection::establish(database)?;
            Postgres::fill(&mut connection, devices)?;
            Ok(connection.batch_execute("ANALYZE")?)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// How a connection begins.
trait SetUp: SimpleConnection {
    fn set_up(&mut self, access: Access) -> QueryResult<()>;
}

impl SetUp for SqliteConnection {
    fn set_up(&mut self, access: Access) -> QueryResult<()> {
        self.batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;",
        )?;
        if access == Access::Read {
            self.batch_execute("PRAGMA query_only = ON; PRAGMA mmap_size = 268435456;")?;
        }
        Ok(())
    }
}

impl SetUp for PgConnection {
    fn set_up(&mut self, _: Access) -> QueryResult<()> {
        self.batch_execute("SET synchronous_commit = on;")
    }
}

#[derive(Debug)]
struct Beginning(Access);

impl<C: SetUp> CustomizeConnection<C, Error> for Beginning {
    fn on_acquire(&self, connection: &mut C) -> Result<(), Error> {
        connection.set_up(self.0).map_err(Error::QueryError)
    }
}

fn pool<C: R2D2Connection + SetUp + 'static>(
    database: &str,
    size: u32,
    access: Access,
) -> anyhow::Result<Pool<ConnectionManager<C>>> {
    Ok(Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .connection_customizer(Box::new(Beginning(access)))
        .build(ConnectionManager::new(database))?)
}

macro_rules! store {
    ($name:ident, $connection:ty, $transaction:ident) => {
        struct $name {
            readers: Pool<ConnectionManager<$connection>>,
            writer: Pool<ConnectionManager<$connection>>,
        }

        impl $name {
            fn fill(connection: &mut $connection, devices: &[DeviceBody]) -> anyhow::Result<()> {
                connection.batch_execute(TABLES)?;
                connection.transaction(|connection| {
                    for batch in devices.chunks(BATCH) {
                        let rows: Vec<Row> = batch.iter().map(row).collect();
                        diesel::insert_into(device::table)
                            .values(&rows)
                            .execute(connection)?;
                        let pairs = batch
                            .iter()
                            .filter_map(|body| Some((body, body.imeis.first()?)));
                        let imeis: Vec<_> = pairs
                            .map(|(body, found)| (imei::device_id.eq(&body.id), imei::number.eq(found)))
                            .collect();
                        diesel::insert_into(imei::table)
                            .values(&imeis)
                            .execute(connection)?;
                    }
                    Ok(())
                })
            }
        }

        impl Work for $name {
            fn read(&self, id: &str) -> anyhow::Result<DeviceBody> {
                let found = device::table
                    .left_join(imei::table)
                    .filter(device::id.eq(id))
                    .select((Row::as_select(), imei::number.nullable()))
                    .first(&mut self.readers.get()?)?;
                Ok(body(found))
            }

            fn list(&self, offset: i64, limit: i64) -> anyhow::Result<Listed> {
                let mut connection = self.readers.get()?;
                let found: Vec<(Row, Option<String>)> = device::table
                    .left_join(imei::table)
                    .order(device::id)
                    .offset(offset)
                    .limit(limit)
                    .select((Row::as_select(), imei::number.nullable()))
                    .load(&mut connection)?;
                Ok(Listed {
                    items: found.into_iter().map(body).collect(),
                    total: device::table.count().get_result(&mut connection)?,
                })
            }

            fn write(&self, id: &str) -> anyhow::Result<Written> {
                let mut connection = self.writer.get()?;
                let written = connection.$transaction(|connection| {
                    let (status, version, at): (String, i64, NaiveDateTime) = device::table
                        .find(id)
                        .select((device::status, device::version, device::updated_at))
                        .first(connection)?;
                    let status = if status == "assigned" {
                        "in_stock"
                    } else {
                        "assigned"
                    };
                    diesel::update(device::table.find(id))
                        .set((
                            device::status.eq(status),
                            device::custody_epoch.eq(device::custody_epoch + 1),
                            device::version.eq(version + 1),
                        ))
                        .execute(connection)?;
                    diesel::insert_into(event::table)
                        .values((
                            event::id.eq(next_event()),
                            event::device_id.eq(id),
                            event::kind.eq(status),
                            event::at.eq(at),
                        ))
                        .execute(connection)?;
                    QueryResult::Ok(version + 1)
                })?;
                Ok(Written {
                    id: id.to_owned(),
                    version: written,
                })
            }
        }
    };
}

store!(Sqlite, SqliteConnection, immediate_transaction);
store!(Postgres, PgConnection, transaction);

/// The numbers of the events of this process, which writes alone to an empty table.
fn next_event() -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
