"""All routes. Each app lists its own pages and API calls."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.core.metrics import metrics

urlpatterns = [
    path("", include("apps.accounts.urls")),
    path("", include("apps.flavors.urls")),
    path("", include("apps.catalog.urls")),
    path("", include("apps.assets.urls")),
    path("metrics", metrics, name="metrics"),
    path("", include("apps.jobs.urls")),
    path("", include("apps.songs.urls")),
    path("", include("apps.generation.urls")),
    path("", include("apps.projects.urls")),
    path("", include("apps.scenes.urls")),
    path("", include("apps.composition.urls")),
    path("", include("apps.production.urls")),
    path("", include("apps.pro.urls")),
    path("", include("apps.studio.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    # The admin uses the same sign-in, with its limit on failed attempts.
    path("admin/login/", RedirectView.as_view(pattern_name="accounts:sign-in", query_string=True)),
    path("admin/", admin.site.urls),
]

handler400 = "apps.core.http_errors.bad_request"
handler403 = "apps.core.http_errors.permission_denied"
handler404 = "apps.core.http_errors.page_not_found"
handler500 = "apps.core.http_errors.server_error"
