"""What a person searches for, as pairs of characters: Chinese has no spaces, and most of its words have two.

The same pairs are made of every matter's words by `search_grams` in the database. A trigram index
(pg_trgm) would know nothing of a word of two characters.
"""

import unicodedata
from collections.abc import Mapping
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

    @property
    def grams(self) -> list[str]:
        """Pairs of neighbours of all terms."""
        return list(dict.fromkeys(gram for term in self.terms for gram in _grams(term)))

    @property
    def singles(self) -> list[str]:
        return [term for term in self.terms if len(term) == 1]

    def query(self, scopes: tuple[str, ...] = ()) -> str:
        """The tsquery that finds candidates in any of the scopes. It cannot say whether pairs stand side by side."""
        grams = [_quoted(gram) for gram in self.grams[:_MOST_GRAMS]]
        singles = [f"{_quoted(term)}:*" for term in self.singles]
        areas = " | ".join(_quoted(f"area{scope}") for scope in scopes)
        return " & ".join([*grams, *singles, *([f"({areas})"] if areas else [])])

    def share(self, frequent: Mapping[str, float]) -> float:
        """About what share of all matters hold the terms, given the shares of frequent pairs; 0 when it is rare.

        A term is as frequent as its rarest pair; terms are taken to be independent of each other.
        """
        share = 1.0
        for term in self.terms:
            if len(term) == 1:
                share *= min(1.0, sum(of for gram, of in frequent.items() if gram.startswith(term)))
            else:
                share *= min(frequent.get(gram, 0.0) for gram in _grams(term))
        return share


def sought(text: str) -> Sought:
    """The terms of what somebody typed."""
    plain = unicodedata.normalize("NFKC", text).lower()
    spaced = "".join(character if character.isalnum() else " " for character in plain)
    return Sought(tuple(dict.fromkeys(spaced.split())))


def _grams(term: str) -> list[str]:
    return [term[at : at + 2] for at in range(len(term) - 1)]


def _quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
