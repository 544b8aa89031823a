"""Why shipments and stock are set aside, and what to do (`fulfillment`, `inventory`)."""

from django.utils.translation import gettext_noop as _

FORMS = (
    _("Stone Edge says that these lines are shipped and gave no tracking number."),
    _(
        "It goes out by itself when Stone Edge sends one. If there will be none, mark the lines as "
        "shipped in Miva and this as done."
    ),
    _(
        "Stone Edge has other packages for this shipment now: %(tracking)s. It was marked as done elsewhere (%(person)s), so Miva "
        "may not have them."
    ),
    _(
        "Enter them in the shipment in Miva and mark this as done again. Or try again: where Miva's shipment has one of the "
        "tracking numbers, it gets all of them."
    ),
    _("Stone Edge says that the order is partly shipped, and not which lines went."),
    _(
        "It goes out with the message that says so. Stone Edge names the lines when GenericStatusSendXML "
        "is True."
    ),
    _(
        "Stone Edge names package %(package)s again, now with the tracking number %(number)s (%(units)s). "
        "Either %(label)s is a new label for %(known)s, or it is a further package."
    ),
    _(
        "Stone Edge named all packages of this order before, and now only new ones. Either %(alone)s went"
        " with these packages, or the figures are totals as before, and %(growth)s went."
    ),
    _(
        "The order was changed in Miva after Stone Edge had it. Compare both; make the shipment in Miva "
        "by hand if it is right, and mark this as done."
    ),
    _(
        "Look at the order in Miva: a module or another program may change it there again. Mend that and "
        "try again, or set it right in Miva by hand and mark this as done."
    ),
    _("It is tried again by itself."),
    _("Line %(line)s is not in the order any more."),
    _("%(count)s units of line %(line)s (%(name)s) were reported, but only %(left)s are left in Miva."),
    _("%(count)s units of line %(line)s (%(name)s) left the house, but only %(left)s are open in Miva."),
    _("Line %(line)s (%(name)s) %(standing)s"),
    _("line %(line)s (%(name)s) %(standing)s"),
    _("is cancelled in Miva"),
    _("was returned in Miva"),
    _("is back-ordered in Miva"),
    _("is in Miva's shipment %(shipment)s already"),
    _("has the status %(status)s in Miva, which is not shipped"),
    _(
        "Miva accepted tracking number '%(number)s' for its shipment %(shipment)s, but shows '%(other)s',"
        " type '%(type)s', status %(status)s."
    ),
    _("Miva accepted tracking number '%(number)s' for its shipment %(shipment)s, but has no such shipment."),
    _("Nothing is left to ship: %(lines)s."),
    _("the order has none of the lines any more"),
    _("Miva's shipment %(shipment)s was deleted there."),
    _("Miva accepted the change, but %(lines)s."),
    _("Miva has no order %(order)s."),
    _("It may have been deleted or archived in Miva. Look for it in Miva's admin."),
    _("Miva refused to change %(sku)s: %(message)s."),
    _("Look the product up in Miva; then let the row be tried again."),
    _(
        "Miva refuses every change of stock in these words, so no product is to blame: it is tried again "
        "by itself."
    ),
    _("Miva refuses to tell figures of stock, so no product is to blame: it is tried again by itself."),
    _(
        "Miva refused this change by itself, too, and twice, while it answered otherwise: it is about this SKU."
    ),
    _(
        "Look the product up in Miva, then let the row be tried again. Where other SKUs say the same, ask the "
        "store's host why Miva refuses to change stock."
    ),
    _(
        "The answer to a change from %(before)s to %(after)s was lost, and Miva now says %(found)s: with "
        "what shoppers bought meanwhile, this fits a change that arrived as well as one that did not, or "
        "neither."
    ),
    _(
        "Compare with the shelf, then choose: it has arrived, or send it again. A new count from Stone "
        "Edge settles it, too."
    ),
    _("%(sku)s is sold in variants or parts, and each of those has a stock of its own."),
    _("Let Stone Edge send the SKU of the variant or of the part."),
    _("Miva has no product with the SKU or code %(sku)s."),
    _("Create it in Miva, or correct the SKU in Stone Edge."),
    _("%(count)s products in Miva share the SKU %(sku)s (%(codes)s): it is not clear whose stock is meant."),
    _("Give each product a SKU of its own in Miva, or let the store be identified by product code."),
    _("Stone Edge reports packages of lines that cannot be shipped: %(lines)s."),
    _(
        "Compare the order in Miva with the one in Stone Edge. Make the shipment in Miva by hand if there is one to be made, "
        "and mark this as done."
    ),
    _("Miva refuses this change also by itself, and twice, while it answers otherwise: %(reason)s"),
    _(
        "Look the product up in Miva, then let the row be tried again. Where other SKUs say the same, ask the store's host "
        "why Miva refuses to change stock."
    ),
    _("Miva refuses to tell figures of stock, so no product is to blame: it is tried again by itself."),
)
