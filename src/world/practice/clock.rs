//! The farm's own time: it stands still while the farm is only looked at, so that the same requests always give the
//! same answers.

use jiff::Timestamp;

/// 2026-01-05 09:00 UTC, in seconds since the Unix epoch: the moment at which every farm is made.
const BEGIN: i64 = 1_767_603_600;

/// Returns the moment `minutes` after the farm was made.
pub fn moment(minutes: u64) -> Timestamp {
    let seconds = i64::try_from(minutes).unwrap_or(i64::MAX).saturating_mul(60).saturating_add(BEGIN);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// Returns the moment as file times count, in units of 100 ns since the Unix epoch.
pub fn file_time(minutes: u64) -> i64 {
    i64::try_from(moment(minutes).as_nanosecond() / 100).unwrap_or(i64::MAX)
}

/// Returns the moment as CO-Store appends it to the name of a backup, `20170907_123456_000000`.
pub fn stamp(minutes: u64) -> String {
    moment(minutes).strftime("%Y%m%d_%H%M%S_000000").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_stamp_has_the_form_of_the_products_backups() {
        assert_eq!(super::stamp(90), "20260105_103000_000000");
        assert_eq!(super::file_time(0), 17_676_036_000_000_000);
        assert!(!super::stamp(u64::MAX).is_empty());
    }
}
