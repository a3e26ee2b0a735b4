//! The wire to a mailbox.
