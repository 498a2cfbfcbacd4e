"""Attacks on which passwords are taken, and on what is typed in the place of one."""

import re

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.guessing import guess_password, works_for
from tests.auth_flows.changes import Changing
from tests.auth_flows.probe import Probe
from tests.auth_flows.reading import words_of
from tests.auth_flows.sign_up import SignUp
from tests.auth_flows.visit import Visit

WEAK = ("", "short", "password", "12345678", "password1", "1234567890", "qwertyuiop",
        "password123", "1q2w3e4r5t", "iloveyou123", "aaaaaaaaaaaa", "1111111111")  # fmt: skip
LETTERS_ONLY = "nine quiet otters borrow a lantern"
LONG = "Thirty-two grey herons stand on one leg & count: äöü ☂ 7 times seven, then again to the end"
SHORTEST_LIMIT = 64
_INPUT = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_LONGEST = re.compile(r'maxlength="(\d+)"')
ODD = ("' OR '1'='1", '" OR ""="', "admin'--", "*)(uid=*))(|(uid=*", '{"$ne": null}',
       "{{31337*3}}${31337*3}<%=31337*3%>", "%00", "true", "x" * 20_000)  # fmt: skip
WORKED_OUT = "94011"
KNOWN = (("admin", "admin"), ("admin@example.com", "admin"), ("test@example.com", "password"),
         ("demo@example.com", "demo"), ("root@localhost.example", "root"))  # fmt: skip
MAGIC = ("000000", "123456", "111111", "999999", "654321")


@attack("LOGIN-05", fix="Ask for ten characters, refuse well-known passwords, and say why.")
def weak_passwords(probe: Probe) -> None:
    new = SignUp(probe).prove_address()
    plain, page = words_of(new.visit.answer.body), new.visit.answer.url
    email = new.person.citizen.email
    for password in (*WEAK, email, email.partition("@")[0] if len(email) > 20 else email):
        new.visit.give(password=password)
        stayed = "password" in new.visit.asks and new.visit.answer.url == page
        probe.expect(
            stayed and words_of(new.visit.answer.body) != plain,
            new.visit.answer,
            tried="the new password " + repr("(their address)" if "@" in password else password),
            wanted="it is refused, with the reason",
        )
        if not stayed:
            probe.works("code" in new.visit.asks, new.visit.answer, "choosing a password")
            return
    new.choose_password()
    probe.works("password" not in new.visit.asks, new.visit.answer, "choosing a good password")


@attack("LOGIN-06", fix="Hash passwords whole, up to 64 characters at least, as they were typed.",
        left_out="characters that can be written in two ways")  # fmt: skip
def cut_passwords(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = works_for(probe, person)
    Changing(probe, person, visit.browser, "password").new_password(LONG)
    right = guess_password(probe, person, LONG)
    probe.works(right.past_the_password, right.answer, "a password of many characters")
    for words, password in (
        ("without its last character", LONG[:-1]),
        ("cut after 72 bytes", LONG.encode()[:72].decode("utf-8", "ignore")),
        ("cut after 64 characters", LONG[:64]),
        ("with more after its end", LONG + "x"),
        ("with a space after its end", LONG + " "),
        ("in small letters", LONG.lower()),
        ("without what is not ASCII", LONG.encode("ascii", "ignore").decode()),
    ):
        visit = guess_password(probe, person, password)
        probe.expect(
            not visit.past_the_password,
            visit.answer,
            tried=f"the password {words}",
            wanted="it opens nothing",
        )
        if words == "cut after 64 characters":
            again = guess_password(probe, person, LONG)  # so that no lock is in the way
            probe.works(again.past_the_password, again.answer, "the password itself")


@attack("LOGIN-07", fix="Ask for length alone, let people paste, and say what each field is for.",
        left_out="whether passwords must be changed from time to time")  # fmt: skip
def rules_for_passwords(probe: Probe) -> None:
    person = probe.ground.burn()
    visit = Visit(probe, person).until("password")
    names = visit.asked_for("password")
    fields = [tag for tag in _INPUT.findall(visit.answer.body) if f'name="{names[0]}"' in tag]
    tag = fields[0] if fields else ""
    longest = _LONGEST.search(tag)
    for what, holds in (
        ('autocomplete="current-password"', 'autocomplete="current-password"' in tag),
        ("no script that forbids pasting", "onpaste" not in tag.lower()),
        (f"{SHORTEST_LIMIT} characters", not longest or int(longest[1]) >= SHORTEST_LIMIT),
    ):
        probe.expect(holds, visit.answer, tried="the field of the password", wanted=what)
    signed_in = works_for(probe, person)
    changing = Changing(probe, person, signed_in.browser, "password").confirm()
    form = changing.visit.form
    changing.visit.give(password=LETTERS_ONLY)
    probe.expect(
        form is not None and not changing.is_open and changing.visit.answer.status < 400,
        changing.visit.answer,
        tried="a long password of small letters alone",
        wanted="it is taken",
    )


@attack("LOGIN-09", fix="Take one text of bounded length for each field, and bind it in queries.")
def odd_input(probe: Probe) -> None:
    person = probe.ground.burn()
    works_for(probe, person)
    for value in ODD:
        visit = Visit(probe, person).until("email")
        visit.give(email=value)
        if "password" in visit.asks:
            visit.give(password="any password")
        _nothing_came(probe, visit, f"the address {value[:30]!r}")
    for number, value in enumerate(ODD):
        if number % 4 == 0:  # the right one, so that no lock is in the way
            visit = guess_password(probe, person, person.citizen.password)
            probe.works(visit.past_the_password, visit.answer, "the right password")
        _nothing_came(probe, guess_password(probe, person, value), f"the password {value[:30]!r}")
    right = person.citizen.password
    for words, pairs in (
        ("in a list", [("[]", right)]),
        ("in a member", [("[a]", right), ("[$ne]", "")]),
        ("twice", [("", "wrong password"), ("", right)]),
    ):
        visit = Visit(probe, person).until("password")
        form, name = visit.form, visit.asked_for("password")[0]
        hidden = [pair for pair in (form.values if form else {}).items() if pair[0] != name]
        visit.send([*hidden, *((name + suffix, value) for suffix, value in pairs)])
        _nothing_came(probe, visit, f"the password {words}")


def _nothing_came(probe: Probe, visit: Visit, tried: str) -> None:
    probe.expect(
        not visit.past_the_password and WORKED_OUT not in visit.answer.body,
        visit.answer,
        tried=tried,
        wanted="a plain failure",
    )


@attack("LOGIN-10", fix="Ship no account, no code and no switch that opens anything.",
        left_out="whether the provider starts with keys that everybody knows")  # fmt: skip
def known_ways_in(probe: Probe) -> None:
    person = probe.ground.burn()
    if not probe.target.guess_well_known:
        probe.leave_out("well-known accounts: they may be somebody's (guess_well_known)")
    for name, password in KNOWN if probe.target.guess_well_known else ():
        tried = guess_password(probe, person, password, email=name)
        probe.expect(
            not tried.past_the_password,
            tried.answer,
            tried=f"{name} with the password {password}",
            wanted="it opens nothing",
        )
    headers = {"X-Debug": "1", "X-Original-URL": "/admin", "X-User": person.citizen.email}
    asked = probe.ask(debug="1", test="true", bypass="1", user=person.citizen.email)
    visit = Visit(probe, person, asked=asked, headers=headers)
    probe.expect(
        not visit.go_on(), visit.answer, tried="debug=1 and the like", wanted="a sign-in as ever"
    )
    if person.citizen.totp_seed:
        visit.until("code")
        now = person.step()
        right = {person.code_of(step) for step in range(now - 2, now + 4)}
        for code in [code for code in MAGIC if code not in right]:
            if "code" in visit.asks:
                visit.give(code=code)
                probe.expect(
                    not visit.go_on(),
                    visit.answer,
                    tried=f"the code {code}",
                    wanted="it opens nothing",
                )
    visit.finish()
    probe.works(visit.arrived, visit.answer, "signing in")
