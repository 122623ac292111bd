//! The hash tree above a file's blocks: the digest of a file from its blocks' values.
//!
//! Pure, and one value per level is all it holds.

use blake3::hazmat::{ChainingValue, Mode, merge_subtrees_non_root, merge_subtrees_root};

use super::manifest::Digest;

/// The tree above the blocks that were added, in order: one value per level.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    blocks: u64,
    stack: Vec<ChainingValue>,
}

impl Tree {
    /// Adds the next block's value.
    pub(crate) fn add(&mut self, value: ChainingValue) {
        self.merge_down_to(self.blocks.count_ones() as usize);
        self.stack.push(value);
        self.blocks += 1;
    }

    fn merge_down_to(&mut self, levels: usize) {
        while self.stack.len() > levels
            && let (Some(right), Some(left)) = (self.stack.pop(), self.stack.pop())
        {
            self.stack.push(merge_subtrees_non_root(&left, &right, Mode::Hash));
        }
    }

    /// The digest of the whole; none for fewer than two blocks, which have no root above them.
    pub(crate) fn digest(mut self) -> Option<Digest> {
        self.merge_down_to(2);
        match self.stack.as_slice() {
            [left, right] => Some(Digest(*merge_subtrees_root(left, right, Mode::Hash).as_bytes())),
            _ => None,
        }
    }
}
