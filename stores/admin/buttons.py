"""Pages with buttons for what can be done with their row."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from stores.admin.acting import Acting


class WithButtons(Acting):
    """A page with its buttons above."""

    change_form_outer_before_template = "admin/stores/alert_buttons.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the page with what can be done at this moment."""
        row = self.get_object(request, object_id)
        buttons = self.offered(request, row) if row is not None else []
        context = (extra_context or {}) | {"buttons": buttons}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
