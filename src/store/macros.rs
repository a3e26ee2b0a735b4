//! One SQL text, whichever database is open.

/// All rows as tuples or `FromRow` types: `all!(tx, "select …", a, b) -> Result<Vec<T>>`.
macro_rules! all {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                sqlx::query_as($sql)$(.bind($bind))*.fetch_all(&mut **t).await
            }
            $crate::store::Tx::Postgres(t) => {
                sqlx::query_as($sql)$(.bind($bind))*.fetch_all(&mut **t).await
            }
        }
    };
}

/// The row, if there is one.
#[allow(unused_macros)]
macro_rules! maybe {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                sqlx::query_as($sql)$(.bind($bind))*.fetch_optional(&mut **t).await
            }
            $crate::store::Tx::Postgres(t) => {
                sqlx::query_as($sql)$(.bind($bind))*.fetch_optional(&mut **t).await
            }
        }
    };
}

/// Exactly one row.
#[allow(unused_macros)]
macro_rules! one {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                sqlx::query_as($sql)$(.bind($bind))*.fetch_one(&mut **t).await
            }
            $crate::store::Tx::Postgres(t) => {
                sqlx::query_as($sql)$(.bind($bind))*.fetch_one(&mut **t).await
            }
        }
    };
}

/// Runs a statement; gives the number of rows it touched.
#[allow(unused_macros)]
macro_rules! run {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|done| done.rows_affected())
            }
            $crate::store::Tx::Postgres(t) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **t).await.map(|done| done.rows_affected())
            }
        }
    };
}
