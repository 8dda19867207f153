const curves = data("percentiles-data");
const dashes = [undefined, "dashed", "dotted"];
// The slowest request has no place on an axis of nines: it stands above the last point that has one.
const places = (quantiles) => {
  const at = quantiles.map((quantile) => (quantile < 1 ? nines(quantile) : undefined));
  return at.map((place, index) => place ?? at[index - 1] ?? 0);
};
chart(document.getElementById("percentiles-chart"), {
  label: "Response time of each endpoint by quantile",
  x: { values: [], unit: "nines" },
  y: { unit: "us", log: true },
  series: curves.map(({ label, quantiles, times_us: times }, at) => ({
    label,
    x: places(quantiles),
    values: times.map((time) => Math.max(1, time)),
    colour: (at % 8) + 1,
    dash: dashes[Math.floor(at / 8) % dashes.length],
  })),
  height: 320,
});
