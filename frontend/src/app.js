import "./app.css";
import htmx from "./lib/htmx.js";
import "htmx-ext-sse";
import { startComposer } from "./lib/composer.js";
import { startCounters } from "./lib/counter.js";
import { startDrafts } from "./lib/drafts.js";
import { startGallery } from "./lib/gallery.js";
import { startHelpers } from "./lib/helpers.js";
import { startLetters } from "./lib/message_boxes.js";
import { startOverlays } from "./lib/overlays.js";
import { startSearch } from "./lib/search.js";
import { startTheme } from "./lib/theme.js";

/** Charts and the editors are large, so only pages that show one load them. So it is with the builder of automations and the calendar. */
function loadHeavyParts(root) {
  if (root.querySelector("[data-chart]")) import("./charts.js").then(({ drawAll }) => drawAll(root));
  if (root.querySelector("[data-blocks-for]")) import("./blocks.js").then(({ mountAll }) => mountAll(root));
  if (root.querySelector("[data-crop], [data-focus-on]")) import("./crop.js").then(({ start }) => start());
  if (root.querySelector("[data-flow]")) import("./flow.js").then(({ start }) => start());
  if (root.querySelector("[data-calendar]")) import("./calendar.js").then(({ start }) => start());
  if (root.querySelector("textarea[data-editor]")) import("./editor.js").then(({ mountAll }) => mountAll(root));
}

/** Scroll a row of tabs that is wider than the window to the tab that is open. */
function showOpenTab() {
  const open = document.querySelector(".tab-row [aria-current]");
  const row = open?.closest(".tab-row");
  if (row) row.scrollLeft = open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2;
}

startTheme();
startOverlays();
startHelpers();
startCounters();
startLetters(htmx);
startDrafts();
startGallery();
startComposer();
startSearch();
showOpenTab();
loadHeavyParts(document);
htmx.onLoad(loadHeavyParts);
