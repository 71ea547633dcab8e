"""A live bot on Joystick: how it is installed."""

from urllib.parse import parse_qs, urlsplit

from pixel_bot.security.cipher import load_cipher
from tests.harness.joystick_harness import Harness, platform, rows


async def test_one_link_installs_the_bot(home: Harness) -> None:
    async with home.bot() as app:
        status, text = await home.get(app, "/setup")
        assert status == 200
        assert 'href="/joystick/oauth"' in text
        assert f"http://localhost:{app.web.port}/joystick/oauth/callback" in text
        status, text = await home.install(app)
        assert status == 200
        assert "The bot is in the channel of Pixel_Street." in text
        await home.listening(app)
        assert (await home.said(lambda said: True)).text == "Hi, I am here! Type !help to see what I can do."
        assert await home.ask("Jules", "!points") == "@Jules You have 0 points."
        assert (await home.get(app, "/healthz"))[0] == 200


async def test_what_is_asked_for_at_joystick(home: Harness) -> None:
    async with home.bot() as app:
        await home.enter(app)
        url = f"http://localhost:{app.web.port}/joystick/oauth"
        async with home.http.get(url, allow_redirects=False) as answer:
            query = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == home.joystick.client_id
        assert {"chat:read", "chat:write", "chat:whisper:write", "identity:read"} <= set(query["scope"].split())
        assert query["redirect_uri"].endswith("/joystick/oauth/callback")
        assert len(query["state"]) > 20


async def test_tokens_are_encrypted_in_the_columns_of_the_document(home: Harness) -> None:
    async with home.installed() as app:
        (row,) = await rows(app)
        cipher = load_cipher(app.services.settings)
        assert row.channel_id == home.joystick.channel_id
        assert home.joystick.grants.is_good(cipher.unseal(row.access_token) or "")
        assert row.refresh_token is not None
        assert cipher.unseal(row.refresh_token)
        assert row.expires_at is not None
        assert home.joystick.grants.is_good(row.access_token) is False


async def test_a_restart_needs_no_new_installation(home: Harness) -> None:
    async with home.bot(greeting="off") as app:
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
    async with home.bot(greeting="off") as app:
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
    assert home.joystick.requests.times("api/oauth/token", "POST") == 1


async def test_a_row_in_plain_text_is_used_and_encrypted(home: Harness) -> None:
    async with home.installed() as app:
        pair = home.joystick.grant()
        async with app.services.database.write() as session:
            (row,) = await rows(app)
            row.access_token, row.refresh_token = pair
            await session.merge(row)
    async with home.installed() as app:
        (row,) = await rows(app)
        assert row.access_token.startswith("gAAAA")
        assert "points" in await home.ask("Jules", "!points")


async def test_without_the_key_it_starts_and_asks_again(home: Harness) -> None:
    async with home.installed():
        pass
    (home.folder / "secret.key").unlink(missing_ok=True)
    for key in home.folder.rglob("secret.key"):
        key.unlink()
    async with home.bot() as app:
        _, text = await home.get(app, "/setup")
        assert "The key does not fit" in text
        assert "Install again" in text
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_a_marketplace_install_counts_once_the_streamer_says_so(home: Harness) -> None:
    async with home.bot() as app:
        code = home.joystick.install_code()
        status, text = await home.get(app, f"/joystick/oauth/callback?code={code}&state=")
        assert status == 200
        assert "Pixel_Street" in text
        assert "Is that yours?" in text
        assert platform(app).installations.current is None
        assert app.running_bot is None
        assert await home.press(app, "accept", home.joystick.channel_id) == 200
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")


async def test_a_marketplace_install_of_somebody_else_is_given_back(home: Harness) -> None:
    async with home.bot() as app:
        code = home.joystick.install_code()
        await home.get(app, f"/joystick/oauth/callback?code={code}&state=")
        await home.press(app, "decline", home.joystick.channel_id)
        assert await rows(app) == []
        assert home.joystick.requests.times("api/oauth/revoke", "POST") == 1
        assert await home.press(app, "accept", home.joystick.channel_id) == 400


async def test_an_unknown_state_is_refused_and_its_code_not_used(home: Harness) -> None:
    async with home.bot() as app:
        code = home.joystick.install_code()
        for query in (f"code={code}&state=made-up", f"code={code}", "state="):
            status, _ = await home.get(app, f"/joystick/oauth/callback?{query}")
            assert status == 400, query
        assert home.joystick.requests.times("api/oauth/token", "POST") == 0
        assert await rows(app) == []


async def test_a_state_works_once(home: Harness) -> None:
    async with home.bot() as app:
        await home.enter(app)
        url = f"http://localhost:{app.web.port}/joystick/oauth"
        async with home.http.get(url, allow_redirects=False) as answer:
            location = answer.headers["Location"]
        async with home.http.get(location, allow_redirects=False) as answer:
            back = answer.headers["Location"]
        async with home.http.get(back) as answer:
            assert answer.status == 200
        async with home.http.get(back) as answer:
            assert answer.status == 400


async def test_a_streamer_who_says_no(home: Harness) -> None:
    home.joystick.refuses = True
    async with home.bot() as app:
        status, text = await home.install(app)
        assert status == 400
        assert "nobody agreed" in text


async def test_a_code_that_joystick_refuses(home: Harness) -> None:
    home.joystick.faults.add("api/oauth/token", status=500)
    async with home.bot() as app:
        status, text = await home.install(app)
        assert status == 502
        assert "500" in text
        assert (await home.install(app))[0] == 200


async def test_the_streamer_takes_the_bot_out_and_in_again(home: Harness) -> None:
    async with home.installed() as app:
        assert await home.press(app, "forget") == 200
        await home.joystick.gateway.left()
        assert await rows(app) == []
        await home.install(app)
        await home.listening(app)
        assert "points" in await home.ask("Jules", "!points")
