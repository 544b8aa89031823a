"""What a call to Miva says when it fails, and what to do (`stores.miva`, and what pulls and pushes add)."""

from django.utils.translation import gettext_noop as _

FORMS = (
    _("There is no API at this address (HTTP %(status)s)."),
    _("Check the endpoint: the folder before json.mvc differs from store to store (mm5, Merchant2, store)."),
    _("The answer to %(function)s is JSON, but not Miva's."),
    _("Miva answered %(function)s with nothing at all, which is how it refuses a missing permission."),
    _("In Miva (Users, API Tokens) grant this token the function %(function)s for store %(store)s."),
    _("The address answers with a web page, not with Miva's API."),
    _(
        "Check the endpoint: it ends in json.mvc, such as https://www.example.com/mm5/json.mvc. If it is "
        "right, a firewall of the store may have answered: ask the store's host to let the API through."
    ),
    _("The store's server refused %(function)s with HTTP %(status)s."),
    _("A web server in front of the store asks for a user name and password (HTTP 401)."),
    _(
        "Enter the HTTP basic user and password of this store, or correct them. Staging stores often have"
        " such a wall."
    ),
    _("A firewall or web server in front of the store turned the request away (HTTP 403)."),
    _(
        "Ask the store's host to let requests of this server to json.mvc through. This is not about the "
        "token."
    ),
    _("The store sent only a part of its answer to %(function)s."),
    _("The address answers with a web page that speaks of maintenance or of waiting, not with Miva's API."),
    _("The store's server answered %(function)s with HTTP %(status)s."),
    _("The endpoint sends us on to %(address)s."),
    _("Enter the final address as the endpoint."),
    _("The store's host asks us to wait (HTTP %(status)s)."),
    _("It is tried again later, with a pause."),
    _("Ask for fewer rows at a time."),
    _("The store's answer to %(function)s breaks off: it is not whole JSON."),
    _("Miva's answer to %(function)s holds no list."),
    _("Miva answered %(function)s with a list."),
    _("Correct the endpoint in the store's settings."),
    _("Miva's answer to %(function)s leaves out %(missing)s."),
    _("The store has no order queue with the code '%(queue)s' (%(code)s)."),
    _("Miva counts %(count)s rows with ids above %(last)s and shows none of them."),
    _('Miva refuses us access: it answered %(function)s with "%(message)s".'),
    _(
        "Miva says the same in three cases, so look at all three in Miva (Users, API Tokens): is the "
        "token copied whole and from this store's Miva; does its list of IP addresses hold the address of"
        " this server; is the function %(function)s granted to it for store %(store)s, by itself or "
        "through a group? Support has to enter a token that you replace."
    ),
    _("Miva refused the time in our request: %(clocks)s."),
    _("the clocks of this server and the store differ, by how much is unknown"),
    _("this server's clock and the store's agree to the second, so the token's window may be too narrow"),
    _("this server's clock is %(seconds)s seconds behind the store's"),
    _("this server's clock is %(seconds)s seconds ahead of the store's"),
    _(
        "Let this server set its clock by NTP. If its clock is right, the store's is wrong: ask the "
        "store's host; until then a wider timestamp window can be set for the token in Miva (Users, API "
        "Tokens)."
    ),
    _("The token wants a time in every request, and this store is set up to send none."),
    _("Switch Timestamp on in the store's settings."),
    _("The token wants every request signed, and this store is set up to sign none."),
    _("Set Digest to sha256 and enter the token's signing key in the store's settings."),
    _("The token is known, but the signing key is wrong: Miva could not match our signature."),
    _(
        "Copy the signing key of exactly this token once more from Miva (Users, API Tokens), whole and "
        "without spaces."
    ),
    _("The token is known, but it is switched off in Miva."),
    _("Enable it in Miva (Users, API Tokens), or enter another token."),
    _("Miva did not take the request as we sent it: %(message)s."),
    _("Something between us and the store, such as a proxy, changes requests: ask the store's host."),
    _("Miva refused %(function)s: %(message)s (%(code)s)."),
    _("It may have been deleted in Miva, or belong to another store. Look for it in Miva's admin."),
    _("This is a fault of the portal's call, not of the store's settings; send this message to support."),
    _("Copy the signing key of the token once more, or make a new token in Miva."),
    _("None of the lines can be shipped."),
    _("None of the lines can be returned."),
    _("The line holds too few units to split off that many."),
    _("Compare the order's lines in Miva with those in Stone Edge."),
    _("Miva never splits subscription lines: ship the line whole."),
    _("Check the module of the custom field in Miva (Modules)."),
    _("Activate the module of the custom field in Miva (Modules)."),
    _("This module has no order fields: choose the right module for the field."),
    _("Install the module of the custom field in this store."),
    _("Several products carry this SKU: give each its own, or identify by code."),
    _("Only captures and sales can be refunded."),
    _("Enter the queue code in the store's settings."),
    _("This store's order workflow module is too old: update Miva."),
    _("Miva looked for a record that is not there: a line, shipment or product given by its number."),
    _("This store's version of Miva does not know the function: update Miva."),
    _("The module is missing, switched off or not installed in this store: check it in Miva (Modules)."),
    _("Miva's API is switched off for this store: %(message)s."),
    _("The store's owner or host must switch it on; until then it is tried again now and then."),
    _("This store has no order queue with that code (%(code)s)."),
    _("Copy the code, not the name, from Miva (Order Workflow, Queues) into the store's settings."),
    _("The store's database failed during %(function)s: %(message)s (%(code)s)."),
    _("Miva's own words are all that is known about this code."),
    _("Check the store code '%(store)s': Miva shows it under Stores, and it is not the store's name."),
    _("Miva does not accept what %(function)s was given: %(fields)s (%(code)s)."),
    _("Correct the value named here, or the record in Miva that it points to."),
    _("Miva did a part of %(function)s and failed for: %(rows)s."),
    _("rows that it does not name"),
    _("Only the rows named here need another attempt."),
    _("The field Token is empty or holds a character that no Miva token has."),
    _("Copy the access token once more from Miva (Users, API Tokens), whole and without spaces."),
    _("The field Signing key is empty."),
    _(
        "Copy the signing key of this token from Miva (Users, API Tokens), or set Digest to none when the"
        " token does not require signatures."
    ),
    _("The field Signing key does not hold base64 text, so it cannot be Miva's signing key."),
    _(
        "Copy the signing key of this token once more from Miva (Users, API Tokens), whole and without "
        "spaces."
    ),
    _("The name %(host)s has no address."),
    _("The name %(host)s cannot be found."),
    _("The name %(host)s leads to %(address)s, an address inside a private network."),
    _("Enter the address under which the store is reached from the public internet."),
    _("The store's answer to %(function)s is larger than %(size)s MB."),
    _("No connection to %(host)s could be made: %(error)s."),
    _("The connection broke before the store had answered %(function)s."),
    _("%(host)s did not accept a connection within %(seconds)s seconds."),
    _("The store did not finish its answer to %(function)s within %(seconds)s seconds."),
    _("The store was silent for %(seconds)s seconds after %(function)s."),
    _("The store's answer to %(function)s is damaged: it does not unpack."),
    _("%(function)s may or may not have taken effect. The store is read before anything is repeated."),
    _("The certificate of %(host)s is not valid: %(error)s."),
    _("No secure connection to %(host)s could be made: %(error)s."),
    _("%(host)s refused the connection."),
    _("No request can be made from this store's endpoint and keys: %(error)s."),
    _("Check the endpoint, the token and the HTTP basic login for stray characters."),
    _("It is tried again."),
    _(
        "The stored secrets of %(store)s cannot be decrypted: they were encrypted with a key that is not "
        "in FERNET_KEYS."
    ),
    _(
        "Add the former key at the end of FERNET_KEYS and restart, or enter token and signing key again "
        "on the store's page."
    ),
    _("The pull stopped because of a fault in the portal itself."),
    _("The push stopped because of a fault in the portal itself."),
)
