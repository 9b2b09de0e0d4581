//! How connections to PostgreSQL are opened.

use super::connection::DbConnection;
use super::error::DbError;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

/// What libpq is told unless the URL says otherwise: to give up a server that cannot be reached, to notice within half
/// a minute that the way to it is cut, and who is connected, for whoever looks at the server.
/// Units as <https://www.postgresql.org/docs/current/libpq-connect.html> has them: seconds, and milliseconds for
/// `tcp_user_timeout`.
const PARAMETERS: &[(&str, &str)] = &[
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "4"),
    ("tcp_user_timeout", "30000"),
    ("application_name", "handback"),
];

/// Nearly everything is read by key: with the default cost of a random page, which is that of a turning disk, a table that
/// has just begun to grow is read from end to end.
pub(super) fn open_postgres(url: &str) -> Result<DbConnection, DbError> {
    // Before libpq does it in its own way: OpenSSL would tear itself down when the program ends, and a thread of the pool
    // that is still opening a connection then would end it with a segmentation fault. This sets `OPENSSL_INIT_NO_ATEXIT`,
    // see <https://docs.openssl.org/3.6/man3/OPENSSL_init_crypto/>.
    openssl_sys::init();
    let mut connection = PgConnection::establish(&with_parameters(url))
        .map_err(|error| DbError::Unavailable(error.to_string()))?;
    connection.batch_execute(
        "SET synchronous_commit = on;
         SET statement_timeout = '10s';
         SET lock_timeout = '3s';
         SET idle_in_transaction_session_timeout = '30s';
         SET client_min_messages = warning;
         SET random_page_cost = 1.1;",
    )?;
    Ok(DbConnection::Postgres(connection))
}

/// Adds the parameters that the URL does not have.
fn with_parameters(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Vec<String> = query
        .split('&')
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect();
    for (name, value) in PARAMETERS {
        let is_said = |one: &String| one.split('=').next() == Some(name);
        if !parameters.iter().any(is_said) {
            parameters.push(format!("{name}={value}"));
        }
    }
    format!("{place}?{}", parameters.join("&"))
}

#[derive(QueryableByName)]
struct Language {
    #[diesel(sql_type = diesel::sql_types::Text)]
    lc_messages: String,
}

/// Warns of a server whose messages are not English. Some faults, such as a deadlock, can be told only by their text: in
/// another language they look like a fault of ours, and what could have been tried again is refused.
pub(super) fn check_language(connection: &mut DbConnection) -> Result<(), DbError> {
    let DbConnection::Postgres(inner) = connection else {
        return Ok(());
    };
    let Language { lc_messages } =
        diesel::sql_query("SELECT current_setting('lc_messages') AS lc_messages").get_result(inner)?;
    let is_english = ["", "C", "POSIX"].contains(&lc_messages.as_str())
        || ["C.", "en"].iter().any(|prefix| lc_messages.starts_with(prefix));
    if !is_english {
        tracing::warn!(
            %lc_messages,
            "PostgreSQL does not answer in English: set lc_messages = 'C' for this database, or deadlocks are refused \
             instead of tried again"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_url_says_counts_and_the_rest_is_added() {
        let plain = with_parameters("postgres://h/d");
        assert!(plain.starts_with("postgres://h/d?connect_timeout=5&"), "{plain}");
        let said = with_parameters("postgres://a,b/d?sslmode=require&connect_timeout=60");
        assert!(said.starts_with("postgres://a,b/d?sslmode=require&connect_timeout=60&"));
        assert_eq!(said.matches("connect_timeout").count(), 1);
    }
}
