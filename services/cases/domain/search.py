"""What a person searches for, as pairs of characters: Chinese has no spaces, and most of its words have two.

The same pairs are made of every matter's words by `search_grams` in the database. A trigram index
(pg_trgm) would know nothing of a word of two characters.
"""

import unicodedata
from dataclasses import dataclass

# More pairs than this narrow nothing down any further.
_MOST_GRAMS = 24


@dataclass(frozen=True)
class Sought:
    """Terms that must all occur, in one form: half-width, lower case, without spaces or punctuation."""

    terms: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.terms

    def query(self, scopes: tuple[str, ...] = ()) -> str:
        """The tsquery that finds candidates in any of the scopes. It cannot say whether pairs stand side by side."""
        grams = [_quoted(gram) for gram in _grams(self.terms)[:_MOST_GRAMS]]
        singles = [f"{_quoted(term)}:*" for term in self.terms if len(term) == 1]
        areas = " | ".join(_quoted(f"area{scope}") for scope in scopes)
        return " & ".join([*grams, *singles, *([f"({areas})"] if areas else [])])


def sought(text: str) -> Sought:
    """The terms of what somebody typed."""
    plain = unicodedata.normalize("NFKC", text).lower()
    spaced = "".join(character if character.isalnum() else " " for character in plain)
    return Sought(tuple(dict.fromkeys(spaced.split())))


def _grams(terms: tuple[str, ...]) -> list[str]:
    pairs = [term[at : at + 2] for term in terms for at in range(len(term) - 1)]
    return list(dict.fromkeys(pairs))


def _quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
