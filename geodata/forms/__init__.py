"""
The offices' own Excel form: units, leaders, who holds what, and points, on four sheets.

`geodata.forms.books` writes it, empty or filled; `geodata.forms.reading` reads it back and says
what that would do; `geodata.forms.marking` hands it back with its faults in their cells;
`geodata.forms.committing` writes it to the register, all of it or nothing.

Nothing is imported here: the child process that parses a form loads two modules of this package,
and neither needs a frame.
"""
