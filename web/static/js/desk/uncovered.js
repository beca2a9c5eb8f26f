// What nobody answers for, community by community, and the points and compounds without a unit.
import { answered } from "./answered.js";
import { make } from "./elements.js";
import { VirtualList } from "./list.js";
import { pick, pickOthers, uncovered } from "./state.js";
import { area, number, say, word } from "./words.js";

const LISTS = [["inspection_point", "points", "point_id"], ["compound", "compounds", "compound_id"]];

export class Uncovered {
  constructor(desk, { list, note }) {
    Object.assign(this, { desk, note });
    this.list = new VirtualList(list, { row: (item) => this.row(item), multiple: false });
    this.list.addEventListener("toggle", ({ detail }) => this.take(detail.items[0]));
    this.list.addEventListener("open", ({ detail }) => this.take(detail.item));
    desk.follow(list, ["rows", "day", "ground"], () => this.refresh());
  }

  refresh() {
    const { state } = this.desk;
    const { ground } = state;
    const by = new Map();
    for (const i of uncovered(state)) {
      const group = by.get(ground.parent[i]) || { kind: "grid", name: ground.communities[ground.parent[i]]?.name, code: ground.communities[ground.parent[i]]?.code, grids: [], m2: 0 };
      group.grids.push(i);
      group.m2 += ground.area[i];
      by.set(ground.parent[i], group);
    }
    const groups = [...by.values()].sort((a, b) => b.m2 - a.m2);
    for (const [kind, name, id] of LISTS) {
      const bare = ground[name].filter((one) => !answered(this.desk, kind, one, id));
      if (bare.length) groups.push({ kind, name: word("rule", kind), targets: bare.map((one) => ({ target_kind: kind, target: one[id] })) });
    }
    this.note.textContent = groups.length ? say("press to select") : say("everything has a unit");
    this.list.setItems(groups);
  }

  row(group) {
    const n = (group.grids || group.targets).length;
    return [
      make("span", { class: "row-name" }, group.name || say("in no community")),
      make("span", { class: "mark none num" }, number(n)),
      make("span", { class: "code" }, group.code || ""),
      make("span", { class: "row-where" }, group.grids ? area(group.m2) : ""),
    ];
  }

  take(group) {
    const { desk } = this;
    if (group.grids) {
      desk.set(pick(desk.state, group.grids, "replace"), "picked");
      desk.map.fit(group.grids);
      desk.announce(say("{n} grids selected", { n: number(group.grids.length) }));
    } else {
      desk.set(pickOthers(desk.state, group.targets, "add"), "picked");
      desk.announce(say("{n} targets selected", { n: number(desk.state.others.size) }));
    }
  }
}
