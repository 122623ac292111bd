//! The loop: what is next (from plan and journal) → write the intent, flush → do it → see that it is so → write the
//! outcome → ask again. Resume is that loop with a journal that is not empty.
//!
//! Effects happen here and in `world` only. The loop never plans anew: when what it sees is not what the plan
//! foresaw, it stops and says so. Begin with [`group`], then [`next`].

pub mod access;
pub mod again;
pub mod attested;
pub mod claims;
pub mod clock;
pub mod foreseen;
pub mod generation;
pub mod group;
pub mod journal;
pub mod landing;
pub mod lock;
pub mod log;
pub mod looks;
pub mod needs;
pub mod next;
pub mod observe;
pub mod recorded;
pub mod relied;
pub mod replace;
pub mod runs;
pub mod settling;
pub mod side_by_side;
pub mod stale;
pub mod state;
pub mod taken_back;
pub mod whole_path;
pub mod window;
