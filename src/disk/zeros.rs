//! The values that blocks of zeros have in a file's hash tree.
//!
//! Each place has another one, because BLAKE3 mixes a chunk's place into its value: no value of a block of zeros, or of a
//! run of them, serves for a second place. It depends on nothing but the place, so each is computed once in a process.
//! Files are read in [`super::hashing`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use blake3::hazmat::{ChainingValue, HasherExt};

use super::manifest::BLOCK_BYTES;

/// The blocks of the first TiB: their values take 17 MB at most.
const MOST_REMEMBERED: u64 = 512 << 10;
static REMEMBERED: Mutex<Vec<Option<ChainingValue>>> = Mutex::new(Vec::new());

/// The value of a block of zeros at a place; blocks are counted from 0, and `bytes` is less than a whole block only
/// at a file's end.
pub(super) fn value_of_zeros(index: u64, bytes: u64) -> ChainingValue {
    let is_remembered = bytes == BLOCK_BYTES && index < MOST_REMEMBERED;
    if is_remembered && let Some(value) = remembered().get(index as usize).copied().flatten() {
        return value;
    }
    let value = hasher_of_zeros(index, bytes).finalize_non_root();
    if is_remembered {
        let mut all = remembered();
        let length = all.len().max(index as usize + 1);
        all.resize(length, None);
        all[index as usize] = Some(value);
    }
    value
}

/// A hasher that has read `bytes` of zeros at a block's place.
pub(super) fn hasher_of_zeros(index: u64, bytes: u64) -> blake3::Hasher {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(index * BLOCK_BYTES);
    let mut left = bytes;
    while left > 0 {
        let part = left.min(ZEROS.len() as u64);
        hasher.update(&ZEROS[..part as usize]);
        left -= part;
    }
    hasher
}

/// The values; a thread that panicked has left them whole, since each change is one assignment.
fn remembered() -> MutexGuard<'static, Vec<Option<ChainingValue>>> {
    REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_zeros_have_the_value_of_their_place() {
        for (index, bytes) in [(0, BLOCK_BYTES), (3, BLOCK_BYTES), (3, BLOCK_BYTES), (4, 70_001)] {
            let mut hasher = blake3::Hasher::new();
            hasher.set_input_offset(index * BLOCK_BYTES).update(&vec![0; bytes as usize]);
            assert_eq!(value_of_zeros(index, bytes), hasher.finalize_non_root(), "{index} {bytes}");
        }
        assert_ne!(value_of_zeros(0, BLOCK_BYTES), value_of_zeros(3, BLOCK_BYTES));
    }
}
