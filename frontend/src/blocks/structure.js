/** The content as a list of buttons, with rows and columns nested, for keyboard navigation of the canvas. */
import { CONTAINERS } from "./mjml.js";

function summary(model, { words, said: plainOf }) {
  const type = model.get("type");
  const plain = plainOf(model.get("content") ?? "");
  const mj = model.get("mj") ?? {};
  const said = type === "mj-image" ? mj.alt : plain;
  return [words[type] ?? type, (said ?? "").slice(0, 40)];
}

export class Structure {
  constructor(root, studio, select) {
    this.root = root;
    this.studio = studio;
    this.select = select;
  }

  draw(body, chosen) {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.cid : null;
    this.root.replaceChildren(this.list([body], chosen));
    if (focused) this.root.querySelector(`[data-cid="${CSS.escape(focused)}"]`)?.focus();
  }

  list(models, chosen) {
    const list = document.createElement("ul");
    for (const model of models) {
      const item = document.createElement("li");
      const [word, said] = summary(model, this.studio);
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.cid = model.cid;
      button.className = "blocks-node";
      if (model === chosen) button.setAttribute("aria-current", "true");
      const name = document.createElement("span");
      name.textContent = word;
      button.append(name);
      if (said) {
        const text = document.createElement("span");
        text.className = "blocks-said";
        text.textContent = said;
        button.append(text);
      }
      button.addEventListener("click", () => this.select(model));
      item.append(button);
      const inside = CONTAINERS.has(model.get("type")) ? model.components().models : [];
      if (inside.length) item.append(this.list(inside, chosen));
      list.append(item);
    }
    return list;
  }
}
