//! The lines of the table before they are drawn: the same for the terminal and for Markdown.

use aforo_bench_suite::{Claim, Clock};

use crate::estimate::Estimate;
use crate::figures;
use crate::record::{PairRecord, Record, SingleRecord};
use crate::verdict::Verdict;

/// A line.
pub(crate) struct Line {
    /// The subject.
    pub(crate) group: String,
    /// What of it is measured, or what is held against what.
    pub(crate) functions: String,
    /// Empty for a function without a twin, which has but one time.
    pub(crate) before: String,
    pub(crate) after: String,
    /// The interval of the time of a function without a twin.
    pub(crate) after_interval: String,
    pub(crate) ratio: String,
    pub(crate) ratio_interval: String,
    /// The ratio that the claim comes to.
    pub(crate) claimed_ratio: String,
    /// The claim as the documents state it.
    pub(crate) claimed: String,
    pub(crate) verdict: &'static str,
}

/// A line for each pair, and after them one for each function without a twin.
pub(crate) fn lines(record: &Record) -> Vec<Line> {
    record.pairs.iter().map(pair).chain(record.singles.iter().map(single)).collect()
}

/// The lines by subject, so that it is named once for all that follow one another.
pub(crate) fn by_subject(lines: &[Line]) -> impl Iterator<Item = (&str, &[Line])> {
    lines.chunk_by(|line, next| line.group == next.group).map(|lines| (lines[0].group.as_str(), lines))
}

fn pair(pair: &PairRecord) -> Line {
    let claim = |text: fn(&Claim) -> String| pair.claim.as_ref().map(text).unwrap_or_default();
    Line {
        group: subject(pair.group, pair.clock),
        functions: format!("{} → {}", pair.before.function, pair.after.function),
        before: time(pair.before.time_ns.as_ref()),
        after: time(pair.after.time_ns.as_ref()),
        after_interval: String::new(),
        ratio: pair.ratio.map(|ratio| figures::number(ratio.value)).unwrap_or_default(),
        ratio_interval: pair.ratio.as_ref().map(figures::interval).unwrap_or_default(),
        claimed_ratio: claim(|claim| format!("≤ {:.2}", claim.ratio_at_most())),
        claimed: claim(|claim| claim.stated.to_owned()),
        verdict: pair.verdict.words(),
    }
}

fn single(single: &SingleRecord) -> Line {
    let measured = single.function.time_ns.as_ref();
    Line {
        group: subject(single.group, single.clock),
        functions: single.function.function.to_owned(),
        before: String::new(),
        after: time(measured),
        after_interval: measured.map(figures::time_interval).unwrap_or_default(),
        ratio: String::new(),
        ratio_interval: String::new(),
        claimed_ratio: String::new(),
        claimed: String::new(),
        verdict: if measured.is_none() { Verdict::NotMeasured.words() } else { "" },
    }
}

fn subject(group: &str, clock: Clock) -> String {
    match clock {
        Clock::ThreadCpu => group.to_owned(),
        Clock::Wall => format!("{group} (wall)"),
    }
}

fn time(estimate: Option<&Estimate>) -> String {
    estimate.map(|estimate| figures::time(estimate.value)).unwrap_or_default()
}

/// How many claims came to what, such as `Claims: 5 met, 1 not shown.`; `None` if nothing is claimed.
pub(crate) fn claims(record: &Record) -> Option<String> {
    let counts: Vec<String> = [Verdict::Met, Verdict::Missed, Verdict::NotShown, Verdict::NotMeasured]
        .into_iter()
        .map(|verdict| (record.count(verdict), verdict.words()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    (!counts.is_empty()).then(|| format!("Claims: {}.", counts.join(", ")))
}

/// When and where it was measured, in a sentence.
pub(crate) fn circumstances(record: &Record) -> String {
    let measured = record
        .measured_at
        .map_or_else(|| "Not measured yet".to_owned(), |at| at.format("Measured on %-d %B %Y").to_string());
    format!("{measured}: {}.", record.machine.describe())
}

/// What the columns mean.
pub(crate) fn legend(record: &Record) -> String {
    let passes = if record.passes == 1 { "one pass".to_owned() } else { format!("{} passes", record.passes) };
    format!(
        "Times are medians over {passes}, in CPU time of the thread; (wall) is time that passes. The ratio is after over before, with the \
         span of the passes' 95 % intervals. A claim is met if all of that is at or below the claimed ratio, missed if all of it is \
         above, else not shown. A line without a ratio is a function without a twin."
    )
}

/// What a reader must know besides the figures, a sentence or two each.
pub(crate) fn notes(record: &Record) -> Vec<String> {
    let of =
        |pair: &PairRecord| format!("{}, {} → {}", pair.group, pair.before.function, pair.after.function);
    let remarks = record.pairs.iter().filter_map(|pair| Some(format!("{}: {}", of(pair), pair.remark?)));
    let pairs = record
        .pairs
        .iter()
        .filter_map(|pair| Some(format!("{}: not measured, {}.", of(pair), pair.not_measured.as_ref()?)));
    let singles = record.singles.iter().filter_map(|single| {
        let why = single.not_measured.as_ref()?;
        Some(format!("{}, {}: not measured, {why}.", single.group, single.function.function))
    });
    let unlisted = record.unlisted.iter().map(|path| {
        format!(
            "{path} was measured and is in no table: add it to `PAIRS` or `SINGLES`, or remove its folder."
        )
    });
    remarks.chain(pairs).chain(singles).chain(unlisted).collect()
}
