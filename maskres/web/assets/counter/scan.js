// What was typed or scanned: the twelve symbols, and for a signed code whether a round's key has signed it.
// The form is that of maskres/pickup/signed_codes.py.
import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { readNumber } from "../check/check.js";
import { bytesOf } from "./bytes.js";

const SIGNED = /^(MR1:[0-9A-Z]{12}:[0-9A-Z-]+:[0-9A-Z-]+:\d{8}T\d{4}Z):([A-Z2-7]{103})$/;
// As the service reads them: telephones make longer ones of a hyphen typed twice.
const DASHES = /[\u2010-\u2015]/g;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function fromBase32(text) {
  const bytes = [];
  let [bits, value] = [0, 0];
  for (const symbol of text) {
    value = ((value << 5) | BASE32.indexOf(symbol)) & 0xffff;
    bits += 5;
    if (bits >= 8) bytes.push((value >> (bits -= 8)) & 255);
  }
  return Uint8Array.from(bytes);
}

// `keys`: slug of a round → its public key in base 64. Gives null for what cannot be a code.
export function readScan(text, keys) {
  const folded = text.normalize("NFKC").replace(DASHES, "-").trim().toUpperCase();
  const found = SIGNED.exec(folded);
  if (!found) {
    const code = folded.startsWith("MR1:") ? null : readNumber(folded);
    return code ? { code, signed: null } : null;
  }
  const [, code, round, store, at] = found[1].split(":");
  const key = keys[round.toLowerCase()];
  const isGenuine = Boolean(key) && ed25519.verify(fromBase32(found[2]), utf8ToBytes(found[1]), bytesOf(key));
  const startsAt = at.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\dZ)$/, "$1-$2-$3:$4");
  const signed = { isKnown: Boolean(key), isGenuine, round: round.toLowerCase(), store: store.toLowerCase(), startsAt };
  return readNumber(code) ? { code, signed } : null;
}
