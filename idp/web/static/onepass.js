// Everything works without this. It adds what GOV.UK Frontend adds: focus on the error summary,
// the Show button of passwords, and buttons that ignore a second click; and a page that waits asks
// by itself whether there is news. Codes that are shown once can be printed and copied, and are gone
// when somebody comes back to a page that the browser has kept.
import { initAll } from "./govuk/govuk-frontend.min.js";

initAll();

const SECOND = 1000;
const SLOW_AFTER = 10 * SECOND;
const waiting = document.querySelector("[data-onepass-wait]");

async function askAgain(element, began) {
  const waited = Date.now() - began;
  if (waited > SLOW_AFTER) {
    const status = element.querySelector("[role=status]");
    if (status.textContent !== element.dataset.onepassSlow) {
      status.textContent = element.dataset.onepassSlow;
    }
  }
  const news = await fetch(location.href, { method: "HEAD", redirect: "manual" })
    .then((answer) => answer.type === "opaqueredirect")
    .catch(() => false);
  if (news || waited > Number(element.dataset.onepassWait) * SECOND) {
    location.reload();
  } else {
    setTimeout(askAgain, SECOND, element, began);
  }
}

if (waiting) {
  setTimeout(askAgain, SECOND, waiting, Date.now());
}

for (const button of document.querySelectorAll("[data-onepass-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-onepass-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const found = document.querySelectorAll(button.dataset.onepassCopy);
      await navigator.clipboard.writeText([...found].map((code) => code.textContent).join("\n"));
      button.textContent = button.dataset.onepassCopied;
    });
  }
}

addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[data-onepass-once]")) {
    location.replace(location.href);
  }
});
