"""Names for conversations that a customer's mail may carry: nobody can guess or make one, and it tells nothing."""

import base64
import hashlib
import hmac

LENGTH = 26
"""Characters; 130 bits."""


def token(key: bytes, conversation_id: str) -> str:
    """The conversation's name in reply addresses and in unsubscribe links: lower case letters and digits 2 to 7."""
    digest = hmac.digest(key, conversation_id.encode(), hashlib.sha256)
    return base64.b32encode(digest).decode()[:LENGTH].lower()
