"""All addresses of the portal."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import page_not_found, permission_denied

from config import dashboard, health, hooks, metrics, search, sign_in
from config.alerts import views as alerts
from config.seti import SetiView
from config.status.viewer import in_viewers_language

admin.autodiscover()  # not before: `config.apps.ConsoleConfig`

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("admin/overview/", admin.site.admin_view(dashboard.refreshed), name="overview"),
    path("admin/login/", sign_in.log_in),
    # Before the theme's own search, whose name leads here, too.
    path("admin/search/", admin.site.admin_view(search.search)),
    path("admin/", admin.site.urls),
    path("status/", include("config.status.urls")),
    path("second-factor/", sign_in.code, name="second-factor"),
    path("second-factor/set-up/", sign_in.set_up, name="second-factor-set-up"),
    path("second-factor/codes/", sign_in.codes, name="second-factor-codes"),
    path("viewing/stop/", sign_in.stop_viewing, name="viewing-stop"),
    path("sessions/", sign_in.sessions, name="sign-ins"),
    path("alerts/confirm/<str:token>/", alerts.confirm, name="alerts-confirm"),
    path("alerts/choose/<str:token>/", alerts.choose, name="alerts-choose"),
    path("alerts/unsubscribe/<str:token>/", alerts.unsubscribe, name="alerts-unsubscribe"),
    # With and without the final slash: a desktop follows no redirect.
    re_path(r"^seti/?$", csrf_exempt(SetiView.as_view()), name="seti"),
    # Miva follows no redirect either; what is no secret at all is answered like a wrong one.
    re_path(r"^hooks/miva/(?P<secret>[^/]*)/?$", csrf_exempt(hooks.miva), name="hook-miva"),
    path("api/v1/", include("config.api")),
    path("health/live/", health.live, name="health-live"),
    path("health/ready/", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
]

# Django calls these two.
handler403 = in_viewers_language(permission_denied)
handler404 = in_viewers_language(page_not_found)
