//! The wire to a submission server.
