// Titles of marks under the pointer and on focus; without this script the browser shows them, more slowly.
"use strict";

const tip = document.body.appendChild(Object.assign(document.createElement("div"), { id: "tip", hidden: true }));
tip.setAttribute("aria-hidden", "true");
dress();

function dress() {
  for (const svg of document.querySelectorAll("figure svg")) {
    for (const part of svg.querySelectorAll(".land, .point")) {
      const title = part.querySelector("title");
      if (!title) continue;
      part.dataset.text = title.textContent;
      // The browser would show its own, later and smaller.
      if (!part.closest("a")) Object.assign(part, { role: "img", ariaLabel: title.textContent });
      title.remove();
    }
    for (const kind of ["pointermove", "pointerdown"]) {
      svg.addEventListener(kind, (event) => show(event.target.closest("[data-text]"), event.clientX, event.clientY));
    }
    svg.addEventListener("pointerleave", () => show(null));
    // An SVG that listens for the focus would be a stop of its own.
    svg.parentElement.addEventListener("focusin", (event) => {
      const box = event.target.getBoundingClientRect();
      show(event.target.closest("a")?.querySelector("[data-text]"), box.right, box.bottom);
    });
    svg.parentElement.addEventListener("focusout", () => show(null));
  }
}

function show(part, x, y) {
  tip.hidden = !part;
  if (!part) return;
  tip.textContent = part.dataset.text;
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, Math.min(y + 14, innerHeight - tip.offsetHeight - 8))}px`;
}
