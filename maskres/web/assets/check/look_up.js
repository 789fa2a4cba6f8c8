// The look-up page: finds a number's line in a file named by its first symbols and checks it on this device.
// Words come from the page, in its language; a page saved with its data inside asks nobody for anything.
import { check, readNumber } from "./check.js";
import { data, fill, part, showAnswer, showFindings, when, words } from "./showing.js";

const saved = data("saved");
// Figures as people read them: moments in the city's zone, groups by their names.
const spoken = (facts) => ({
  ...facts,
  at: facts.at ? when(facts.at, words.zone) : "",
  stratum: words.strata[facts.stratum] ?? facts.stratum,
});

async function fetchFile(name) {
  if (saved) return saved[name];
  const answer = await fetch(`${words.base}/${name}`);
  if (!answer.ok) throw new Error(name);
  return name.endsWith(".json") ? answer.json() : answer.text();
}

const fileOf = (number, symbols) => number.slice(0, symbols) || "all";

function rowOf(table, number) {
  const [header, ...lines] = table.trimEnd().split("\n").map((line) => line.split(","));
  const line = lines.find((each) => each[0] === number);
  return line ? Object.fromEntries(header.map((name, index) => [name, line[index]])) : null;
}

function show(row, findings) {
  const outcome = part("outcome");
  outcome.textContent = row ? fill(words.outcomes[row.outcome], row) : words.outcomes.none;
  const place = part("place");
  place.hidden = !row?.store;
  if (row?.store) {
    const at = when(Date.parse(row.starts_at) / 1000, words.zone);
    place.textContent = fill(words.place, { at, store: words.stores[row.store] ?? row.store });
  }
  part("summary").textContent = words.summaries[showFindings(findings, spoken)];
  showAnswer();
}

// A file that cannot even be read is not what was published.
function findingsOf(number, draw, leaf, row) {
  try {
    return check(number, draw, leaf, row);
  } catch {
    return [{ code: "unreadable", isRight: false, facts: {} }];
  }
}

// Who then asks for large text or the other language, or comes back, still has the answer before them. The number stands
// in its field as it does on paper.
function keep(number) {
  if (saved) return;
  part("number").value = number.replace(/(.{4})(?=.)/g, "$1-");
  history.replaceState(null, "", `${location.pathname}#${number}`);
  for (const link of document.querySelectorAll(".mr-header__switches a")) link.hash = number;
}

async function lookUp(typed) {
  const number = readNumber(typed);
  const trouble = part("trouble");
  part("answer").hidden = true; // that of another number
  trouble.textContent = number ? "" : words.badNumber;
  if (!number) return;
  keep(number);
  try {
    const draw = await fetchFile("draw.json");
    const leaf = await fetchFile(`pool/${fileOf(number, draw.pool_symbols)}.json`);
    const drawn = draw.result_symbols !== null;
    const row = drawn ? rowOf(await fetchFile(`result/${fileOf(number, draw.result_symbols)}.csv`), number) : null;
    if (part("save")) part("save").href = `${words.saving}?number=${number}`;
    show(row, findingsOf(number, draw, leaf, row));
  } catch (error) {
    trouble.textContent = words.noFiles;
    throw error;
  }
}

part("look-up")?.addEventListener("submit", (event) => {
  event.preventDefault();
  delete event.target.dataset.sent;
  lookUp(part("number").value);
});
const given = saved?.number ?? (location.hash.slice(1) || part("number")?.value);
if (given) {
  if (part("number")) part("number").value = given;
  lookUp(given);
}
