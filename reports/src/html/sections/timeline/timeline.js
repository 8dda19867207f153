const timeline = data("timeline-data");
const frame = document.getElementById("timeline-charts");
// From here on the slow moments would leave nothing to see of the others: each of them is then as far from the next as it is slower.
const WIDE = 20;
const isWide = ({ unit, lines }) => {
  const values = unit === "us" ? lines.flatMap((one) => one.values.filter((value) => value > 0)) : [];
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, 0]);
  return high >= WIDE * low;
};
timeline.charts.forEach((one, at) => {
  const isLast = at === timeline.charts.length - 1;
  const log = isWide(one);
  const node = element("figure", { className: "chart" }, element("figcaption", { textContent: log ? `${one.title}, on a logarithmic axis` : one.title }));
  frame.append(node);
  chart(node, {
    label: `${one.title} over the run`,
    x: { values: timeline[`${one.source}_s`], unit: "clock", from: 0, to: timeline.to_s, hidden: !isLast },
    y: { unit: one.unit, log },
    series: log ? one.lines.map((line) => ({ ...line, values: line.values.map((value) => value && Math.max(1, value)) })) : one.lines,
    marks: timeline.marks,
    markText: at === 0,
    group: "timeline",
    height: (one.unit === "us" ? 170 : 96) + (isLast ? 26 : 0),
  });
});
