//! The real binary: what people type, what they get, and the exit code that their scripts rely on.
//!
//! Each test has a folder of its own with a copy of an example. Begin with [`scene`].

mod bounds;
mod clusters;
mod disks;
mod drift_jobs;
mod evidence;
mod exit_codes;
mod farms;
mod forms;
mod full_disk;
mod hostile;
mod images;
mod inputs;
mod interrupts;
mod journals;
mod kills;
mod last_word;
mod main_job;
mod plan_files;
mod plans;
mod prints;
mod relaxations;
mod scene;
mod snapshots;
mod streams;
mod takeovers;
mod terminal;
mod waivers;
mod windows;
