// Shapes as they are drawn or typed: longitude and latitude, one corner a line.
const NUMBERS = /-?\d+(?:\.\d+)?/g;

export function typed(geometry) {
  const corners = geometry.type === "Polygon" ? geometry.coordinates[0].slice(0, -1) : geometry.coordinates;
  return corners.map(([lon, lat]) => `${lon} ${lat}`).join("\n");
}

// The corners as a Polygon or as a LineString; null if they are too few or none on Earth.
export function drawnAs(kind, text) {
  const corners = text.split(/[\r\n;]+/).map((line) => (line.match(NUMBERS) || []).map(Number)).filter((pair) => pair.length === 2);
  const sound = corners.every(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90);
  if (!sound || corners.length < (kind === "Polygon" ? 3 : 2)) return null;
  if (kind === "LineString") return { type: "LineString", coordinates: corners };
  return { type: "Polygon", coordinates: [[...corners, corners[0]]] };
}
