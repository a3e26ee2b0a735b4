//! Pure: may a notice be sent, and its text.
