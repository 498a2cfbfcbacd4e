"""Attacks on setting up an authenticator app: leaving it out, and reading or guessing its key."""

import base64

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import works_for
from tests.auth_flows.changes import Changing
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import loads_of, seed_on
from tests.auth_flows.sign_up import SignUp
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.visit import Visit

LEAST_BYTES = 20
"""160 bits."""


@attack("TOTP-14", fix="Give no code to a client before the app that must be set up was proved.")
def enrolment_left(probe: Probe) -> None:
    new = SignUp(probe)
    new.to_the_app()
    low = probe.target.levels[0] if probe.target.levels else "0"
    changes: dict[str, dict[str, str]] = {
        "the same request again": {},
        "prompt=none": {"prompt": "none"},
        "a request for less": {"acr_values": low},
        "a silent request for less": {"acr_values": low, "prompt": "none"},
        "the password in another browser": {},
    }
    for words, changed in changes.items():
        elsewhere = words.endswith("browser")
        browser = probe.browser() if elsewhere else new.visit.browser.copy()
        visit = Visit(probe, new.person, browser=browser, asked=probe.ask(**changed))
        if visit.asks <= {"email", "password"} and visit.towards("password"):
            visit.give()
        probe.expect(
            not visit.go_on(),
            visit.answer,
            tried=f"{words}, while an app must be set up",
            wanted="no code for the client",
        )
    if "account" in probe.target.pages:
        page = probe.page("account")
        visit = Visit(probe, new.person, browser=new.visit.browser.copy(), url=page)
        probe.expect(
            visit.answer.url != page or visit.answer.status >= 400,
            visit.answer,
            tried="the page of the account, while an app must be set up",
            wanted="the page of the app, or a refusal",
        )
    new.visit.give()
    works_for(probe, new.person)


@attack("TOTP-15", fix="Make each key of 160 random bits, and another one for each app.")
def weak_keys(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    seeds = [SignUp(probe).to_the_app()]
    for _ in range(2):
        changing = Changing(probe, person, visit.browser, "authenticator_app").confirm()
        seed = seed_on(changing.visit.answer.body)
        probe.ground.wire.masker.learn(seed)
        seeds.append(seed)
        if seed:
            person.change(totp_seed=seed)
            changing.visit.give()
    raw = [base64.b32decode(seed + "=" * (-len(seed) % 8), casefold=True) for seed in seeds]
    probe.expect(
        min(map(len, raw)) >= LEAST_BYTES,
        visit.answer,
        tried=f"the keys of {len(seeds)} apps",
        wanted=f"{LEAST_BYTES * 8} bits or more in each",
    )
    probe.expect(
        len(set(raw)) == len(raw) and all(len(set(each)) > LEAST_BYTES // 2 for each in raw),
        visit.answer,
        tried=f"the keys of {len(seeds)} apps, two of them of one citizen",
        wanted="they have nothing in common, and look random",
    )
    told = person.citizen.email.encode()
    probe.expect(
        not any(told[:8] in each for each in raw),
        visit.answer,
        tried="the keys of apps",
        wanted="no name of a citizen in them",
    )


@attack("TOTP-16", fix="Draw the picture yourself, forbid storing the page, log and send no key.",
        left_out="logs, and how keys are stored")  # fmt: skip
def key_leaks(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    changing = Changing(probe, person, visit.browser, "authenticator_app").confirm()
    page = changing.visit.answer
    seed = seed_on(page.body)
    if not seed:
        raise NotTried("the page shows no key that the probe can read")
    probe.ground.wire.masker.learn(seed)
    told = page.header("Cache-Control")
    probe.expect(
        "no-store" in told,
        page,
        tried="Cache-Control of the page with the key",
        wanted=f"no-store, not {told!r}",
    )
    elsewhere = [link for link in loads_of(page.body) if "//" in link or seed in link]
    probe.expect(
        not elsewhere,
        page,
        tried="what the page with the key loads",
        wanted="nothing from elsewhere, and no address with the key",
    )
    policy = page.header("Referrer-Policy")
    probe.expect(
        policy in ("no-referrer", "same-origin", "strict-origin"),
        page,
        tried="the Referrer-Policy of the page with the key",
        wanted=f"no-referrer or same-origin, not {policy!r}",
    )
    person.change(totp_seed=seed)
    changing.visit.give()
    after = [visit.browser.get(probe.page(name)) for name in ("account", "history")]
    urls = [exchange["request"][1] for exchange in probe.ground.wire.exchanges]
    probe.expect(
        not any(seed in url for url in urls) and not any(seed in a.body for a in after),
        after[0],
        tried="the addresses of all requests, and the pages of the account",
        wanted="the key is in none",
    )
