"""Waiting for what a page's scripts do."""


def until(page, expression, *, seconds=60):
    """Wait in Python: Playwright's own waiting evaluates code in the page, which the content security policy blocks."""
    for _ in range(seconds * 10):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"waited {seconds} s in vain for {expression}")
