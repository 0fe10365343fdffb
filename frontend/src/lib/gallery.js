/**
 * The gallery of templates: a search by purpose and a filter by family. Cards stay in the page, so a template that was
 * chosen stays chosen and no thumbnail loads twice. The address keeps both, so that coming back shows the same.
 */

/** Text in lower case and without accents, so that "cafe" finds "Café". */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function show(gallery, { family, search }) {
  const words = plain(search).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const section of gallery.querySelectorAll("[data-gallery-family]")) {
    let here = 0;
    for (const card of section.querySelectorAll("[data-gallery-card]")) {
      const searched = plain(card.dataset.galleryCard);
      const matches = (!family || family === section.dataset.galleryFamily) && words.every((word) => searched.includes(word));
      card.hidden = !matches;
      here += matches;
    }
    section.hidden = here === 0;
    shown += here;
  }
  for (const chip of gallery.querySelectorAll("[data-gallery-chip]")) {
    chip.setAttribute("aria-pressed", String(chip.dataset.galleryChip === family));
  }
  gallery.querySelector("[data-gallery-empty]").hidden = shown > 0;
  const status = gallery.querySelector("[data-gallery-status]");
  status.textContent = `${status.dataset.said} ${shown}`;
}

function keepInAddress({ family, search }) {
  const address = new URL(location.href);
  for (const [name, value] of [["family", family], ["q", search.trim()]]) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(history.state, "", address);
}

function start(gallery) {
  const field = gallery.querySelector("[data-gallery-search]");
  const chips = [...gallery.querySelectorAll("[data-gallery-chip]")];
  const asked = new URLSearchParams(location.search);
  let family = chips.some((chip) => chip.dataset.galleryChip === asked.get("family")) ? asked.get("family") : "";
  field.value = asked.get("q") ?? "";
  const update = () => {
    const wanted = { family, search: field.value };
    show(gallery, wanted);
    keepInAddress(wanted);
  };
  gallery.querySelector("[data-gallery-tools]").hidden = false;
  field.addEventListener("input", update);
  // The search is part of the form of a new campaign, which Enter would submit.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      family = chip.dataset.galleryChip;
      update();
    });
  }
  gallery.querySelector("[data-gallery-all]").addEventListener("click", () => {
    family = "";
    field.value = "";
    update();
    field.focus();
  });
  show(gallery, { family, search: field.value });
}

export function startGallery() {
  for (const gallery of document.querySelectorAll("[data-gallery]")) start(gallery);
}
