/** [data-counts="id"]: shows how many characters the field with that id holds; an emoji is one. */
export function startCounters() {
  const show = (field) => {
    for (const place of document.querySelectorAll(`[data-counts="${field.id}"]`)) place.textContent = [...field.value].length;
  };
  document.addEventListener("input", (event) => {
    if (event.target.id) show(event.target);
  });
  for (const place of document.querySelectorAll("[data-counts]")) show(document.getElementById(place.dataset.counts));
}
