//! A file's bytes as a farm hands them out: shared by everybody who holds the same, and fingerprinted once.
//!
//! A farm in memory keeps them so, and a store of equal servers costs one image; a farm in a folder makes them when a file
//! is read.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::disk::manifest::Fingerprint;

/// A file's bytes. They never change; a clone is the same bytes.
#[derive(Clone)]
pub struct Bytes(Arc<Held>);

struct Held {
    bytes: Vec<u8>,
    print: OnceLock<Fingerprint>,
}

impl Bytes {
    /// Returns the fingerprint of the bytes.
    pub fn fingerprint(&self) -> &Fingerprint {
        self.0.print.get_or_init(|| Fingerprint::of(&self.0.bytes))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(Arc::new(Held { bytes, print: OnceLock::new() }))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Bytes) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.bytes == other.0.bytes
    }
}

impl Eq for Bytes {}

/// Says how many, and shows none of them.
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.bytes.len())
    }
}
