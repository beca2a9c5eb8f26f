// Areas, lines and circles from runs of whole numbers: every border is sent once, values apart.
"use strict";

const gridmapPacked = (() => {
  let kept = null; // what was told of the areas is told of their circles too
  const shown = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

  // Lines as [latitude, longitude] from the steps between one vertex and the next.
  function lines({ size, x, y, quantum }) {
    let across = 0;
    let up = 0;
    let at = 0;
    return size.map((n) => {
      const line = new Array(n);
      for (let k = 0; k < n; k += 1, at += 1) {
        across += x[at];
        up += y[at];
        line[k] = [up * quantum, across * quantum];
      }
      return line;
    });
  }

  // Which arcs bound each area: a loose area has rings of its own, and no border with others.
  function arcsOf({ n, left, right, loose }) {
    const own = Array.from({ length: n }, () => []);
    const free = new Set(left.filter((area, arc) => loose[arc]));
    left.forEach((area, arc) => {
      if (loose[arc] || !free.has(area)) own[area].push(arc);
      if (!loose[arc] && right[arc] >= 0 && !free.has(right[arc])) own[right[arc]].push(arc);
    });
    return own;
  }

  // Number the places where arcs end, so that rings can be followed from end to end.
  function endsOf(arcs) {
    const numbers = new Map();
    const number = ([up, across]) => {
      const key = `${up},${across}`;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return numbers.get(key);
    };
    return arcs.map((line) => [number(line[0]), number(line[line.length - 1])]);
  }

  function rings(own, arcs, ends) {
    const left = own.filter((arc) => arcs[arc].length > 1);
    const found = [];
    while (left.length) {
      const first = left.pop();
      const ring = arcs[first].slice();
      const start = ends[first][0];
      let here = ends[first][1];
      while (here !== start) {
        const next = left.findIndex((arc) => ends[arc][0] === here || ends[arc][1] === here);
        if (next < 0) break;
        const [arc] = left.splice(next, 1);
        const forward = ends[arc][0] === here;
        ring.push(...(forward ? arcs[arc] : arcs[arc].slice().reverse()).slice(1));
        here = ends[arc][forward ? 1 : 0];
      }
      found.push(ring);
    }
    return found;
  }

  function told(row, { about, columns, words, ledger }) {
    const rows = about.map(({ heading, name, decimals, word }) => {
      const value = columns[name][row];
      const said = word ? words[value] : typeof value !== "number" ? value ?? "—" : decimals
        ? value.toFixed(decimals) : shown.format(value);
      return `<tr><th>${heading}</th><td>${said}</td></tr>`;
    });
    const link = ledger && columns.code[row]
      ? `<p><a href="${ledger.path}${columns.code[row]}" target="_top">${ledger.word}</a></p>`
      : "";
    return { rows: `<table>${rows.join("")}</table>`, link };
  }

  function tell(group, facts) {
    group.bindTooltip((layer) => told(layer.row, facts).rows, { sticky: true, className: "tip" });
    // one popup for all: it is made when it is asked for
    group.on("click", ({ layer, latlng }) => {
      const { rows: table, link } = told(layer.row, facts);
      L.popup({ className: "tip", maxWidth: 320 }).setLatLng(latlng).setContent(table + link).openOn(layer._map);
    });
    return group;
  }

  function areas(ground, facts) {
    kept = facts;
    const arcs = lines(ground);
    const ends = endsOf(arcs);
    const group = L.featureGroup(arcsOf(ground).map((own, row) => {
      const found = rings(own, arcs, ends);
      if (!found.length) return null;
      const layer = L.polygon(found, { ...facts.looks[facts.columns.style[row]], smoothFactor: 0.5 });
      layer.row = row;
      return layer;
    }).filter(Boolean));
    return tell(group, facts);
  }

  // The areas of some looks as a layer of their own, to be switched off: they leave the group.
  function part(group, styles) {
    const facts = kept;
    const own = group.getLayers().filter(({ row }) => styles.includes(facts.columns.style[row]));
    own.forEach((layer) => group.removeLayer(layer));
    return tell(L.featureGroup(own), facts);
  }

  function outlines(packed, look) {
    return L.polyline(lines(packed), { ...look, interactive: false, smoothFactor: 0.5 });
  }

  function circles({ of, x, y, radius, quantum }, look) {
    const group = L.featureGroup(of.map((row, k) => {
      const at = [y[k] * quantum, x[k] * quantum];
      const layer = L.circleMarker(at, { ...look, radius: radius[k] });
      layer.row = row;
      return layer;
    }));
    return tell(group, kept);
  }

  function signs({ x, y, text, quantum }) {
    return uncrowded(L.layerGroup(text.map(([sign, css], k) => L.marker([y[k] * quantum, x[k] * quantum], {
      icon: L.divIcon({ html: `<span>${sign}</span>`, iconSize: [0, 0], className: css }),
      interactive: false,
      keyboard: false,
    }))));
  }

  // Of signs that would lie over each other the first one is shown; the others come when zooming in.
  function uncrowded(group) {
    const sort = () => {
      const boxes = group.getLayers().map((layer) => {
        const element = layer.getElement();
        return element && [element, element.firstElementChild.getBoundingClientRect()];
      }).filter(Boolean);
      const kept = [];
      for (const [element, box] of boxes) {
        const over = kept.some((other) => box.left < other.right + 2 && other.left < box.right + 2
          && box.top < other.bottom && other.top < box.bottom);
        element.style.visibility = over ? "hidden" : "";
        if (!over) kept.push(box);
      }
    };
    group.on("add", () => { group._map.on("zoomend resize viewreset", sort); sort(); });
    group.on("remove", () => group._map && group._map.off("zoomend resize viewreset", sort));
    group.sort = sort;
    return group;
  }

  return { areas, part, outlines, circles, signs, uncrowded };
})();
