// A map through time: at 0 the patterns over all steps, then one step after the other. The classes
// of all steps came once, one digit an area, apart from the shapes.
"use strict";

const GRIDMAP_STEP_MS = 900;

function gridmapSteps(map, layer, signs, course) {
  const panel = document.querySelector(".steps");
  const slider = panel.querySelector("input");
  const shown = panel.querySelector("output");
  const play = panel.querySelector(".play");
  const [ofPatterns, ofSteps] = [document.querySelector(".legend"), document.querySelector(".of-steps")];
  const marks = gridmapPacked.uncrowded(L.layerGroup()).addTo(map);
  const patterns = new Map();
  let running = 0;

  layer.eachLayer((area) => patterns.set(area.row, { ...area.options }));

  function draw() {
    const step = Number(slider.value);
    const digits = step ? course.classes[step - 1] : "";
    layer.eachLayer((area) => {
      const id = area.row;
      area.setStyle(step ? looks(Number(digits[id])) : patterns.get(id));
    });
    marks.clearLayers();
    if (step) {
      if (map.hasLayer(signs)) map.removeLayer(signs);
      mark(digits);
    } else if (!map.hasLayer(signs)) map.addLayer(signs);
    const name = step ? course.steps[step - 1] : course.words.all;
    shown.textContent = name;
    slider.setAttribute("aria-valuetext", name);
    ofPatterns.hidden = Boolean(step);
    ofSteps.hidden = !step;
    document.documentElement.dataset.step = String(step);
  }

  function looks(digit) {
    const spot = digit !== 3;
    return {
      fillColor: course.fills[digit], fillOpacity: 0.9, color: course.lines[digit],
      weight: spot ? 1.6 : 0.6, dashArray: digit < 3 ? "4 3" : null,
    };
  }

  function mark(digits) {
    const ids = Object.keys(course.places).filter((id) => digits[id] !== "3");
    const strength = (id) => Math.abs(Number(digits[id]) - 3);
    ids.sort((a, b) => strength(b) - strength(a));
    for (const id of ids.slice(0, course.most)) {
      const css = strength(id) === 3 ? "sign strong" : "sign";
      const icon = L.divIcon({ html: `<span>${course.signs[digits[id]]}</span>`, iconSize: [0, 0], className: css });
      L.marker(course.places[id], { icon, interactive: false, keyboard: false }).addTo(marks);
    }
    marks.sort();
  }

  function go(step) {
    const last = Number(slider.max);
    slider.value = String(step > last ? 0 : step < 0 ? last : step);
    draw();
  }

  function stop() {
    window.clearInterval(running);
    running = 0;
    play.textContent = "▶ " + course.words.play;
    play.setAttribute("aria-pressed", "false");
  }

  function start() {
    if (Number(slider.value) >= Number(slider.max)) slider.value = "0";
    go(Number(slider.value) + 1);
    running = window.setInterval(() => {
      if (Number(slider.value) >= Number(slider.max)) stop();
      else go(Number(slider.value) + 1);
    }, GRIDMAP_STEP_MS);
    play.textContent = "❚❚ " + course.words.pause;
    play.setAttribute("aria-pressed", "true");
  }

  slider.addEventListener("input", () => { stop(); draw(); });
  panel.querySelector(".back").addEventListener("click", () => { stop(); go(Number(slider.value) - 1); });
  panel.querySelector(".on").addEventListener("click", () => { stop(); go(Number(slider.value) + 1); });
  play.addEventListener("click", () => (running ? stop() : start()));
  // Who wants little motion steps by hand.
  play.hidden = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  stop();
  draw();
}
