"""What tests stand on: clock, entropy, databases, accounts, servers, a browser.

It owns no assertion about a feature; the checks it makes (title, heading, headers, CSRF) are those
that hold on every page.
"""
