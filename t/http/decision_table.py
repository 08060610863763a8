"""The table of who may see which image, written from the documentation independently of the
module."""

DENIED = {"cloudflare": 403, "imagekit": 401}
NO_ADHOC = {"cloudflare": 403, "imagekit": 400}
REASONS = {"none": "unsigned", "bad": "bad_signature", "expired": "expired"}


def verdict(dialect, asked, private, signature, adhoc="on", always=False):
    """Status and reason for `asked`, one of "public variant", "signed variant", "adhoc" and
    "original"; `signature` is "none", "valid", "bad" or "expired"."""
    valid = signature == "valid"
    denied = DENIED[dialect], REASONS.get(signature)
    no_adhoc = NO_ADHOC[dialect], "adhoc_off"
    if always and not valid:
        return denied
    if asked == "adhoc" and adhoc == "off":
        return no_adhoc
    if asked == "adhoc" and adhoc == "public" and private:
        return no_adhoc
    needed = always or (asked == "adhoc" and adhoc == "signed") or (
        private and asked != "public variant")
    if needed:
        return (200, "signed") if valid else denied
    return 200, "variant" if private else "public"
