//! Drift: what differs between what is declared and what is there.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::name::ServerName;
use super::words::Text;

/// What one comparison says of all its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftReport {
    /// When the groups were looked at (UTC); of a merged report, the earliest look.
    pub at: Timestamp,
    /// Which part of the groups it is about; none where it is about all.
    pub partition: Option<Partition>,
    /// The partitions whose reports are missing from a merged one.
    pub missing: Vec<Partition>,
    /// The groups, in the order in which they were declared.
    pub groups: Vec<GroupDrift>,
}

/// One of several parts into which groups are spread by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// Its number, counted from 1.
    pub number: u32,
    /// How many there are; never less than `number`.
    pub of: u32,
}

/// What a comparison says of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDrift {
    /// The group.
    pub group: String,
    /// Its system.
    pub system: String,
    /// The file that declares it, with `/` between folders.
    pub file: String,
    /// The line of its document, counted from 1.
    pub line: usize,
    /// The verdict.
    pub verdict: DriftVerdict,
    /// What differs.
    pub findings: Vec<Finding>,
    /// What could not be determined, and why.
    pub unknown: Vec<Text>,
    /// What differs for now and is expected to: replication still to come, files still to be deleted.
    pub expected: Vec<Text>,
    /// What a reader should know besides.
    pub notes: Vec<Text>,
    /// The waivers that are declared, those that have expired among them.
    pub waivers: Vec<WaiverSeen>,
    /// How many vDisk files are known to differ from the leader's; none where that is not known of any server.
    pub divergent_files: Option<u64>,
    /// When the group was last seen to be as declared (UTC); none where no look is remembered.
    pub in_sync_at: Option<Timestamp>,
}

/// A waiver as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverSeen {
    /// The guard that is waived.
    pub guard: String,
    /// The server that it holds for; none for every server.
    pub server: Option<ServerName>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which it holds.
    pub until: Date,
    /// Whether that day is over.
    pub is_expired: bool,
}

/// The four verdicts, which are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftVerdict {
    /// As declared.
    InSync,
    /// A change was declared and not applied yet.
    Pending,
    /// Something changed that nobody declared.
    Drift,
    /// It can't be told.
    Undetermined,
}

impl DriftVerdict {
    /// All verdicts, in the order in which people want to read of them.
    pub const WORST_FIRST: [DriftVerdict; 4] =
        [DriftVerdict::Drift, DriftVerdict::Undetermined, DriftVerdict::Pending, DriftVerdict::InSync];

    /// Returns the verdict as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            DriftVerdict::InSync => "in-sync",
            DriftVerdict::Pending => "pending",
            DriftVerdict::Drift => "drift",
            DriftVerdict::Undetermined => "undetermined",
        }
    }

    /// Returns the exit code that stands for it.
    pub fn exit_code(self) -> u8 {
        match self {
            DriftVerdict::InSync => 0,
            DriftVerdict::Pending => 4,
            DriftVerdict::Drift => 2,
            DriftVerdict::Undetermined => 3,
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The server.
    pub server: ServerName,
    /// `role`, or the name of a mark.
    pub what: String,
    /// What is declared or wanted.
    pub want: String,
    /// What is there.
    pub have: String,
    /// The line that declares the server, counted from 1; none where no line does.
    pub line: Option<usize>,
    /// The finding as a sentence.
    pub says: Text,
    /// In how many looks in a row it was seen, this one counted; none where nobody counts.
    pub sightings: Option<u32>,
}

impl GroupDrift {
    /// Returns the waivers that have expired.
    pub fn expired(&self) -> impl Iterator<Item = &WaiverSeen> {
        self.waivers.iter().filter(|waiver| waiver.is_expired)
    }

    /// Returns the sentences that argue for the verdict and are about no one server: what is unknown, and where nothing
    /// differs either, the notes.
    pub fn without_server(&self) -> impl Iterator<Item = &Text> {
        let (unknown, notes): (&[Text], &[Text]) = match self.verdict {
            DriftVerdict::InSync => (&[], &[]),
            DriftVerdict::Undetermined => (&self.unknown, &[]),
            DriftVerdict::Pending | DriftVerdict::Drift if self.findings.is_empty() => (&[], &self.notes),
            DriftVerdict::Pending | DriftVerdict::Drift => (&[], &[]),
        };
        unknown.iter().chain(notes)
    }

    /// Returns all sentences that argue for the verdict; none where the group is as declared.
    pub fn reasons(&self) -> Vec<&Text> {
        let findings = self.findings.iter().map(|finding| &finding.says);
        self.without_server().chain(findings).collect()
    }
}

impl DriftReport {
    /// Returns how many groups have a verdict.
    pub fn count(&self, verdict: DriftVerdict) -> usize {
        self.groups.iter().filter(|group| group.verdict == verdict).count()
    }

    /// Returns the groups with the worst verdict first, otherwise in order.
    pub fn worst_first(&self) -> Vec<&GroupDrift> {
        let mut groups: Vec<&GroupDrift> = self.groups.iter().collect();
        groups.sort_by_key(|group| DriftVerdict::WORST_FIRST.iter().position(|one| *one == group.verdict));
        groups
    }
}

impl Partition {
    /// Returns whether a group belongs to this partition: by its system and name alone, so that it stays where it is
    /// whatever other groups come and go.
    pub fn holds(self, system: &str, group: &str) -> bool {
        let digest = blake3::hash(format!("{system}\n{group}").as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        u64::from_le_bytes(first) % u64::from(self.of.max(1)) == u64::from(self.number.saturating_sub(1))
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.number, self.of)
    }
}

impl FromStr for Partition {
    type Err = String;

    /// Reads `hash:1/4`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("hash:").and_then(|rest| rest.split_once('/'));
        let parsed = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Partition { number, of }),
            _ => Err("write `hash:NUMBER/COUNT`, for example `hash:1/4`; the first is 1".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_in_exactly_one_partition_and_stays_there() {
        let parts: Vec<Partition> = (1..=4).map(|number| Partition { number, of: 4 }).collect();
        let mut sizes = [0; 4];
        for n in 0..1000 {
            let group = format!("Group{n}");
            let in_it: Vec<usize> = (0..4).filter(|at| parts[*at].holds("co-store", &group)).collect();
            assert_eq!(in_it.len(), 1, "{group}");
            sizes[in_it[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (180..320).contains(size)), "{sizes:?}");
        let place = |group| (1..=7).find(|number| Partition { number: *number, of: 7 }.holds("co-store", group));
        // Jobs of different versions must agree.
        assert_eq!(["Store", "Library", "ストア"].map(place), [Some(4), Some(3), Some(5)]);
    }

    #[test]
    fn a_partition_is_read_as_it_is_written() {
        assert_eq!("hash:2/4".parse(), Ok(Partition { number: 2, of: 4 }));
        assert_eq!(Partition { number: 2, of: 4 }.to_string(), "hash:2/4");
        for bad in ["", "2/4", "hash:0/4", "hash:5/4", "hash:1/0", "hash:-1/4", "hash:1", "hash:a/b", "hash:1/4/4"] {
            assert!(bad.parse::<Partition>().is_err(), "{bad}");
        }
    }
}
