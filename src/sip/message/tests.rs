//! Messages: reading, refusing, writing.
