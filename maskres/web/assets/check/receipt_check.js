// What a receipt proves against what is published, step by step as docs/spec/draw.md says, on the holder's device.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64, check, digest, isNumber, readCheckpoint, same, splitKey } from "./check.js";

const PROTOCOL = "maskres-receipt-1";
const MEMBERS =
  "at,choices,district,draw,holder_salt,ledger,number,reach,round,signed_by,status,wish_salt";
const SLUG = /^[a-z0-9][a-z0-9-]{0,39}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
// Of a pool's leaf these tell whether the number stands in what is committed.
const OF_POOL = ["commitment", "pool", "in-pool", "not-in-pool"];

const membersOf = (value) => Object.keys(value ?? {}).sort().join(",");

// Q1: the file taken apart; null where it is no receipt.
export function readReceipt(text) {
  try {
    const { receipt, ...rest } = JSON.parse(text);
    const isRight =
      membersOf(rest) === "protocol,signature" &&
      rest.protocol === PROTOCOL &&
      membersOf(receipt) === MEMBERS &&
      membersOf(receipt.ledger) === "root,size" &&
      isNumber(receipt.number) &&
      SLUG.test(receipt.round) &&
      TIME.test(receipt.at) &&
      [receipt.draw, receipt.ledger.size].every(Number.isSafeInteger);
    return isRight ? { ...receipt, signature: base64(rest.signature), signed: signedBytes(receipt) } : null;
  } catch {
    return null;
  }
}

// Q2: what is signed.
const signedBytes = (receipt) => utf8ToBytes(`${PROTOCOL}\n${canonical(receipt)}\n`);

// B9: members sorted at every depth, no blanks.
function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

// L5: the root over so many lines of the ledger.
function rootOf(lines) {
  let hashes = lines.map((line) => sha256(concatBytes(Uint8Array.of(0), utf8ToBytes(line))));
  while (hashes.length > 1) {
    const next = [];
    for (let at = 0; at < hashes.length; at += 2) {
      const right = hashes[at + 1];
      next.push(right ? sha256(concatBytes(Uint8Array.of(1), hashes[at], right)) : hashes[at]);
    }
    hashes = next;
  }
  return hashes[0] ?? sha256(new Uint8Array());
}

// What of the published ledger a receipt is held against: its lines, and those of the receipt's own draw.
export function readLedger(text, receipt) {
  const lines = text.split("\n").slice(0, -1);
  const entries = lines.map((line) => JSON.parse(line)).filter((entry) => entry.round === receipt.round);
  const find = (kind, draw = receipt.draw) => entries.find((entry) => entry.kind === kind && entry.draw === draw);
  return {
    lines,
    keys: find("round-opened", null)?.body.keys,
    closed: find("draw-closed"),
    isCommitted: find("draw-committed") !== undefined,
    isVoid: find("draw-voided") !== undefined,
  };
}

// The list of the registered as it comes in, piece by piece, so that a phone need not hold millions of lines: `add` takes
// bytes, `end` gives the whole file's digest and whether the number stands in it.
export function readList(number) {
  const state = sha256.create();
  const wanted = `\n${number}\n`;
  let [before, isIn] = ["", false];
  return {
    add(bytes) {
      state.update(bytes);
      const text = before + new TextDecoder("latin1").decode(bytes);
      isIn ||= text.includes(wanted);
      before = text.slice(1 - wanted.length);
    },
    end: () => ({ digest: bytesToHex(state.digest()), isIn }),
  };
}

// Findings as in check.js. `published` holds ledger (of readLedger), checkpoint (a note), registered (of readList, null
// where the list was not fetched), look (draw.json and the pool's leaf, null before the commitment); `paper` is the key
// as somebody has it on paper, or nothing.
export function checkReceipt(receipt, published, paper, id) {
  const { ledger } = published;
  const found = [];
  const note = (code, isRight, facts = {}) => found.push({ code, isRight, facts });
  if (!ledger.keys) {
    note("no-such-round", false, { round: receipt.round });
    return found;
  }
  const key = ledger.keys.operator;
  const [name, , encoded] = splitKey(key);
  const isSigned = ed25519.verify(receipt.signature, receipt.signed, base64(encoded).slice(1));
  note("receipt-signed", isSigned && receipt.signed_by === name, { key });
  note(paper ? "paper-key" : "no-paper-key", paper ? paper.trim() === key : null, { key });
  note("shown-ledger", isShown(receipt, ledger), { size: receipt.ledger.size });
  checkSigners(published, note);
  const isCounted = checkPool(receipt, published, id, note);
  checkList(receipt, published, isCounted, note);
  return found;
}

function isShown({ ledger: { size, root } }, { lines }) {
  return size <= lines.length && bytesToHex(rootOf(lines.slice(0, size))) === root;
}

function checkSigners({ ledger, checkpoint }, note) {
  const signed = readCheckpoint(checkpoint, ledger.keys);
  const isSame = signed.size <= ledger.lines.length && same(rootOf(ledger.lines.slice(0, signed.size)), signed.root);
  note("signed", isSame && signed.signers.operator === true, { size: signed.size });
  for (const role of ["notary", "witness"]) {
    const at = signed.signers[role];
    note(at === undefined ? `unsigned-${role}` : role, at === undefined ? null : at !== null, { at });
  }
}

// Whether the number stands in the committed pool, and so in the list, of which the pool is a part (F4).
function checkPool(receipt, { ledger, look }, id, note) {
  if (!look) return false;
  const ofPool = check(receipt.number, look.draw, look.leaf, null).filter(({ code }) => OF_POOL.includes(code));
  const isOfLedger = JSON.parse(look.draw.keys).keys.operator === ledger.keys.operator;
  for (const { code, isRight, facts } of ofPool) note(code, isRight && isOfLedger, facts);
  const isIn = isOfLedger && ofPool.every(({ isRight }) => isRight);
  if (isIn && id) note("seal", sealOf(receipt, id) === lineOf(look.leaf, receipt.number)[3]);
  return isIn;
}

const lineOf = (leaf, number) => leaf.lines.split("\n").map((line) => line.split(",")).find(([each]) => each === number);

// S3 to S5: whose number it is, and with which wishes.
function sealOf(receipt, id) {
  const holder = digest(`${receipt.holder_salt}/${id}`);
  const wish = digest(`${receipt.wish_salt}/${receipt.district}/${receipt.reach}/${receipt.choices}`);
  return digest(`${receipt.number}/${holder}/${wish}`).slice(0, 40);
}

// Q4: whether the number was counted when its draw closed.
function checkList(receipt, { ledger, registered }, isCounted, note) {
  const { closed } = ledger;
  if (!closed) {
    note("not-closed", null);
    return;
  }
  if (!registered) {
    if (!isCounted) note("list-not-fetched", null);
    return;
  }
  const isTheList = registered.digest === closed.body.registered.sha256;
  note("list", isTheList, { count: closed.body.registered.entries });
  if (!isTheList) return;
  if (registered.isIn) note("registered", true);
  else if (receipt.at > closed.at) note("after-closing", null, { at: Date.parse(closed.at) / 1000 });
  else note("omitted", false, { at: Date.parse(closed.at) / 1000 });
}
