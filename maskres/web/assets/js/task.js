// A task's page looks again by itself. Only what has changed is put in, so that focus and reading stay where they are.
const EVERY = 2000;

async function lookAgain() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer) {
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = [...document.querySelectorAll("[data-fresh]")].map((part) => [part, found.getElementById(part.id)]);
    // Logged out meanwhile: the whole page says so.
    if (parts.some(([, fresh]) => !fresh)) return location.reload();
    for (const [part, fresh] of parts) {
      if (part.innerHTML !== fresh.innerHTML) part.replaceChildren(...fresh.childNodes);
    }
    if (!found.querySelector("[data-look-again]")) return;
  }
  setTimeout(lookAgain, EVERY);
}

if (document.querySelector("[data-look-again]")) setTimeout(lookAgain, EVERY);
