// Conflicts that nobody at this till has looked at yet: a strip says so below whatever is on the page, moves nothing of
// it and stays, also over reloading, until somebody lets it show them.
import { announce } from "./sound.js";
import { putAct } from "./vault.js";

// Answers to what did change something.
export const CHANGED = ["handed-out", "undone"];
export const isConflict = (act) => Boolean(act.answer) && !CHANGED.includes(act.answer.answer);
export const listUnseen = (acts) => acts.filter((act) => isConflict(act) && !act.is_seen);
export const markSeen = (act) => putAct({ ...act, is_seen: true });

// Said once in this tab, not anew with each page.
const KNOWN = "counter-news";
// `isBusy`: somebody is comparing a card, and is not offered to look at something else now.
export function showNews(acts, isBusy) {
  const strip = document.querySelector("[data-news]");
  const count = listUnseen(acts).length;
  strip.hidden = !count;
  strip.querySelector("[data-count]").textContent = count;
  strip.querySelector("[data-show]").hidden = isBusy;
  if (count > Number(sessionStorage.getItem(KNOWN) ?? 0)) announce();
  sessionStorage.setItem(KNOWN, count);
}
