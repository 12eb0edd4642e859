//! Brings text to a comparable form.
