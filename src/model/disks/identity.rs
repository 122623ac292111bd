//! The identity of a disk, as VHD and VHDX files carry it.
//!
//! A pure value; headers are read in `disk::header`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The 128-bit identity of a disk, as sixteen bytes in the order in which they are displayed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DiskId(pub [u8; 16]);

impl DiskId {
    /// The identity that a GUID stored in Microsoft's mixed order has (VHDX).
    pub fn from_mixed_order(b: [u8; 16]) -> DiskId {
        DiskId([b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]])
    }

    /// The identity as VHDX files store it; the same exchange of bytes undoes itself.
    pub fn to_mixed_order(self) -> [u8; 16] {
        DiskId::from_mixed_order(self.0).0
    }

    /// Whether every byte is zero, which means that there is none.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }

    /// Reads `2dc27766-f623-4200-9d64-115e9bfd4a08`, in braces or without, in either case.
    pub fn parse(text: &str) -> Option<DiskId> {
        let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let mut id = [0; 16];
        let mut digits = bare.char_indices().filter(|&(at, digit)| !(digit == '-' && matches!(at, 8 | 13 | 18 | 23)));
        for byte in &mut id {
            let high = digits.next()?.1.to_digit(16)?;
            let low = digits.next()?.1.to_digit(16)?;
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        (digits.next().is_none() && bare.len() == 36).then_some(DiskId(id))
    }
}

impl fmt::Display for DiskId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                out.write_str("-")?;
            }
            write!(out, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DiskId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DiskId({self})")
    }
}

impl From<DiskId> for String {
    fn from(id: DiskId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for DiskId {
    type Error = String;

    fn try_from(text: String) -> Result<DiskId, String> {
        DiskId::parse(&text).ok_or_else(|| format!("`{text}` is not a disk's identity"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_back_as_it_was_written() {
        let text = "2dc27766-f623-4200-9d64-115e9bfd4a08";
        let id = DiskId::parse(text).expect("a GUID");
        assert_eq!(id.to_string(), text);
        assert_eq!(DiskId::parse("{2DC27766-F623-4200-9D64-115E9BFD4A08}"), Some(id));
        assert_eq!(DiskId::from_mixed_order(id.to_mixed_order()), id);
        for wrong in ["", "2dc27766", "2dc27766-f623-4200-9d64-115e9bfd4a0é", "2dc27766xf623-4200-9d64-115e9bfd4a08"] {
            assert_eq!(DiskId::parse(wrong), None, "{wrong}");
        }
    }
}
