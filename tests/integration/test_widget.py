"""The chat widget in a real browser: a shop's page on one origin, the router on another."""

import time

import pytest

import browser as browsers
import harness
from harness import eventually
from talk import answered, ok, shop
from webchat import Visitor, configure, identity, user_hash

pytestmark = pytest.mark.skipif(not browsers.DRIVER or not browsers.CHROMIUM,
                                reason="chromium or chromedriver is not installed")
XSS = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
GERMAN, DANISH = "Hallo! Wie können wir Ihnen helfen?", "Hej! Hvad kan vi hjælpe med?"


@pytest.fixture(scope="module")
def site():
    found = browsers.Site()
    yield found
    found.close()


@pytest.fixture(scope="module")
def world(servers, site):
    world = harness.World(servers, routers=2, peer_sessions_max=0).start()
    shop(world)
    configure(world, display_name="Holm & Søn", bot="faq", allowed_origins=[site.origin],
              color="#0b6b55")
    yield world
    world.stop()


@pytest.fixture(autouse=True)
def logs(request, world):
    request.node.worlds = [world]


@pytest.fixture(scope="module")
def chromium():
    found = browsers.Browser()
    yield found
    found.close()


class Shop:
    """The widget on a page of the shop, as a visitor has it before them."""

    def __init__(self, world, site, chromium):
        self.world, self.site, self.browser = world, site, chromium

    def page(self, name="/", router=0, attributes="", extra=""):
        source = f"http://127.0.0.1:{self.world.routers[router].port}/v1/channels/chat/widget.js"
        self.site.pages[name] = (
            "<!doctype html><html lang='en'><head><title>Shop</title><meta name='viewport'"
            f" content='width=device-width,initial-scale=1'></head><body><h1>Shop</h1>{extra}"
            f"<button id='before'>A button</button><script async src='{source}' {attributes}>"
            "</script></body></html>")
        return self.site.origin + name

    def visit(self, name="/", keep=False, **page):
        url = self.page(name, **page)
        if not keep:
            self.site.pages["/empty"] = "<!doctype html><title>Empty</title>"
            self.browser.go(self.site.origin + "/empty")
            self.browser.script("localStorage.clear(); sessionStorage.clear();")
        self.browser.go(url)
        self.ready()
        return self.browser

    def ready(self):
        eventually(lambda: self.browser.script(
            "return Boolean(document.getElementById('redthread-chat') && window.Redthread)"),
            15, 0.02, "the widget is there")

    def open(self):
        self.browser.click(".launcher")
        self.connected()

    def connected(self):
        eventually(lambda: self.token(), 10, 0.02, "a session")

    def token(self):
        return self.browser.script("return localStorage.getItem('redthread:chat:token')")

    def write(self, text):
        self.browser.widget("const f = shadow.querySelector('.field'); f.value = arguments[0];"
                            "f.dispatchEvent(new Event('input', {bubbles: true}));"
                            "shadow.querySelector('.send').click();", text)

    def stored(self, text):
        return [m for m in self.world.sql.rows(
            "SELECT conversation_id, address FROM message WHERE direction = 0 AND text = $1",
            text)]

    def conversation(self, text):
        return eventually(lambda: self.stored(text), 10, 0.02, f"{text} is stored")[0][0]

    def reply(self, text, to):
        path = f"/v1/conversations/{self.conversation(to)}/replies"
        return ok(self.world.agent("anna").post(path, {"text": text}), 201)


@pytest.fixture
def shopping(world, site, chromium):
    chromium.size(1200, 800)
    site.policy = None
    yield Shop(world, site, chromium)
    chromium.offline(False)
    chromium.dark(False)


def test_send_and_receive(shopping):
    page = shopping.visit()
    assert page.widget("return shadow.querySelector('.panel').hidden")
    assert shopping.token() is None, "no session before anybody wants one"
    shopping.open()
    shopping.write("Where is my parcel?")
    page.shows("Where is my parcel?"), page.shows("It is on its way.")
    shown = page.widget("return shadow.querySelector('.log').textContent")
    assert "Assistant" in shown and "automated" in shown and "Today" in shown
    shopping.reply("Anything else? See https://shop.example/a?b=1.", to="Where is my parcel?")
    page.shows("Anything else? See https://shop.example/a?b=1.")
    link = page.widget("const a = shadow.querySelector('.bubble a');"
                       "return [a.href, a.rel, a.target, a.textContent]")
    assert link[0] == link[3] == "https://shop.example/a?b=1"
    assert "noopener" in link[1] and link[2] == "_blank"
    assert "Anna" in page.widget("return shadow.querySelector('.log').textContent")
    status = "SELECT min(delivery), max(delivery) FROM message WHERE direction = 1 AND " \
             "conversation_id = $1"
    eventually(lambda: shopping.world.sql.rows(
        status, shopping.conversation("Where is my parcel?")) == [("4", "4")], 10, 0.05,
        "everything has been read")


def test_a_reload_keeps_the_history_and_another_router_too(shopping):
    page = shopping.visit()
    shopping.open()
    shopping.write("Remember me")
    page.shows("Remember me")
    token = shopping.token()
    shopping.visit(keep=True)
    page.shows("Remember me")
    assert shopping.token() == token
    shopping.reply("I do", to="Remember me")
    page.shows("I do")
    assert page.texts().count("Remember me") == 1


def test_what_is_written_offline_is_sent_once(shopping):
    page = shopping.visit()
    shopping.open()
    shopping.write("Before the tunnel")
    page.shows("Before the tunnel")
    shopping.conversation("Before the tunnel")
    page.offline(True)
    for i in range(3):
        shopping.write(f"In the tunnel {i}")
    eventually(lambda: "No connection" in page.widget(
        "return shadow.querySelector('.banner').textContent"), 10, 0.05, "the banner")
    assert page.widget("return shadow.querySelectorAll('.item.pending').length") == 3
    page.offline(False)
    eventually(lambda: page.widget("return shadow.querySelectorAll('.item.pending').length") == 0
               and page.widget("return shadow.querySelector('.banner').hidden"), 20, 0.05, "sent")
    assert [len(shopping.stored(f"In the tunnel {i}")) for i in range(3)] == [1, 1, 1]
    mine = [t for t in page.texts() if "tunnel" in t]
    assert mine == ["Before the tunnel", *(f"In the tunnel {i}" for i in range(3))]


def test_what_is_written_offline_outlives_a_reload(shopping):
    page = shopping.visit()
    shopping.open()
    shopping.write("First")
    shopping.conversation("First")
    page.offline(True)
    shopping.write("Written in a lift")
    page.offline(False)
    shopping.visit(keep=True)
    page.shows("Written in a lift")
    shopping.conversation("Written in a lift")
    assert len(shopping.stored("Written in a lift")) == 1


def test_markup_stays_text(shopping):
    page = shopping.visit()
    shopping.open()
    shopping.write(XSS)
    page.shows(XSS)
    shopping.reply(XSS + "javascript:alert(1) data:text/html,x", to=XSS)
    page.shows(XSS + "javascript:alert(1) data:text/html,x")
    assert page.script("return document.title") == "Shop"
    made = "return shadow.querySelectorAll('.log img, .log script, .log a').length"
    assert page.widget(made) == 0


def test_by_keyboard_alone(shopping):
    page = shopping.visit()
    page.script("document.getElementById('before').focus()")
    page.keys("tab")
    assert page.script("return document.activeElement.id") == "redthread-chat"
    page.keys("enter")
    eventually(lambda: page.widget("return shadow.activeElement.className") == "field", 5, 0.02,
               "the focus is where one writes")
    page.keys("By hand", "shift+enter", "in two lines", "enter")
    page.shows("By hand\nin two lines")
    page.keys("tab")
    assert page.widget("return shadow.activeElement.getAttribute('aria-label')") == "Send"
    page.keys("escape")
    assert page.widget("return shadow.querySelector('.panel').hidden")
    assert page.widget("return shadow.activeElement.className") == "launcher"


def test_what_a_screen_reader_is_told(shopping):
    page = shopping.visit(attributes="data-locale='de'")
    shopping.open()
    shopping.write("Ein Wort")
    page.shows("Ein Wort")
    told = page.widget("""
        const of = (s) => shadow.querySelector(s);
        const at = (s, name) => of(s).getAttribute(name);
        return {lang: at('.root', 'lang'), dialog: at('.panel', 'role'),
            name: at('.panel', 'aria-label'), log: at('.log', 'role'),
            live: at('.log', 'aria-live'), expanded: at('.launcher', 'aria-expanded'),
            launcher: at('.launcher', 'aria-label'), field: at('.field', 'aria-label'),
            send: at('.send', 'aria-label'), close: at('.head .icon', 'aria-label'),
            banner: at('.banner', 'role')};""")
    assert told == {"lang": "de", "dialog": "dialog", "name": "Holm & Søn", "log": "log",
                    "live": "polite", "expanded": "true", "launcher": "Chat schließen",
                    "field": "Nachricht", "send": "Senden", "close": "Chat schließen",
                    "banner": "status"}
    hidden = page.widget("return [...shadow.querySelectorAll('svg')]"
                         ".every((s) => s.getAttribute('aria-hidden') === 'true')")
    nameless = page.widget("return [...shadow.querySelectorAll('button')].filter((b) => !b.hidden"
                           " && !b.getAttribute('aria-label') && !b.textContent.trim()).length")
    assert hidden and nameless == 0
    page.click(".launcher")
    shopping.reply("Eine Antwort", to="Ein Wort")
    # The bot may have passed on to a person before or after.
    told = ("return [shadow.querySelector('.launcher').getAttribute('aria-label'),"
            " shadow.querySelector('.badge').textContent]")
    label, shown = eventually(lambda: (lambda t: "ungelesen" in t[0] and t)(page.widget(told)), 10,
                              0.05, "unread")
    assert label == f"Chat öffnen, {shown} ungelesen" and shown in ("1", "2")
    shopping.open()
    page.shows("Eine Antwort")
    eventually(lambda: page.widget("return shadow.querySelector('.badge').hidden"), 5, 0.05, "read")


@pytest.mark.parametrize("locale, hello", [
    ("en-GB", "Hello! How can we help you?"), ("da_DK", DANISH), ("de-AT", GERMAN),
    ("nl", "Hallo! Waarmee kunnen we u helpen?"), ("zh-Hans-CN", "您好！有什么可以帮您？"),
    ("fr", "Hello! How can we help you?")])
def test_five_languages(shopping, locale, hello):
    page = shopping.visit(attributes=f"data-locale='{locale}' data-open")
    assert page.widget("return shadow.querySelector('.bubble').textContent") == hello


CONTRAST = """
    const parse = (c) => c.match(/[\\d.]+/g).map(Number);
    const light = (c) => { const [r, g, b] = parse(c).slice(0, 3).map((v) => v / 255)
        .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
    const behind = (e) => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor;
        if (c.startsWith('rgb(')) return c; } return 'rgb(255,255,255)'; };
    const bad = [];
    const all = '.name, .sub, .from, .tag, .bubble, .meta, .day, .banner, .retry';
    for (const e of shadow.querySelectorAll(all)) {
        const a = light(getComputedStyle(e).color), b = light(behind(e));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) bad.push([e.className, ratio]);
    }
    return bad;"""


@pytest.mark.parametrize("color", ["#0b6b55", "#ffd400", "#888888", "#e4572e"])
def test_it_can_be_read_by_day_and_by_night(shopping, color):
    page = shopping.visit(attributes=f"data-color='{color}'")
    shopping.open()
    shopping.write("Where is my parcel?")
    page.shows("It is on its way.")
    for dark in (False, True):
        page.dark(dark)
        assert page.widget(CONTRAST) == []


def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(shopping):
    page = shopping.browser
    page.size(390, 844, phone=True)
    shopping.visit()
    shopping.open()
    box = ("const r = shadow.querySelector('.panel').getBoundingClientRect();"
           "return [r.left, r.top, r.width, r.height].map(Math.round)")
    eventually(lambda: page.widget(box) == [0, 0, 390, 844], 5, 0.05, "it fills the screen")
    assert page.widget("return shadow.querySelector('.panel').getAttribute('aria-modal')") == "true"
    assert page.widget("return parseFloat(getComputedStyle(shadow.querySelector('.field'))"
                       ".fontSize)") >= 16, "else the phone zooms in"
    small = page.widget("return [...shadow.querySelectorAll('button')].map((b) =>"
                        " b.getBoundingClientRect()).filter((r) => r.width && (r.width < 43.9 ||"
                        " r.height < 43.9)).length")
    assert small == 0
    names = []
    for _ in range(8):
        page.keys("tab")
        names.append(page.widget("return shadow.activeElement && shadow.activeElement.className"))
    assert None not in names and len(set(names)) > 1
    assert page.script("return document.documentElement.style.overflow") == "hidden"
    page.keys("escape")
    assert page.script("return document.documentElement.style.overflow") == ""


def test_two_tabs_are_one_visitor(shopping):
    page = shopping.visit()
    first = page.tab()
    shopping.open()
    shopping.write("From the first tab")
    shopping.conversation("From the first tab")
    page.new_tab()
    shopping.page("/second", router=1)
    page.go(shopping.site.origin + "/second")
    shopping.ready()
    page.shows("From the first tab")
    shopping.write("From the second tab")
    page.switch(first)
    page.shows("From the second tab")
    shopping.reply("To both", to="From the second tab")
    page.shows("To both")
    shown = page.texts()
    page.switch(next(h for h in page.do("/window/handles", method="GET") if h != first))
    page.shows("To both")
    assert sorted(set(page.texts())) == sorted(page.texts()) == sorted(shown)
    page.close_tab(first)
    assert len(shopping.stored("From the second tab")) == 1


def test_signed_in_and_out(shopping):
    page = shopping.visit()
    shopping.open()
    shopping.write("Before I signed in")
    page.shows("Before I signed in")
    shopping.conversation("Before I signed in")
    anonymous = shopping.token()
    who = identity("mette", name="Mette Holm", email="mette@example.dk", email_verified=True)
    assert page.later("return await window.Redthread('identify', arguments[0])", who) is None
    assert shopping.token() != anonymous
    page.shows("Before I signed in")
    subtitle = page.widget("return shadow.querySelector('.sub').textContent")
    assert subtitle == "Signed in as Mette Holm"
    shopping.write("After I signed in")
    shopping.conversation("After I signed in")
    assert shopping.stored("After I signed in")[0][1] == "u-mette"
    found = ok(shopping.world.admin().get("/v1/lookup?kind=email&value=mette@example.dk"))
    answered(shopping.world, found["conversation"]["id"])
    page.later("await window.Redthread('chat', 'logout')")
    eventually(lambda: page.texts() == [], 5, 0.05, "nothing is left")
    assert "mette" not in page.script("return JSON.stringify(localStorage)")
    shopping.write("Somebody else")
    shopping.conversation("Somebody else")
    assert shopping.stored("Somebody else")[0][1].startswith("v-")
    shopping.visit(attributes=f"data-jwt='{identity('mette')['jwt']}' data-open")
    page.shows("After I signed in")


def test_an_identity_that_is_not_proven_signs_nobody_in(shopping):
    page = shopping.visit()
    shopping.open()
    said = page.later("return await window.Redthread('identify', arguments[0])",
                      user_hash("mette", "a guess"))
    assert said == "failed: the identity is not proven"
    shopping.write("Still nobody")
    shopping.conversation("Still nobody")
    assert shopping.stored("Still nobody")[0][1].startswith("v-")


def test_under_a_strict_policy(shopping):
    where = f"http://127.0.0.1:{shopping.world.router.port}"
    shopping.site.policy = f"default-src 'none'; script-src {where}; connect-src {where}"
    page = shopping.visit()
    page.console()
    shopping.open()
    shopping.write("Where is my parcel?")
    page.shows("It is on its way.")
    assert page.widget("return getComputedStyle(shadow.querySelector('.launcher'))"
                       ".backgroundColor") == "rgb(11, 107, 85)"
    assert not [line for line in page.console() if "Content Security" in line]


def test_a_page_that_may_not_is_told_so(shopping):
    page = shopping.browser
    page.go(shopping.page().replace("127.0.0.1", "localhost"))
    shopping.ready()
    page.click(".launcher")
    eventually(lambda: page.widget("return !shadow.querySelector('.banner').hidden"), 10, 0.05,
               "a banner")
    assert shopping.token() is None


def test_the_routers_own_page(shopping):
    page = shopping.browser
    page.go(f"http://127.0.0.1:{shopping.world.router.port}/v1/channels/chat/widget.html")
    shopping.ready()
    shopping.connected()
    shopping.write("Where is my parcel?")
    page.shows("It is on its way.")
    assert not [line for line in page.console() if "Content Security" in line]


def test_a_bot_and_a_person_are_seen_typing(shopping):
    page = shopping.visit()
    shopping.open()
    shopping.write("Hello there")
    here = shopping.conversation("Hello there")
    answered(shopping.world, here)
    eventually(lambda: page.widget("return shadow.querySelector('.typing').hidden"), 10, 0.05,
               "the bot is done")

    def seen():
        ok(shopping.world.agent("anna").post(f"/v1/conversations/{here}/typing",
                                             {"typing": True}), 204)
        return page.widget("return shadow.querySelector('.typing [role=status]').textContent")

    def ok(answer, status):
        assert answer.status == status, answer
    assert eventually(seen, 10, 0.1, "typing") == "Anna is typing"
    shopping.reply("Here", to="Hello there")
    page.shows("Here")
    assert page.widget("return shadow.querySelector('.typing').hidden")


def test_where_no_stream_can_be_had_it_asks_now_and_then(shopping, make_world):
    world = make_world(routers=1, streams_max=1)
    shop(world)
    configure(world, bot="faq", allowed_origins=[shopping.site.origin])
    taken = Visitor(world, origin=None).stream()
    assert taken.status == 200
    here = Shop(world, shopping.site, shopping.browser)
    page = here.visit()
    here.open()
    here.write("Where is my parcel?")
    page.shows("It is on its way.", 20)
    assert page.texts().count("Where is my parcel?") == 1
    taken.close()


def test_a_router_that_goes_away_comes_back(shopping, make_world):
    world = make_world(routers=1)
    shop(world)
    configure(world, bot="faq", allowed_origins=[shopping.site.origin])
    here = Shop(world, shopping.site, shopping.browser)
    page = here.visit()
    here.open()
    here.write("Before")
    here.conversation("Before")
    port = world.router.port
    world.router.stop()
    here.write("While it was away")
    world.router.env["REDTHREAD_LISTEN"] = f"127.0.0.1:{port}"
    began = time.monotonic()
    world.router.start()
    here.conversation("While it was away")
    page.shows("While it was away")
    assert time.monotonic() - began < 20
    assert len(here.stored("While it was away")) == 1
