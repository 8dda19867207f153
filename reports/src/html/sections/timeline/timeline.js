const timeline = data("timeline-data");
const frame = document.getElementById("timeline-charts");
timeline.charts.forEach((one, at) => {
  const isLast = at === timeline.charts.length - 1;
  const node = element("figure", { className: "chart" }, element("figcaption", { textContent: one.title }));
  frame.append(node);
  chart(node, {
    label: `${one.title} over the run`,
    x: { values: timeline[`${one.source}_s`], unit: "clock", from: 0, to: timeline.to_s, hidden: !isLast },
    y: { unit: one.unit },
    series: one.lines,
    marks: timeline.marks,
    markText: at === 0,
    group: "timeline",
    height: (one.title === "Response time" ? 150 : 96) + (isLast ? 26 : 0),
  });
});
