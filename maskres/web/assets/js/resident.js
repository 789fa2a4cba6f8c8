// Small helps on residents' pages; all of them work without.
for (const part of document.querySelectorAll(".mr-needs-script")) part.hidden = false;

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll(".mr-printed")) part.open = true;
});

// The picture on the slip leads here with the number behind "#", which no server ever sees.
const number = document.getElementById("number");
const given = location.hash.slice(1);
if (number && !number.value && /^[0-9A-Za-z]{12}$/.test(given)) {
  number.value = given.replace(/(.{4})(?=.)/g, "$1-");
}
