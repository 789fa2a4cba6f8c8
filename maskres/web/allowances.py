"""How much one network address may ask of what residents use, on pages and by the API.

An address says little about who asks: a library, a care home, a whole neighbourhood behind one gateway of its provider
share one, and on the evening of a draw they all look at once. So what guards against guessing and against flooding a
phone hangs on the thing itself, and holds from whatever address:

- a code is good for five attempts and ten minutes, a phone is sent one a minute and five an hour
  (usecases/telling/phone_codes.py);
- a phone registers so many people as the rules say, those counted whom it tried in vain (registration/registering.py);
- a secret has 55 random bits: nobody guesses one, so no number is ever locked by somebody who tries.

What an address may ask only keeps one of them from taking the whole service, or its budget for messages. What all of
them together may ask bounds what somebody with many addresses can: messages that cost, and guesses, of which one in a
million is right. It is three times what a city of two million registrations in two days needs in its worst minute.
"""

from __future__ import annotations

#: Messages cost money and reach people who did not ask: this is the tightest.
SENDING = "120 per minute; 2000 per hour"
#: Codes and secrets typed.
TYPING = "300 per minute; 6000 per hour"
#: One's own registration, by programs.
OWN = "600 per minute"

#: All addresses together, each way for itself: codes sent, and codes typed.
SENDING_OF_ALL = "10000 per minute; 200000 per hour"
TYPING_OF_ALL = "10000 per minute"
