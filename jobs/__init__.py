"""tolmach: load news articles, summarise them, translate them between English, Russian and Kazakh, every night."""

__version__ = "0.1.0"
