// Comforts of the pages; all of them work without.
"use strict";

const POLITE = 200; // ms of silence before suggestions are asked for

// A choice is shown at once; the address holds it, so that back and forward go through choices.
for (const field of document.querySelectorAll(".controls select")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// Fields without a value stay out of the address.
for (const form of document.forms) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (!field.value && field.name) field.disabled = true;
  });
}
addEventListener("pageshow", () => {
  for (const form of document.forms) for (const field of form.elements) field.disabled = false;
  // Who comes back sees what the address says, not what was chosen before leaving.
  for (const form of document.querySelectorAll("form.controls")) form.reset();
});

slide(document.querySelector("#date"));

function slide(dates) {
  if (!dates || dates.length < 2) return;
  const slider = document.createElement("input");
  const last = dates.length - 1;
  Object.assign(slider, { type: "range", min: 0, max: last, step: 1, defaultValue: last - dates.selectedIndex });
  const tell = () => {
    dates.selectedIndex = last - slider.value;
    slider.setAttribute("aria-valuetext", dates.value);
  };
  slider.setAttribute("aria-label", "Crawl");
  slider.addEventListener("input", tell);
  slider.addEventListener("change", () => dates.form.requestSubmit());
  tell();
  dates.closest("label").append(slider);
}

const tip = document.body.appendChild(document.createElement("div"));
tip.id = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true");

for (const svg of document.querySelectorAll("figure svg")) {
  for (const part of svg.querySelectorAll(".land, .point")) {
    const title = part.querySelector("title");
    part.dataset.text = title.textContent;
    // The browser would show its own, later and smaller.
    if (!part.closest("a")) part.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  svg.addEventListener("pointermove", (event) => show(event.target.closest("[data-text]"), event.clientX, event.clientY));
  svg.addEventListener("pointerleave", () => show(null));
  svg.addEventListener("focusin", (event) => {
    const box = event.target.getBoundingClientRect();
    show(event.target.querySelector("[data-text]"), box.right, box.bottom);
  });
  svg.addEventListener("focusout", () => show(null));
}

function show(part, x, y) {
  tip.hidden = !part;
  if (!part) return;
  tip.textContent = part.dataset.text;
  tip.style.left = `${Math.min(x + 14, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(y + 14, innerHeight - tip.offsetHeight - 8)}px`;
}

const names = document.querySelector("#names");
let waiting;
for (const field of document.querySelectorAll("input[list=names]")) {
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => suggest(field.value.trim().toLowerCase()), POLITE);
  });
}

async function suggest(prefix) {
  if (!prefix) return;
  const answer = await fetch(`/json/domain/search-${encodeURIComponent(prefix)}`);
  if (!answer.ok) return;
  const found = await answer.json();
  names.replaceChildren(...found.filter((name) => typeof name === "string").map((name) => new Option(name, name)));
}
