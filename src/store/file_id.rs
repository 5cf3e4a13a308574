//! What files of recordings are called outside: ids that name rows, and places in their list (H19).

use crate::id::CallId;
use std::fmt;
use std::str::FromStr;

/// Which file: it names a row, never a place on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// In which conversation it was recorded.
    pub call: CallId,
    /// The segment, from 1.
    pub segment: u32,
    /// Which of its files, from 0.
    pub position: u32,
}

/// A place in the list of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the recording began, in microseconds.
    pub(super) began: i64,
    pub(super) id: FileId,
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.call, self.segment, self.position)
    }
}

/// What is no id of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoId;

impl FromStr for FileId {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let mut parts = text.split('-');
        let (call, segment, position) = (parts.next(), parts.next(), parts.next());
        let id = Self {
            call: call.and_then(CallId::parse).ok_or(NoId)?,
            segment: segment.and_then(|text| text.parse().ok()).ok_or(NoId)?,
            position: position.and_then(|text| text.parse().ok()).ok_or(NoId)?,
        };
        // One spelling: also nothing after it, no sign and no zero before a number.
        (id.to_string() == text).then_some(id).ok_or(NoId)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.began, self.id)
    }
}

impl FromStr for Cursor {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let (began, id) = text.split_once('.').ok_or(NoId)?;
        let began = began.parse().map_err(|_| NoId)?;
        let id = id.parse()?;
        Ok(Self { began, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h19_an_id_is_read_in_one_spelling_alone() {
        let id = FileId {
            call: CallId::mint(1_800_000_000_000, 5),
            segment: 2,
            position: 1,
        };
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [
            "",
            "x",
            "../..",
            "0-0-0",
            &format!("{id}-1"),
            &format!("{}-+2-1", id.call),
            &format!("{}-02-1", id.call),
            &format!("{}-2", id.call),
            &format!("{id}/../x"),
        ] {
            assert_eq!(wrong.parse::<FileId>(), Err(NoId), "{wrong}");
        }
        let cursor = Cursor { began: -5, id };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
}
