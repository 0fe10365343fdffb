/*
 * Forms on our own pages ([data-task]): the page has the whole form already. Here it gets its proof of work, is counted and shown in steps,
 * and is then sent as usual. A landing page's frame of blocks gets the height of its content.
 */
import { fitFrame } from "./lib/fit_frame.js";
import { inSteps, onFirstTouch, onView, prove, report } from "./signup.js";

function enhance(form) {
  const isReady = (part) => [...part.querySelectorAll("input,select")].every((input) => input.reportValidity());
  const showStepOf = inSteps(form, isReady);
  const { count, task } = form.dataset; // the abuse desk's form has no count
  if (form.querySelector("[data-step]")) {
    form.noValidate = true; // the browser would check steps that aren't shown
    const wrong = form.querySelector("[aria-invalid]");
    showStepOf(wrong);
    wrong?.focus();
  }
  if (!task) return form.addEventListener("submit", (event) => event.preventDefault()); // a preview
  let proof = null;
  const begin = () => (proof ??= prove(form, task));
  onFirstTouch(form, begin);
  if (count) {
    const placement = form.elements.placement.value;
    onView(form, () => report(count, "view", placement));
    onFirstTouch(form, () => report(count, "start", placement));
  }
  form.addEventListener("submit", async (event) => {
    if (form.elements.altcha.value) return;
    event.preventDefault();
    const { submitter } = event;
    await begin();
    form.elements.altcha.value ||= "-";
    form.requestSubmit(submitter);
  });
}

for (const form of document.querySelectorAll("form[data-task], form[data-stepped]")) enhance(form);
for (const frame of document.querySelectorAll("iframe[data-fit]")) fitFrame(frame);
