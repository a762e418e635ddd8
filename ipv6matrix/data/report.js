// Without this script the browser shows the titles of the marks, more slowly.
const tip = document.getElementById("tip");
for (const title of document.querySelectorAll("figure title")) title.remove();
function show(event) {
  const mark = event.target.closest('[aria-roledescription="bar"], [aria-roledescription="point"]');
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.getAttribute("aria-label");
  const right = innerWidth - tip.offsetWidth - 8, below = event.clientY + 16;
  tip.style.left = Math.max(8, Math.min(event.clientX + 12, right)) + "px";
  tip.style.top = (below + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 8 : below) + "px";
}
for (const kind of ["pointermove", "pointerdown"]) addEventListener(kind, show);
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
