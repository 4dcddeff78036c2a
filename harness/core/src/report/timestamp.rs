//! Points in time as reports write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time in UTC with milliseconds, such as `2026-11-22T10:46:03.250Z`.
///
/// <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>
///
/// A clock set before 1970 gives the beginning of 1970: a report with a wrong date is better than none.
pub(crate) fn rfc3339(time: SystemTime) -> String {
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

/// The point in time that [`rfc3339`] writes like this; `None` for any other text.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, milliseconds) = time.split_once('.')?;
    let numbers = |text: &str, separator| -> Option<[u64; 3]> {
        let numbers: Option<Vec<u64>> = text.split(separator).map(|it| it.parse().ok()).collect();
        numbers?.try_into().ok()
    };
    let ([year, month, day], [hour, minute, second]) = (numbers(date, '-')?, numbers(time, ':')?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let years: u64 = (1970..year).map(days_in_year).sum();
    let months: u64 = (1..month).map(|month| days_in_month(year, month)).sum();
    let seconds = (years + months + day - 1) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    let since_epoch =
        Duration::from_secs(seconds) + Duration::from_millis(milliseconds.parse().ok()?);
    let time = UNIX_EPOCH.checked_add(since_epoch)?;
    // What is no date, such as the thirtieth of February, is written otherwise.
    (rfc3339(time) == text).then_some(time)
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
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::the_epoch(0, "1970-01-01T00:00:00.000Z")]
    #[case::a_leap_day(951_782_400_000, "2000-02-29T00:00:00.000Z")]
    #[case::the_day_after_a_leap_day(951_868_800_000, "2000-03-01T00:00:00.000Z")]
    #[case::the_end_of_a_year(1_798_761_599_999, "2026-12-31T23:59:59.999Z")]
    #[case::a_century_without_leap_day(4_107_542_400_000, "2100-03-01T00:00:00.000Z")]
    fn a_time_is_written_in_utc(#[case] milliseconds: u64, #[case] text: &str) {
        let time = UNIX_EPOCH + Duration::from_millis(milliseconds);
        assert_eq!(rfc3339(time), text);
        assert_eq!(parse(text), Some(time));
    }

    #[rstest]
    #[case("2026-02-30T00:00:00.000Z")]
    #[case("2026-02-03T00:00:00.000+01:00")]
    #[case("2026-02-03")]
    #[case("99999999999-02-03T00:00:00.000Z")]
    fn another_text_is_no_time(#[case] text: &str) {
        assert_eq!(parse(text), None);
    }

    #[test]
    fn a_clock_before_the_epoch_does_not_stop_a_report() {
        assert_eq!(
            rfc3339(UNIX_EPOCH - Duration::from_secs(1)),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
