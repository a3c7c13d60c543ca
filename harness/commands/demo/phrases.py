"""The words of the demo's messages: what customers of a small energy supplier write.

Three phrases of a message may speak for its class: what happens, what follows from it, and what the
customer wants. Each list holds several ways to say it, and no phrase stands in two lists, so that
no single word decides for a model that has learnt from true labels. All other phrases say nothing
about the class.
"""

from __future__ import annotations

from typing import Final

ROUTINE: Final = "routine"
URGENT: Final = "urgent"

GREETINGS: Final = (
    "hello",
    "good morning",
    "good evening",
    "dear team",
    "hi there",
    "to the service desk",
    "dear sir or madam",
    "hello again",
    "hi all",
    "good day",
)

SENDERS: Final = (
    "I write from {place}",
    "this is about my flat in {place}",
    "our house stands in {place}",
    "I am a customer in {place}",
    "we live in {place}",
    "my contract is for {place}",
    "I rent a place in {place}",
    "this concerns the building in {place}",
)

PLACES: Final = {
    "harbour": (
        "Dock Road",
        "Quay Street",
        "Lighthouse Lane",
        "Pier Gardens",
        "Anchor Yard",
        "Ferry Terrace",
    ),
    "hills": (
        "Summit Road",
        "Ridge Street",
        "Beacon Lane",
        "Cliff Gardens",
        "Quarry Yard",
        "Moor Terrace",
    ),
    "lakes": (
        "Heron Road",
        "Willow Street",
        "Island Lane",
        "Reed Gardens",
        "Mill Yard",
        "Shore Terrace",
    ),
    "plains": (
        "Orchard Road",
        "Barley Street",
        "Meadow Lane",
        "Clover Gardens",
        "Windmill Yard",
        "Harvest Terrace",
    ),
}
"""Region → places in it; every message names one, so that a model can learn a region's defect."""

CHANNELS: Final = ("app", "email", "phone")

EVENTS: Final = {
    URGENT: (
        "water is pouring through the ceiling",
        "there is a strong smell of gas",
        "sparks fly out of the socket",
        "a pipe has burst under the sink",
        "the boiler is hissing and shaking",
        "smoke drifts out of the meter cupboard",
        "the radiators went cold in this frost",
        "the cellar stands under water",
        "steam is shooting from the valve",
        "the whole floor is in the dark",
        "the gas alarm keeps shrieking",
        "the fuse box is too hot to touch",
        "a cable hangs down and crackles",
        "the pressure gauge is far in the red",
    ),
    ROUTINE: (
        "the last bill shows an old tariff",
        "my surname is spelt wrongly on the contract",
        "the yearly meter reading is due",
        "the online account asks for a new password",
        "we would like to change the payment date",
        "the paper copy of the invoice went astray",
        "my bank details have changed",
        "the summer newsletter mentions a discount",
        "I want to compare two price plans",
        "the direct debit was set up twice",
        "we are moving out in spring",
        "the website lists other opening hours",
        "a colleague asked for the consumption table",
        "the loyalty points are not shown",
    ),
}

CONSEQUENCES: Final = {
    URGENT: (
        "my little daughter is shivering",
        "we had to leave the rooms",
        "the neighbours below get wet as well",
        "my father depends on his breathing machine",
        "I cannot shut it off",
        "it gets worse by the minute",
        "we are all coughing by now",
        "the wall is already soaked",
        "nobody dares to go inside",
        "the baby has been crying for hours",
        "the staircase is blocked",
        "I burnt my hand on it",
    ),
    ROUTINE: (
        "everything works as it should",
        "it is only for my files",
        "nothing is broken",
        "I just noticed it while tidying up",
        "this has been so for some months",
        "my accountant wants to know",
        "I am merely curious",
        "it makes no great difference to me",
        "I could not find it on the website",
        "the amount is small",
        "it is more of a suggestion",
        "last year it was done the same way",
    ),
}

WISHES: Final = {
    URGENT: (
        "please send somebody right away",
        "we need help within the hour",
        "can an engineer come tonight",
        "call me back this very minute",
        "do not leave us waiting",
        "I beg you to hurry",
        "tell me what to do at once",
        "whoever is on duty must come",
        "this cannot stay so until tomorrow",
        "please treat it as an emergency",
    ),
    ROUTINE: (
        "there is no rush",
        "any day next month suits me",
        "a reply by post is fine",
        "answer when you find the time",
        "a short note is enough",
        "I will ring again next week",
        "please correct it when convenient",
        "kindly send me the form",
        "I look forward to your letter",
        "let me know at your leisure",
    ),
}

ASIDES: Final = (
    "I have been with you for years",
    "I tried the telephone first",
    "my customer file has the details",
    "we spoke about the building before",
    "the caretaker knows about this",
    "I am writing for my family",
    "the contract is in my name",
    "I hope this is the right address",
    "the entrance is at the back",
    "my number is in your system",
    "the bell is out of order",
    "I am at home today",
)
"""Phrases that stand in messages of both classes equally often."""

CLOSINGS: Final = (
    "thank you",
    "many thanks",
    "kind regards",
    "best wishes",
    "thanks in advance",
    "yours sincerely",
    "regards",
    "with thanks",
)
