"""The app of the API, which the web server mounts at ``/api/v1``. FastAPI describes it at ``openapi.json``."""

from fastapi import FastAPI

from pixel_bot import __version__
from pixel_bot.api import PATH
from pixel_bot.api.problems import handle_problems
from pixel_bot.api.routes import cogs, keeping, points, redeems, show, viewers
from pixel_bot.api.state import ApiState


def build_api(state: ApiState) -> FastAPI:
    """The app, over a bot."""
    app = FastAPI(
        title="Pixel Bot",
        version=__version__,
        docs_url=None,  # its pages would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": PATH}],
        separate_input_output_schemas=False,
    )
    app.state.pixel = state
    handle_problems(app)
    for part in (show, viewers, points, redeems, cogs, keeping):
        app.include_router(part.router)
    return app
