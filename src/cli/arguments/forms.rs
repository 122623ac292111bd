//! The words that options take: forms of outputs, languages, colours.

use clap::ValueEnum;

/// The form of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ManFormat {
    /// For man
    Roff,
    /// The reference of all commands
    Markdown,
}

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English
    En,
    /// 日本語
    Ja,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of diagnostic logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// JSON lines
    Json,
}

/// The form of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ObserveFormat {
    /// For people
    Text,
    /// A snapshot
    Json,
    /// A topology of what is there
    Yaml,
}

/// How a rehearsal is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RehearseFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The form of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people
    Text,
    /// The plan file
    Json,
    /// For a change review, always shorter than 32,000 characters
    Markdown,
    /// For whoever approves it: a page by itself, with a picture, in both languages
    Html,
}

/// The form in which a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For people
    Text,
    /// The lines of its journal, while they are written
    Jsonl,
}

/// The form of a drift report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DriftFormat {
    /// For people
    Text,
    /// For machines, and for `drift merge`
    Json,
    /// For a ticket or a job's summary, always shorter than 32,000 characters
    Markdown,
    /// SARIF 2.1.0, at the lines of the topology files
    Sarif,
    /// JUnit XML, a test case for each group
    Junit,
    /// The Prometheus text format
    Metrics,
    /// Annotations of GitHub Actions, at the lines of the topology files
    Github,
}

/// The form of servers side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DisksFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// For a change review or a ticket
    Markdown,
    /// A page by itself
    Html,
}

/// The form of fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HashFormat {
    /// As b3sum prints them
    Text,
    /// With the manifest of blocks and what images' headers say, for comparison on another machine
    Json,
}

/// The form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For people
    Text,
    /// A Mermaid state diagram
    Mermaid,
    /// A Graphviz graph
    Dot,
    /// For machines
    Json,
}
