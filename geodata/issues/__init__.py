"""Issues as they are lived: reported, acted upon, found again."""
