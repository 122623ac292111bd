//! What the practice farm does, each rule seen in both of its stores.

mod changes;
mod faults;
mod folders;
mod images;
mod pvs;
mod replication;
mod scripts;
mod support;
mod walks;
