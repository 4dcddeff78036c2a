//! Points in time as reports write them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time in UTC with milliseconds, such as `2026-11-22T10:46:03.250Z`.
///
/// <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>
///
/// A clock set before 1970 gives the beginning of 1970: a report with a wrong date is better than none.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since_epoch.as_secs();
    let (year, month, day) = civil(seconds / SECONDS_PER_DAY);
    let second_of_day = seconds % SECONDS_PER_DAY;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60,
        since_epoch.subsec_millis(),
    )
}

/// Year, month and day of a number of days since 1970-01-01.
const fn civil(days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    let mut day = days;
    while day >= days_in_year(year) {
        day -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while day >= days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

const fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::the_epoch(0, "1970-01-01T00:00:00.000Z")]
    #[case::a_leap_day(951_782_400_000, "2000-02-29T00:00:00.000Z")]
    #[case::the_day_after_a_leap_day(951_868_800_000, "2000-03-01T00:00:00.000Z")]
    #[case::the_end_of_a_year(1_798_761_599_999, "2026-12-31T23:59:59.999Z")]
    #[case::a_century_without_leap_day(4_107_542_400_000, "2100-03-01T00:00:00.000Z")]
    fn a_time_is_written_in_utc(#[case] milliseconds: u64, #[case] text: &str) {
        assert_eq!(
            rfc3339(UNIX_EPOCH + Duration::from_millis(milliseconds)),
            text
        );
    }

    #[test]
    fn a_clock_before_the_epoch_does_not_stop_a_report() {
        assert_eq!(
            rfc3339(UNIX_EPOCH - Duration::from_secs(1)),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
