//! Pure: bytes to Mail, and who wrote it; never fails.
