import htmx from "htmx.org/dist/htmx.esm.js";

// The content security policy forbids evaluated code and injected styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
// A refused form is returned as 422 with its errors, and has to be shown.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

// The extensions look for it here.
window.htmx = htmx;

export default htmx;
