//! What people do: absences, imports, password changes.
