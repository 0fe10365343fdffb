/**
 * The frame that crops a picture, and the point that has to stay visible. Both only fill in fields of their form, which
 * work without them.
 */

const SHARE = 100;
const EDGES = ["left", "top", "right", "bottom"];
/** The smallest frame, in percent of each side. */
const LEAST = 2;
const CORNERS = [["left", "top"], ["right", "top"], ["left", "bottom"], ["right", "bottom"]];
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const between = (value, least, most) => Math.min(Math.max(value, least), most);

/** The largest frame of a shape around a point, in percent; the server does the same (mail/images/picture_values.py). */
export function around(width, height, shape, [x, y]) {
  const wide = Math.min(SHARE, (SHARE * height * shape[0]) / (shape[1] * width));
  const high = Math.min(SHARE, (SHARE * width * shape[1]) / (shape[0] * height));
  const left = between(x - wide / 2, 0, SHARE - wide);
  const top = between(y - high / 2, 0, SHARE - high);
  return { left, top, right: left + wide, bottom: top + high };
}

/** Where a point is after turning the picture clockwise by `turn` degrees and mirroring it, in percent. */
export function turned([x, y], turn, mirror) {
  let point = [x, y];
  for (let quarter = 0; quarter < turn / 90; quarter += 1) point = [SHARE - point[1], point[0]];
  return mirror ? [SHARE - point[0], point[1]] : point;
}

/** The frame after it was moved, or one of its corners, within the picture; `ratio` in percents of both sides, or 0. */
export function moved(frame, [dx, dy], corner, ratio) {
  if (!corner) {
    const x = between(dx, -frame.left, SHARE - frame.right);
    const y = between(dy, -frame.top, SHARE - frame.bottom);
    return { left: frame.left + x, right: frame.right + x, top: frame.top + y, bottom: frame.bottom + y };
  }
  const next = { ...frame };
  const [side, edge] = corner;
  next[side] = side === "left" ? between(frame.left + dx, 0, frame.right - LEAST) : between(frame.right + dx, frame.left + LEAST, SHARE);
  next[edge] = edge === "top" ? between(frame.top + dy, 0, frame.bottom - LEAST) : between(frame.bottom + dy, frame.top + LEAST, SHARE);
  if (!ratio) return next;
  // With a shape, the height follows the width, as far as there is room.
  const room = edge === "top" ? frame.bottom : SHARE - frame.top;
  const high = Math.min((next.right - next.left) / ratio, room);
  const wide = high * ratio;
  if (side === "left") next.left = next.right - wide;
  else next.right = next.left + wide;
  if (edge === "top") next.top = next.bottom - high;
  else next.bottom = next.top + high;
  return next;
}

class Crop {
  constructor(form) {
    this.form = form;
    this.fields = form.elements;
    this.stage = form.querySelector("[data-crop-stage]");
    this.image = form.querySelector("[data-crop-image]");
    this.point = [Number(form.dataset.focusX), Number(form.dataset.focusY)];
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", this.image.alt || form.querySelector("[data-crop-label]").dataset.name);
    this.frame = this.made();
    this.stage.replaceChildren(this.canvas, this.frame);
    for (const name of ["turn", "mirror"]) this.fields[name].addEventListener("change", () => { this.draw(); this.shape(); });
    this.fields.shape.addEventListener("change", () => this.shape());
    for (const name of EDGES) this.fields[name].addEventListener("input", () => this.show());
    form.querySelector("[data-crop-hint]").hidden = false;
    this.draw();
    this.show();
  }

  made() {
    const frame = document.createElement("div");
    frame.className = "crop-frame";
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", this.form.querySelector("[data-crop-label]").textContent);
    for (const corner of CORNERS) {
      const handle = document.createElement("span");
      handle.className = "crop-corner";
      handle.style.left = corner[0] === "left" ? "0" : "100%";
      handle.style.top = corner[1] === "top" ? "0" : "100%";
      this.drag(handle, corner);
      frame.append(handle);
    }
    this.drag(frame, null);
    frame.addEventListener("keydown", (event) => this.key(event));
    return frame;
  }

  get turn() { return Number(this.fields.turn.value); }

  get wanted() { return this.fields.shape.value.split(":").map(Number); }

  get ratio() {
    const [wide, high] = this.wanted;
    return high ? (wide / high) * (this.canvas.height / this.canvas.width) : 0;
  }

  /** The picture as it will be turned. */
  draw() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const across = this.turn % 180 !== 0;
    [this.canvas.width, this.canvas.height] = across ? [height, width] : [width, height];
    const context = this.canvas.getContext("2d");
    context.translate(this.canvas.width / 2, this.canvas.height / 2);
    if (this.fields.mirror.checked) context.scale(-1, 1);
    context.rotate((this.turn * Math.PI) / 180);
    context.drawImage(this.image, -width / 2, -height / 2);
  }

  shape() {
    const { wanted } = this;
    const point = turned(this.point, this.turn, this.fields.mirror.checked);
    const whole = { left: 0, top: 0, right: SHARE, bottom: SHARE };
    this.write(wanted[1] ? around(this.canvas.width, this.canvas.height, wanted, point) : whole);
  }

  read() {
    return Object.fromEntries(EDGES.map((name) => [name, between(Number(this.fields[name].value) || 0, 0, SHARE)]));
  }

  write(frame) {
    for (const name of EDGES) this.fields[name].value = String(Math.round(frame[name] * 100) / 100);
    this.show();
  }

  show() {
    const { left, top, right, bottom } = this.read();
    Object.assign(this.frame.style, { left: `${left}%`, top: `${top}%`, width: `${Math.max(0, right - left)}%`, height: `${Math.max(0, bottom - top)}%` });
  }

  drag(handle, corner) {
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.fields.turn.matches(":disabled")) return;
      event.preventDefault();
      event.stopPropagation();
      this.frame.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      const before = this.read();
      const { ratio } = this;
      const box = this.stage.getBoundingClientRect();
      const listening = new AbortController();
      const { signal } = listening;
      const way = (now) => [((now.clientX - event.clientX) / box.width) * SHARE, ((now.clientY - event.clientY) / box.height) * SHARE];
      handle.addEventListener("pointermove", (now) => this.write(moved(before, way(now), corner, ratio)), { signal });
      for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => listening.abort(), { signal });
    });
  }

  key(event) {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.write(moved(this.read(), step, event.shiftKey ? ["right", "bottom"] : null, event.shiftKey ? this.ratio : 0));
  }
}

/** A click in the picture sets the point that has to stay visible. */
function focusPoint(place) {
  const form = document.querySelector("form:has([name=focus_x])");
  const box = place.querySelector(".picture-focus");
  if (!form || !box || form.elements.focus_x.matches(":disabled")) return;
  const { focus_x: x, focus_y: y } = form.elements;
  const mark = document.createElement("span");
  mark.className = "focus-mark";
  mark.setAttribute("aria-hidden", "true");
  const show = () => Object.assign(mark.style, { left: `${x.value}%`, top: `${y.value}%` });
  box.append(mark);
  box.dataset.ready = "";
  box.addEventListener("click", (event) => {
    const { left, top, width, height } = box.querySelector("img").getBoundingClientRect();
    x.value = String(Math.round(between(((event.clientX - left) / width) * SHARE, 0, SHARE)));
    y.value = String(Math.round(between(((event.clientY - top) / height) * SHARE, 0, SHARE)));
    show();
  });
  for (const field of [x, y]) field.addEventListener("input", show);
  show();
}

export function start() {
  for (const place of document.querySelectorAll("[data-focus-on]:not([data-started])")) {
    place.dataset.started = "";
    focusPoint(place);
  }
  for (const form of document.querySelectorAll("form[data-crop]:not([data-started])")) {
    form.dataset.started = "";
    form.querySelector("[data-crop-image]").decode().then(() => new Crop(form), () => {});
  }
}
