// The canvas on which a lasso, a box or a new line is seen while it is drawn. It stands still.
export class Sketch {
  constructor(desk) {
    this.desk = desk;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "desk-sketch";
    desk.map.getContainer().append(this.canvas);
    this.pen = this.canvas.getContext("2d");
  }

  clear() {
    this.canvas.hidden = true;
  }

  size() {
    const { x, y } = this.desk.map.getSize();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = x * ratio; // also wipes it
    this.canvas.height = y * ratio;
    this.pen.scale(ratio, ratio);
  }

  draw(path, { closed, vertices }) {
    this.canvas.hidden = false;
    this.size();
    const places = path.map((place) => this.desk.screen(place));
    const { pen } = this;
    pen.beginPath();
    places.forEach(({ x, y }, k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (closed) {
      pen.closePath();
      pen.fillStyle = "rgba(255, 255, 255, 0.25)";
      pen.fill();
    }
    for (const [colour, width, dash] of [["#ffffff", 4, []], ["#10375c", 2, [7, 4]]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.stroke();
    }
    pen.setLineDash([]);
    for (const { x, y } of places.slice(0, vertices)) {
      pen.beginPath();
      pen.arc(x, y, 5, 0, 7);
      pen.fillStyle = "#ffffff";
      pen.fill();
      pen.stroke();
    }
  }
}
