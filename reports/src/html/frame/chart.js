// chart(figure, spec) draws into a <figure class="chart"> when it is about to be seen. It can be read with the mouse and, when it has
// the focus, with the arrow keys, Page Up and Down, Home and End; dragging zooms, a double click shows everything again.
//
// spec:
//   label     what the chart shows, for those who cannot see it
//   x         { values, unit, from, to, hidden }: ascending; unit "clock" (seconds of the run), "nines" (from `nines(quantile)`) or
//             as of `figure`; from and to where the axis does not end with its values; hidden where the chart below shows the axis
//   y         { unit, log }: one unit a chart; from 0 unless log
//   series    [{ label, values, colour, dash, fill, x, is_held }]: colour is a number from 1 to 8, dash "dashed" or "dotted"; x are
//             ascending values of its own, where they are not those of the chart, and may repeat; is_held where a point
//             without a value has the last one
//   marks     [{ from, to, label, kind }]: spans or, without `to`, moments; kind "bad", "note" or "faint"
//   markText  whether the marks' labels are written, which one chart of a group does
//   group     charts with the same name have one cursor, and are zoomed together
//   height    of the plot, px
"use strict";

const DASHES = { dashed: [6, 4], dotted: [2, 3] };

// Rows of one x each out of series with an x of their own. Values with the same x stand in rows one after the other.
function aligned(x, series) {
  if (series.every((one) => !one.x)) return [x.values, ...series.map((one) => one.values)];
  const rows = new Map();
  series.forEach((one, at) => {
    const seen = new Map();
    (one.x ?? x.values).forEach((where, index) => {
      const nth = seen.get(where) ?? 0;
      seen.set(where, nth + 1);
      if (!rows.has(where)) rows.set(where, []);
      const atWhere = rows.get(where);
      (atWhere[nth] ??= series.map(() => undefined))[at] = one.values[index];
    });
  });
  const all = [...rows].sort(([one], [other]) => one - other).flatMap(([where, of]) => of.map((row) => [where, ...row]));
  return Array.from({ length: series.length + 1 }, (_, column) => all.map((row) => row[column]));
}

// With more points than this a line of full width would be a block of colour.
const DENSE = 1500;

function seriesLook({ label, values, colour: number = 1, dash, fill }) {
  return {
    label,
    stroke: () => colour(`series-${number}`),
    width: values.length > DENSE ? 1 : 1.75,
    dash: DASHES[dash],
    fill: fill ? () => colour(`series-${number}-fill`) : undefined,
    points: { show: false },
  };
}

// Marks are drawn behind the lines, and their labels above the plot, from left to right where there is room.
function marksPlugin(marks, markText) {
  const place = (u, { from, to = from }) => [from, to].map((value) => Math.round(u.valToPos(value, "x", true)));
  const each = (u, draw) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(left, top, width, height);
    u.ctx.clip();
    marks.forEach((mark) => draw(u.ctx, mark, place(u, mark), top, height));
    u.ctx.restore();
  };
  const behind = (u) => each(u, (ctx, mark, [from, to], top, height) => {
    if (mark.to !== undefined) {
      ctx.fillStyle = colour(`mark-${mark.kind}-fill`);
      ctx.fillRect(from, top, Math.max(1, to - from), height);
    }
    ctx.strokeStyle = colour(`mark-${mark.kind}`);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const edge of new Set([from, to])) {
      ctx.beginPath();
      ctx.moveTo(edge, top);
      ctx.lineTo(edge, top + height);
      ctx.stroke();
    }
  });
  const above = (u) => {
    const pixel = devicePixelRatio;
    const { ctx, bbox } = u;
    let free = bbox.left;
    ctx.save();
    Object.assign(ctx, { font: `${11 * pixel}px system-ui, sans-serif`, textAlign: "left", textBaseline: "bottom" });
    for (const mark of [...marks].sort((one, other) => one.from - other.from)) {
      const width = ctx.measureText(mark.label).width;
      const [from] = place(u, mark);
      const left = Math.max(bbox.left, Math.min(from, bbox.left + bbox.width - width));
      // What has no room is in the list below the charts.
      if (left < free || from < bbox.left || from > bbox.left + bbox.width) continue;
      free = left + width + 10 * pixel;
      ctx.fillStyle = colour(`mark-${mark.kind}`);
      ctx.fillText(mark.label, left, bbox.top - 2 * pixel);
    }
    ctx.restore();
  };
  return { hooks: { drawClear: behind, draw: markText ? above : () => {} } };
}

// What stands above a chart: a button a series, which hides it, and its value where the cursor is.
function legend(spec, toggle) {
  const values = spec.series.map(() => element("span", { className: "legend-value" }));
  const buttons = spec.series.map((one, at) => {
    const swatch = element("span", { className: `swatch ${one.dash ?? "line"}` });
    swatch.style.setProperty("--swatch", `var(--series-${one.colour ?? 1})`);
    const name = element("span", { className: "legend-name", textContent: one.label, title: one.label });
    const button = element("button", { type: "button", className: "legend-entry" }, swatch, name, " ", values[at]);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      toggle(at, shown);
    });
    return button;
  });
  const where = element("span", { className: "legend-where" });
  return { node: element("div", { className: "legend" }, ...buttons, where), values, where };
}

// A column in which every point has the last value that was read.
function held(column) {
  let last = null;
  return column.map((value) => (last = value ?? last));
}

// The ends of the axis, unless the reader has zoomed.
function xRange({ from, to }) {
  return (u, low, high) => {
    const values = u.data[0];
    const isWhole = low === null || (low <= values[0] && high >= values[values.length - 1]);
    const [first, last] = isWhole ? [from ?? low ?? 0, to ?? high ?? 1] : [low, high];
    return first === last ? [first - 0.5, last + 0.5] : [first, last];
  };
}

function options(spec, width, onCursor) {
  const { x, y = {}, series, group, marks = [], markText = false, height = 160 } = spec;
  const zero = (_, low, high) => (high === null ? [0, 1] : [0, high > 0 ? high * 1.08 : 1]);
  return {
    width,
    height,
    padding: [markText && marks.length > 0 ? 18 : 8, 12, x.hidden ? 4 : 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: group ? { key: group, setSeries: false } : undefined,
      points: { size: 7 },
      drag: { x: true, y: false, setScale: true },
    },
    scales: {
      x: { time: false, range: xRange(x) },
      y: y.log ? { distr: 3 } : { range: zero },
    },
    axes: [xAxis(x), yAxis(y)],
    series: [{}, ...series.map((one) => ({ spanGaps: Boolean(one.x), ...seriesLook(one) }))],
    plugins: [marksPlugin(marks, markText)],
    hooks: { setCursor: [onCursor] },
  };
}

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

// The plot as a slider along x, which is what reading it step by step is.
function readable(plot, spec, columns, u) {
  const last = columns[0].length - 1;
  const set = (name, value) => plot.setAttribute(name, value);
  Object.entries({ role: "slider", tabindex: 0, "aria-label": spec.label, "aria-valuemin": 0, "aria-valuemax": Math.max(0, last) })
    .forEach(([name, value]) => set(name, value));
  set("aria-valuenow", 0);
  set("aria-valuetext", "not read yet; arrow keys move along the chart");
  plot.addEventListener("keydown", (event) => {
    const by = KEYS[event.key];
    if (by === undefined || last < 0) return;
    event.preventDefault();
    const at = Math.min(last, Math.max(0, (u.cursor.idx ?? (by > 0 ? -1 : last + 1)) + by));
    u.setCursor({ left: u.valToPos(columns[0][at], "x"), top: 1 }, true, true);
  });
  return (at) => {
    set("aria-valuenow", at);
    const values = spec.series.map((one, of) => `${one.label} ${figure(columns[of + 1][at], spec.y?.unit)}`);
    set("aria-valuetext", `${xText(columns[0][at], spec.x.unit)}: ${values.join(", ")}`);
  };
}

function drawn(figureNode, spec) {
  const columns = aligned(spec.x, spec.series).map((column, at) => (spec.series[at - 1]?.is_held ? held(column) : column));
  const plot = element("div", { className: "chart-plot" });
  let u, read;
  const shown = legend(spec, (at, isShown) => u.setSeries(at + 1, { show: isShown }));
  const onCursor = (chart) => {
    const at = chart.cursor.idx;
    const isOver = at !== null && at !== undefined && chart.cursor.left >= 0;
    spec.series.forEach((one, of) => {
      shown.values[of].textContent = isOver ? figure(columns[of + 1][at], spec.y?.unit) : "";
    });
    shown.where.textContent = isOver ? xText(columns[0][at], spec.x.unit) : "";
    if (isOver && read) read(at);
  };
  figureNode.append(shown.node, plot);
  u = new uPlot(options(spec, plot.clientWidth, onCursor), columns, plot);
  read = readable(plot, spec, columns, u);
  new ResizeObserver(() => u.setSize({ width: plot.clientWidth, height: spec.height ?? 160 })).observe(plot);
  onTheme(() => u.redraw(false, true));
}

function chart(figureNode, spec) {
  figureNode.style.setProperty("--plot-height", `${spec.height ?? 160}px`);
  soon(figureNode, () => drawn(figureNode, spec));
}
