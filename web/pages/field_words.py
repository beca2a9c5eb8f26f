"""
The sentences that the phone's scripts say, each under the name by which they ask for it.

They come with the page, in the reader's language; ``{n}`` and the like are filled in there.
"""

from __future__ import annotations

from web.pages.issue_words import ACTS, CHANNELS, LIGHTS, STATES, UNITS_OF_TIME
from web.words import WORDS
from web.words import gettext_noop as _

SENTENCES: dict[str, str] = {
    # Numbers
    "n m": _("{n} m"),
    "n km": _("{n} km"),
    "{n} hours": _("{n} hours"),
    "{n} days": _("{n} days"),
    "{span} left": _("{span} left"),
    "overdue by {span}": _("Overdue by {span}"),
    "{n} minutes ago": _("{n} minutes ago"),
    "{n} hours ago": _("{n} hours ago"),
    "{n} days ago": _("{n} days ago"),
    "{n} points": _("{n} points"),
    # Who and whether there is a network
    "status online": _("Online"),
    "status offline": _("Offline"),
    "status sending": _("Sending"),
    "status signed-out": _("Not signed in"),
    "status portal": _("No way out"),
    "not yet sent: {n}": _("{n} not yet sent"),
    "sign in": _("Sign in"),
    "sign out": _("Sign out"),
    "sign in to begin": _("Sign in once with a network; after that this page works without."),
    "open again": _("Open again"),
    "open it once with a network": _("Open this page once where there is a network."),
    "the session has ended": _(
        "You have to sign in again. What is not yet sent is kept and goes out under your name."
    ),
    "sign in again": _("Sign in again, then everything is sent."),
    "somebody else is signed in": _("Somebody else is signed in; open the page again."),
    "the network wants a password": _(
        "The network asks for a password of its own. Nothing was sent, nothing was lost."
    ),
    "no network": _("No network. Everything is kept and sent later."),
    "without https": _("Without https, positions and work without a network are not available."),
    "without service worker": _(
        "This browser opens the page only with a network. What you save is kept and sent; "
        "better use the phone's own browser."
    ),
    "a new version": _("There is a new version of this page."),
    "take it": _("Use it"),
    "the page did not open": _(
        "The page could not open the phone's storage. Leave private browsing and open it again."
    ),
    # The map
    "map of the ground": _("Map of my ground"),
    "to my position": _("To my position"),
    "no ground stored": _("No map is stored yet. Open the page once with a network."),
    "looking for the position": _("Looking for the position…"),
    "position denied": _("This page may not read the position. Allow it, or move the map."),
    "no position": _("No position here; go into the open, or move the map."),
    "inside own ground": _("On our ground"),
    "outside own ground": _("Not our ground"),
    "outside every grid": _("Outside every grid"),
    "nobody": _("Nobody"),
    "answered for by {unit}": _("{unit} answers here"),
    "border at {m}": _("Border {m} away"),
    "own ground at {m}": _("Our ground {m} away"),
    "accurate to {m}": _("accurate to {m}"),
    "{grid} ({unit})": _("{grid} ({unit})"),
    "or in {grids}": _("Accurate to {accuracy}: it may also be {grids}"),
    "position in {datum}, converted": _("The phone answers in {datum}; converted."),
    "looks shifted": _(
        "The position seems to be shifted as GCJ-02 is. Check the datum of this phone."
    ),
    "stored {ago}": _("This map was stored {ago}."),
    "datum": _("Datum"),
    "datum of the position": _("Datum of the position"),
    "this phone's datum: {datum}": _("This phone answers in {datum}"),
    "put the cross on where you stand": _(
        "Move the map until the cross is where you stand, at a corner you know."
    ),
    "I stand here": _("I stand here"),
    "use {datum}": _("Use {datum}"),
    "the datum fits: {m}": _("The datum is right: {m} apart."),
    "neither datum fits: {m}": _("{m} apart: no datum explains that. Wait for a better position."),
    "it answers in {datum}": _("The position is {m} off. This phone seems to answer in {datum}."),
    # Today
    "patrol": _("Patrol"),
    "patrol is due": _("A patrol is due today"),
    "no patrol is due": _("No patrol is due today"),
    "patrolled today: {n}": _("Patrols today: {n}"),
    "roads {m}": _("{m} of road"),
    "start a patrol": _("Start a patrol"),
    "patrol runs for {unit}": _("On patrol · {unit}"),
    "patrol of {unit}": _("Patrol of {unit}"),
    "time": _("Time"),
    "roads walked": _("Roads walked"),
    "points passed": _("Points passed"),
    "the screen stays on": _("The screen stays on."),
    "keep the screen on": _("Keep the screen on: a phone that sleeps records nothing."),
    "{n} positions kept": _("{n} positions kept."),
    "end the patrol": _("End the patrol"),
    "roads walked: {share}; points: {seen} of {due}": _(
        "Roads walked: {share}; points passed: {seen} of {due}"
    ),
    "not passed: {names}": _("Not passed: {names}"),
    "too few positions": _("Too few positions were recorded to be a patrol."),
    "go on": _("Go on"),
    "discard": _("Throw it away"),
    "end and save": _("End and save"),
    "last patrol: {share}, points {seen} of {due}": _(
        "Last patrol, as measured: {share} of the roads, {seen} of {due} points"
    ),
    "points ({n})": _("Points to visit ({n})"),
    "no points": _("No inspection points of ours."),
    "visit": _("Visit"),
    "visit is due": _("to visit"),
    "visited lately": _("visited lately"),
    "visited, to be sent": _("visited, to be sent"),
    "issues ({n})": _("Issues to deal with ({n})"),
    "no issues": _("No issues to deal with."),
    "to be sent: {acts}": _("To be sent: {acts}"),
    # Forms
    "photo": _("Photo"),
    "take a photo": _("Take a photo"),
    "take a photo of it fixed": _("Photo after it was set right"),
    "take a photo of it before": _("Photo before"),
    "from the album": _("From the album"),
    "photo {n}": _("Photo {n}"),
    "leave out photo {n}": _("Leave out photo {n}"),
    "sent already": _("sent"),
    "no place": _("no place"),
    "no room for photos": _(
        "This phone has no room for another photo. Send what is waiting, or free some storage."
    ),
    "category": _("Category"),
    "find a category: name or initials": _("Find a category: name or initials"),
    "condition": _("Filing condition"),
    "the office chooses": _("The office chooses"),
    "place": _("Where"),
    "use my position": _("My position"),
    "by the cross": _("by the cross"),
    "by the phone, ±{m}": _("by the phone, ± {m}"),
    "move the map under the cross": _("Move the map until the cross is at the place."),
    "more": _("More"),
    "what is wrong, if the photo does not show it": _(
        "What is wrong, if the photo does not show it"
    ),
    "address or landmark": _("Address or landmark"),
    "in whose name": _("In whose name"),
    "channel": _("Channel"),
    "fixed on the spot": _("Set right on the spot"),
    "save": _("Save"),
    "saved": _("Saved"),
    "choose a category": _("Choose a category."),
    "say where it is": _("Say where it is: by the cross or by an address."),
    "a photo of it fixed is missing": _("Take a photo of it set right."),
    "a photo is missing": _("Take a photo."),
    "not saved": _("It was not saved. Try again."),
    "not saved: no room": _("It was not saved: this phone has no room left. Nothing was dropped."),
    "checklist": _("Checklist"),
    "no checklist": _("There is no checklist for this category."),
    "yes": _("Yes"),
    "no": _("No"),
    "one more": _("One more"),
    "one fewer": _("One fewer"),
    "at least {n}": _("at least {n}"),
    "not answered yet: {item}": _("Not answered yet: {item}"),
    "at the point": _("At the point"),
    "{m} from the point": _("{m} from the point"),
    "visit of {name}": _("Visit · {name}"),
    # Issues
    "before": _("Before it was set right"),
    "after": _("After it was set right"),
    "note": _("Note"),
    "why": _("Why"),
    "say why": _("Say why."),
    "how much longer": _("How much longer"),
    "say how much longer": _("Say how much longer."),
    "fact what is wrong": _("What is wrong"),
    "fact place": _("Where"),
    "fact grid": _("Grid"),
    "fact reported": _("Reported at"),
    "fact due": _("Due by"),
    "fact last said": _("Last said"),
    # The outbox
    "everything is sent": _("Everything has been sent."),
    "to be sent ({n})": _("{n} wait to be sent."),
    "sending": _("Sending…"),
    "send all now": _("Send all now"),
    "send within a week": _("This browser may clear what it keeps after a week: send it soon."),
    "{n} photos, {size} MB": _("{n} photos, {size} MB"),
    "try again": _("Try again"),
    "edit": _("Edit"),
    "delete": _("Delete"),
    "keep": _("Keep"),
    "without these photos": _("Without the photos left"),
    "deleted for good: {title}": _("“{title}” is deleted for good, with its photos."),
    "photos are deleted for good": _(
        "The report is at the service. The photos that it did not take are deleted for good."
    ),
    "refused with {status}": _("Refused ({status})."),
    "it is now: {state}": _("It is now: {state}."),
    "conflict, what to do": _(
        "Somebody was there before you. Your words and photos are kept; edit them, try again or "
        "delete them."
    ),
    "this phone": _("This phone"),
    "person": _("Who has signed in"),
    "stored": _("Map stored"),
    "works offline": _("Opens without a network"),
    "not in this browser": _("Not in this browser"),
    "load again": _("Load again"),
    "loaded": _("Loaded again"),
    "export": _("Export what is not sent"),
    "cancel": _("Cancel"),
    "not sent and lost: {n}": _(
        "{n} not yet sent are deleted for good if you sign out. Send or export them first."
    ),
    "everything leaves the phone": _(
        "The map, the lists and the photos are removed from this phone."
    ),
    "the patrol is lost": _("The patrol that runs is lost."),
}
TABLES: dict[str, dict[str, str]] = {
    "kind": {
        "report": _("Report"),
        "act": _("Issue"),
        "visit": _("Visit"),
        "patrol": _("Patrol"),
    },
    "waiting": {
        "waiting": _("waits to be sent"),
        "photos": _("sent; photos wait"),
        "held": _("waits for the one before it"),
        "refused": _("refused"),
        "conflict": _("overtaken"),
    },
    "datum": WORDS["datum"],
    "act": ACTS,
    "state": STATES,
    "light": LIGHTS,
    "channel": CHANNELS,
    "limit": UNITS_OF_TIME,
}
"""What codes are called on the phone."""
