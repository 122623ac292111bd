//! What a product's task log tells of files that its tasks stumble over. Plain values; a log is read in `system`.

/// What the logs tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskLog {
    /// How many records were read.
    pub records: usize,
    /// The failures, in the order in which they first happened.
    pub failures: Vec<Failure>,
    /// Whether there were more failures than are kept.
    pub more: bool,
}

/// One failure that happened once or again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the log says of the task, as it is written.
    pub task: String,
    /// How many records tell of it.
    pub times: usize,
    /// When it was first told, in the server's local time as the log writes it.
    pub first: String,
    /// When it was last told.
    pub last: String,
    /// Each server that was looked at, and its abnormal files.
    pub servers: Vec<(String, Vec<String>)>,
}

impl Failure {
    /// Whether it was tried again, so that the task stands in its retry loop.
    pub fn is_loop(&self) -> bool {
        self.times > 1
    }
}
