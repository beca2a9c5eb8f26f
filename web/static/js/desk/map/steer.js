// The map by keyboard: Alt and an arrow go to the neighbour on that side, Enter and Space pick it.
const SIDES = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const ASLANT = 0.45; // least cosine between the key and the way to the neighbour

// The neighbour of a grid on a side; null where there is none.
export function neighbourTo(ground, from, [sideX, sideY]) {
  const { middles } = ground;
  let best = null;
  let least = Infinity;
  for (const i of ground.neighbours(from)) {
    const dx = middles[2 * i] - middles[2 * from];
    const dy = middles[2 * i + 1] - middles[2 * from + 1];
    const length = Math.hypot(dx, dy);
    const along = (dx * sideX + dy * sideY) / length;
    if (along < ASLANT || length / along ** 3 >= least) continue;
    least = length / along ** 3;
    best = i;
  }
  return best;
}

export class Steer {
  constructor(desk, tools) {
    this.desk = desk;
    this.tools = tools;
    desk.map.getContainer().addEventListener("keydown", (event) => {
      if (event.target === desk.map.getContainer() && this.key(event)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
  }

  key(event) {
    if (this.tools.key(event)) return true;
    if (event.altKey && SIDES[event.key]) return this.go(SIDES[event.key]);
    if (event.key === "Enter" || event.key === " ") return this.pick(event);
    return false;
  }

  go(side) {
    const { desk } = this;
    const next = desk.focused === null ? this.nearest() : neighbourTo(desk.ground, desk.focused, side);
    if (next !== null) {
      desk.setFocus(next);
      desk.keepInView(next);
      desk.emit("focus", { index: next });
    }
    return true;
  }

  pick(event) {
    const { desk } = this;
    if (desk.focused === null) return this.go([0, 0]);
    const mode = event.ctrlKey || event.metaKey ? "toggle" : event.shiftKey ? "add" : "replace";
    desk.emit("pick", { indices: [desk.focused], mode });
    return true;
  }

  // Where the keyboard begins: the grid whose middle is nearest to the middle of the map.
  nearest() {
    const { ground, map } = this.desk;
    const [x, y] = this.desk.world(map.getCenter());
    let best = null;
    let least = Infinity;
    for (let i = 0; i < ground.n; i += 1) {
      const distance = Math.hypot(ground.middles[2 * i] - x, ground.middles[2 * i + 1] - y);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}
