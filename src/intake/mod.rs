//! The main flow: bytes to timeline, in batches; one mailbox's loop.
