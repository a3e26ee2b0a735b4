//! Claim, send, settle.
