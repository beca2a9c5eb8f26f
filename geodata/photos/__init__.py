"""
Photos of issues and inspection points: evidence, and never the file that a phone sent.

`geodata.photos.reading` has a child process decode what came and encode it anew; nothing else of
it is kept. `geodata.photos.store` keeps the outcome, `geodata.photos.redaction` blurs faces and
plates before anybody outside may look, and `geodata.photos.serving` says how one is handed out.

Nothing is imported here: the child loads three modules of this package and no more.
"""
