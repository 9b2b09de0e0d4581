//! Which keys of the keyring are in use, and the proof that they are still the same keys.

use super::schema::{data_key, key_check, message, private_address, receipt_key};
use super::{DbConnection, DbError, Tx};
use crate::on_both;
use diesel::dsl::count_star;
use diesel::prelude::*;

/// The stored proofs, by kid.
pub fn checks(connection: &mut DbConnection) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    Ok(key_check::table
        .order(key_check::kid)
        .select((key_check::kid, key_check::sealed))
        .load(connection)?)
}

/// Stores the proof for a new key; one that is stored already stays.
pub fn insert_check(tx: &mut Tx<'_>, kid: &str, sealed: &[u8]) -> Result<(), DbError> {
    on_both!(tx, |inner| diesel::insert_into(key_check::table)
        .values((key_check::kid.eq(kid), key_check::sealed.eq(sealed)))
        .on_conflict(key_check::kid)
        .do_nothing()
        .execute(inner))?;
    Ok(())
}

/// The public keys that receipts are or were signed with, by kid.
pub fn receipt_keys(connection: &mut DbConnection) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    Ok(receipt_key::table
        .order(receipt_key::kid)
        .select((receipt_key::kid, receipt_key::public_key))
        .load(connection)?)
}

/// Keeps the public key of a new key; one that is kept already stays.
pub fn insert_receipt_key(tx: &mut Tx<'_>, kid: &str, public_key: &[u8]) -> Result<(), DbError> {
    let now = tx.now().naive_utc();
    on_both!(tx, |inner| diesel::insert_into(receipt_key::table)
        .values((
            receipt_key::kid.eq(kid),
            receipt_key::public_key.eq(public_key),
            receipt_key::created_at.eq(now),
        ))
        .on_conflict(receipt_key::kid)
        .do_nothing()
        .execute(inner))?;
    Ok(())
}

/// How many data keys each key wraps.
pub fn data_keys_by_kid(connection: &mut DbConnection) -> Result<Vec<(String, i64)>, DbError> {
    Ok(data_key::table
        .filter(data_key::destroyed_at.is_null())
        .group_by(data_key::kid)
        .order(data_key::kid)
        .select((data_key::kid, count_star()))
        .load(connection)?)
}

/// How many written mails each key seals.
pub fn messages_by_kid(connection: &mut DbConnection) -> Result<Vec<(String, i64)>, DbError> {
    let found: Vec<(Option<String>, i64)> = message::table
        .filter(message::sealed_kid.is_not_null())
        .group_by(message::sealed_kid)
        .order(message::sealed_kid)
        .select((message::sealed_kid, count_star()))
        .load(connection)?;
    Ok(found
        .into_iter()
        .filter_map(|(kid, count)| Some((kid?, count)))
        .collect())
}

/// How many private addresses each key seals.
pub fn private_addresses_by_kid(connection: &mut DbConnection) -> Result<Vec<(String, i64)>, DbError> {
    Ok(private_address::table
        .group_by(private_address::sealed_kid)
        .order(private_address::sealed_kid)
        .select((private_address::sealed_kid, count_star()))
        .load(connection)?)
}
