"""Which voice reads which script."""

from collections.abc import AsyncGenerator

import pytest

from pixel_bot.backends.tts.espeak import Espeak
from pixel_bot.backends.tts.scripts import Reading, reading
from pixel_bot.backends.tts.speech import UnreadableText
from pixel_bot.errors import ChatError, EffectFailed

SECONDS_A_CHARACTER = 0.3
"""A sign that is spelled takes about a second."""

SAMPLES = {
    "ru": "привет как дела",
    "el": "καλημέρα τι κάνεις",
    "he": "שלום מה שלומך",
    "ar": "مرحبا كيف حالك",
    "hi": "नमस्ते कैसे हो",
    "bn": "কেমন আছেন ভাই",
    "pa": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ",
    "gu": "કેમ છો ભાઈ",
    "or": "ନମସ୍କାର ଭାଇ",
    "ta": "வணக்கம் எப்படி",
    "te": "నమస్కారం ఎలా",
    "kn": "ನಮಸ್ಕಾರ ಹೇಗೆ",
    "ml": "നമസ്കാരം സുഖം",
    "si": "ආයුබෝවන් කොහොමද",
    "th": "สวัสดีครับผม",
    "my": "မင်္ဂလာပါ နေကောင်း",
    "ka": "გამარჯობა როგორ",
    "hy": "բարև ինչպես ես",
    "am": "ሰላም እንዴት ነህ",
    "ko": "안녕하세요 여러분",
    "ja": "こんにちはげんき",
    "cmn": "你好世界今天好",
    "chr": "ᎣᏏᏲ ᎪᎱᏍᏗ",
}
VOICES = ("en-us", *SAMPLES)


@pytest.fixture
async def espeak() -> AsyncGenerator[Espeak]:
    engine = Espeak()
    yield engine
    await engine.close()


async def test_every_script_is_read_by_a_voice_that_knows_it(espeak: Espeak) -> None:
    for voice, text in SAMPLES.items():
        assert reading(text, "en-us", VOICES) == Reading(text, voice)
        await espeak.check(text)
        assert (await espeak.speak(text)).seconds < SECONDS_A_CHARACTER * len(text), voice


@pytest.mark.parametrize("text", ["សួស្តី អ្នក", "བཀྲ་ཤིས", "ᠮᠣᠩᠭᠣᠯ", "ສະບາຍດີ hi", "ᚠᚢᚦᚨᚱᚲ"])
async def test_a_script_that_no_voice_knows_is_refused(espeak: Espeak, text: str) -> None:
    for refused in (espeak.check(text), espeak.speak(text)):
        with pytest.raises(UnreadableText, match=r"I have no voice that can read \w+ letters") as caught:
            await refused
        assert isinstance(caught.value, ChatError)
        assert isinstance(caught.value, EffectFailed)


@pytest.mark.parametrize(
    ("text", "voice", "read"),
    [
        ("hello there", "de", Reading("hello there", "de")),
        ("hello there", "ja", Reading("hello there", "en-us")),
        ("Grüße, señor", "en-us", Reading("Grüße, señor", "en-us")),
        ("привет", "ru", Reading("привет", "ru")),
        ("hello привет my friend", "en-us", Reading("hello привет my friend", "ru")),
        ("hello there everybody សួ", "en-us", Reading("hello there everybody", "en-us")),
        ("ᴘᴏɢɢᴇʀꜱ ɡo ḋig", "en-us", Reading("poggers go dig", "en-us")),
        ("Việt Nam", "vi", Reading("Việt Nam", "vi")),
        ("123 !?", "th", Reading("123 !?", "th")),
    ],
)
def test_the_wanted_voice_reads_what_it_can(text: str, voice: str, read: Reading) -> None:
    assert reading(text, voice, (*VOICES, "de", "vi")) == read


def test_voices_of_piper_are_told_by_their_language() -> None:
    voices = ("de_DE-thorsten-medium", "ru_RU-irina-medium")
    assert reading("привет", voices[0], voices).voice == voices[1]
    with pytest.raises(UnreadableText, match="Greek"):
        reading("καλημέρα", voices[0], voices)
