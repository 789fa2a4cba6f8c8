// The receipt page: reads a receipt that is pasted or chosen, fetches what is published of its draw, and checks both on
// this device. The receipt itself is sent nowhere: only the names of published files are asked for.
import { checkReceipt, readLedger, readList, readReceipt } from "./receipt_check.js";
import { data, part, showAnswer, showFindings, when, words } from "./showing.js";

// A longer list is fetched only when asked for: a line of it has 13 bytes.
const LINE = 13;
const MOST_UNASKED = 3e6;

const spoken = (facts) => ({ ...facts, at: facts.at ? when(facts.at) : "" });

// What grows is asked for anew each time; the answer is still short where nothing has changed.
async function fetched(address) {
  const answer = await fetch(address, { cache: "no-cache" });
  if (!answer.ok) throw new Error(address);
  return answer;
}

const ask = async (address, read = "text") => (await fetched(address))[read]();

// The list of the registered, looked into as it comes; null while nobody asked for a long one, or where it is not there.
async function fetchList({ round, draw, number }, { closed }, isAsked) {
  if (!closed || (!isAsked && closed.body.registered.entries * LINE > MOST_UNASKED)) return null;
  const list = readList(number);
  const pieces = (await fetched(`${words.rounds}/${round}/draws/${draw}/registered.csv`)).body.getReader();
  for (let bytes = 0, piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
    list.add(piece.value);
    bytes += piece.value.length;
    part("whole-list-done").textContent = `${Math.floor(bytes / 1e6)} / `;
  }
  return list.end();
}

// The checkpoint that holds the closing and that both cosigned, else the last one.
async function fetchCheckpoint({ closed, lines }) {
  const { checkpoints } = await ask(`${words.api}/checkpoints`, "json");
  const needed = closed ? closed.seq + 1 : 1;
  const signed = checkpoints.filter(({ size, cosigners }) => size >= needed && cosigners.length > 1);
  const size = Math.min(...(signed.length ? signed.map((each) => each.size) : [lines.length]));
  return ask(`${words.api}/checkpoints/${size}`);
}

// The number's part of the committed pool; null before the commitment, or while it is still being written.
async function fetchLook({ round, draw, number }, { isCommitted }) {
  if (!isCommitted) return null;
  try {
    const base = `${words.rounds}/${round}/draws/${draw}/look-up`;
    const told = await ask(`${base}/draw.json`, "json");
    const leaf = await ask(`${base}/pool/${number.slice(0, told.pool_symbols) || "all"}.json`, "json");
    return { draw: told, leaf };
  } catch {
    return null;
  }
}

async function fetchPublished(receipt, isAsked) {
  const ledger = readLedger(await ask(`${words.api}/ledger.jsonl`), receipt);
  const [checkpoint, registered, look] = await Promise.all([
    fetchCheckpoint(ledger),
    fetchList(receipt, ledger, isAsked),
    fetchLook(receipt, ledger),
  ]);
  return { ledger, checkpoint, registered, look };
}

function examplePublished(example, receipt) {
  const list = readList(receipt.number);
  list.add(new TextEncoder().encode(example.registered));
  const ledger = readLedger(example.ledger, receipt);
  return { ledger, checkpoint: example.checkpoint, registered: list.end(), look: null };
}

function summaryOf(findings, state, { ledger }) {
  const codes = findings.map(({ code }) => code);
  const isProof = codes.includes("omitted") && findings.every(({ code, isRight }) => isRight !== false || code === "omitted");
  if (!isProof) return words.summaries[state];
  return ledger.isCommitted || ledger.isVoid ? words.summaries.omittedLate : words.summaries.omitted;
}

function show(receipt, published, { paper, id } = {}) {
  let findings;
  try {
    findings = checkReceipt(receipt, published, paper, id);
  } catch {
    findings = [{ code: "unreadable", isRight: false, facts: {} }];
  }
  const at = when(Date.parse(receipt.at) / 1000);
  part("outcome").textContent = `${receipt.number.match(/.{4}/g).join("-")} · ${receipt.round} · ${at}`;
  part("summary").textContent = summaryOf(findings, showFindings(findings, spoken), published);
  const isLong = findings.some(({ code }) => code === "list-not-fetched");
  part("whole-list").hidden = !isLong;
  if (isLong) {
    const megabytes = Math.ceil((published.ledger.closed.body.registered.entries * LINE) / 1e6);
    part("whole-list-done").textContent = "";
    part("whole-list-size").textContent = megabytes;
  }
  showAnswer();
}

// What people type of their document: KIND:VALUE as in the specification, or the 18 symbols of a resident's card.
function idOf(typed) {
  const bare = typed.toUpperCase().replace(/\s/g, "");
  return bare && !bare.includes(":") ? `CN-ID:${bare}` : bare;
}

async function checkTyped(isAsked) {
  const trouble = part("trouble");
  const receipt = readReceipt(part("receipt").value);
  trouble.textContent = receipt ? "" : words.badReceipt;
  if (!receipt) return;
  try {
    const given = { paper: part("paper").value, id: idOf(part("identity").value) };
    show(receipt, await fetchPublished(receipt, isAsked), given);
  } catch (error) {
    trouble.textContent = words.noFiles;
    throw error;
  }
}

part("check").addEventListener("click", () => checkTyped(false));
part("fetch-list").addEventListener("click", () => checkTyped(true));
part("file").addEventListener("change", async ({ target }) => {
  if (target.files[0]) part("receipt").value = await target.files[0].text();
});
part("try").addEventListener("click", () => {
  const example = data("example");
  part("receipt").value = example.receipt;
  const receipt = readReceipt(example.receipt);
  show(receipt, examplePublished(example, receipt));
});
