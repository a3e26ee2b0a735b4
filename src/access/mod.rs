//! Pure: absence, who answers now, scope.
