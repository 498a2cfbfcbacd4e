// Everything works without this. It adds what GOV.UK Frontend adds: focus on the error summary,
// the Show button of passwords, and buttons that ignore a second click; a page that waits asks by
// itself whether there is news; and a page that will end warns before it does. Codes that are shown
// once can be printed and copied, and are gone when somebody comes back to a page that the browser
// has kept.
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

// A form posts to the page's own address. What the skip link left at its end would come with the
// answer, and the browser would go there instead of to the error summary.
addEventListener("submit", ({ target }) => {
  if (!target.hasAttribute("action")) {
    target.action = location.pathname + location.search;
  }
});

addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[data-onepass-once]")) {
    location.replace(location.href);
  }
});

// The warning before a page ends. Its time is counted from here, so that it does not matter what
// this device believes the time to be. The dialog is modal: nothing behind it can be reached.
class Warning {
  constructor(section) {
    // Without its words, which the warning takes the place of, it is no landmark.
    section.removeAttribute("aria-labelledby");
    this.form = section.querySelector("form");
    this.dialog = section.querySelector("dialog");
    this.left = section.querySelector(".onepass-warning__left");
    this.before = Number(section.dataset.onepassWarnBefore);
    this.times = JSON.parse(section.dataset.onepassTimes);
    this.dialog.querySelector("button").addEventListener("click", () => this.stay());
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.stay();
    });
    this.begin(Number(section.dataset.onepassTimeLeft));
    this.looking = setInterval(() => this.look(), SECOND);
  }

  begin(secondsLeft) {
    this.ends = Date.now() + secondsLeft * SECOND;
    this.look();
  }

  look() {
    const seconds = Math.ceil((this.ends - Date.now()) / SECOND);
    if (seconds <= 0) {
      this.leave();
    } else if (seconds <= this.before) {
      this.say(seconds);
      if (!this.dialog.open) {
        this.dialog.showModal();
      }
    }
  }

  say(seconds) {
    const due = Object.keys(this.times).map(Number).filter((time) => time >= seconds);
    const words = this.times[Math.min(...due)];
    if (this.left.textContent !== words) {
      this.left.textContent = words;
    }
  }

  async stay() {
    const answer = await fetch(this.form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(this.form)),
      headers: { Accept: "application/json" },
    }).catch(() => null);
    if (answer === null) {
      return; // no network just now: the warning stays, to be tried again
    }
    if (!answer.ok) {
      this.leave();
      return;
    }
    const told = await answer.json();
    this.dialog.close();
    this.begin(told.seconds_left);
  }

  // Opens the page anew, which says what has happened; a form that was sent is not sent again.
  leave() {
    clearInterval(this.looking);
    location.replace(location.pathname + location.search);
  }
}

const limited = document.querySelector("[data-onepass-time-left]");

if (limited) {
  new Warning(limited);
}
