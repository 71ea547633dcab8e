"""What a test of these declares is gone afterwards."""

from tests.cog_data.conftest import _no_models_stay as _no_models_stay
