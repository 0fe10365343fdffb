/** Alpine parts. The CSP build evaluates no code, so each behaviour is registered here by name. */

/** x-data="counter": x-ref="text" on the field, x-text="length" where the number goes. */
function counter() {
  return {
    length: 0,
    init() {
      this.count();
      this.$refs.text.addEventListener("input", () => this.count());
    },
    count() {
      this.length = [...this.$refs.text.value].length;
    },
  };
}

/** x-data="selection" around a table: rows carry input[type=checkbox][data-row], the head one carries data-all. */
function selection() {
  return {
    chosen: 0,
    get any() { return this.chosen > 0; },
    get none() { return this.chosen === 0; },
    rows() { return [...this.$root.querySelectorAll("input[data-row]")]; },
    init() {
      this.$root.addEventListener("change", (event) => {
        if (event.target.matches("input[data-all]")) {
          for (const row of this.rows()) row.checked = event.target.checked;
        }
        this.count();
      });
      this.count();
    },
    count() {
      const rows = this.rows();
      this.chosen = rows.filter((row) => row.checked).length;
      const all = this.$root.querySelector("input[data-all]");
      if (all) {
        all.checked = rows.length > 0 && this.chosen === rows.length;
        all.indeterminate = this.any && this.chosen < rows.length;
      }
    },
  };
}

/** x-data="toggle": x-show="open", @click="flip", :aria-expanded="open". */
function toggle() {
  return {
    open: false,
    init() { this.open = this.$root.dataset.open === "true"; },
    flip() { this.open = !this.open; },
  };
}

/** x-data="sure" in a dialog: the button stays off until the asked word (data-word) is typed into x-model="typed". */
function sure() {
  return {
    typed: "",
    get wrong() { return this.typed.trim() !== this.$root.dataset.word; },
  };
}

export function registerParts(Alpine) {
  Alpine.data("counter", counter);
  Alpine.data("selection", selection);
  Alpine.data("toggle", toggle);
  Alpine.data("sure", sure);
}
