// Where the phone is: watched while the page is in sight, told in WGS 84 with what the phone really said.
import { toWgs } from "./datum.js";

const WATCHING = { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 };
const STALE_MS = 120_000;

export class Position extends EventTarget {
  constructor(datum = "wgs84") {
    super();
    Object.assign(this, { datum, said: null, fault: "", watch: null });
  }

  start() {
    if (this.watch !== null) return;
    if (!navigator.geolocation) {
      this.failed("none");
      return;
    }
    this.watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => this.heard(coords, timestamp),
      ({ code }) => this.failed(code === 1 ? "denied" : "none"),
      WATCHING,
    );
  }

  stop() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
  }

  heard({ longitude, latitude, accuracy }, timestamp) {
    this.said = { raw: [longitude, latitude], accuracy, at: new Date(timestamp || Date.now()).toISOString() };
    this.fault = "";
    this.dispatchEvent(new CustomEvent("moved"));
  }

  failed(fault) {
    this.fault = fault;
    if (fault === "denied") this.said = null;
    this.dispatchEvent(new CustomEvent("moved"));
  }

  use(datum) {
    this.datum = datum;
    this.dispatchEvent(new CustomEvent("moved"));
  }

  // {lon, lat} in WGS 84 for the map, `raw` and `datum` as the phone said it; null without a position of now.
  get now() {
    const { said, datum } = this;
    if (!said || Date.now() - new Date(said.at) > STALE_MS) return null;
    const [lon, lat] = toWgs(said.raw, datum);
    return { lon, lat, raw: said.raw, datum, accuracy: said.accuracy, at: said.at };
  }
}

// What a record says of a place: as the phone said it, or as a pin on our map.
export const placeBy = (now) => ({
  lon: now.raw[0], lat: now.raw[1], datum: now.datum, accuracy_m: Math.round(now.accuracy * 10) / 10, source: "gps",
});
export const placeOfPin = ([lon, lat]) => ({ lon, lat, datum: "wgs84", source: "pin" });
export const hereOf = (now) => (now ? { lon: now.raw[0], lat: now.raw[1], datum: now.datum } : null);
