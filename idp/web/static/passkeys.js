// Asks the browser for a passkey when somebody presses the button, and sends its answer with the
// form. A page has one form with `data-onepass-passkey` ("create" or "get") and what to ask for in
// `data-onepass-options`; its words are in the page, so that they are in the page's language.

const form = document.querySelector("[data-onepass-passkey]");
const button = form.querySelector("[data-onepass-ask]");
const message = document.querySelector("[data-onepass-message]");

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) {
    return null;
  }
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function withBytes(options) {
  const named = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (options.user) {
    asked.user = { ...options.user, id: bytes(options.user.id) };
    asked.excludeCredentials = named(options.excludeCredentials);
  } else {
    asked.allowCredentials = named(options.allowCredentials);
  }
  return asked;
}

function asJson(credential) {
  const { response } = credential;
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const answered = names.filter((name) => name in response);
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(answered.map((name) => [name, text(response[name])])),
  });
}

function say(words) {
  message.textContent = words;
  message.hidden = false;
}

async function ask(event) {
  event.preventDefault();
  message.hidden = true;
  const publicKey = withBytes(JSON.parse(form.dataset.onepassOptions));
  try {
    const credential = await navigator.credentials[form.dataset.onepassPasskey]({ publicKey });
    form.elements.answer.value = asJson(credential);
    form.submit();
  } catch (error) {
    const known = error.name === "InvalidStateError";
    say(known ? message.dataset.onepassKnown : message.dataset.onepassFailed);
  }
}

if (window.PublicKeyCredential) {
  button.hidden = false;
  button.addEventListener("click", ask);
} else {
  say(message.dataset.onepassUnable);
}
