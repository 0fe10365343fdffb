import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/**
 * Draws [data-chart="<id of a json_script>"] as lines over time. The page also has the numbers as a table;
 * the drawing is hidden from screen readers.
 *
 * JSON: {"times": [seconds since 1970, ...], "series": [{"label": "...", "values": [number | null, ...]}, ...],
 *        "unit": "" | "%", "from_zero": true | false, "hours_in": a time zone, if the times are hours instead of days}
 */

const drawn = new Map();
const WHOLE = [...Array(9).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
const COLOURS = ["--color-primary", "--color-warning", "--color-info", "--color-error"];

function colour(element, name, alpha = 1) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.globalAlpha = alpha;
  probe.fillStyle = getComputedStyle(element).getPropertyValue(name).trim();
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue, opacity] = probe.getImageData(0, 0, 1, 1).data;
  return `rgb(${red} ${green} ${blue} / ${opacity / 255})`;
}

function numberFormat(unit) {
  const language = document.documentElement.lang || undefined;
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 2, style: unit ? "percent" : "decimal" });
  return (value) => (value === null || value === undefined ? "–" : format.format(unit ? value / 100 : value));
}

function dateFormat(hoursIn) {
  const { lang } = document.documentElement;
  const language = lang === "en" ? "en-GB" : lang || undefined; // dates as on the page: 26 Nov, not Nov 26
  const parts = hoursIn ? { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: hoursIn } : { day: "numeric", month: "short" };
  const format = new Intl.DateTimeFormat(language, parts);
  return (seconds) => format.format(new Date(seconds * 1000));
}

function series(host, data, index) {
  const stroke = colour(host, COLOURS[index % COLOURS.length]);
  return {
    label: data.series[index].label,
    stroke,
    width: 2,
    fill: data.series.length === 1 ? colour(host, COLOURS[0], 0.1) : undefined,
    points: { show: hasLonelyPoint(data.series[index].values), size: 7, fill: stroke },
    dash: index === 0 ? undefined : [6, 4],
    value: (_plot, value) => numberFormat(data.unit)(value),
  };
}

/** Whether a value has no neighbor to which a line could lead, as the first week has none. */
function hasLonelyPoint(values) {
  const isMissing = (value) => value === null || value === undefined;
  return values.some((value, at) => !isMissing(value) && isMissing(values[at - 1]) && isMissing(values[at + 1]));
}

/** From the lowest to the highest value of the axis. A count without a unit is of people or messages: never below 0, and at least one high. */
function range(data, low, high) {
  const spread = high - low || 1;
  const bottom = data.from_zero ? 0 : low - spread * 0.6;
  const top = high + spread * 0.15;
  return data.unit ? [bottom, top] : [Math.max(0, Math.floor(bottom)), Math.max(Math.floor(bottom) + 1, top)];
}

/** From the first to the last time; a single one is in the middle, where uPlot would put it at the left edge. */
function timeRange(data, first, last) {
  const around = data.hours_in ? 3600 : 86400;
  return data.times.length === 1 ? [data.times[0] - around, data.times[0] + around] : [first, last];
}

function options(host, data) {
  const hint = colour(host, "--color-hint");
  const font = `11px ${getComputedStyle(host).fontFamily}`;
  const day = dateFormat(data.hours_in);
  return {
    width: host.clientWidth,
    height: Number(host.dataset.height ?? 190),
    padding: [18, 0, 0, 18],
    tzDate: (seconds) => (data.hours_in ? uPlot.tzDate(new Date(seconds * 1000), data.hours_in) : new Date(seconds * 1000)),
    legend: { show: data.series.length > 1, live: false },
    cursor: { y: false, points: { size: 7 } },
    scales: { x: { range: (_plot, first, last) => timeRange(data, first, last) }, y: { range: (_plot, low, high) => range(data, low, high) } },
    axes: [
      {
        stroke: hint, font, grid: { show: false }, ticks: { show: false }, gap: 6, size: 24, space: data.hours_in ? 100 : 80,
        values: (_plot, ticks) => ticks.map(day),
        ...(data.times.length === 1 ? { splits: () => data.times } : {}),
      },
      {
        side: 1, stroke: hint, font, ticks: { show: false }, gap: 6, size: 52,
        grid: { stroke: colour(host, "--color-base-300"), width: 1 },
        values: (_plot, ticks) => ticks.map(numberFormat(data.unit)),
        ...(data.unit ? {} : { incrs: WHOLE }),
      },
    ],
    series: [{ value: (_plot, seconds) => (seconds === null ? "–" : day(seconds)) }, ...data.series.map((_, index) => series(host, data, index))],
    plugins: [readout(host, data, day)],
  };
}

/** Shows the value under the pointer as text above the drawing. */
function readout(host, data, day) {
  const box = document.createElement("div");
  box.className = "absolute right-0 top-0 text-xs text-soft tabular-nums pointer-events-none";
  const format = numberFormat(data.unit);
  return {
    hooks: {
      init: [() => host.append(box)],
      setCursor: [(plot) => {
        const index = plot.cursor.idx;
        box.textContent = index === null || index === undefined
          ? ""
          : `${day(plot.data[0][index])}: ${data.series.map((_, at) => format(plot.data[at + 1][index])).join(" · ")}`;
      }],
    },
  };
}

function draw(host) {
  const source = document.getElementById(host.dataset.chart);
  if (!source) return;
  drawn.get(host)?.destroy();
  host.replaceChildren();
  const data = JSON.parse(source.textContent);
  drawn.set(host, new uPlot(options(host, data), [data.times, ...data.series.map((one) => one.values)], host));
}

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = drawn.get(target);
    if (plot && plot.width !== target.clientWidth) plot.setSize({ width: target.clientWidth, height: plot.height });
  }
});

export function drawAll(root = document) {
  for (const host of root.querySelectorAll("[data-chart]")) {
    if (drawn.has(host)) continue;
    draw(host);
    widths.observe(host);
  }
}

function redraw() {
  for (const host of [...drawn.keys()]) {
    if (host.isConnected) draw(host);
    else drawn.delete(host);
  }
}

document.addEventListener("theme:changed", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
