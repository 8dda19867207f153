// Figures of a chart as the rest of the page writes them: figure(value, unit). Units: "us" (a time in µs), "bytes",
// "ratio" (0–1, shown in percent), "per_s", "cores" and "count".
"use strict";

const ABSENT = "–";

// Three significant digits, without trailing zeros.
function short(value) {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

function duration(us) {
  if (Math.abs(us) < 999.5) return `${short(us)} µs`;
  if (Math.abs(us) < 999.5e3) return `${short(us / 1e3)} ms`;
  if (Math.abs(us) < 120e6) return `${short(us / 1e6)} s`;
  const seconds = Math.round(us / 1e6);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (part) => String(part).padStart(2, "0");
  return h > 0 ? `${h}h ${two(m)}m ${two(s)}s` : `${m}m ${two(s)}s`;
}

function binary(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let at = 0;
  for (; Math.abs(bytes) >= 999.5 && at + 1 < units.length; at += 1) bytes /= 1024;
  return `${short(bytes)} ${units[at]}`;
}

function figure(value, unit) {
  if (value === null || value === undefined) return ABSENT;
  switch (unit) {
    case "us": return duration(value);
    case "bytes": return binary(value);
    case "ratio": return `${short(value * 100)}%`;
    case "per_s": return `${short(value)}/s`;
    case "cores": return `${short(value)} cores`;
    default: return short(value);
  }
}
