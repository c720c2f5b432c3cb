"""The replay: episodes of a recording as one self-contained page that shows who said, heard and did what."""

from commlab.figures.replay.meaning import Book, Phrase
from commlab.figures.replay.page import write_replay
from commlab.figures.replay.reel import Reel, reel_of

__all__ = ["Book", "Phrase", "Reel", "reel_of", "write_replay"]
