"""What a shipment waits for that is not complete: in words for support, the same wherever it is found out."""

INCOMPLETE = "incomplete"

NO_NUMBER = (
    "Stone Edge says that these lines are shipped and gave no tracking number.",
    "It goes out by itself when Stone Edge sends one. If there will be none, mark the lines as shipped in Miva and this as done.",
)
NO_LINES = (
    "Stone Edge says that the order is partly shipped, and not which lines went.",
    "It goes out with the message that says so. Stone Edge names the lines when GenericStatusSendXML is True.",
)
