// Checks one number of a draw from its look-up files, step by step as docs/spec/draw.md says, on the holder's device.
// Nothing of the service is believed but what the keys sign; the keys themselves are to be compared with paper.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NOTE = 1;
const COSIGNATURE = 4;

export const digest = (text) => bytesToHex(sha256(utf8ToBytes(text)));
export const base64 = (text) => Uint8Array.from(atob(text), (symbol) => symbol.charCodeAt(0));
export const same = (one, other) => bytesToHex(one) === bytesToHex(other);

// N6: what people type.
export function readNumber(typed) {
  const bare = typed.toUpperCase().replace(/[-\s]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return isNumber(bare) ? bare : null;
}

// N4: the check symbol.
export function isNumber(text) {
  if (text.length !== 12) return false;
  let total = 0;
  for (let place = 0; place < 12; place += 1) {
    const value = ALPHABET.indexOf(text[place]);
    if (value < 0) return false;
    const double = place % 2 === 0 && place < 11 ? 2 * value : value;
    total += Math.floor(double / 32) + (double % 32);
  }
  return total % 32 === 0;
}

// L5 and RFC 9162, section 2.1.3.2: from a leaf to the root.
export function climb(index, size, leaf, proof) {
  let [place, last] = [index, size - 1];
  let node = sha256(concatBytes(Uint8Array.of(0), leaf));
  if (place > last) return null;
  for (const hex of proof) {
    const sibling = hexToBytes(hex);
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      node = sha256(concatBytes(Uint8Array.of(1), sibling, node));
      while (place % 2 === 0 && place !== 0) [place, last] = [place >> 1, last >> 1];
    } else {
      node = sha256(concatBytes(Uint8Array.of(1), node, sibling));
    }
    [place, last] = [place >> 1, last >> 1];
  }
  return last === 0 ? node : null;
}

// H1 to H5: the three lines of a checkpoint, and who signed them when.
export function readCheckpoint(note, keys) {
  const end = note.indexOf("\n\n") + 1;
  const text = note.slice(0, end);
  const [origin, size, root] = text.split("\n");
  const lines = note.slice(end + 1).trimEnd().split("\n").map((line) => line.split(" "));
  const signers = {};
  for (const [role, written] of Object.entries(keys)) {
    const [name, , encoded] = splitKey(written);
    const key = base64(encoded);
    const id = sha256(concatBytes(utf8ToBytes(`${name}\n`), key)).slice(0, 4);
    for (const [dash, signer, signature] of lines) {
      if (dash !== "\u2014" || signer !== name) continue;
      const raw = base64(signature);
      if (same(raw.slice(0, 4), id)) signers[role] = verify(key, raw.slice(4), text);
    }
  }
  return { origin, size: Number(size), root: base64(root), signers };
}

export function splitKey(written) {
  const [name, id, ...rest] = written.split("+");
  return [name, id, rest.join("+")];
}

// The time of a cosignature in seconds, true for a plain signature, null where it does not hold.
function verify(key, raw, text) {
  const publicKey = key.slice(1);
  if (key[0] === NOTE && raw.length === 64) return ed25519.verify(raw, utf8ToBytes(text), publicKey) || null;
  if (key[0] !== COSIGNATURE || raw.length !== 72) return null;
  const seconds = raw.slice(0, 8).reduce((total, byte) => total * 256 + byte, 0);
  const message = utf8ToBytes(`cosignature/v1\ntime ${seconds}\n${text}`);
  return ed25519.verify(raw.slice(8), message, publicKey) ? seconds : null;
}

// T1 and T2: the smallest ticket.
export function valueOf(seed, number, tickets) {
  let least = null;
  for (let ticket = 1; ticket <= tickets; ticket += 1) {
    const value = digest(`${seed}/${number}/${ticket}`);
    if (least === null || value < least) least = value;
  }
  return least;
}

// Findings in order: a code, whether it is right (null: nothing to compare yet), and the figures that say why.
export function check(number, draw, leaf, row) {
  const found = [];
  const note = (code, isRight, facts = {}) => found.push({ code, isRight, facts });
  const commitment = JSON.parse(draw.commitment);
  const keys = JSON.parse(draw.keys);
  const checkpoint = readCheckpoint(draw.checkpoint, keys.keys);
  const isSigned = checkpoint.origin === keys.origin && checkpoint.signers.operator === true;
  note("signed", isSigned, { origin: checkpoint.origin, size: checkpoint.size });
  for (const role of ["notary", "witness"]) {
    const at = checkpoint.signers[role];
    note(at === undefined ? `unsigned-${role}` : role, at === undefined ? null : at !== null, { at });
  }

  const entries = draw.ledger.map((entry) => ({ ...entry, ...JSON.parse(entry.line) }));
  const isInside = entries.every((entry) => {
    const root = climb(entry.seq, checkpoint.size, utf8ToBytes(entry.line), entry.proof);
    return root !== null && same(root, checkpoint.root);
  });
  note("ledger", isInside, { count: entries.length });
  const bodyOf = (kind) => entries.filter((entry) => entry.kind === kind).pop()?.body;
  const isSame = entries.every(
    (entry) => entry.round === commitment.round && (entry.draw === commitment.draw || entry.draw === null),
  );
  note("commitment", isSame && bodyOf("draw-committed")?.commitment_sha256 === digest(draw.commitment));

  const symbols = commitment.pool_tree.symbols;
  const place = [...leaf.prefix].reduce((total, symbol) => total * 32 + ALPHABET.indexOf(symbol), 0);
  const root = climb(place, 32 ** symbols, utf8ToBytes(leaf.lines), leaf.proof);
  const isLeaf = leaf.prefix === number.slice(0, symbols) && root !== null;
  note("pool", isLeaf && bytesToHex(root) === commitment.pool_tree.root);
  const line = leaf.lines.split("\n").map((each) => each.split(",")).find((each) => each[0] === number);
  if (!line) {
    note("not-in-pool", row ? false : null);
    return found;
  }
  const [, stratum, tickets] = line;
  note("in-pool", true, { stratum, tickets });

  if (draw.seed === null || !bodyOf("drawn")) {
    // A result without the line that tells of it is nobody's result.
    note("no-seed-yet", row ? false : null);
    return found;
  }
  const seed = digest(draw.seed);
  note("seed", isSeed(draw.seed, commitment, draw.commitment, bodyOf) && bodyOf("drawn").seed === seed, { seed });
  const value = valueOf(seed, number, Number(tickets));
  const cutoff = bodyOf("drawn").cutoffs[stratum];
  const hasWon = cutoff !== null && value <= cutoff;
  note("ticket", true, { value: value.slice(0, 16), tickets });
  note(hasWon ? "won" : "not-won", row ? row.outcome === (hasWon ? "won" : "waiting") : false, {
    value: value.slice(0, 16),
    cutoff: (cutoff ?? "").slice(0, 16),
    quota: commitment.quotas[stratum],
    rank: row?.rank,
  });
  return found;
}

// G1, G2, G4: the seed's lines follow from the commitment and from what the ledger holds of the sources.
function isSeed(text, commitment, written, bodyOf) {
  const lines = ["maskres-draw-1", `commitment ${digest(written)}`];
  for (const source of commitment.sources) {
    const body = bodyOf(source.kind === "dice" ? "dice" : "beacon");
    if (body?.source !== source.name) return false;
    if (source.kind === "drand" && bytesToHex(sha256(hexToBytes(body.signature))) !== body.randomness) return false;
    lines.push(`${source.name} ${source.kind === "dice" ? body.rolls : body.randomness}`);
  }
  return text === `${lines.join("\n")}\n`;
}
