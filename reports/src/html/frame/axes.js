// The axes of charts: where their marks stand and what is written at them.
"use strict";

// Steps that read well for a clock, in seconds.
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];
// Steps that read well in powers of two, for bytes.
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);
// Steps of what comes in whole numbers.
const WHOLE_STEPS = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

// A point of time on the run's clock: 0:05, 1:30, 1:02:00.
function clock(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (part) => String(part).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// Where a quantile stands on the axis of nines: 90% at 1, 99% at 2, 99.9% at 3.
const nines = (quantile) => -Math.log10(1 - quantile);
const quantileText = (at) => `${Number((100 * (1 - 10 ** -at)).toFixed(Math.max(0, Math.ceil(at) - 1)))}%`;

// How values along the x axis are written, by its unit.
function xText(value, unit) {
  if (unit === "clock") return clock(value);
  if (unit === "nines") return quantileText(value);
  return figure(value, unit);
}

// Marks of an axis of nines: half of all, then nine of ten, and so on, with the fives between them where there is room for their names.
const NINES = Array.from({ length: 10 }, (_, nine) => [nine, nine + Math.log10(2)]).flat().slice(1);
const NINES_SPACE = 46;

function ninesText(u, splits) {
  const named = splits.filter(Number.isInteger);
  const place = (at) => u.valToPos(at, "x");
  for (const at of splits) {
    if (!named.includes(at) && named.every((other) => Math.abs(place(at) - place(other)) >= NINES_SPACE)) named.push(at);
  }
  return splits.map((at) => (named.includes(at) ? quantileText(at) : ""));
}

function axisLook() {
  return {
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
}

function xAxis({ unit, hidden }) {
  const axis = {
    ...axisLook(),
    size: hidden ? 0 : 28,
    gap: 6,
    space: 64,
    values: hidden ? () => [] : (_, splits) => splits.map((split) => (split === null ? "" : xText(split, unit))),
  };
  if (unit === "clock") axis.incrs = CLOCK_STEPS;
  if (unit === "nines") {
    axis.splits = (_, __, low, high) => NINES.filter((at) => at >= low && at <= high);
    axis.values = ninesText;
  }
  return axis;
}

function yAxis({ unit, log }) {
  const axis = {
    ...axisLook(),
    size: 72,
    gap: 6,
    space: 22,
    // Zero is zero in every unit.
    values: (_, splits) => splits.map((split) => (split === null ? "" : split === 0 ? "0" : figure(split, unit))),
  };
  if (unit === "bytes" && !log) axis.incrs = BINARY_STEPS;
  if (unit === "count" && !log) axis.incrs = WHOLE_STEPS;
  return axis;
}
