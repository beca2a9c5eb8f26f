// The leaders' charts: figures are fetched, drawn, and written into the table beside each picture.
const INK = "#465666";
const LINE = "#dbe2e7";
const BLUE = "#10375c";
const PALE = "#8fb4cf";
const ORANGE = "#e8833a";
const HEAT = ["#eef2f4", "#fdd9b5", "#fdbb74", "#e8762d", "#a63c06", "#5c1d02"];
const WEEK = 7;
const NAME = 9; // characters of a unit's name beside its bar
const A_DAY = 86400000;

const words = JSON.parse(document.querySelector("#charts-words")?.textContent ?? "null");
const lang = document.documentElement.lang;
const number = (value, digits = 1) =>
  value === null || value === undefined ? "—" : value.toLocaleString(lang, { maximumFractionDigits: digits });
const percent = (value) => (value === null ? "—" : `${number(100 * value)}%`);
const title = (chart, name) => words.columns[chart].find((column) => column.name === name).title;

const axis = {
  axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK, hideOverlap: true },
};
const value = { type: "value", splitLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK, hideOverlap: true } };
const base = () => ({
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK },
  aria: { enabled: true },
  animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  grid: { left: 8, right: 12, top: 40, bottom: 8, containLabel: true },
  legend: { top: 0, left: 0, textStyle: { color: INK }, itemWidth: 14, itemHeight: 10 },
  // Rich text is drawn on the canvas: the page allows no inline style.
  tooltip: { trigger: "axis", renderMode: "richText", confine: true },
});

function trend(rows) {
  const band = { type: "line", stack: "band", symbol: "none", lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return {
    ...base(),
    legend: { ...base().legend, data: [title("trend", "per_day"), words.interval, title("trend", "closed")] },
    xAxis: { type: "category", data: rows.map((row) => row.since), ...axis },
    yAxis: value,
    tooltip: {
      ...base().tooltip,
      formatter: (points) => {
        const row = rows[points[0].dataIndex];
        return `${row.since}\n${title("trend", "per_day")} ${number(row.per_day)} (${number(row.low)} – ${number(row.high)})\n`
          + `${title("trend", "reported")} ${number(row.reported)} / ${number(row.days)} ${words.days}\n${title("trend", "closed")} ${number(row.closed)}`;
      },
    },
    series: [
      { ...band, name: "low", data: rows.map((row) => row.low) },
      { ...band, name: words.interval, color: PALE, areaStyle: { color: PALE, opacity: 0.45 }, data: rows.map((row) => row.high - row.low) },
      { type: "line", name: title("trend", "per_day"), color: BLUE, symbolSize: 5, lineStyle: { width: 2 }, data: rows.map((row) => row.per_day) },
      { type: "line", name: title("trend", "closed"), color: ORANGE, symbol: "triangle", symbolSize: 6, lineStyle: { type: "dashed" }, data: rows.map((row) => (row.days ? row.closed / row.days : null)) },
    ],
  };
}

// Where the classes of a calendar end: fifths of the days on which anything was reported.
function steps(rows) {
  const some = rows.map((row) => row.reported).filter((n) => n > 0).sort((a, b) => a - b);
  const ends = [0.2, 0.4, 0.6, 0.8].map((share) => some[Math.floor(share * some.length)] ?? 0);
  return [...new Set(ends)];
}

function calendar(rows, target) {
  const first = new Date(`${rows[0].day}T00:00:00Z`);
  const offset = (first.getUTCDay() + WEEK - 1) % WEEK;
  const monday = first.getTime() - offset * A_DAY;
  const weeks = Math.ceil((rows.length + offset) / WEEK);
  const dayNames = Array.from({ length: WEEK }, (_, n) =>
    new Date(monday + n * A_DAY).toLocaleDateString(lang, { weekday: "narrow", timeZone: "UTC" }));
  const ends = steps(rows);
  const size = Math.max(3, Math.min(16, Math.floor((target.clientWidth - 60) / weeks) - 1));
  const colour = (n) => (n === 0 ? HEAT[0] : HEAT[1 + ends.filter((end) => n > end).length]);
  const classes = [[0, 0], ...[...ends, Infinity].map((end, n) => [n ? ends[n - 1] + 1 : 1, end])];
  const place = (n) => [Math.floor((n + offset) / WEEK), (n + offset) % WEEK];
  return {
    ...base(),
    grid: { left: 8, right: 12, top: 40, bottom: 4, containLabel: true },
    legend: { ...base().legend, selectedMode: false },
    xAxis: {
      type: "category", ...axis,
      data: Array.from({ length: weeks }, (_, n) => new Date(monday + n * WEEK * A_DAY).toISOString().slice(0, 10)),
    },
    yAxis: { type: "category", inverse: true, data: dayNames, ...axis, axisLine: { show: false } },
    tooltip: { ...base().tooltip, trigger: "item", formatter: (point) => `${rows[point.data.row].day}  ${number(rows[point.data.row].reported)}` },
    series: classes.filter(([from, to]) => from <= to).map(([from, to]) => ({
      type: "scatter", symbol: "rect", color: colour(from),
      name: from === to ? String(from) : to === Infinity ? `≥ ${from}` : `${from}–${to}`,
      itemStyle: { borderColor: "#fff", borderWidth: 1 },
      symbolSize: size,
      data: rows.flatMap((row, n) => (row.reported >= from && row.reported <= to ? [{ value: place(n), row: n }] : [])),
    })),
  };
}

function categories(rows) {
  return {
    ...base(),
    xAxis: { type: "category", data: rows.map((row) => row.category ?? words.others), ...axis, axisLabel: { color: INK, interval: 0, rotate: rows.length > 6 ? 40 : 0, width: 84, overflow: "truncate" } },
    yAxis: [value, { ...value, max: 1, splitLine: { show: false }, axisLabel: { color: INK, formatter: percent } }],
    series: [
      { type: "bar", name: title("categories", "n"), color: "#4b8bb8", barMaxWidth: 40, data: rows.map((row) => row.n) },
      { type: "line", name: title("categories", "together"), color: ORANGE, yAxisIndex: 1, symbol: "diamond", symbolSize: 8, data: rows.map((row) => row.together), tooltip: { valueFormatter: percent } },
    ],
  };
}

function lying(names, more = {}) {
  return { xAxis: { ...value, splitNumber: 4, ...more }, yAxis: { type: "category", inverse: true, data: names, ...axis, axisLabel: { color: INK, interval: 0, width: 150, overflow: "truncate" } } };
}

function stages(rows) {
  return {
    ...base(),
    legend: { show: false },
    grid: { ...base().grid, top: 8, right: 110 },
    ...lying(rows.map((row) => words.stages[row.stage])),
    series: [{
      type: "bar", name: title("stages", "n"), color: "#4b8bb8", barMaxWidth: 34, data: rows.map((row) => row.n),
      label: { show: true, position: "right", color: INK, formatter: (point) => `${number(rows[point.dataIndex].n)}  ${percent(rows[point.dataIndex].share)}` },
    }],
  };
}

function ages(rows) {
  const names = rows.map((row) => (row.to_days === null ? `≥ ${row.from_days}` : `${row.from_days}–${row.to_days}`));
  const bar = (name, color, decal) => ({
    type: "bar", stack: "all", name: title("ages", name), color, barMaxWidth: 48, data: rows.map((row) => row[name]),
    itemStyle: decal ? { decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: "rgba(255,255,255,.5)" } } : {},
  });
  return { ...base(), xAxis: { type: "category", name: words.days, nameTextStyle: { color: INK }, data: names, ...axis }, yAxis: { ...value, minInterval: 1 }, series: [bar("within", "#8fb4cf", false), bar("overdue", "#a63a08", true)] };
}

const short = (name) => (name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name);

function onTime(rows) {
  const shown = rows.slice(0, 12);
  return {
    ...base(),
    legend: { ...base().legend, data: [title("on_time", "share"), words.interval] },
    ...lying(shown.map((row) => `${short(row.unit_name)} (${row.whole})`), { min: 0, max: 1, axisLabel: { color: INK, hideOverlap: true, formatter: percent } }),
    tooltip: {
      ...base().tooltip,
      formatter: (points) => {
        const row = shown[points[0].dataIndex];
        return `${row.unit_name}\n${row.part} / ${row.whole} = ${percent(row.share)}\n${words.interval} ${percent(row.low)} – ${percent(row.high)}`;
      },
    },
    series: [
      { type: "bar", stack: "interval", color: "transparent", barWidth: 8, data: shown.map((row) => row.low), silent: true },
      { type: "bar", stack: "interval", name: words.interval, color: PALE, barWidth: 8, data: shown.map((row) => row.high - row.low) },
      { type: "scatter", name: title("on_time", "share"), color: BLUE, symbol: "diamond", symbolSize: 12, data: shown.map((row, n) => [row.share, n]) },
    ],
  };
}

const DRAWN = { trend, calendar, categories, stages, ages, on_time: onTime };

function cell(column, row) {
  const raw = row[column.name];
  if (column.kind === "share") return percent(raw);
  if (column.kind === "number") return number(raw, 2);
  if (column.kind === "word") return words.stages[raw];
  return raw ?? (column.kind === "category" ? words.others : "—");
}

function write(table, columns, rows) {
  const head = table.tHead.insertRow();
  for (const column of columns) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = column.title;
    if (["number", "share"].includes(column.kind)) th.className = "num";
    head.append(th);
  }
  for (const row of rows) {
    const line = table.tBodies[0].insertRow();
    for (const column of columns) {
      const td = line.insertCell();
      td.textContent = cell(column, row);
      if (["number", "share"].includes(column.kind)) td.className = "num";
    }
  }
}

function save(chart, name) {
  const link = document.createElement("a");
  link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: "#fff" });
  link.download = `${name}.png`;
  link.click();
}

const amount = (row) => row.reported ?? row.n ?? row.whole ?? 0;

async function show(panel, query) {
  const { chart: name } = panel.dataset;
  const target = panel.querySelector(".chart");
  const note = panel.querySelector(".chart-note");
  try {
    const answer = await fetch(`/api/v1/charts/${name}?${query}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const { rows } = await answer.json();
    write(panel.querySelector("table"), words.columns[name], rows);
    if (!rows.some((row) => amount(row) > 0)) throw new RangeError(words.empty);
    const chart = window.echarts.init(target, null, { renderer: "canvas" });
    chart.setOption({ ...DRAWN[name](rows, target) });
    new ResizeObserver(() => chart.resize()).observe(target);
    panel.querySelector(".png").addEventListener("click", () => save(chart, panel.dataset.title));
  } catch (error) {
    target.hidden = true;
    panel.querySelector(".png").disabled = true;
    note.textContent = error instanceof RangeError ? words.empty : words.failed;
    if (!(error instanceof RangeError)) console.error(error);
  }
  target.removeAttribute("aria-busy");
  target.dataset.ready = "yes";
}

const board = document.querySelector(".charts");
if (board && words) for (const panel of board.querySelectorAll(".chart-panel")) show(panel, board.dataset.query);
