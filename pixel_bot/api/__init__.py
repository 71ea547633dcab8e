"""The API under ``/api/v1``: what a dashboard, a Stream Deck or a script can do, by the services of chat's commands."""

PATH = "/api/v1"
