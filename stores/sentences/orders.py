"""What pulls warn of, why orders are held or wait, and why one is not here (`orders`)."""

from django.utils.translation import gettext_noop as _

FORMS = (
    _("Miva sent %(count)s records without an order number; they were left out."),
    _("Ask Miva support which order this is; all other orders were imported."),
    _(
        "This store's Miva does not know when an order was last changed (dt_updated, Miva 10.03 or "
        "newer): the date range is used instead, so changed orders do not come again."
    ),
    _(
        "Update the store to Miva 10.03 or newer, or choose an order queue, which delivers changed orders"
        " in every version."
    ),
    _("Orders that were acknowledged stay in the queue '%(queue)s': acknowledging moves nothing in Miva."),
    _(
        "In Miva open Order Workflows and enable 'Process Order Acknowledgement' (trigger: order "
        "acknowledged), with an action that takes the order out of the queue '%(queue)s'. Orders are "
        "imported all the same."
    ),
    _("Miva did not accept the acknowledgement of %(count)s orders; the first is %(number)s: %(reason)s"),
    _(
        "The orders are imported and are acknowledged again with each pull. If this stays, ask Miva "
        "support about the first one."
    ),
    _(
        "Orders that were retrieved before are still in the queue '%(queue)s': retrieving takes nothing "
        "out of it."
    ),
    _(
        "In Miva open Order Workflows and change the action of 'Process Retrieved Orders' from adding to "
        "a queue to moving, or choose the strategy 'Order queue with acknowledgement'. Orders are "
        "imported all the same."
    ),
    _("Order %(number)s: %(problem)s."),
    _("line %(line)s: %(problem)s"),
    _("payment %(payment)s: %(problem)s"),
    _("charge %(charge)s: %(problem)s"),
    _("it has no lines"),
    _("all of its lines are cancelled"),
    _("it has neither a billing nor a shipping address"),
    _("%(name)s has neither a code nor a SKU"),
    _("Enter a code or a SKU for the line in Miva, and pull the order again."),
    _(
        "Enter street, city or postal code of the billing or shipping address in Miva, and pull the order again."
    ),
    _("%(member)s is missing; %(expected)s is needed"),
    _("%(member)s holds %(value)s, which is not %(expected)s"),
    _("an entry of %(list)s"),
    _("a number"),
    _("a whole number"),
    _("an amount below a trillion"),
    _("a list"),
    _("a group of members"),
    _("a group of modules"),
    _("a number of more than 30 digits"),
    _("an order number"),
    _("a date"),
    _("quantity is %(quantity)s; it must be above zero"),
    _("the quantity of part %(sku)s is %(quantity)s; it must be above zero"),
    _(
        "its parts add up to %(parts)s, but Miva's total is %(total)s: %(difference)s too little (lines "
        "%(lines)s, shipping %(shipping)s, tax %(tax)s, surcharges %(surcharges)s, discounts "
        "%(discounts)s)"
    ),
    _(
        "its parts add up to %(parts)s, but Miva's total is %(total)s: %(difference)s too much (lines "
        "%(lines)s, shipping %(shipping)s, tax %(tax)s, surcharges %(surcharges)s, discounts "
        "%(discounts)s)"
    ),
    _("Miva's total of shipping is %(total)s"),
    _("Miva's total of tax is %(total)s"),
    _("The order is not a group of members."),
    _("Order %(number)s could not be read: something in it has a shape that the portal does not expect."),
    _("The order cannot be written for Stone Edge because of a fault in the portal."),
    _("The order has no payment yet, or none that is still good: declined and voided ones do not count."),
    _("The order is cancelled in Miva: no line of it is left."),
    _("Ignored: %(reason)s"),
    _("It is newer than the last pull."),
    _("Nothing keeps it away."),
    _("The next pull brings it by itself."),
    _("The store is paused (%(reason)s): the clock has not pulled it since the last success."),
    _("A webhook named this order, and it waits to be fetched."),
    _("A webhook named this order, and it waits to be fetched; %(count)s attempts have failed so far."),
    _("It was placed before the time from which on this store is pulled."),
    _("This store is read through the queue '%(queue)s', and Miva tells of no such queue."),
    _("It is not in the queue '%(queue)s', and only what is in there is pulled."),
    _(
        "Its date lies before the range that the next pull reads: it appeared in Miva after its date had "
        "been read."
    ),
    _("Numbers up to %(number)s are read, and each pull looks back only %(reach)s."),
)
