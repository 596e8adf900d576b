"""The sync results page as a person sees it, in real Chromium and in Airflow's own frame."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.server]

ROUTE = "/plugin/sync-results"
FRAME = "document.querySelector('iframe').contentDocument"
GROUND = "getComputedStyle({}.body).backgroundColor"
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(17, 19, 24)"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def in_frame(browser: Tab, site: Site, path: str = "") -> None:
    """The page, in the frame of Airflow's UI."""
    browser.go(f"{site.url}{ROUTE}{path}")
    browser.until(f"{FRAME}.querySelector('h1') && {FRAME}.readyState === 'complete'")


def alone(browser: Tab, site: Site, path: str = "/") -> None:
    """The page, without Airflow around it."""
    browser.go(f"{site.url}/sync-results{path}")


def newest(site: Site) -> str:
    return f"/orgs/demo/run?id={site.desk.value('select max(run_id) from sync.runs')}"


def test_it_is_in_airflows_navigation_and_in_its_frame(browser, site, pictures):
    in_frame(browser, site)
    assert browser.value(f"{FRAME}.querySelector('h1').textContent") == "Sync results"
    browser.until("document.body.innerText.includes('Sync results')")
    browser.picture(pictures / "overview-in-airflow.png")


def test_a_person_finds_their_way_from_an_org_to_a_failed_object(browser, site):
    in_frame(browser, site)
    browser.value(f"{FRAME}.querySelector('.card h2 a').click()")
    browser.until(f"{FRAME}.querySelectorAll('figure svg').length === 5")
    browser.value(f"{FRAME}.querySelector('#syncs ~ .scroll a').click()")
    browser.until(f"{FRAME}.querySelector('#settings')")
    rows = browser.value(f"[...{FRAME}.querySelectorAll('tr.error')].map(row => row.innerText)")
    assert any("Account" in row and "failed" in row for row in rows)
    assert "/orgs/demo/run" in browser.value("location.href")  # it can be sent to a colleague


def test_links_to_airflows_own_pages_leave_the_frame(browser, site):
    in_frame(browser, site, f"/sync-results{newest(site)}")
    browser.value(f"[...{FRAME}.querySelectorAll('a.airflow')].at(-1).click()")
    browser.until("location.pathname.endsWith('/tasks/demo.report')")
    assert browser.value("window.parent === window")


@pytest.mark.parametrize("path", ["/", "/orgs/demo", "run", "/orgs/demo/exclusions", "/nothing"])
@pytest.mark.parametrize("look", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_fits_asks_nobody_else_and_keeps_to_its_policy(browser, site, path, look):
    browser.looks(**look)
    alone(browser, site, newest(site) if path == "run" else path)
    assert browser.value("document.documentElement.scrollWidth") <= look["width"]
    own = urlsplit(site.url).netloc
    assert [one for one in browser.requests if urlsplit(one).netloc != own] == []
    complaints = [one for one in browser.complaints if "404" not in one]
    assert complaints == []
    assert browser.value("document.title") != "hostile"


@pytest.mark.parametrize(("kept", "is_dark", "ground"), [
    (None, False, LIGHT), (None, True, DARK), ("dark", False, DARK), ("light", True, LIGHT),
])  # fmt: skip
def test_it_follows_airflows_theme_and_without_one_the_systems(
    browser, site, kept, is_dark, ground
):
    browser.looks(**DESKTOP, is_dark=is_dark)
    alone(browser, site)
    if kept:
        browser.value(f"localStorage.setItem('theme', '{kept}')")
        alone(browser, site)
    assert browser.value(GROUND.format("document")) == ground


def test_it_follows_when_airflows_theme_is_changed_beside_it(browser, site):
    in_frame(browser, site)
    for theme, ground in (("dark", DARK), ("light", LIGHT)):
        browser.value(f"localStorage.setItem('theme', '{theme}')")
        assert browser.until(f"{GROUND.format(FRAME)} === '{ground}'")


def test_it_is_used_by_keyboard(browser, site):
    alone(browser, site)
    browser.press("Tab")
    assert browser.value("document.activeElement.textContent") == "Skip to the content"
    assert browser.value("document.activeElement.getBoundingClientRect().left >= 0")
    browser.press("Enter")
    browser.until("document.activeElement.id === 'main'")
    browser.press("Tab")
    assert browser.value("document.activeElement.textContent") == "demo"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert browser.value(outline) == "solid"
    browser.press("Enter")
    browser.until("location.pathname.endsWith('/orgs/demo')")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser, site, theme):
    """WCAG 2.2, 1.4.3: 4.5 to 1 at least, for every text of the pages."""
    for path in ("/", "/orgs/demo", newest(site)):
        browser.looks(**DESKTOP, is_dark=theme == "dark")
        alone(browser, site, path)
        assert browser.value(FAINT) == []


FAINT = """
(() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = element => {
    for (let one = element; one; one = one.parentElement) {
      const found = numbers(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) { return found; }
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    if (!own || !element.getClientRects().length) { continue; }
    const style = getComputedStyle(element);
    const text = element instanceof SVGElement ? style.fill : style.color;
    const [bright, dark] = [light(numbers(text)), light(ground(element))].sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) { faint.push(`${element.tagName} ${contrast.toFixed(2)} ${text}`); }
  }
  return faint;
})()
"""


@pytest.mark.parametrize(("name", "path", "look", "is_dark"), [
    ("overview-light", "/", DESKTOP, False), ("history-light", "/orgs/demo", DESKTOP, False),
    ("history-dark", "/orgs/demo", DESKTOP, True), ("history-phone", "/orgs/demo", PHONE, False),
    ("run-light", "run", DESKTOP, False), ("run-dark", "run", DESKTOP, True),
    ("run-phone", "run", PHONE, True),
    ("exclusions-light", "/orgs/demo/exclusions", DESKTOP, False),
])  # fmt: skip
def test_pictures_are_kept(browser, site, pictures: Path, name, path, look, is_dark):
    browser.looks(**look, is_dark=is_dark)
    alone(browser, site, newest(site) if path == "run" else path)
    picture = browser.picture(pictures / f"{name}.png")
    assert picture.stat().st_size > 10_000


def test_a_picture_of_the_history_in_airflow_is_kept(browser, site, pictures: Path):
    in_frame(browser, site, "/sync-results/orgs/demo")
    browser.until(f"{FRAME}.querySelectorAll('figure svg').length === 5")
    browser.until("document.body.innerText.includes('Sync results')")
    browser.picture(pictures / "history-in-airflow.png")


def test_a_stranger_is_led_to_airflows_login(browser, site):
    browser.send("Network.clearBrowserCookies")
    alone(browser, site)
    assert browser.value("document.querySelector('h1').textContent") == (
        "Log in to see the sync results")
    assert "demo" not in browser.value("document.body.innerText")
    browser.value("document.querySelector('a.airflow').click()")
    browser.until("location.pathname.includes('/login')")
