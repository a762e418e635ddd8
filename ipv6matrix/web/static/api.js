// Asks what a form says and shows the answer below it.
"use strict";

const LONGEST = 20000; // characters that are shown

for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = addressOf(form);
    const place = form.nextElementSibling;
    const [link, status, text] = ["a", "output", "pre"].map((name) => place.querySelector(name));
    place.hidden = false;
    link.href = link.textContent = address;
    status.textContent = "…";
    text.textContent = "";
    try {
      const answer = await fetch(address);
      status.textContent = `${answer.status} ${answer.headers.get("Content-Type") || ""}`;
      text.textContent = shortened(pretty(await answer.text()));
    } catch (error) {
      status.textContent = `No answer: ${error.message}`;
    }
  });
}

function addressOf(form) {
  let path = form.getAttribute("action");
  const parameters = new URLSearchParams();
  for (const field of form.elements) {
    if (!field.name || !field.value) continue;
    if ("inPath" in field.dataset) path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else parameters.set(field.name, field.value);
  }
  return parameters.size ? `${path}?${parameters}` : path;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function shortened(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… (${text.length} characters)` : text;
}
