"""The lock of PDFium, which is not safe to call from two threads of a process."""

from __future__ import annotations

import threading

PDFIUM = threading.Lock()
