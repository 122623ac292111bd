//! Windows of time in which changes may be made, as declared: `Sat 22:00/PT7H Asia/Tokyo`.
//!
//! Pure: time zones come from the database that is built in, never from the machine, so that a window means the
//! same wherever it is read.

use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::words::Text;

/// A window that opens on some days of every week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    written: String,
    /// Monday first.
    days: [bool; 7],
    start: Time,
    length: SignedDuration,
    zone: TimeZone,
}

/// The longest that a window may be open.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The days as they are written, Monday first.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Window {
    /// Reads a window: `DAYS HH:MM/LENGTH ZONE`. `DAYS` is a day (`Sat`), days from one to another (`Mon-Fri`) or
    /// `daily`; `LENGTH` an ISO 8601 duration of at most a week; `ZONE` a name of the IANA database.
    ///
    /// # Errors
    /// Says which part can't be read.
    pub fn parse(written: &str) -> Result<Window, Text> {
        let parts: Vec<&str> = written.split_whitespace().collect();
        let [days, span, zone] = parts.as_slice() else {
            return Err(Text::new("it needs days, a span and a time zone", "曜日、時間帯、タイムゾーンが必要です"));
        };
        let (start, length) = span
            .split_once('/')
            .ok_or_else(|| Text::new(format!("`{span}` has no `/`"), format!("`{span}` に `/` がありません")))?;
        let unread = |what: &str| Text::new(format!("`{what}` can't be read"), format!("`{what}` を読み取れません"));
        let start = Time::strptime("%H:%M", start).map_err(|_| unread(start))?;
        let length: SignedDuration = length.parse().map_err(|_| unread(length))?;
        if length <= SignedDuration::ZERO || length > LONGEST {
            return Err(Text::new(
                "a window is open for longer than nothing, and for a week at most",
                "長さは 0 より長く、1 週間以下にしてください",
            ));
        }
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(|_| {
            Text::new(format!("there is no time zone `{zone}`"), format!("タイムゾーン `{zone}` はありません"))
        })?;
        let days = read_days(days).ok_or_else(|| unread(days))?;
        Ok(Window { written: written.into(), days, start, length, zone })
    }

    /// Returns the window as it is written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Returns the spans that begin on the days around `now`, earliest first.
    fn spans(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = Zoned::new(now, self.zone.clone()).date();
        (-8..=8).filter_map(move |days: i64| {
            let date = today.checked_add(days.days()).ok()?;
            if !self.days[usize::from(weekday(date.weekday()))] {
                return None;
            }
            let begin = date.to_datetime(self.start).to_zoned(self.zone.clone()).ok()?.timestamp();
            Some((begin, begin.checked_add(self.length).ok()?))
        })
    }
}

/// Returns when the window closes that `now` lies in; none where every window is closed. Windows that overlap, or of which
/// one opens as the other closes, are one.
pub fn open_until(windows: &[Window], now: Timestamp) -> Option<Timestamp> {
    openings(windows, now).into_iter().find(|(begin, end)| *begin <= now && now < *end).map(|(_, end)| end)
}

/// Returns the longest time for which it is open at a stretch; nothing without a window. More than a week is as good as
/// always.
pub fn longest_opening(windows: &[Window]) -> Duration {
    // Every week is like any other, but for an hour where clocks change.
    let longest =
        openings(windows, Timestamp::UNIX_EPOCH).into_iter().map(|(begin, end)| end.duration_since(begin)).max();
    longest.and_then(|longest| Duration::try_from(longest).ok()).unwrap_or_default()
}

/// Returns the spans around `now` in which it is open, earliest first, none of which touches another.
fn openings(windows: &[Window], now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut spans: Vec<_> = windows.iter().flat_map(|window| window.spans(now)).collect();
    spans.sort();
    let mut openings: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (begin, end) in spans {
        match openings.last_mut() {
            Some((_, last)) if begin <= *last => *last = end.max(*last),
            _ => openings.push((begin, end)),
        }
    }
    openings
}

/// Returns the time zone of the first window: in which people are told when it closes.
pub fn zone(windows: &[Window]) -> Option<&TimeZone> {
    windows.first().map(|window| &window.zone)
}

/// Returns when a window opens next after `now`, in its own time zone.
pub fn next_opening(windows: &[Window], now: Timestamp) -> Option<Zoned> {
    let opens = |window: &Window| {
        let begin = window.spans(now).map(|(begin, _)| begin).find(|begin| *begin > now);
        begin.map(|begin| Zoned::new(begin, window.zone.clone()))
    };
    windows.iter().filter_map(opens).min_by_key(Zoned::timestamp)
}

fn weekday(day: Weekday) -> u8 {
    day.to_monday_zero_offset().unsigned_abs()
}

fn read_days(written: &str) -> Option<[bool; 7]> {
    let number = |name: &str| DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
    if written.eq_ignore_ascii_case("daily") {
        return Some([true; 7]);
    }
    let (first, last) = match written.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(written)?, number(written)?),
    };
    let length = (last + 7 - first) % 7;
    let mut days = [false; 7];
    (0..=length).for_each(|more| days[(first + more) % 7] = true);
    Some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(written: &[&str]) -> Vec<Window> {
        written.iter().map(|one| Window::parse(one).unwrap()).collect()
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn a_window_over_midnight_is_open_on_the_next_day() {
        // 2026-11-21 is a Saturday; Tokyo is nine hours ahead.
        let saturday = windows(&["Sat 22:00/PT7H Asia/Tokyo"]);
        assert_eq!(open_until(&saturday, at("2026-11-21T12:59:59Z")), None);
        for inside in ["2026-11-21T13:00:00Z", "2026-11-21T19:59:59Z"] {
            assert_eq!(open_until(&saturday, at(inside)), Some(at("2026-11-21T20:00:00Z")), "{inside}");
        }
        assert_eq!(open_until(&saturday, at("2026-11-21T20:00:00Z")), None);
        let next = next_opening(&saturday, at("2026-11-21T20:00:00Z")).unwrap();
        assert_eq!(next.to_string(), "2026-11-28T22:00:00+09:00[Asia/Tokyo]");
    }

    #[test]
    fn a_range_of_days_may_go_over_the_end_of_the_week() {
        let nights = windows(&["Fri-Mon 23:00/PT2H UTC"]);
        let is_open = |day: &str| open_until(&nights, at(&format!("2026-11-{day}T23:30:00Z"))).is_some();
        // From Friday the 20th to Thursday the 26th.
        assert_eq!(
            ["20", "21", "22", "23", "24", "25", "26"].map(is_open),
            [true, true, true, true, false, false, false]
        );
        assert!(Window::parse("daily 00:00/PT24H UTC").unwrap().days.iter().all(|day| *day));
    }

    #[test]
    fn of_several_open_windows_the_one_that_closes_last_counts() {
        let both = windows(&["Sat 22:00/PT1H UTC", "daily 22:30/PT1H UTC"]);
        assert_eq!(open_until(&both, at("2026-11-21T22:45:00Z")), Some(at("2026-11-21T23:30:00Z")));
        assert_eq!(next_opening(&both, at("2026-11-21T23:45:00Z")).unwrap().timestamp(), at("2026-11-22T22:30:00Z"));
    }

    #[test]
    fn windows_of_which_one_opens_as_the_other_closes_are_one() {
        let always = windows(&["daily 00:00/PT24H UTC"]);
        let left = open_until(&always, at("2026-11-21T23:59:00Z")).unwrap().duration_since(at("2026-11-21T23:59:00Z"));
        assert!(left > SignedDuration::from_hours(7 * 24), "{left:?}");
        assert!(longest_opening(&always) > Duration::from_secs(7 * 86_400));
        let two = windows(&["Sat 22:00/PT2H UTC", "Sun 00:00/PT1H UTC", "Sun 01:30/PT1H UTC"]);
        assert_eq!(open_until(&two, at("2026-11-21T22:00:00Z")), Some(at("2026-11-22T01:00:00Z")));
        assert_eq!((longest_opening(&two), longest_opening(&[])), (Duration::from_secs(3 * 3600), Duration::ZERO));
    }

    #[test]
    fn the_clocks_change_in_a_window_without_making_it_longer() {
        // On 2026-10-25 at 03:00 Berlin goes back to 02:00: seven hours are seven hours.
        let night = windows(&["Sat 22:00/PT7H Europe/Berlin"]);
        assert_eq!(open_until(&night, at("2026-10-24T20:00:00Z")), Some(at("2026-10-25T03:00:00Z")));
    }

    #[test]
    fn a_window_that_can_not_be_read_says_which_part() {
        let said = |written: &str| Window::parse(written).unwrap_err().en;
        assert_eq!(said("now"), "it needs days, a span and a time zone");
        assert_eq!(said("Sat 22:00-24:00 UTC"), "`22:00-24:00` has no `/`");
        assert_eq!(said("Sat 25:00/PT1H UTC"), "`25:00` can't be read");
        assert_eq!(said("Sat 22:00/7 UTC"), "`7` can't be read");
        assert_eq!(said("Sat 22:00/PT0S UTC"), "a window is open for longer than nothing, and for a week at most");
        assert_eq!(said("Sat 22:00/PT169H UTC"), "a window is open for longer than nothing, and for a week at most");
        assert_eq!(said("Sat 22:00/PT1H Asia/Tokio"), "there is no time zone `Asia/Tokio`");
        assert_eq!(said("Sab 22:00/PT1H UTC"), "`Sab` can't be read");
    }
}
