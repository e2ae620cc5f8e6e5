"use strict";

const form = document.getElementById("form");
const text = document.getElementById("text");
const note = document.getElementById("status");
const number = new Intl.NumberFormat("en");
let asked = 0;

function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function scores(result) {
  const grid = element("div", undefined, "scores");
  const byScore = Object.entries(result.scores).sort((a, b) => b[1] - a[1]);
  for (const [label, score] of byScore) {
    const given = result.labels.includes(label);
    const bar = element("meter");
    bar.value = score;
    bar.title = `${label} ${score}`;
    grid.append(element("span", label, given ? "label" : ""), bar, element("span", score.toFixed(2)));
  }
  return grid;
}

function row(result) {
  const made = element("tr");
  const cell = element("td");
  cell.append(scores(result));
  const name = element("th", result.variant);
  name.scope = "row";
  made.append(
    name,
    element("td", result.labels.join(", ") || (result.unsure ? "unsure" : "none"), "label"),
    cell,
    element("td", number.format(Math.round(result.microseconds)), "number"),
    element("td", number.format(result.file_bytes), "number"),
    element("td", number.format(result.resident_bytes), "number"),
    element("td", `${Math.round(result.agreement * 100)} %`, "number"),
  );
  return made;
}

function show(answer) {
  document.getElementById("reference").textContent = answer.reference;
  document.getElementById("rows").replaceChildren(...answer.results.map(row));
  const failed = document.getElementById("failed");
  failed.hidden = answer.failed.length === 0;
  failed.textContent = `Could not answer: ${answer.failed.join(", ")}`;
  document.getElementById("answer").hidden = false;
}

function say(message, isProblem) {
  note.textContent = message;
  note.className = isProblem ? "problem" : "";
}

async function compare() {
  const own = ++asked; // an older answer that comes late is not shown
  say("…", false);
  try {
    const response = await fetch("compare", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: text.value }),
    });
    const answer = await response.json().catch(() => null); // a proxy's page is no JSON
    if (own !== asked) return;
    if (!response.ok || answer === null) {
      say(answer?.error?.message ?? `the server answered ${response.status}`, true);
      return;
    }
    show(answer);
    say("", false);
  } catch {
    if (own === asked) say("the server cannot be reached", true);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  compare();
});
