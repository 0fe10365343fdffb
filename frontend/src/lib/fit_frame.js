/*
 * A frame of our own origin without scripts of its own, as high as its content. It is measured at a small height, so that content in units of the
 * window can't make it grow again and again.
 */
const SMALLEST = 150;
const LARGEST = 20000;

export function fitFrame(frame) {
  let width = 0;
  const fit = () => {
    const { body } = frame.contentDocument ?? {};
    if (!body?.childElementCount) return; // the empty document before the blocks
    const { scrollX, scrollY } = window;
    frame.style.height = `${SMALLEST}px`;
    const height = Math.min(Math.max(SMALLEST, body.scrollHeight, body.offsetHeight), LARGEST);
    frame.style.height = `${height}px`;
    window.scrollTo(scrollX, scrollY);
  };
  const watch = () => {
    const blocks = frame.contentDocument;
    if (!blocks?.body?.childElementCount) return;
    for (const event of ["load", "error", "toggle"]) blocks.addEventListener(event, fit, true);
    blocks.addEventListener("click", (event) => {
      const place = event.target.closest?.('a[href^="#"]')?.getAttribute("href").slice(1);
      const found = place && (blocks.getElementById(place) ?? document.getElementById(place));
      if (!found) return;
      event.preventDefault();
      found.scrollIntoView();
      if (found.ownerDocument === document) found.focus();
    });
    fit();
  };
  frame.addEventListener("load", watch);
  watch();
  new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === width) return;
    width = entry.contentRect.width;
    fit();
  }).observe(frame);
}
