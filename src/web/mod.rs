//! Pages over the same views.
