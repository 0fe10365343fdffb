/**
 * [data-composer]: the campaign editor, one page with one form, shown one step at a time, and its preview as a mode.
 *
 * A link to a field (#id_subject, from a check) opens the step that the field is in. After a save that loads the page
 * again, the step is the one that was open; without JavaScript the steps follow each other on the page.
 */

const isField = (element) => element.matches("input, select, textarea, button, a, summary");

class Composer {
  constructor(root) {
    this.root = root;
    this.key = `step:${location.pathname}`;
    this.steps = [...root.querySelectorAll("[data-step-link]")].map((link) => link.dataset.stepLink);
    this.preview = root.querySelector("[data-composer-preview]");
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isPreviewing && !document.querySelector("dialog[open], details.pop[open]")) this.showPreview(false);
    });
    this.preview.addEventListener("click", () => this.showPreview(!this.isPreviewing));
    const kept = sessionStorage.getItem(this.key);
    this.go(root.dataset.at !== "content" || !this.steps.includes(kept) ? root.dataset.at : kept);
    if (location.hash) this.reveal(location.hash.slice(1));
  }

  get isPreviewing() { return "previewing" in this.root.dataset; }

  go(step) {
    this.showPreview(false);
    this.root.dataset.at = step;
    sessionStorage.setItem(this.key, step);
    for (const link of this.root.querySelectorAll("[data-step-link]")) {
      if (link.dataset.stepLink === step) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
  }

  showPreview(isOn) {
    this.root.toggleAttribute("data-previewing", isOn);
    this.preview.setAttribute("aria-pressed", String(isOn));
    this.preview.querySelector("[data-word]").textContent = isOn ? this.preview.dataset.on : this.preview.dataset.off;
  }

  click(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = event.target.closest("[data-step-link]");
    const next = event.target.closest("[data-step-next]");
    const link = event.target.closest("a[href^='#']");
    if (step || next) {
      event.preventDefault();
      this.go(step ? step.dataset.stepLink : this.steps[this.steps.indexOf(this.root.dataset.at) + 1]);
      scrollTo(0, 0);
    } else if (link && this.reveal(link.hash.slice(1))) event.preventDefault();
  }

  /** Opens the step and the folds that an element is in, and goes there; false if it is not in the editor. */
  reveal(id) {
    const place = document.getElementById(id);
    const pane = place?.closest("[data-pane]");
    if (!pane || !this.root.contains(pane)) return false;
    const steps = pane.dataset.pane.split(" ");
    if (id === "preview" && !steps.includes(this.root.dataset.at)) {
      this.showPreview(true);
      return true;
    }
    this.go(steps.includes(this.root.dataset.at) ? this.root.dataset.at : steps[0]);
    for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (place !== pane) place.scrollIntoView({ block: "center" });
    if (isField(place)) place.focus();
    return true;
  }
}

export function startComposer() {
  const root = document.querySelector("[data-composer]");
  if (root) new Composer(root);
}
