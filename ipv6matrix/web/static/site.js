// Comforts of the pages; all of them work without.
"use strict";

const POLITE = 200; // ms of silence before suggestions are asked for

const STEP = matchMedia("(prefers-reduced-motion: reduce)").matches ? 2500 : 1100; // ms of each crawl while it plays

const dates = document.querySelector("#date");

// A choice is shown at once; the address holds it, so that back and forward go through choices.
for (const field of document.querySelectorAll(".controls select")) {
  field.addEventListener("change", () => (field === dates ? turn(dates.value) : field.form.requestSubmit()));
}

// Fields without a value stay out of the address; so do boxes that are all ticked, and some are one list.
for (const form of document.forms) {
  form.addEventListener("submit", () => {
    const boxes = [...form.querySelectorAll("[type=checkbox]")];
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    for (const box of boxes) box.disabled = true;
    if (ticked.length && ticked.length < boxes.length) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: boxes[0].name, value: ticked, className: "list" }));
    }
    for (const field of form.elements) if (!field.value && field.name) field.disabled = true;
  });
}
addEventListener("pageshow", () => {
  for (const list of document.querySelectorAll("input.list")) list.remove();
  for (const form of document.forms) for (const field of form.elements) field.disabled = false;
  // Who comes back sees what the address says, not what was chosen before leaving.
  for (const form of document.querySelectorAll("form.controls")) form.reset();
  tell();
});

// --- the slider: each crawl in its place, without loading the page anew

let slider, player, began;

if (dates && dates.length > 1) {
  slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: dates.length - 1, step: 1 });
  slider.setAttribute("aria-label", "Crawl");
  slider.addEventListener("input", () => {
    stop();
    dates.selectedIndex = dates.length - 1 - slider.value;
    tell();
  });
  slider.addEventListener("change", () => turn(dates.value));
  player = Object.assign(document.createElement("button"), { type: "button", textContent: "▶ Play" });
  player.addEventListener("click", () => (began ? stop() : play()));
  dates.closest(".slider").append(slider, player);
  tell();
  // What the address says when the page is shown is where back leads to.
  addEventListener("popstate", () => {
    if (began) rest();
    replace(location.href);
  });
}

function tell() {
  if (!slider) return;
  slider.value = dates.length - 1 - dates.selectedIndex;
  slider.setAttribute("aria-valuetext", dates.value);
}

function address(date) {
  const url = new URL(location.href);
  url.searchParams.set("date", date);
  url.hash = "";
  return url.href.replaceAll("%2C", ",");
}

async function turn(date) {
  stop();
  history.pushState(null, "", address(date));
  await replace(location.href);
}

async function play() {
  began = location.href;
  const mine = (player.run = {});
  player.textContent = "❚❚ Pause";
  // The last crawl is the first option; from there the film begins anew.
  for (let next = (dates.selectedIndex || dates.length) - 1; next >= 0; next--) {
    const waited = new Promise((done) => setTimeout(done, STEP));
    history.replaceState(null, "", address(dates.options[next].value));
    await replace(location.href);
    await waited;
    if (player.run !== mine) return;
  }
  stop();
}

// The whole film is one step back.
function stop() {
  if (!began) return;
  const last = location.href;
  const first = began;
  rest();
  if (last === first) return;
  history.replaceState(null, "", first);
  history.pushState(null, "", last);
}

function rest() {
  began = player.run = null;
  player.textContent = "▶ Play";
}

let asked = 0;
async function replace(url) {
  const mine = ++asked;
  let answer;
  try {
    answer = await fetch(url);
  } catch {
    answer = { ok: false };
  }
  if (mine !== asked) return;
  // Whatever is wrong is told by the page itself.
  if (!answer.ok) return location.assign(url);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  const parts = [...found.querySelectorAll("[data-live]")];
  document.querySelectorAll("[data-live]").forEach((old, number) => old.replaceWith(document.adoptNode(parts[number])));
  document.title = found.title;
  for (const option of dates.options) option.defaultSelected = false;
  const date = found.querySelector("#date").value;
  const chosen = [...dates.options].find((option) => option.value === date);
  chosen.defaultSelected = chosen.selected = true;
  tell();
  dress();
  adorn();
}

// --- pictures to take away

adorn();

function adorn() {
  // Where a chart is wider than its card, the chosen crawl is in sight.
  for (const mark of document.querySelectorAll("figure .now")) {
    const figure = mark.closest("figure");
    figure.scrollLeft += mark.getBoundingClientRect().left - figure.getBoundingClientRect().left - figure.clientWidth / 2;
  }
  for (const link of document.querySelectorAll("a.svg")) {
    const png = Object.assign(document.createElement("button"), { type: "button", className: "png", textContent: "PNG" });
    png.setAttribute("aria-label", `${link.parentElement.firstChild.textContent} PNG`);
    png.addEventListener("click", () => take(link));
    if (!link.nextElementSibling) link.after(png);
  }
}

// The picture comes from this server, so a canvas may hold it and nothing inline is needed.
async function take(link) {
  const picture = new Image();
  picture.src = link.href;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.naturalWidth, height: picture.naturalHeight });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const file = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: link.download.replace(/svg$/, "png") });
  file.click();
  setTimeout(() => URL.revokeObjectURL(file.href), 60000);
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
