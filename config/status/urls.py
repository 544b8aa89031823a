"""Addresses of the merchants' pages. A store's slug is none of the words that come before it: `stores.models.RESERVED`."""

from django.urls import include, path

from config.status import acts, alert_acts, alerts, people, platform, views

app_name = "status"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("language/", include("django.conf.urls.i18n")),
    path("sign-in/", people.sign_in, name="sign-in"),
    path("sign-out/", people.sign_out, name="sign-out"),
    path("password/", people.ask_for_letter, name="password-ask"),
    path("password/asked/", people.asked, name="password-asked"),
    path("password/<uidb64>/<token>/", people.choose_password, name="password-set"),
    path("platform/", platform.platform, name="platform"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<slug:merchant>/", alerts.alerts_of, name="alerts-of"),
    path("alerts/<slug:merchant>/addresses/", alert_acts.add_address, name="alerts-add-address"),
    path(
        "alerts/<slug:merchant>/addresses/<key:pk>/remove/",
        alert_acts.remove_address,
        name="alerts-remove-address",
    ),
    path("alerts/<slug:merchant>/webhooks/", alert_acts.add_hook, name="alerts-add-hook"),
    path(
        "alerts/<slug:merchant>/webhooks/<key:pk>/remove/", alert_acts.remove_hook, name="alerts-remove-hook"
    ),
    path("alerts/<slug:merchant>/webhooks/<key:pk>/test/", alert_acts.test_hook, name="alerts-test-hook"),
    path("shared/<str:secret>/", views.shared_page, name="shared"),
    path("shared/<str:secret>/status.json", views.shared_json, name="shared-json"),
    path("<slug:slug>/", views.store_page, name="store"),
    path("<slug:slug>/status.json", views.store_json, name="store-json"),
    path("<slug:slug>/pull/", acts.pull_now, name="pull"),
    path("<slug:slug>/ask/", acts.ask_miva, name="ask"),
    path("<slug:slug>/links/", acts.links, name="links"),
    path("<slug:slug>/links/<key:pk>/revoke/", acts.revoke, name="revoke"),
]
