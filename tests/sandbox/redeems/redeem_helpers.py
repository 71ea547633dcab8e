"""What tests of redeems on the sandbox page do and look at."""

from playwright.async_api import Page, expect

PRIZES = {"Seven points": 7, "Nine points": 9, "Eleven points": 11}


async def become(page: Page, login: str, name: str) -> None:
    await page.click(f"#chips button[data-login={login}]")
    await expect(page.locator("#viewer-name")).to_have_text(name)
    await expect(page.locator("#points")).not_to_have_text("0")
