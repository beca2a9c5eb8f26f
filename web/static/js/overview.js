// The course of issues over the months. Colours differ in lightness; patterns tell them apart in grey.
const COLOURS = ["#10375c", "#4b8bb8", "#e8833a", "#b7860b", "#7b3f98", "#9aa5ae"];
const INK = "#465666";
const LINE = "#dbe2e7";

function draw(target, trend) {
  const font = getComputedStyle(document.body).fontFamily;
  const chart = window.echarts.init(target, null, { renderer: "canvas" });
  chart.setOption({
    color: COLOURS,
    textStyle: { fontFamily: font, color: INK },
    aria: { enabled: true, decal: { show: true } },
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    grid: { left: 8, right: 8, top: 44, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, icon: "rect", itemWidth: 14, itemHeight: 10, type: "scroll", textStyle: { color: INK } },
    // Rich text is drawn on the canvas: the page allows no inline style.
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, renderMode: "richText" },
    xAxis: { type: "category", data: trend.months, axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: LINE } } },
    series: trend.series.map((series) => ({
      name: series.name, type: "bar", stack: "all", data: series.values, barMaxWidth: 36,
    })),
  });
  new ResizeObserver(() => chart.resize()).observe(target);
  target.dataset.ready = "yes";
}

const target = document.querySelector("#trend-chart");
const data = document.querySelector("#trend");
if (target && data && window.echarts) draw(target, JSON.parse(data.textContent));
